// A video from the server's folders, or from this computer.

import { html, useState } from "../vendor/preact-htm.js";
import { Button, Icon, fieldOf, size, useAnswer, useApp } from "./ui.js";

/** @typedef {import("./state.js").App} App */

export function AddVideo() {
  const app = useApp();
  const [library] = useAnswer(app, () => app.api.library(), []);
  const add = async (/** @type {{library: string}|{upload: string}} */ from) => {
    const video = await app.attempt(() => app.api.addVideo(from));
    if (!video) return;
    await app.reload();
    app.toast({ kind: "good", text: `${video.name} is part of the project.`,
      offer: { label: "Annotate", run: () => app.go("annotate", video.id) } });
  };
  const folders = library?.folders.filter(({ items }) => items.length) ?? [];
  return html`<h2>Add a video</h2><div class="columns"><section><h3>From this computer</h3>
      <${Upload} done=${(/** @type {string} */ upload) => add({ upload })}
        accept="video/*,.avi,.mkv,.mp4,.mov" text="Choose a file"/></section>
    <section><h3>From the server's folders</h3>${folders.map(({ name, items }) => html`<div key=${name}>
      <h4 class="dim">${name}</h4><ul class="library">${items.map((item) => html`<li key=${item.id}><${Icon} name="film"/>
        <span class="clip grow">${item.name}</span><span class="dim number">${size(item.size)}</span>
        <${Button} icon="plus" onClick=${() => add({ library: item.id })}>Add<//></li>`)}</ul></div>`)}
      ${library && !folders.length && html`<p class="dim">The server was started without a folder of videos:
        <code>masklet serve PROJECT --media FOLDER</code> offers one.</p>`}</section></div>`;
}

/**
 * A file to the server, in pieces, with its progress. A broken connection is waited for; the same file
 * goes on where it stopped as long as this page is open.
 * @param {{done: (upload: string, file: File) => void, accept?: string, text: string}} props
 */
export function Upload({ done, accept, text }) {
  const app = useApp();
  const [sent, setSent] = useState(/** @type {{name: string, at: number, of: number}|null} */ (null));
  const [stop, setStop] = useState(/** @type {AbortController|null} */ (null));
  const send = async (/** @type {File|undefined} */ file) => {
    if (!file || sent) return;
    const control = new AbortController();
    setStop(control);
    const at = (/** @type {number} */ received) => setSent({ name: file.name, at: received, of: file.size });
    at(0);
    const id = await app.attempt(() => app.api.upload(file, at, control.signal).catch(quiet));
    setSent(null);
    if (id) done(id, file);
  };
  const drop = (/** @type {DragEvent} */ event) => {
    event.preventDefault();
    send(event.dataTransfer?.files[0]);
  };
  if (sent) {
    return html`<div class="drop"><p>${sent.name}</p><progress max=${sent.of || 1} value=${sent.at}
      aria-label=${`Sending ${sent.name}`}></progress><span class="number">${size(sent.at)} of ${size(sent.of)}</span>
      <${Button} icon="close" onClick=${() => stop?.abort()}>Stop<//></div>`;
  }
  return html`<label class="drop" onDragOver=${(/** @type {Event} */ event) => event.preventDefault()} onDrop=${drop}>
    <${Icon} name="upload"/><span>${text}</span><small class="dim">or drop it here</small>
    <input type="file" accept=${accept} onChange=${(/** @type {Event} */ event) => {
      send(fieldOf(event).files?.[0]);
      fieldOf(event).value = "";
    }}/></label>`;
}

/** A stopped upload is no failure. @param {Error} error @returns {string} */
function quiet(error) {
  if (error.name === "AbortError") return "";
  throw error;
}
