// What a right click on an object offers.

import { html, useLayoutEffect, useRef } from "../vendor/preact-htm.js";
import { Button } from "./ui.js";

/** @typedef {{x: number, y: number, object: number|null}} MenuAt */

/** @param {{at: MenuAt, onClose: () => void}} props */
export function Menu({ at, onClose }) {
  const box = useRef(/** @type {HTMLElement|null} */ (null));
  useLayoutEffect(() => box.current?.querySelector("button")?.focus(), [at]);
  const rows = [["keyframe", "mark.keyframe", "Keyframe"], ["occluded", "mark.occluded", "Partly hidden"],
    ["outside", "mark.outside", "Outside"], ["eyeoff", "hide", "Hide"], ["lock", "lock", "Lock"],
    ["split", "split", "Split the track here"], ["merge", "merge", "Merge"],
    ["trash", "remove", "Delete on this frame"]];
  return html`<div class="menu" role="menu" ref=${box} style=${{ left: `${at.x}px`, top: `${at.y}px` }}
    onClick=${onClose} onFocusOut=${(/** @type {FocusEvent} */ event) => {
      if (!box.current?.contains(/** @type {Node|null} */ (event.relatedTarget))) onClose();
    }} onKeyDown=${(/** @type {KeyboardEvent} */ event) => menuKey(event, onClose)}>
    ${rows.map(([icon, action, text]) => html`<${Button} key=${action} icon=${icon} action=${action}>${text}<//>`)}
    </div>`;
}

/** @param {KeyboardEvent} event @param {() => void} close */
function menuKey(event, close) {
  if (event.key === "Escape") {
    event.stopPropagation();
    close();
    document.getElementById("stage")?.focus();
  }
}
