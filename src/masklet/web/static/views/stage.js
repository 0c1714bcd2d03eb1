// The picture's place in a page: the editor's canvases, what to do next, the keyboard pointer, a menu.

import { html, useEffect, useLayoutEffect, useRef, useState } from "../vendor/preact-htm.js";
import { useActions } from "./keyboard.js";
import { Later } from "./later.js";
import { Pointer } from "./pointer.js";
import { detailOf } from "./state.js";
import { Button, useApp, useEvents } from "./ui.js";

/** @typedef {import("../engine/types.js").ToolName} ToolName */
/** @typedef {import("./menu.js").MenuAt} MenuAt */

/** @type {Record<ToolName, string>} */
const HINTS = {
  move: "Drag moves the picture, the wheel zooms. Click an object to choose it.",
  point: "Left button: this belongs to it. Right button: this does not. Ctrl collects points; Enter asks.",
  box: "Drag a box around the object; the model answers.",
  brush: "Drag paints, the right button erases. Alt and right button: size.",
  eraser: "Drag erases.",
  polygon: "Click corner by corner; N or Enter closes it, Esc drops it.",
  polyline: "Click along the line, from the animal to the tip; N or Enter ends it.",
};

/** @param {{editable?: boolean}} props  Annotate offers tools; Review only looks */
export function Stage({ editable = true }) {
  const app = useApp();
  const { editor } = app;
  const host = useRef(/** @type {HTMLElement|null} */ (null));
  useEvents(editor, ["tool", "busy", "objects", "select", "frame"]);
  useLayoutEffect(() => {
    if (!host.current) return undefined;
    editor.mount(host.current);
    if (editable) host.current.focus({ preventScroll: true });
    return () => editor.unmount();
  }, [app.video?.id]);
  return html`<div class="stage"><div class="picture" ref=${host} tabIndex=${0} role="application" id="stage"
      aria-label=${`Picture of ${app.video?.name}. Keys: F1.`}></div>
    ${editable && html`<${PointerKeys} host=${host}/><${Menu}/>`}
    ${!editor.exact && html`<p class="chip approx" title="The exact picture follows as soon as it is decoded">
      stand-in picture</p>`}
    ${editor.busy && html`<p class="chip busy" role="status">The model is thinking</p>`}
    ${editable && html`<${Hint}/>`}<${Readout}/></div>`;
}

function Hint() {
  const app = useApp();
  const { editor } = app;
  if (!editor.objects.length) {
    return html`<p class="hint strong">Nothing is annotated yet. Add what you want to follow:
      <${Button} icon="plus" kind="primary" action="finish">New object<//></p>`;
  }
  if (editor.selected === null && editor.tool !== "move") {
    return html`<p class="hint strong">Choose an object on the right, or press 1 to 9.</p>`;
  }
  return html`<p class="hint">${HINTS[editor.tool]}</p>`;
}

/** Where the mouse is, in pixels of the frame. */
function Readout() {
  const { editor } = useApp();
  const [at, set] = useState(/** @type {import("../engine/types.js").Hover|null} */ (null));
  useEffect(() => {
    const move = (/** @type {Event} */ event) => set(detailOf(event));
    editor.addEventListener("hover", move);
    return () => editor.removeEventListener("hover", move);
  }, [editor]);
  if (!at) return null;
  const over = editor.objects.find(({ id }) => id === at.object);
  return html`<p class="readout" aria-hidden="true">${Math.floor(at.x)}, ${Math.floor(at.y)}
    ${over && html` <b>${over.label} ${over.id}</b>`}</p>`;
}

/** @param {{host: {current: HTMLElement|null}}} props */
function PointerKeys({ host }) {
  const app = useApp();
  const [pointer] = useState(() => new Pointer());
  useEvents(pointer, ["change"]);
  useEffect(() => () => pointer.leave(), []);
  const go = (/** @type {number} */ x, /** @type {number} */ y) => () => {
    if (host.current) pointer.move(host.current, x, y);
  };
  useActions(app, {
    "pointer.left": go(-1, 0), "pointer.right": go(1, 0), "pointer.up": go(0, -1), "pointer.down": go(0, 1),
    "pointer.press": () => pointer.press(0), "pointer.other": () => pointer.press(2),
    "pointer.hold": () => pointer.hold(),
  });
  if (!pointer.shown) return null;
  return html`<div class=${`cross ${pointer.held ? "held" : ""}`} aria-hidden="true"
    style=${{ left: `${pointer.x}px`, top: `${pointer.y}px` }}></div>`;
}

function Menu() {
  const app = useApp();
  const [at, set] = useState(/** @type {MenuAt|null} */ (null));
  useEffect(() => {
    const open = (/** @type {Event} */ event) => {
      const asked = detailOf(event);
      if (asked.object !== null) app.editor.select(asked.object);
      set(asked.object === null ? null : asked);
    };
    app.editor.addEventListener("menu", open);
    return () => app.editor.removeEventListener("menu", open);
  }, []);
  return at && html`<${Later} key=${`${at.x} ${at.y}`} part="menu" at=${at} onClose=${() => set(null)}/>`;
}
