// Numbers and plots of the open video: area, score, where animals went, time in zones.

import { html, useState } from "../vendor/preact-htm.js";
import { Swatch } from "./objects.js";
import { Plot, csvOf } from "./plot.js";
import { ZoneEditor } from "./zones.js";
import { Button, Choice, Empty, Field, download, fieldOf, useAnswer, useApp } from "./ui.js";

/** @typedef {import("../engine/types.js").Statistics} Numbers */
/** @typedef {import("../engine/types.js").ObjectStatistics} One */
/** @typedef {import("../engine/types.js").Zone} Zone */

/** @type {Map<number, Zone[]>} kept while the page is open */
const drawn = new Map();

export function Statistics() {
  const app = useApp();
  const id = app.video?.id ?? 0;
  const [zones, setZones] = useState(drawn.get(id) ?? []);
  const [scale, setScale] = useState(0);
  const [kind, setKind] = useState("area");
  const ask = () => app.api.statistics(id, { zones, ...(scale > 0 ? { scale } : {}) });
  const [numbers] = useAnswer(app, ask, [id, zones, scale, app.turn]);
  const change = (/** @type {Zone[]} */ some) => {
    drawn.set(id, some);
    setZones(some);
  };
  if (numbers && !numbers.objects.some(({ frames }) => frames)) {
    return html`<${Empty} icon="chart" title="Nothing to measure yet"><p>Statistics come from masks.</p>
      <${Button} icon="edit" kind="primary" onClick=${() => app.go("annotate")}>Annotate<//><//>`;
  }
  return html`<div class="bar"><h2>Statistics of ${app.video?.name}</h2><i></i>
      <a class="button" href=${app.api.measuresUrl(id)} download>All measures, CSV</a></div>
    <${Field} label="Millimetres a pixel" note="Without it, lengths are in pixels."><input class="number short"
      inputmode="decimal" value=${scale || ""} onChange=${(/** @type {Event} */ event) => (
        setScale(Math.max(0, Number(fieldOf(event).value.replace(",", ".")) || 0)))}/><//>
    ${numbers && html`<${Table} numbers=${numbers} zones=${zones} unit=${scale ? "mm" : "px"}/>
      <${Choice} label="Plot" value=${kind} onChange=${setKind} options=${PLOTS}/>
      ${kind === "zones" && html`<${ZoneEditor} zones=${zones} change=${change}/>`}
      <${Plot} kind=${kind} numbers=${numbers} zones=${zones}/>`}`;
}

/** @type {[string, string][]} */
const PLOTS = [
  ["area", "Area"], ["score", "Score"], ["path", "Trajectory"], ["heat", "Heat map"], ["zones", "Time in zones"],
];

/** @param {number|null} value @param {number} [digits] */
const said = (value, digits = 0) => (value === null ? "" : value.toFixed(digits));

/** @param {{numbers: Numbers, zones: Zone[], unit: string}} props */
function Table({ numbers, zones, unit }) {
  const names = zones.map(({ name }) => name);
  const head = ["Object", "Frames", `Mean area (${unit}\u00b2)`, `Distance (${unit})`, `Mean speed (${unit}/s)`, "Mean score",
    ...names.map((name) => `${name} (s)`)];
  const cells = (/** @type {One} */ one) => [String(one.frames), said(one.mean_area), said(one.distance),
    said(one.mean_speed, 1), said(one.mean_score, 2), ...names.map((name) => said(one.zones[name] ?? 0, 2))];
  const save = () => download("statistics.csv",
    csvOf([head, ...numbers.objects.map((one) => [`${one.id} ${one.label}`, ...cells(one)])]));
  return html`<div class="scroll"><table><thead><tr>${head.map((text, k) => html`<th key=${text}
      class=${k ? "number" : ""}>${text}</th>`)}</tr></thead><tbody>${numbers.objects.map((one) => html`<tr key=${one.id}>
      <td><${Swatch} id=${one.id}/> ${one.id} ${one.label}</td>${cells(one).map((text, k) => html`<td key=${k}
        class="number">${text}</td>`)}</tr>`)}</tbody></table></div>
    <${Button} icon="download" onClick=${save}>Table, CSV<//>`;
}
