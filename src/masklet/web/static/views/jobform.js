// What a tracking job is to do: the form of the Track dialog and of the page Jobs.

import { html } from "../vendor/preact-htm.js";
import { Check, Choice, Field, fieldOf, useApp } from "./ui.js";

/** @typedef {import("../engine/types.js").JobRequest} JobRequest */
/** @typedef {import("../engine/types.js").VideoInfo} VideoInfo */
/** @typedef {"all"|"here"|"range"|"list"} Span */
/** @typedef {JobRequest & {span: Span, from: string, to: string, list: string}} Draft */

/** @param {VideoInfo} video @param {number} frame @param {string|undefined} engine
 * @param {{from: number, to: number}|null} [range] @returns {Draft} */
export function draftOf(video, frame, engine, range = null) {
  return {
    video: video.id, kind: "initial", direction: "both", engine: engine ?? "auto", objects: [], workers: 2,
    mode: "automatic", reuse: true, stop_at_flag: false, span: range ? "range" : "all",
    from: String(range?.from ?? frame), to: String(range ? range.to - 1 : video.frames - 1), list: String(frame),
  };
}

/** The request of a draft. @param {Draft} draft @param {number} here @returns {JobRequest} */
export function requestOf(draft, here) {
  const { span, from, to, list, ...rest } = draft;
  const between = draft.kind === "between";
  const frames = { all: "", here: `${here}-`, range: `${from}-${to}`, list: list.replaceAll(" ", "") }[span];
  return {
    ...rest, frames, workers: between ? draft.workers : 1,
    mode: between ? "automatic" : draft.mode, stop_at_flag: !between && Boolean(draft.stop_at_flag),
    direction: draft.stop_at_flag && draft.direction === "both" ? "forward" : draft.direction,
  };
}

/** What is wrong with it, "" where nothing is. @param {Draft} draft @param {VideoInfo|undefined} video */
export function wrongWith(draft, video) {
  const last = (video?.frames ?? 1) - 1;
  const { span, from, to, list } = draft;
  if (!video?.objects.length) return "This video has no object. Add one on the page Annotate and draw it on a frame.";
  if (span === "range" && !(Number(from) <= Number(to) && Number(to) <= last && /^\d+$/.test(from + to))) {
    return `The frames ${from} to ${to} do not exist; this video has 0 to ${last}, the smaller number first.`;
  }
  if (span === "list" && !/^\s*\d*-?\d*\s*(,\s*\d*-?\d*\s*)*$/.test(list)) return "Write frames as 3,10-20,400-";
  if (draft.kind === "resegment" && span === "all") return "Again on chosen frames needs frames: choose which.";
  if (draft.stop_at_flag && draft.direction === "backward") return "To stop at the first doubt, track forward.";
  return "";
}

/** @param {{draft: Draft, set: (draft: Draft) => void, video: VideoInfo|undefined}} props */
export function JobForm({ draft, set, video }) {
  const { project, keymap } = useApp();
  const put = (/** @type {Partial<Draft>} */ some) => set({ ...draft, ...some });
  const between = draft.kind === "between";
  const engine = project?.engines.find(({ name }) => name === draft.engine);
  return html`<${Choice} label="What" value=${draft.kind} onChange=${(/** @type {any} */ kind) => put({ kind })}
      options=${[["initial", "Track"], ["resegment", "Again on chosen frames"], ["between", "Between keyframes, in parallel"]]}/>
    <${Picks} draft=${draft} put=${put} video=${video}/>
    <${Frames} draft=${draft} put=${put} last=${(video?.frames ?? 1) - 1}/>
    <${Choice} label="Direction" value=${draft.direction ?? "both"}
      onChange=${(/** @type {any} */ direction) => put({ direction })}
      options=${[["both", "Both ways"], ["forward", "Forward"], ["backward", "Backward"]]}/>
    <${Field} label="Engine" note=${engine && !engine.available ? engine.why : engine?.summary ?? "chooses by the video"}>
      <select value=${draft.engine} onChange=${(/** @type {Event} */ e) => put({ engine: fieldOf(e).value })}>
        <option value="auto">auto</option>
        ${project?.engines.filter(({ name }) => name !== "auto").map(({ name, available }) => html`<option key=${name}
          value=${name} disabled=${!available}>${name}${available ? "" : " (not installed)"}</option>`)}</select><//>
    ${between && html`<${Field} label="Workers" note="Stretches between keyframes that run at the same time.">
      <input type="number" min="1" max="64" value=${draft.workers}
        onInput=${(/** @type {Event} */ e) => put({ workers: Number(fieldOf(e).value) || 1 })}/><//>`}
    ${!between && html`<${Choice} label="Pace" value=${draft.mode ?? "automatic"}
      onChange=${(/** @type {any} */ mode) => put({ mode })}
      options=${[["automatic", "Automatic"], ["frame_by_frame", `Frame by frame${keymap.hint("job.step")}`]]}/>
    <${Check} label="Stop at the first doubtful frame" checked=${Boolean(draft.stop_at_flag)}
      onChange=${(/** @type {boolean} */ on) => put({ stop_at_flag: on })}/>`}
    <${Check} label="Reuse what an earlier run computed from the same annotations" checked=${Boolean(draft.reuse)}
      onChange=${(/** @type {boolean} */ reuse) => put({ reuse })}/>`;
}

/** @param {{draft: Draft, put: (some: Partial<Draft>) => void, video: VideoInfo|undefined}} props */
function Picks({ draft, put, video }) {
  const chosen = draft.objects ?? [];
  const toggle = (/** @type {number} */ id) => (/** @type {boolean} */ on) => {
    const all = chosen.length ? chosen : (video?.objects ?? []).map((object) => object.id);
    put({ objects: on ? [...all, id] : all.filter((other) => other !== id) });
  };
  return html`<fieldset class="picks"><legend>Objects</legend>${video?.objects.map(({ id, label }) => html`<${Check}
    key=${id} label=${`${id} ${label}`} checked=${!chosen.length || chosen.includes(id)} onChange=${toggle(id)}/>`)}
    ${!video?.objects.length && html`<p class="dim">none yet</p>`}</fieldset>`;
}

/** @param {{draft: Draft, put: (some: Partial<Draft>) => void, last: number}} props */
function Frames({ draft, put, last }) {
  const { span } = draft;
  const typing = (/** @type {"from"|"to"|"list"} */ name) => (/** @type {Event} */ event) => (
    put({ [name]: fieldOf(event).value }));
  return html`<${Choice} label="Frames" value=${span} onChange=${(/** @type {Span} */ key) => put({ span: key })}
      options=${[["all", "All"], ["here", "From here on"], ["range", "From, to"], ["list", "List"]]}/>
    ${span === "range" && html`<div class="two inset"><${Field} label="First"><input inputmode="numeric" class="number"
        value=${draft.from} onInput=${typing("from")}/><//>
      <${Field} label=${`Last, at most ${last}`}><input inputmode="numeric" class="number" value=${draft.to}
        onInput=${typing("to")}/><//></div>`}
    ${span === "list" && html`<div class="inset"><${Field} label="Frames and ranges, such as 3,10-20,400-">
      <input class="number" value=${draft.list} onInput=${typing("list")}/><//></div>`}`;
}
