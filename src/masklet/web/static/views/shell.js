// Around every page: the bar on top, toasts, windows.

import { html } from "../vendor/preact-htm.js";
import { Annotate } from "./annotate.js";
import { useActions } from "./keyboard.js";
import { Later } from "./later.js";
import { ACTIVE, PAGES } from "./state.js";
import { Toasts } from "./toasts.js";
import { Button, Icon, fieldOf, useApp, useEvents } from "./ui.js";

const TITLES = { annotate: "Annotate", review: "Review", jobs: "Jobs", project: "Project" };

export function Shell() {
  const app = useApp();
  useActions(app, {
    "help": () => app.show("keys"), "settings": () => app.show("settings"),
    ...Object.fromEntries(PAGES.map((page) => [`page.${page}`, () => app.go(page)])),
  });
  const close = () => app.show("");
  const { page } = app.route;
  return html`<a class="skip" href="#main" onClick=${(/** @type {Event} */ event) => {
      event.preventDefault();
      const main = document.getElementById("main");
      if (main) main.tabIndex = -1;
      (document.getElementById("stage") ?? main)?.focus();
    }}>To the page</a><${Bar}/>${page === "annotate" ? html`<${Annotate}/>`
      : html`<${Later} key=${page} part=${page} page/>`}
    ${app.window && html`<${Later} key=${app.window} part=${app.window} onClose=${close}/>`}<${Toasts}/>`;
}

function Bar() {
  const app = useApp();
  const active = [...app.jobs.values()].filter(({ state }) => ACTIVE.has(state)).length;
  return html`<header class="top"><a class="logo" href="#/project"><${Icon} name="logo"/><b>masklet</b></a>
    <${Picker}/><nav aria-label="Pages">${PAGES.map((page) => html`<a key=${page}
      href=${`#/${page}${app.video ? "/" + app.video.id : ""}`} title=${TITLES[page] + app.keymap.hint(`page.${page}`)}
      aria-current=${app.route.page === page ? "page" : undefined}>${TITLES[page]}
      ${page === "jobs" && active > 0 && html`<span class="count">${active}</span>`}</a>`)}</nav><i></i>
    <${People}/><${Worker}/><${Badge}/>
    <${Button} icon="keys" action="help" title="Keys"/>
    <${Button} icon="settings" action="settings" title="Settings"/></header>`;
}

function Picker() {
  const app = useApp();
  const videos = app.project?.videos ?? [];
  if (!videos.length) return null;
  return html`<label class="picker"><span class="unseen">Video</span><select value=${app.video?.id ?? ""}
    onChange=${(/** @type {Event} */ event) => app.go(app.route.page, Number(fieldOf(event).value))}>
    ${videos.map(({ id, name, state }) => html`<option key=${id} value=${id}>${name}${state === "ok" ? "" : ` (${state})`}
      </option>`)}</select></label>`;
}

function People() {
  const { people } = useApp();
  if (people.length < 2) return null;
  const said = people.map(({ author, frame }) => `${author || "unnamed"} on frame ${frame}`).join(", ");
  return html`<span class="status" title=${said}><${Icon} name="people" label=${`People here: ${said}`}/>
    <span class="number">${people.length}</span></span>`;
}

function Worker() {
  const { worker } = useApp();
  const said = worker.what || (worker.alive ? "ready" : "not running");
  return html`<span class=${`status ${worker.alive ? "" : "warn"}`}
    title=${worker.alive ? `The worker answers clicks and tracks: ${said}` : "Clicks and jobs wait until a worker runs."}>
    <${Icon} name="chip"/><span class="clip">${worker.alive ? said : "no worker"}</span></span>`;
}

const SAVING = {
  saved: ["saved", "Saved", "The server has every stroke."],
  pending: ["pending", "Saving", "Strokes are on their way; this says Saved after the server's answer."],
  offline: ["offline", "Offline", "Strokes are kept in this browser and sent when the server is back."],
  refused: ["warn", "Not saved", "The server refused strokes; this browser keeps them until you decide."],
};

/** Saved only after the server's answer. */
function Badge() {
  const app = useApp();
  const { editor } = app;
  useEvents(editor, ["saving"]);
  const state = !app.connected && editor.saving === "saved" ? "offline" : editor.saving;
  const [icon, word, note] = SAVING[state];
  const count = editor.unsent + editor.refused;
  return html`<span class=${`status badge ${state}`} role="status" title=${note}><${Icon} name=${icon}/>
    ${word}${count > 0 && html` <span class="number">(${count})</span>`}
    ${editor.refused > 0 && html`<${Button} onClick=${() => editor.decide()}>Decide<//>`}</span>`;
}
