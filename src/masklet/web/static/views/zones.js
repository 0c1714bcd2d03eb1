// Zones as polygons on a frame: click corners, or type them.

import { html, useEffect, useRef, useState } from "../vendor/preact-htm.js";
import { Button, Field, fieldOf, useApp } from "./ui.js";

/** @typedef {import("../engine/types.js").Zone} Zone */
/** @typedef {[number, number][]} Corners */

/** @param {{zones: Zone[], change: (zones: Zone[]) => void}} props */
export function ZoneEditor({ zones, change }) {
  const { video } = useApp();
  const [corners, set] = useState(/** @type {Corners} */ ([]));
  const [name, setName] = useState("");
  const [text, setText] = useState(/** @type {string|null} */ (null));
  const add = () => {
    if (corners.length < 3) return;
    const free = name.trim() || `zone ${zones.length + 1}`;
    change([...zones.filter((zone) => zone.name !== free), { name: free, polygon: corners }]);
    set([]);
    setText(null);
    setName("");
  };
  const typed = (/** @type {Event} */ event) => {
    setText(fieldOf(event).value);
    set(cornersOf(fieldOf(event).value));
  };
  const last = video ? `x 0 to ${video.width}, y 0 to ${video.height}` : "";
  return html`<div class="zones"><${Picture} zones=${zones} corners=${corners} set=${set}/><div class="stack">
    <p class="dim">Click the corners of a zone on the picture, or type them.</p>
    <${Field} label="Name"><input value=${name} placeholder=${`zone ${zones.length + 1}`}
      onInput=${(/** @type {Event} */ event) => setName(fieldOf(event).value)}/><//>
    <${Field} label="Corners: x,y x,y x,y" note=${last}><input class="number" value=${text ?? textOf(corners)}
      onInput=${typed} onBlur=${() => setText(null)}/><//>
    <div class="row"><${Button} icon="plus" kind="primary" disabled=${corners.length < 3} onClick=${add}>Add zone<//>
      <${Button} icon="undo" disabled=${!corners.length} onClick=${() => {
        setText(null);
        set(corners.slice(0, -1));
      }}>Last corner<//></div>
    <ul class="library">${zones.map((zone) => html`<li key=${zone.name}><b class="clip grow">${zone.name}</b>
      <span class="dim number">${zone.polygon.length} corners</span><${Button} icon="trash" title=${`Delete ${zone.name}`}
        onClick=${() => change(zones.filter((other) => other !== zone))}/></li>`)}</ul></div></div>`;
}

/** @param {Corners} corners */
const textOf = (corners) => corners.map(([x, y]) => `${Math.round(x)},${Math.round(y)}`).join(" ");

/** @param {string} text @returns {Corners} */
function cornersOf(text) {
  return [...text.matchAll(/(-?[\d.]+)\s*,\s*(-?[\d.]+)/g)].map(([, x, y]) => [Number(x), Number(y)]);
}

/** @param {{zones: Zone[], corners: Corners, set: (corners: Corners) => void}} props */
function Picture({ zones, corners, set }) {
  const app = useApp();
  const { video, editor, api } = app;
  const shape = useRef(/** @type {SVGSVGElement|null} */ (null));
  const [source, setSource] = useState("");
  const id = video?.id ?? 0;
  useEffect(() => setSource(api.frameUrl(id, editor.wanted, { width: 960 })), [id]);
  if (!video) return null;
  const click = (/** @type {MouseEvent} */ event) => {
    const box = shape.current?.getBoundingClientRect();
    if (!box) return;
    const x = (event.clientX - box.left) / box.width * video.width;
    const y = (event.clientY - box.top) / box.height * video.height;
    set([...corners, [Math.round(x), Math.round(y)]]);
  };
  const dot = video.width / 160;
  return html`<div class="on-frame"><img src=${source} alt=${`Frame ${editor.wanted} of ${video.name}`}/>
    <svg ref=${shape} viewBox=${`0 0 ${video.width} ${video.height}`} onClick=${click} aria-hidden="true">
    ${zones.map(({ name, polygon }) => html`<g key=${name}><polygon points=${polygon.join(" ")}/>
      <text x=${polygon[0][0] + dot} y=${polygon[0][1] + dot * 4} font-size=${dot * 3}>${name}</text></g>`)}
    <polyline class="new" points=${corners.join(" ")}/>
    ${corners.map(([x, y], k) => html`<circle key=${k} cx=${x} cy=${y} r=${dot}/>`)}</svg></div>`;
}
