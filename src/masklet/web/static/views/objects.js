// The panel on the right: every object, what the chosen one has on this frame, how masks are drawn.

import { html, useState } from "../vendor/preact-htm.js";
import { FLAG, ORIGIN_WORDS, REVIEW_WORDS, reasons } from "../engine/words.js";
import { Button, Check, Field, Icon, fieldOf, rove, useAnswer, useApp, useEvents } from "./ui.js";

/** @typedef {import("../engine/types.js").ObjectInfo} ObjectInfo */

/** @param {{add: () => void, merge: () => void}} props */
export function Objects({ add, merge }) {
  const app = useApp();
  const { editor } = app;
  useEvents(editor, ["objects", "select", "frame", "timeline", "changed"]);
  const chosen = editor.objects.find(({ id }) => id === editor.selected) ?? null;
  const front = [...editor.objects].sort((a, b) => b.order - a.order || a.id - b.id);
  return html`<aside class="side" aria-label="Objects">
    <header class="bar"><h2>Objects</h2><span class="count">${front.length}</span>
      <${Button} icon="plus" title="New object" onClick=${add}/></header>
    <ul class="objects" onKeyDown=${(/** @type {KeyboardEvent} */ event) => rove(event, ".pick")}>
      ${front.map((object, place) => html`<${One} key=${object.id} object=${object}
        on=${object === chosen} stop=${object === chosen || (!chosen && place === 0)}/>`)}
      ${!front.length && html`<li class="none">None yet. <${Button} icon="plus" onClick=${add}>New object<//></li>`}
    </ul>
    <datalist id="labels">${[...new Set(front.map(({ label }) => label))].map((name) => (
      html`<option key=${name} value=${name}/>`))}</datalist>
    ${chosen && html`<${Chosen} key=${chosen.id} object=${chosen} merge=${merge}/>`}
    <${Drawn}/></aside>`;
}

/** A swatch with the dashes of the outline, so that colour is never the only sign.
 * @param {{id: number}} props */
export function Swatch({ id }) {
  const { editor } = useApp();
  const colour = editor.colourOf(id);
  return html`<svg class="swatch" viewBox="0 0 18 18" aria-hidden="true"><rect x="2" y="2" width="14" height="14"
    rx="3" fill=${colour} fill-opacity="0.45" stroke=${colour} stroke-width="2.5"
    stroke-dasharray=${editor.dashOf(id).join(" ") || undefined}/></svg>`;
}

/** @param {{object: ObjectInfo, on: boolean, stop: boolean}} props  `stop`: Tab stops at it */
function One({ object, on, stop }) {
  const app = useApp();
  const { editor } = app;
  const { id, label, hidden, locked } = object;
  const change = (/** @type {Partial<ObjectInfo>} */ what) => () => changeObject(app, id, what);
  return html`<li class=${on ? "on" : ""}><button type="button" class="pick" tabIndex=${stop ? 0 : -1}
      aria-current=${on ? "true" : undefined} onClick=${() => editor.select(on ? null : id)}
      onFocus=${(/** @type {FocusEvent} */ event) => {
        if (fieldOf(event).matches(":focus-visible") && !on) editor.select(id);
      }}><${Swatch} id=${id}/><b>${id}</b><span class="name">${label}</span><${Here} id=${id}/></button>
    <${Button} icon=${hidden ? "eyeoff" : "eye"} title=${hidden ? `Show ${label}` : `Hide ${label}`}
      pressed=${hidden} tabIndex=${on ? 0 : -1} onClick=${change({ hidden: !hidden })}/>
    <${Button} icon=${locked ? "lock" : "unlock"} title=${locked ? `Unlock ${label}` : `Lock ${label}`}
      pressed=${locked} tabIndex=${on ? 0 : -1} onClick=${change({ locked: !locked })}/></li>`;
}

/** What an object has on the shown frame, in few signs. @param {{id: number}} props */
function Here({ id }) {
  const { editor } = useApp();
  const at = editor.timeline.at(id, editor.shown);
  const row = editor.rowOf(id) ?? at;
  if (!row) return html`<span class="marks dim">none</span>`;
  const doubts = reasons(row.flags);
  return html`<span class="marks">
    ${row.flags & FLAG.KEYFRAME ? html`<${Icon} name="keyframe" label="keyframe"/>` : null}
    ${row.flags & FLAG.OCCLUDED ? html`<${Icon} name="occluded" label="partly hidden"/>` : null}
    ${row.flags & FLAG.OUTSIDE ? html`<${Icon} name="outside" label="outside"/>` : null}
    ${doubts.length ? html`<span class="warn" title=${doubts.join(", ")}>
      <${Icon} name="flag" label=${`doubtful: ${doubts.join(", ")}`}/></span>` : null}
    <span class="score">${Number.isNaN(row.score) ? "drawn" : row.score.toFixed(2)}</span></span>`;
}

/** @param {{object: ObjectInfo, merge: () => void}} props */
function Chosen({ object, merge }) {
  const app = useApp();
  const { editor } = app;
  const { id, label, colour, kind, order } = object;
  const row = editor.rowOf(id) ?? editor.timeline.at(id, editor.shown);
  const orders = editor.objects.filter((one) => one !== object).map((one) => one.order);
  const move = (/** @type {number} */ to) => () => changeObject(app, id, { order: to });
  const set = (/** @type {number} */ flag) => Boolean(row && row.flags & flag);
  return html`<section class="chosen" aria-label=${`Object ${id}`}>
    <div class="two"><${Field} label=${kind === "line" ? "Label (line)" : "Label (area)"}>
      <input value=${label} list="labels" spellcheck=${false} onChange=${(/** @type {Event} */ event) => {
        const text = fieldOf(event).value.trim();
        if (text) changeObject(app, id, { label: text });
        else fieldOf(event).value = label;
      }}/><//><${Field} label="Colour"><input type="color" value=${colour || editor.colourOf(id)}
        onChange=${(/** @type {Event} */ event) => changeObject(app, id, { colour: fieldOf(event).value })}/><//></div>
    <div class="row" role="group" aria-label="Marks on this frame">
      <${Button} icon="keyframe" action="mark.keyframe" title="Keyframe" pressed=${set(FLAG.KEYFRAME)}/>
      <${Button} icon="outside" action="mark.outside" title="Outside the picture" pressed=${set(FLAG.OUTSIDE)}/>
      <${Button} icon="occluded" action="mark.occluded" title="Partly hidden" pressed=${set(FLAG.OCCLUDED)}/>
      <i></i><${Button} icon="up" action="order.up" title="To the front" onClick=${move(Math.max(...orders) + 1)}
        disabled=${order > Math.max(...orders)}/>
      <${Button} icon="down" action="order.down" title="To the back" onClick=${move(Math.min(...orders) - 1)}
        disabled=${order < Math.min(...orders)}/>
      <i></i><${Button} icon="merge" title=${`Merge with another id${app.keymap.hint("merge")}`} onClick=${merge}/>
      <${Button} icon="split" action="split" title="Split the track at this frame"/>
      <${Button} icon="copy" title="Copy its last mask to this frame" onClick=${() => editor.copyPrevious()}/>
      <${Button} icon="trash" action="remove.object" title="Delete the object, all frames"/></div>
    ${row && html`<dl class="facts"><dt>this mask</dt><dd>${ORIGIN_WORDS[row.origin]}${
        row.origin || row.review ? `, ${REVIEW_WORDS[row.review]}` : ""}</dd>
      ${reasons(row.flags).length > 0 && html`<dt>doubt</dt><dd class="warn">${reasons(row.flags).join(", ")}</dd>`}
      </dl>`}
    <${Blame} id=${id}/></section>`;
}

/** Who changed this mask, asked when it is opened. @param {{id: number}} props */
function Blame({ id }) {
  const [open, set] = useState(false);
  return html`<details onToggle=${(/** @type {Event} */ event) => (
    set(/** @type {HTMLDetailsElement} */ (event.currentTarget).open))}><summary>History on this frame</summary>
    ${open && html`<${Changes} id=${id}/>`}</details>`;
}

/** @param {{id: number}} props */
function Changes({ id }) {
  const app = useApp();
  const frame = app.editor.shown;
  const video = app.video?.id ?? 0;
  const [found] = useAnswer(app, () => app.api.history(video, frame, id), [video, frame, id, app.turn]);
  if (!found?.changes.length) return html`<p class="dim">No change on this frame.</p>`;
  return html`<ul class="blame">${found.changes.map(({ revision, verb, author, time, what }) => html`<li key=${revision}>
    <b>${author || "unnamed"}</b> ${what || verb} <time class="dim">${new Date(time).toLocaleString()}</time></li>`)}</ul>`;
}

function Drawn() {
  const app = useApp();
  const { editor, prefs } = app;
  useEvents(editor, ["settings", "tool"]);
  const slide = (/** @type {string} */ name, /** @type {number} */ by) => (/** @type {Event} */ event) => (
    app.prefer({ [name]: Number(fieldOf(event).value) / by }));
  const line = editor.tool === "polyline";
  return html`<section class="drawn" aria-label="How masks are drawn">
    <${Field} label=${line ? `Line ${editor.lineWidth} px` : `Brush ${Math.round(editor.brushSize)} px`}>
      <input type="range" min="1" max=${line ? 40 : 200} value=${line ? editor.lineWidth : editor.brushSize}
        onInput=${slide(line ? "lineWidth" : "brushSize", 1)}/><//>
    <${Field} label=${`Fill ${Math.round(prefs.opacity * 100)} %`}><input type="range" min="0" max="100"
      value=${prefs.opacity * 100} onInput=${slide("opacity", 100)}/><//>
    <div class="row"><${Check} label="Outline" checked=${prefs.outline}
      onChange=${(/** @type {boolean} */ outline) => app.prefer({ outline })}/>
    <${Check} label="Labels" checked=${prefs.labels}
      onChange=${(/** @type {boolean} */ labels) => app.prefer({ labels })}/></div></section>`;
}

/** @param {import("./state.js").App} app @param {number} id @param {Partial<ObjectInfo>} what */
export async function changeObject(app, id, what) {
  const { editor, video } = app;
  if (!video) return;
  const before = editor.objects;
  editor.setObjects(before.map((object) => (object.id === id ? { ...object, ...what } : object)));
  const answer = await app.afterStrokes(() => app.api.changeObject(video.id, id, what));
  if (!answer) editor.setObjects(before);
}
