// The Track dialog.

import { html, useState } from "../vendor/preact-htm.js";
import { Dialog } from "./dialog.js";
import { JobForm, draftOf, requestOf, wrongWith } from "./jobform.js";
import { submit, workerNote } from "./track.js";
import { Button, useApp } from "./ui.js";

/** @typedef {import("./jobform.js").Draft} Draft */

/** What the person chose last for each video. @type {Map<number, Draft>} */
const kept = new Map();

/** @param {{onClose: () => void, range?: {from: number, to: number}|null}} props */
export function TrackDialog({ onClose, range = null }) {
  const app = useApp();
  const { editor } = app;
  const video = app.video ? { ...app.video, objects: editor.objects } : undefined;
  const [draft, set] = useState(() => {
    const fresh = draftOf(/** @type {any} */ (video), editor.wanted, app.project?.engine, range);
    const last = kept.get(fresh.video);
    return last && !range ? { ...last, objects: [] } : fresh;
  });
  const wrong = wrongWith(draft, video);
  const start = async () => {
    if (wrong) return;
    kept.set(draft.video, draft);
    await editor.save();
    if (await submit(app, requestOf(draft, editor.wanted))) onClose();
  };
  return html`<${Dialog} title="Track" onClose=${onClose} onSubmit=${start} foot=${html`
      <p class=${wrong ? "warn grow" : "dim grow"} role="status">${wrong || workerNote(app)}</p>
      <${Button} onClick=${onClose}>Cancel<//>
      <button class="button primary" data-first aria-disabled=${wrong ? "true" : undefined}>Track</button>`}>
    <${JobForm} draft=${draft} set=${set} video=${video}/><//>`;
}
