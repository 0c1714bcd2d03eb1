// A plot on a canvas with its table behind it: exported as PNG or CSV.

import { html, useEffect, useRef } from "../vendor/preact-htm.js";
import { drawCurves, drawHeat, drawPaths, drawZones } from "./charts.js";
import { Button, download, useApp, useEvents } from "./ui.js";

/** @typedef {import("../engine/types.js").Statistics} Numbers */
/** @typedef {import("../engine/types.js").Zone} Zone */
/** @typedef {(string|number|null)[]} Cells */

const NAMES = {
  area: "Area of every object over the frames", score: "Score over the frames", path: "Where each centre went",
  heat: "Where the objects were", zones: "Seconds in each zone",
};

/** @param {{kind: string, numbers: Numbers, zones: Zone[]}} props */
export function Plot({ kind, numbers, zones }) {
  const app = useApp();
  const canvas = useRef(/** @type {HTMLCanvasElement|null} */ (null));
  useEvents(window, ["theme", "resize"]);
  useEffect(() => {
    if (canvas.current) draw(app, canvas.current, kind, numbers, zones);
  });
  const png = () => canvas.current?.toBlob((blob) => blob && download(`${kind}.png`, blob));
  const csv = () => download(`${kind}.csv`, csvOf(rowsOf(kind, numbers, zones)));
  return html`<figure class="plot"><canvas ref=${canvas} role="img" aria-label=${
      `${NAMES[/** @type {keyof NAMES} */ (kind)]}. The same numbers are in the CSV.`}></canvas>
    <figcaption class="bar"><span class="dim">${NAMES[/** @type {keyof NAMES} */ (kind)]}</span><i></i>
      <${Button} icon="download" onClick=${csv}>CSV<//><${Button} icon="download" onClick=${png}>PNG<//></figcaption>
    </figure>`;
}

/** @param {import("./state.js").App} app @param {HTMLCanvasElement} canvas @param {string} kind
 * @param {Numbers} numbers @param {Zone[]} zones */
async function draw(app, canvas, kind, numbers, zones) {
  const { video, editor } = app;
  if (!video) return;
  const ratio = window.devicePixelRatio || 1;
  const space = kind === "path" || kind === "heat";
  const box = canvas.getBoundingClientRect();
  const tall = space ? Math.min(box.width * video.height / video.width, innerHeight * 0.7) : 260;
  const size = { w: space ? tall * video.width / video.height : box.width, h: tall };
  canvas.width = Math.round(size.w * ratio);
  canvas.height = Math.round(size.h * ratio);
  canvas.style.height = `${tall}px`;
  canvas.style.maxWidth = space ? `${size.w}px` : "";
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  pen.scale(ratio, ratio);
  const look = lookOf();
  const colour = (/** @type {number} */ id) => editor.colourOf(id);
  const dash = (/** @type {number} */ id) => editor.dashOf(id);
  const place = { pen, size, look, colour, dash, video, zones };
  if (kind === "area" || kind === "score") drawCurves(place, numbers, kind);
  else if (kind === "path") drawPaths(place, numbers);
  else if (kind === "heat") drawHeat(place, numbers);
  else drawZones(place, numbers);
}

/** The page's colours, as they are now. */
function lookOf() {
  const style = getComputedStyle(document.documentElement);
  const of = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
  return { text: of("--text"), dim: of("--dim"), line: of("--line"), back: of("--panel"), accent: of("--accent"),
    font: getComputedStyle(document.body).fontFamily };
}

/** The numbers behind a plot. @param {string} kind @param {Numbers} numbers @param {Zone[]} zones @returns {Cells[]} */
export function rowsOf(kind, numbers, zones) {
  const { objects, heat } = numbers;
  if (kind === "zones") {
    return [["object", "label", "zone", "seconds"], ...objects.flatMap(({ id, label, zones: time }) => (
      zones.map(({ name }) => [id, label, name, time[name] ?? 0])))];
  }
  if (kind === "heat") {
    return [["object", "column", "row", "frames"], ...Object.entries(heat).flatMap(([id, { w, counts }]) => (
      counts.map((n, k) => [id, k % w, Math.floor(k / w), n]).filter(([, , , n]) => n)))];
  }
  const columns = kind === "path" ? ["x", "y"] : [kind];
  return [["object", "label", "frame", ...columns], ...objects.flatMap((one) => one.frame.map((frame, k) => (
    [one.id, one.label, frame, ...columns.map((name) => one[/** @type {"x"} */ (name)][k])])))];
}

/** @param {Cells[]} rows @returns {Blob} */
export function csvOf(rows) {
  const cell = (/** @type {string|number|null} */ value) => {
    const text = String(value ?? "");
    return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return new Blob([rows.map((row) => row.map(cell).join(",") + "\n").join("")], { type: "text/csv" });
}
