// Labels: the names that objects carry, renamed and coloured for all of them at once.

import { html } from "../vendor/preact-htm.js";
import { changeObject } from "./objects.js";
import { Button, Empty, fieldOf, useApp, useEvents } from "./ui.js";

/** @typedef {import("../engine/types.js").ObjectInfo} ObjectInfo */

export function Labels() {
  const app = useApp();
  const { editor } = app;
  useEvents(editor, ["objects"]);
  /** @type {Map<string, ObjectInfo[]>} */
  const groups = new Map();
  for (const one of editor.objects) groups.set(one.label, [...(groups.get(one.label) ?? []), one]);
  if (!groups.size) {
    return html`<${Empty} icon="layers" title="No label yet"><p>A label comes with the first object that carries it.</p>
      <${Button} icon="plus" kind="primary" onClick=${() => app.go("annotate")}>Add an object<//><//>`;
  }
  return html`<h2>Labels of ${app.video?.name}</h2><table><thead><tr><th>Label</th><th>Kind</th><th>Colour</th>
    <th>Objects</th></tr></thead><tbody>${[...groups].map(([label, objects]) => html`<${Row} key=${label} label=${label}
      objects=${objects}/>`)}</tbody></table><p class="dim">A new name or colour holds for every object of the label.
      Two labels with one name become one.</p>`;
}

/** @param {{label: string, objects: ObjectInfo[]}} props */
function Row({ label, objects }) {
  const app = useApp();
  const all = (/** @type {Partial<ObjectInfo>} */ what) => objects.forEach(({ id }) => changeObject(app, id, what));
  return html`<tr><td><input value=${label} aria-label=${`Name of the label ${label}`} spellcheck=${false}
      onChange=${(/** @type {Event} */ event) => {
        const name = fieldOf(event).value.trim();
        if (name) all({ label: name });
        else fieldOf(event).value = label;
      }}/></td><td>${[...new Set(objects.map(({ kind }) => kind))].join(", ")}</td>
    <td><input type="color" value=${objects[0].colour || app.editor.colourOf(objects[0].id)}
      aria-label=${`Colour of ${label}`} onChange=${(/** @type {Event} */ e) => all({ colour: fieldOf(e).value })}/></td>
    <td class="number">${objects.map(({ id }) => id).join(", ")}</td></tr>`;
}
