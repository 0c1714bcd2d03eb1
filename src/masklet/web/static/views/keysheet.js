// F1: every key in force.

import { html } from "../vendor/preact-htm.js";
import { Dialog } from "./dialog.js";
import { ACTIONS, PRESETS, readable } from "./keymap.js";
import { Button, useApp } from "./ui.js";

/** @param {{onClose: () => void}} props */
export function KeySheet({ onClose }) {
  const app = useApp();
  const groups = [...new Set(ACTIONS.map(({ group }) => group))];
  return html`<${Dialog} title=${`Keys: ${PRESETS[app.prefs.preset]}`} onClose=${onClose} kind="wide"
    foot=${html`<p class="dim grow">1 to 9 choose an object. T H means T, then H.</p>
      <${Button} icon="settings" onClick=${() => app.show("settings")}>Change keys<//>
      <button type="button" class="button primary" data-first onClick=${onClose}>Close</button>`}>
    <div class="sheet-of-keys">${groups.map((group) => html`<section key=${group}><h3>${group}</h3><dl>
      ${ACTIONS.filter((action) => action.group === group).map(({ id, title }) => html`<div key=${id}><dt>${title}</dt>
        <dd><${Chords} id=${id}/></dd></div>`)}</dl></section>`)}</div><//>`;
}

/** @param {{id: string}} props */
export function Chords({ id }) {
  const { keymap } = useApp();
  const chords = keymap.chords(id);
  if (!chords.length) return html`<span class="dim">none</span>`;
  return chords.map((chord) => html`<kbd key=${chord}>${readable(chord)}</kbd> `);
}
