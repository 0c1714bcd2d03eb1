// Videos that are ready, the job form, and every job with its figures.

import { html, useState } from "../vendor/preact-htm.js";
import { JobForm, draftOf, requestOf, wrongWith } from "./jobform.js";
import { ACTIVE } from "./state.js";
import { Log, Progress } from "./jobstrip.js";
import { step, submit, tell, workerNote } from "./track.js";
import { Button, Empty, Icon, fieldOf, useAnswer, useApp } from "./ui.js";

/** @typedef {import("../engine/types.js").Job} Job */
/** @typedef {import("../engine/types.js").VideoInfo} VideoInfo */

export function Jobs() {
  const app = useApp();
  const videos = app.project?.videos.filter(({ state }) => state === "ok") ?? [];
  const jobs = [...app.jobs.values()].sort((a, b) => (
    Number(ACTIVE.has(b.state)) - Number(ACTIVE.has(a.state)) || Number(b.created) - Number(a.created)));
  return html`<main class="jobs page" id="main"><section class="card" aria-label="New job"><h2>New job</h2>
      ${videos.length ? html`<${Make} videos=${videos}/>` : html`<${Empty} icon="film" title="No video is ready">
        <${Button} icon="plus" kind="primary" onClick=${() => app.go("project")}>Add a video<//><//>`}</section>
    <section class="card grow" aria-label="Jobs"><h2>Jobs</h2>
      <p class=${app.worker.alive ? "dim" : "warn"} role="status"><${Icon} name="chip"/> ${workerNote(app)}</p>
      ${jobs.map((job) => html`<${One} key=${job.id} job=${job}/>`)}
      ${!jobs.length && html`<${Empty} icon="track" title="No job yet"><p>Choose a video on the left, then Start.</p><//>`}
    </section></main>`;
}

/** @param {{videos: VideoInfo[]}} props */
function Make({ videos }) {
  const app = useApp();
  const [id, setId] = useState(app.video?.state === "ok" ? app.video.id : videos[0].id);
  const [draft, set] = useState(() => draftOf(videos.find((one) => one.id === id) ?? videos[0], 0, app.project?.engine));
  const [video] = useAnswer(app, () => app.api.video(id), [id, app.turn]);
  const wrong = wrongWith(draft, video ?? undefined);
  const choose = (/** @type {VideoInfo} */ one) => () => {
    setId(one.id);
    set({ ...draftOf(one, 0, draft.engine), kind: draft.kind });
  };
  const start = (/** @type {Event} */ event) => {
    event.preventDefault();
    if (!wrong) submit(app, requestOf(draft, draft.video === app.video?.id ? app.editor.wanted : 0));
  };
  return html`<form class="stack" onSubmit=${start}><fieldset class="ready"><legend>Ready</legend>
      ${videos.map((one) => html`<label key=${one.id} class=${one.id === id ? "on" : ""}><input type="radio" name="video"
        checked=${one.id === id} onChange=${choose(one)}/><span>${one.name}<small class="number">${one.frames} frames, ${""}
        ${counted(one)}, ${one.rows} masks</small></span></label>`)}
    </fieldset><${JobForm} draft=${draft} set=${set} video=${video ?? undefined}/>
    <p class="warn" role="status">${video ? wrong : ""}</p>
    <button class="button primary" aria-disabled=${wrong ? "true" : undefined}><${Icon} name="track"/><span>Start</span></button>
    </form>`;
}

const KINDS = { initial: "Track", resegment: "Again", between: "Between keyframes" };

/** @param {{job: Job}} props */
function One({ job }) {
  const app = useApp();
  const { id, spec, state } = job;
  const again = state === "stopped" || state === "interrupted";
  return html`<article class=${`job ${state}`}><header><b>${app.nameOf(spec.video)}</b>
      <span class="dim">${KINDS[spec.kind]}, ${spec.frames || "all frames"}, ${job.engine || spec.engine}, ${spec.direction}</span><i></i>
      ${ACTIVE.has(state) && html`<${Button} icon="stop" kind="danger" onClick=${() => tell(app, "stopJob", id)}>Stop<//>`}
      ${again && html`<${Button} icon="play" onClick=${() => tell(app, "resumeJob", id)}>Resume<//>`}
      ${(again || state === "failed") && html`<${Button} icon="retry" onClick=${() => tell(app, "retryJob", id)}>
        Retry<//>`}
      <${Button} icon="eye" onClick=${() => app.go("annotate", spec.video)}>Open<//></header>
    <${Progress} job=${job}/>${state === "waiting" && html`<${Steps} job=${job}/>`}
    <details><summary>Log</summary><${Log} job=${job}/></details></article>`;
}

/** The panel of a job that waits after each frame. @param {{job: Job}} props */
function Steps({ job }) {
  const app = useApp();
  const [n, set] = useState(10);
  return html`<div class="row steps" role="group" aria-label="Frame by frame">
    <span>It waits after ${job.done} of ${job.total} frames.</span>
    <${Button} icon="step" kind="primary" onClick=${() => step(app, job, 1)}>Next frame<//>
    <label class="row"><span class="unseen">How many frames</span><input type="number" class="number" min="1" value=${n}
      onInput=${(/** @type {Event} */ event) => set(Math.max(1, Number(fieldOf(event).value) || 1))}/></label>
    <${Button} icon="fwd" onClick=${() => step(app, job, n)}>Next ${n}<//></div>`;
}

/** @param {VideoInfo} video */
function counted({ objects }) {
  const n = Array.isArray(objects) ? objects.length : objects;
  return n === 1 ? "1 object" : `${n} objects`;
}
