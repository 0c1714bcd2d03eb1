// Under the picture: playing, stepping, where we are, undo, zoom, Track.

import { html, useState } from "../vendor/preact-htm.js";
import { Button, clock, fieldOf, useAnswer, useApp, useEvents } from "./ui.js";

export function Transport() {
  const app = useApp();
  const { editor } = app;
  useEvents(editor, ["play", "view", "timeline"]);
  return html`<div class="transport"><div class="row" role="group" aria-label="Frames">
      <${Button} icon="flagprev" title="Previous doubtful frame" action="flag.prev"/>
      <${Button} icon="keyprev" title="Previous keyframe" action="key.prev"/>
      <${Button} icon="back" title="10 frames back" action="frame.back"/>
      <${Button} icon="prev" title="Previous frame" action="frame.prev"/>
      <${Button} icon=${editor.playing ? "pause" : "play"} title=${editor.playing ? "Pause" : "Play"} action="play"
        kind="round"/>
      <${Button} icon="next" title="Next frame" action="frame.next"/>
      <${Button} icon="fwd" title="10 frames on" action="frame.forward"/>
      <${Button} icon="keynext" title="Next keyframe" action="key.next"/>
      <${Button} icon="flagnext" title="Next doubtful frame" action="flag.next"/></div>
    <${Place}/><i></i>
    <div class="row" role="group" aria-label="Changes">
      <${Button} icon="undo" title="Undo" action="undo"/><${Button} icon="redo" title="Redo" action="redo"/>
      <${Complete}/></div>
    <div class="row" role="group" aria-label="View"><${Button} icon="zoomout" title="Further away" action="zoom.out"/>
      <output class="number">${Math.round(editor.scale * 100)} %</output>
      <${Button} icon="zoomin" title="Closer" action="zoom.in"/>
      <${Button} icon="fit" title="Whole picture" action="zoom.fit"/></div>
    <${Button} icon="track" title="Track" action="track" kind="primary">Track<//></div>`;
}

function Complete() {
  const { editor } = useApp();
  useEvents(editor, ["frame", "timeline"]);
  const on = editor.timeline.checked.has(editor.shown);
  return html`<${Button} icon="check" title=${on ? "This frame is complete" : "Mark this frame complete"}
    action="complete" pressed=${on}/>`;
}

/** Frame number, time, and whether the picture is exact. */
function Place() {
  const app = useApp();
  const { editor, video } = app;
  useEvents(editor, ["frame"]);
  const [typed, setTyped] = useState(/** @type {string|null} */ (null));
  const id = video?.id ?? 0;
  const [times] = useAnswer(app, () => app.api.times(id), [id]);
  const go = () => {
    const frame = Number(typed);
    if (typed?.trim() && Number.isInteger(frame)) editor.goto(frame);
    setTyped(null);
    document.getElementById("stage")?.focus();
  };
  const key = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== "Enter" && event.key !== "Escape") return;
    event.preventDefault();
    if (event.key === "Enter") go();
    else fieldOf(event).blur();
  };
  const seconds = times?.[editor.shown];
  return html`<div class="place"><label><span class="unseen">Frame number</span>
      <input id="frame" class="number" inputmode="numeric" title=${`Frame${app.keymap.hint("frame.goto")}`}
        value=${typed ?? editor.wanted} size="6" onInput=${(/** @type {Event} */ e) => setTyped(fieldOf(e).value)}
        onFocus=${(/** @type {Event} */ e) => fieldOf(e).select()} onBlur=${() => setTyped(null)} onKeyDown=${key}/>
      </label><span class="dim number">/ ${(video?.frames ?? 1) - 1}</span>
    <span class="number time">${seconds === undefined ? "" : clock(seconds)}</span>
    <span class=${`exact ${editor.exact ? "" : "warn"}`}
      title=${editor.exact ? "The picture is this very frame" : "A stand-in until this frame is decoded"}>
      ${editor.exact ? "exact" : "approx"}</span></div>`;
}
