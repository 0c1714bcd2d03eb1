// The strip that shows the running job of a video, and what the page of jobs shows of each.

import { html, useEffect, useRef, useState } from "../vendor/preact-htm.js";
import { useActions } from "./keyboard.js";
import { ACTIVE } from "./state.js";
import { begun, jobOf, step, tell } from "./track.js";
import { Button, Icon, about, useApp } from "./ui.js";

/** @typedef {import("../engine/types.js").Job} Job */
/** @typedef {import("./state.js").App} App */

/**
 * Show the frames of a job as it answers them, until the person moves or draws.
 * @param {App} app @param {Job|undefined} job
 * @returns {[boolean, (on: boolean) => void, () => void]} the last: the next frame is shown in any case
 */
function useFollowing(app, job) {
  const { editor } = app;
  const [on, set] = useState(false);
  const last = useRef(-1);
  /** The frame at which the person asked for the next one. */
  const asked = useRef(/** @type {number|null} */ (null));
  const at = job?.frame ?? -1;
  const id = job?.id ?? "";
  const mine = begun.has(id);
  useEffect(() => set(mine && begun.get(id) === editor.wanted), [id, mine]);
  useEffect(() => {
    last.current = editor.wanted;
    const stop = () => set(false);
    const stage = document.getElementById("stage");
    stage?.addEventListener("pointerdown", stop);
    return () => stage?.removeEventListener("pointerdown", stop);
  }, [on]);
  useEffect(() => {
    if (!on || at < 0) return;
    if (asked.current === null && (editor.drawing || editor.wanted !== last.current)) set(false);
    else editor.goto(at);
    if (at !== asked.current) asked.current = null;
    last.current = editor.wanted;
  }, [on, at]);
  const next = () => {
    asked.current = at;
    set(true);
  };
  return [on, set, next];
}

export function JobStrip() {
  const app = useApp();
  const [open, setOpen] = useState(false);
  const job = jobOf(app, app.video?.id);
  const [follow, setFollow, showNext] = useFollowing(app, job);
  useActions(app, job ? { "job.step": () => {
    if (job.state !== "waiting") return;
    showNext();
    step(app, job, 1);
  } } : {});
  if (!job) return null;
  return html`<section class="job-strip" aria-label="Running job"><${Progress} job=${job}/>
    <${Button} icon="eye" pressed=${follow} title="Show each frame as it is tracked"
      onClick=${() => setFollow(!follow)}>Follow<//>
    <${Button} icon="info" pressed=${open} onClick=${() => setOpen(!open)}>Log<//>
    ${job.state === "waiting" && html`<${Button} icon="step" kind="primary" action="job.step"
      title="Next frame">Next frame<//>`}
    <${Button} icon="stop" kind="danger" title="Stop (Esc)" onClick=${() => tell(app, "stopJob", job.id)}>Stop<//>
    ${open && html`<${Log} job=${job}/>`}</section>`;
}

const SIGNS = {
  queued: "pending", running: "track", waiting: "pause", stopped: "stop", interrupted: "warn", failed: "warn",
  done: "check",
};

/** State, bar and figures of a job. @param {{job: Job}} props */
export function Progress({ job }) {
  const { state, done, total, fps, eta, position } = job;
  const word = { waiting: "waits for you", queued: position ? `queued, ${position} before it` : "queued" }[
    /** @type {string} */ (state)] ?? state;
  const left = about(eta);
  return html`<div class="progress"><span class=${`state ${state}`}><${Icon} name=${SIGNS[state]}/>${word}</span>
    ${total ? html`<progress max=${total} value=${done} aria-label=${`${done} of ${total} frames`}></progress>
      <span class="number">${done} / ${total}</span>` : html`<progress max="1" value="0" aria-label="begins"></progress>`}
    ${ACTIVE.has(state) && fps > 0 && html`<span class="number dim">${fps.toFixed(1)} fps</span>`}
    ${ACTIVE.has(state) && left && html`<span class="number dim">${left} left</span>`}
    <span class="dim clip" title=${job.message}>${job.message}</span></div>`;
}

/** @param {{job: Job}} props */
export function Log({ job }) {
  return html`<pre class="log" tabIndex=${0} aria-label="Log">${job.log.join("\n") || "Nothing yet."}</pre>`;
}
