// Windows of Annotate about objects: a new one, and two ids that are one animal.

import { html, useState } from "../vendor/preact-htm.js";
import { Dialog } from "./dialog.js";
import { Button, Choice, Field, fieldOf, useApp } from "./ui.js";

/** @typedef {import("../engine/types.js").Kind} Kind */

/** @param {{onClose: () => void}} props */
export function NewObject({ onClose }) {
  const app = useApp();
  const { editor, video, prefs } = app;
  const known = [...new Set([...(video?.labels ?? []).map(({ name }) => name), ...editor.objects.map((o) => o.label)])];
  const [label, setLabel] = useState(known[0] ?? "");
  const [kind, setKind] = useState(/** @type {Kind} */ ("area"));
  const [colour, setColour] = useState(prefs.palette[editor.objects.length % prefs.palette.length]);
  const add = async () => {
    if (!video || !label.trim()) return;
    const object = await app.attempt(() => app.api.addObject(video.id, { label: label.trim(), kind, colour }));
    if (!object) return;
    if (!editor.objects.some(({ id }) => id === object.id)) editor.setObjects([...editor.objects, object]);
    editor.select(object.id);
    if (editor.tool === "move") editor.tool = kind === "line" ? "polyline" : "brush";
    onClose();
  };
  return html`<${Dialog} title="New object" onClose=${onClose} onSubmit=${add} kind="small"
    foot=${html`<${Button} onClick=${onClose}>Cancel<//><button class="button primary">Add</button>`}>
    <${Field} label="Label" note="What it is: rat, tail. Every animal is an object of its own.">
      <input data-first required value=${label} list="known" spellcheck=${false}
        onInput=${(/** @type {Event} */ event) => setLabel(fieldOf(event).value)}/>
      <datalist id="known">${known.map((name) => html`<option key=${name} value=${name}/>`)}</datalist><//>
    <${Choice} label="Kind" value=${kind} onChange=${(/** @type {Kind} */ key) => setKind(key)}
      options=${[["area", "Area: a body"], ["line", "Line: a tail, a cable"]]}/>
    <${Field} label="Colour"><input type="color" value=${colour}
      onInput=${(/** @type {Event} */ event) => setColour(fieldOf(event).value)}/><//><//>`;
}

/** @param {{onClose: () => void}} props */
export function Merge({ onClose }) {
  const app = useApp();
  const { editor, video } = app;
  const gone = editor.selected;
  const others = editor.objects.filter(({ id }) => id !== gone);
  const [keep, setKeep] = useState(others[0]?.id ?? 0);
  const merge = async () => {
    if (!video || gone === null || !others.length) return;
    const done = await app.afterStrokes(() => app.api.merge(video.id, keep, gone));
    if (!done) return;
    editor.select(keep);
    app.toast({ kind: "good", text: `Object ${gone} is now part of ${keep}.`,
      offer: { label: "Undo", run: () => editor.undo() } });
    onClose();
  };
  return html`<${Dialog} title=${`Merge object ${gone}`} onClose=${onClose} onSubmit=${merge} kind="small"
    foot=${html`<${Button} onClick=${onClose}>Cancel<//>
      <button class="button primary" disabled=${!others.length}>Merge</button>`}>
    ${others.length ? html`<${Field} label="Becomes part of"
      note="Where both have a mask on a frame, the kept object's stays. Undo takes it back.">
      <select data-first value=${keep} onChange=${(/** @type {Event} */ event) => setKeep(Number(fieldOf(event).value))}>
        ${others.map(({ id, label }) => html`<option key=${id} value=${id}>${id} ${label}</option>`)}</select><//>`
      : html`<p>There is no other object to merge with.</p>`}<//>`;
}
