// What a page about a video shows where there is none, or where it cannot be opened.

import { html } from "../vendor/preact-htm.js";
import { Button, Empty, useApp } from "./ui.js";

export function NoVideo() {
  const app = useApp();
  const { video, project, failure } = app;
  const to = () => app.go("project");
  const body = () => {
    if (failure) {
      return html`<${Empty} icon="offline" title="The server does not answer"><p>${failure.text} ${failure.remedy}</p>
        <${Button} icon="retry" kind="primary" onClick=${() => app.reload().then(() => app.follow())}>Try again<//><//>`;
    }
    if (app.opening || !project) return html`<${Empty} icon="film" title="Opening the video"/>`;
    if (video) {
      return html`<${Empty} icon="warn" title=${`${video.name} cannot be shown: it is ${video.state}`}>
        <p>${video.message}</p><${Button} icon="retry" kind="primary" onClick=${() => app.openVideo(video.id, 0)}>
        Look again<//><${Button} icon="film" onClick=${to}>Other videos<//><//>`;
    }
    return html`<${Empty} icon="film" title="No video yet"><p>Add one from this computer or from the server's folders.</p>
      <${Button} icon="plus" kind="primary" onClick=${to}>Add a video<//><//>`;
  };
  return html`<main class="page" id="main">${body()}</main>`;
}
