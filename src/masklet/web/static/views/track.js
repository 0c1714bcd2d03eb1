// Jobs of the open video: put up, found, stopped.

import { ACTIVE } from "./state.js";

/** @typedef {import("../engine/types.js").Job} Job */
/** @typedef {import("./state.js").App} App */

/** Jobs that this tab put up, with the frame that was shown then: their frames are followed until the person
 * looks elsewhere. @type {Map<string, number>} */
export const begun = new Map();

/** @param {App} app */
export function workerNote(app) {
  return app.worker.alive ? `Worker: ${app.worker.what || "ready"}`
    : "No worker runs at the moment; the job waits until one does.";
}

/** @param {App} app @param {import("../engine/types.js").JobRequest} request */
export async function submit(app, request) {
  const shown = app.editor.wanted;
  const job = await app.afterStrokes(() => app.api.submitJob(request));
  if (job) {
    app.jobs.set(job.id, job);
    begun.set(job.id, shown);
    app.changed();
  }
  return job;
}

/** @param {App} app @param {number|undefined} video @returns {Job|undefined} the one to show */
export function jobOf(app, video) {
  const mine = [...app.jobs.values()].filter(({ spec, state }) => spec.video === video && ACTIVE.has(state));
  return mine.find(({ state }) => state !== "queued") ?? mine[0];
}

/** @param {App} app @param {"stopJob"|"resumeJob"|"retryJob"} what @param {string} id */
export async function tell(app, what, id) {
  const job = await app.attempt(() => app.api[what](id));
  if (job) app.jobs.set(job.id, job);
  app.changed();
}

/** @param {App} app @param {Job} job @param {number} n */
export const step = (app, job, n) => app.attempt(() => app.api.stepJob(job.id, n));
