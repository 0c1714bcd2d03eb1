// Key presses become actions; parts of the page offer actions while they are shown.

import { useLayoutEffect } from "../vendor/preact-htm.js";

/** @typedef {import("./state.js").App} App */

/**
 * Offer actions while this part is shown.
 * @param {App} app @param {Record<string, () => unknown>} actions
 */
export function useActions(app, actions) {
  useLayoutEffect(() => {
    const offered = Object.entries(actions);
    offered.forEach(([id, run]) => app.actions.set(id, run));
    return () => offered.forEach(([id, run]) => {
      if (app.actions.get(id) === run) app.actions.delete(id);
    });
  });
}

const OWN = new Set(["Enter", "Space"]);
const MOVES = new Set(["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End"]);

/** A field where the key means something else. @param {Element|null} at @param {string} chord */
function taken(at, chord) {
  if (at instanceof HTMLInputElement) {
    if (["checkbox", "radio", "range", "color"].includes(at.type)) return MOVES.has(chord) || OWN.has(chord);
    return !/^F\d/.test(chord);
  }
  if (at instanceof HTMLTextAreaElement || at instanceof HTMLSelectElement) return !/^F\d|Ctrl/.test(chord);
  const answers = at?.closest("button, a, summary, [role=option], [role=tab]");
  return Boolean(answers) && OWN.has(chord);
}

/** @param {App} app @param {(event: KeyboardEvent) => string} chordOf */
export function listen(app, chordOf) {
  window.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing) return;
    if (taken(document.activeElement, chordOf(event))) return;
    if (document.querySelector("dialog[open]")) return;
    const asked = app.keymap.match(event);
    if (asked.some((id) => id === "" || app.act(id))) event.preventDefault();
  });
}
