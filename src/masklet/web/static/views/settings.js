// F2: who you are, how it looks, which keys do what. Kept in this browser.

import { html, useEffect, useState } from "../vendor/preact-htm.js";
import { Dialog } from "./dialog.js";
import { ACTIONS, PRESETS, chordOf, readable } from "./keymap.js";
import { Chords } from "./keysheet.js";
import { PALETTE } from "./prefs.js";
import { Button, Choice, Field, Icon, fieldOf, useApp } from "./ui.js";

/** @param {{onClose: () => void}} props */
export function Settings({ onClose }) {
  const app = useApp();
  const { prefs } = app;
  return html`<${Dialog} title="Settings" onClose=${onClose} kind="wide"
    foot=${html`<p class="dim grow">Settings are kept in this browser.</p>
      <button type="button" class="button primary" onClick=${onClose}>Close</button>`}>
    <div class="settings"><div class="stack"><${Field} label="Your name" note="Every change is signed with it.">
      <input data-first value=${prefs.author || app.api.author} maxlength="64"
        onChange=${(/** @type {Event} */ e) => app.prefer({ author: fieldOf(e).value.trim() })}/><//>
    <${Choice} label="Theme" value=${prefs.theme} onChange=${(/** @type {any} */ theme) => app.prefer({ theme })}
      options=${[["system", "As the system"], ["dark", "Dark"], ["light", "Light"]]}/>
    <${Colours}/>
    <${Choice} label="Keys" value=${prefs.preset} onChange=${(/** @type {any} */ preset) => app.prefer({ preset })}
      options=${Object.entries(PRESETS)}/></div><${Keys}/></div><//>`;
}

function Colours() {
  const app = useApp();
  const { palette } = app.prefs;
  const set = (/** @type {number} */ at) => (/** @type {Event} */ event) => (
    app.prefer({ palette: palette.map((colour, k) => (k === at ? fieldOf(event).value : colour)) }));
  return html`<fieldset class="choice"><legend>Colours of new objects, in turn</legend><div class="row">
    ${palette.map((colour, at) => html`<input type="color" key=${at} value=${colour} onChange=${set(at)}
      aria-label=${`Colour ${at + 1}`}/>`)}
    <${Button} icon="retry" title="The colours that everybody tells apart"
      onClick=${() => app.prefer({ palette: [...PALETTE] })}/></div></fieldset>`;
}

/** A table of all actions; Change waits for the next key. */
function Keys() {
  const app = useApp();
  const { keymap, prefs } = app;
  const [waiting, wait] = useState("");
  const [said, say] = useState("");
  useEffect(() => {
    if (!waiting) return undefined;
    const press = (/** @type {KeyboardEvent} */ event) => {
      const chord = chordOf(event);
      if (!chord || chord === "Tab" || chord === "Shift+Tab") return;
      event.preventDefault();
      event.stopPropagation();
      wait("");
      if (chord !== "Escape" || waiting === "cancel") say(give(app, waiting, chord));
    };
    window.addEventListener("keydown", press, true);
    return () => window.removeEventListener("keydown", press, true);
  }, [waiting]);
  const reset = (/** @type {string} */ id) => () => {
    const { [id]: _, ...keys } = prefs.keys;
    const clash = keymap.preset(id).flatMap((chord) => keymap.conflicts(id, chord));
    if (clash.length) say(`Its own key now means "${clash[0].title}". Give that another key first.`);
    else app.prefer({ keys });
  };
  const twice = (/** @type {string} */ id) => (
    keymap.chords(id).flatMap((chord) => keymap.conflicts(id, chord)).map((action) => action.title).join(", "));
  return html`<section class="key-table" aria-label="Change keys">
    <p class="warn" role="alert">${said}</p><table><thead><tr><th>Action</th><th>Keys</th><th></th></tr></thead><tbody>
    ${ACTIONS.map(({ id, title, group }) => html`<tr key=${id}><td>${title}<small class="dim"> ${group}</small>
      ${twice(id) && html`<small class="warn"> <${Icon} name="warn"/> shares its key with ${twice(id)}</small>`}</td>
      <td>${waiting === id ? html`<b class="chip">press a key</b>` : html`<${Chords} id=${id}/>`}</td>
      <td><${Button} icon="edit" title=${`Change the key of ${title}`} pressed=${waiting === id}
        onClick=${() => wait(waiting === id ? "" : id)}/>
      ${prefs.keys[id] && html`<${Button} icon="undo" title=${`The preset's key of ${title}`} onClick=${reset(id)}/>`}</td>
    </tr>`)}</tbody></table></section>`;
}

/**
 * Give an action one key. @param {import("./state.js").App} app @param {string} id @param {string} chord
 * @returns {string} why not, where another action has it
 */
function give(app, id, chord) {
  const others = app.keymap.conflicts(id, chord);
  if (others.length) {
    const titles = others.map(({ title }) => title).join('", "');
    return `${readable(chord)} already means "${titles}". Give that another key first.`;
  }
  app.prefer({ keys: { ...app.prefs.keys, [id]: [chord] } });
  return "";
}
