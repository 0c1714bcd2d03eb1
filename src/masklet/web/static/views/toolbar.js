// The tools, on the left of the picture.

import { html } from "../vendor/preact-htm.js";
import { useActions } from "./keyboard.js";
import { Icon, rove, useApp, useEvents } from "./ui.js";

/** @typedef {import("../engine/types.js").ToolName} ToolName */

/** @type {[ToolName, string][]} */
const TOOLS = [
  ["move", "Move"], ["point", "Points"], ["box", "Box"], ["brush", "Brush"], ["eraser", "Eraser"],
  ["polygon", "Polygon"], ["polyline", "Line"],
];

export function Toolbar() {
  const app = useApp();
  const { editor } = app;
  useEvents(editor, ["tool", "settings"]);
  const choose = (/** @type {ToolName} */ name) => () => {
    editor.subtract = false;
    editor.tool = name;
  };
  const offered = Object.fromEntries(TOOLS.map(([name]) => [`tool.${name}`, choose(name)]));
  useActions(app, { ...offered, "tool.cut": () => {
    editor.tool = "polygon";
    editor.subtract = true;
  } });
  return html`<div class="tools" role="toolbar" aria-label="Tools" aria-orientation="vertical"
    onKeyDown=${(/** @type {KeyboardEvent} */ event) => rove(event)}>
    ${TOOLS.map(([name, title]) => html`<${Tool} key=${name} name=${name} title=${title}
      on=${editor.tool === name} cut=${name === "polygon" && editor.subtract} choose=${choose(name)}/>`)}</div>`;
}

/** @param {{name: ToolName, title: string, on: boolean, cut: boolean, choose: () => void}} props */
function Tool({ name, title, on, cut, choose }) {
  const app = useApp();
  const chords = app.keymap.chords(`tool.${name}`);
  const key = chords.find((chord) => chord.length === 1) ?? chords[0] ?? "";
  return html`<button type="button" class="tool" aria-pressed=${String(on)} tabIndex=${on ? 0 : -1}
    title=${title + app.keymap.hint(`tool.${name}`)} aria-keyshortcuts=${chords.join(" ")}
    onMouseDown=${(/** @type {MouseEvent} */ event) => event.preventDefault()} onClick=${choose}>
    <${Icon} name=${name}/><span>${title}</span><kbd>${cut ? "takes" : key.replace("Shift+", "\u21e7")}</kbd></button>`;
}
