// Videos in and out, labels, exchange with other tools, statistics.

import { html, useState } from "../vendor/preact-htm.js";
import { AddVideo } from "./addvideo.js";
import { Exchange } from "./exchange.js";
import { Labels } from "./labels.js";
import { NoVideo } from "./novideo.js";
import { Statistics } from "./statistics.js";
import { Button, Empty, Icon, rove, useApp } from "./ui.js";

/** @typedef {import("../engine/types.js").VideoInfo} VideoInfo */

/** @type {[string, string, string, (props: object) => unknown][]} */
const TABS = [
  ["videos", "Videos", "film", Videos], ["labels", "Labels", "layers", Labels],
  ["exchange", "Import and export", "download", Exchange], ["statistics", "Statistics", "chart", Statistics],
];

export function Project() {
  const app = useApp();
  const [tab, set] = useState("videos");
  if (app.failure || !app.project) return html`<${NoVideo}/>`;
  const [, title, , View] = TABS.find(([name]) => name === tab) ?? TABS[0];
  return html`<main class="project page" id="main"><div class="tabs" role="tablist" aria-orientation="vertical"
      aria-label="Project" onKeyDown=${(/** @type {KeyboardEvent} */ event) => rove(event)}>
      <h2 class="clip">${app.project.name}</h2>
      ${TABS.map(([name, text, icon]) => html`<button type="button" role="tab" key=${name} id=${`tab-${name}`}
        aria-selected=${String(name === tab)} aria-controls="panel" tabIndex=${name === tab ? 0 : -1}
        onClick=${() => set(name)}><${Icon} name=${icon}/>${text}</button>`)}</div>
    <section class="panel" id="panel" role="tabpanel" aria-label=${title}>
      ${tab !== "videos" && app.video?.state !== "ok" ? html`<${Empty} icon="film" title="No video is open">
        <${Button} icon="plus" kind="primary" onClick=${() => set("videos")}>Add a video<//><//>`
        : html`<${View} key=${app.video?.id}/>`}</section></main>`;
}

const WORDS = { ok: "ready", missing: "missing", changed: "changed", unreadable: "unreadable" };

function Videos() {
  const { project } = useApp();
  const videos = project?.videos ?? [];
  return html`<h2>Videos</h2>${videos.length > 0 && html`<table class="videos"><thead><tr><th>Name</th><th>State</th>
      <th class="number">Size</th><th class="number">Frames</th><th class="number">Objects</th><th class="number">Masks</th>
      <th></th></tr></thead><tbody>${videos.map((video) => html`<${Row} key=${video.id} video=${video}/>`)}</tbody></table>`}
    ${!videos.length && html`<p class="dim">No video yet. Choose one below, or drop a file here.</p>`}<${AddVideo}/>`;
}

/** @param {{video: VideoInfo}} props */
function Row({ video }) {
  const app = useApp();
  const { id, name, state, message, width, height, frames, fps, objects, rows } = video;
  const good = state === "ok";
  return html`<tr class=${id === app.video?.id ? "on" : ""}><td><b>${name}</b>
      ${!good && html`<p class="warn">${message}</p>`}</td>
    <td class=${good ? "" : "warn"}><${Icon} name=${good ? "check" : "warn"}/> ${WORDS[state]}</td>
    <td class="number">${width} x ${height}</td><td class="number">${frames} at ${fps.toFixed(2)} fps</td>
    <td class="number">${Array.isArray(objects) ? objects.length : objects}</td><td class="number">${rows}</td>
    <td>${good ? html`<${Button} icon="edit" onClick=${() => app.go("annotate", id)}>Annotate<//>`
      : html`<${Button} icon="retry" onClick=${() => app.reload()}>Look again<//>`}</td></tr>`;
}
