// The app's state: the project, the open video, jobs, people, toasts, settings, the address.

import { Api, ApiError } from "../net/api.js";
import { Socket } from "../net/socket.js";
import { Editor } from "../engine/editor.js";
import { Keymap } from "./keymap.js";
import { applyTheme, guest, load, save, share } from "./prefs.js";

/** @typedef {import("../engine/types.js").Job} Job */
/** @typedef {import("../engine/types.js").ProjectInfo} ProjectInfo */
/** @typedef {import("../engine/types.js").VideoInfo} VideoInfo */
/** @typedef {import("../engine/types.js").Person} Person */
/** @typedef {import("./prefs.js").Prefs} Prefs */
/** @typedef {"annotate"|"review"|"jobs"|"project"} Page */
/** @typedef {{page: Page, video: number|null, frame: number|null, object: number|null}} Route */
/** @typedef {import("../engine/types.js").Remedy} Remedy */
/** @typedef {import("../engine/types.js").Toast & {id: number, offer?: Remedy, at: Date}} Shown */
/** @typedef {"keys"|"settings"|""} Window */

/** @type {readonly Page[]} */
export const PAGES = ["annotate", "review", "jobs", "project"];
export const ACTIVE = new Set(["queued", "running", "waiting"]);
const LONG = { info: 7000, good: 5000, warning: 15000, error: 30000 };

/** What all pages share. Tells `change` after every change of it. */
export class App extends EventTarget {
  constructor() {
    super();
    /** @type {Prefs} */
    this.prefs = load();
    this.keymap = new Keymap(this.prefs);
    this.api = new Api({ author: this.prefs.author });
    this.socket = new Socket({ tab: this.api.tab, author: () => this.api.author });
    this.editor = new Editor({ api: this.api, socket: this.socket });
    /** @type {ProjectInfo|null} */
    this.project = null;
    this.version = "";
    /** The video that the editor shows. @type {VideoInfo|null} */
    this.video = null;
    this.opening = true;
    /** Why there is no project. @type {ApiError|null} */
    this.failure = null;
    /** @type {Map<string, Job>} */
    this.jobs = new Map();
    this.worker = { alive: false, what: "" };
    /** @type {Person[]} */
    this.people = [];
    this.connected = false;
    /** @type {Shown[]} */
    this.toasts = [];
    /** @type {Window} */
    this.window = "";
    /** Changes when any masks of the video do: review and statistics ask again. */
    this.turn = 0;
    /** @type {Route} */
    this.route = readHash();
    /** @type {Map<string, () => void>} */
    this.actions = new Map();
    this.toastIds = 0;
  }

  changed() {
    this.dispatchEvent(new Event("change"));
  }

  /** Load everything, and listen. */
  async start() {
    this.applyPrefs();
    this.listen();
    this.socket.open();
    await this.reload();
    const me = await this.attempt(() => this.api.me());
    this.version = me?.version ?? "";
    if (!this.prefs.author) this.signAs(me?.author_hint || guest());
    const jobs = await this.attempt(() => this.api.jobs().catch(withoutJobs));
    jobs?.jobs.forEach((job) => this.jobs.set(job.id, job));
    await this.follow();
  }

  listen() {
    window.addEventListener("hashchange", () => {
      this.route = readHash();
      this.show("");
      this.follow();
    });
    window.addEventListener("online", () => this.socket.retry());
    share(this.prefs, () => { this.applyPrefs(); this.changed(); });
    matchMedia("(prefers-color-scheme: light)").addEventListener("change", () => applyTheme(this.prefs.theme));
    this.on("state", ({ connected }) => { this.connected = connected; });
    this.on("worker", (worker) => { this.worker = worker; });
    this.on("presence", ({ people }) => { this.people = people; });
    this.on("job", ({ job }) => this.heard(job));
    this.on("project", () => this.reload());
    this.on("video", ({ video, state, message }) => this.moved(video, state, message));
    this.on("error", (error) => this.toast({ kind: "error", ...error }));
    this.editor.addEventListener("toast", (event) => this.toast(detailOf(event)));
    this.editor.addEventListener("changed", () => { this.turn += 1; this.changed(); });
  }

  /** @param {string} name @param {(detail: any) => void} run */
  on(name, run) {
    this.socket.addEventListener(name, (event) => {
      run(detailOf(event));
      this.changed();
    });
  }

  /** @param {Job} job */
  heard(job) {
    const before = this.jobs.get(job.id)?.state;
    this.jobs.set(job.id, job);
    if (!before || before === job.state) return;
    const name = this.nameOf(job.spec.video);
    if (job.state === "done") this.toast({ kind: "good", text: `Tracking of ${name} is done. ${job.message}` });
    if (job.state === "failed" || job.state === "interrupted") {
      const again = job.state === "failed" ? "retryJob" : "resumeJob";
      this.toast({ kind: "error", text: `Tracking of ${name} ${job.state}. ${job.message}`,
        remedy: "What it had found is saved. The log in Jobs says more.",
        offer: { label: job.state === "failed" ? "Retry" : "Resume", run: () => this.attempt(() => this.api[again](job.id)) } });
    }
    if (job.state === "stopped") this.toast({ kind: "info", text: `Tracking of ${name} stopped. ${job.message}` });
  }

  // --- the project and its videos ----------------------------------------------------------------

  /** The project, again from the server. */
  async reload() {
    try {
      this.project = await this.api.project();
      this.worker = this.project.worker;
      this.editor.project = this.project.name;
      this.failure = null;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.failure = error;
    }
    this.changed();
  }

  /** @param {number} video */
  nameOf(video) {
    return this.project?.videos.find(({ id }) => id === video)?.name ?? `video ${video}`;
  }

  /** Open what the address names; without a video in it, the first. */
  async follow() {
    const { video, frame, object } = this.route;
    const first = this.project?.videos.find(({ state }) => state === "ok") ?? this.project?.videos[0];
    const wanted = video ?? this.video?.id ?? first?.id ?? null;
    if (wanted === null) {
      this.opening = false;
      this.changed();
      if (this.project && !location.hash) this.go("project");
      return;
    }
    if (wanted !== this.video?.id) await this.openVideo(wanted, frame ?? 0);
    else if (frame !== null) this.editor.goto(frame);
    if (object !== null) this.editor.select(object);
  }

  /** @param {number} id @param {number} frame */
  async openVideo(id, frame) {
    this.opening = true;
    this.changed();
    const info = await this.attempt(() => this.api.video(id));
    this.opening = false;
    if (info) {
      this.video = info;
      this.people = [];
      if (info.state === "ok") await this.attempt(() => this.editor.open(info, frame));
    }
    this.changed();
  }

  /** The file of a video is gone, is another one, or is back. @param {number} video
   * @param {VideoInfo["state"]} state @param {string} message */
  async moved(video, state, message) {
    await this.reload();
    if (video !== this.video?.id || state === this.video.state) return;
    if (state === "ok") {
      await this.openVideo(video, this.editor.wanted);
      this.toast({ kind: "good", text: `${this.nameOf(video)} is back.` });
      return;
    }
    this.video = { ...this.video, state, message };
    this.toast({ kind: "warning", text: message, remedy: "Masks are safe. Put the file back, and it is shown again." });
    this.changed();
  }

  // --- where we are ------------------------------------------------------------------------------

  /** @param {Page} page @param {number|null} [video] @param {number|null} [frame] @param {number|null} [object] */
  go(page, video = this.video?.id ?? null, frame = null, object = null) {
    const parts = [page, video, frame, object].filter((part) => part !== null);
    location.hash = "#/" + parts.join("/");
  }

  /** @param {Window} name */
  show(name) {
    this.window = name;
    this.changed();
  }

  /** Run an action of the keymap, if a part of the page offers it. @param {string} id @returns {boolean} */
  act(id) {
    const run = this.actions.get(id);
    run?.();
    return Boolean(run);
  }

  // --- telling -----------------------------------------------------------------------------------

  /** @param {import("../engine/types.js").Toast & {offer?: Remedy}} toast */
  toast(toast) {
    const shown = { ...toast, id: ++this.toastIds, at: new Date() };
    const older = this.toasts.filter(({ text, about }) => text !== toast.text && (!about || about !== toast.about));
    this.toasts = [...older, shown].slice(-4);
    if (!toast.offers) setTimeout(() => this.dismiss(shown.id), LONG[toast.kind] ?? LONG.info);
    this.changed();
  }

  /** @param {number} id */
  dismiss(id) {
    this.toasts = this.toasts.filter((toast) => toast.id !== id);
    this.changed();
  }

  /**
   * What `ask` gives; a refusal becomes a toast, and undefined comes back.
   * @template T @param {() => Promise<T>} ask @returns {Promise<T|undefined>}
   */
  async attempt(ask) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.toast({ kind: "error", text: error.text, remedy: error.remedy, code: error.code });
      return undefined;
    }
  }

  /** `attempt`, when every stroke is at the server: what is asked must not overtake them.
   * @template T @param {() => Promise<T>} ask */
  async afterStrokes(ask) { return this.attempt(() => this.editor.afterStrokes(ask)); }

  // --- settings ----------------------------------------------------------------------------------

  /** @param {Partial<Prefs>} some */
  prefer(some) {
    Object.assign(this.prefs, some);
    if (!save(this.prefs)) {
      this.toast({ kind: "warning", text: "This browser keeps no settings.",
        remedy: "They hold until the page is closed. Allow local storage for this address to keep them." });
    }
    this.applyPrefs();
    this.changed();
  }

  applyPrefs() {
    const { theme, author, opacity, outline, labels, brushSize, lineWidth } = this.prefs;
    applyTheme(theme);
    if (author) this.signAs(author);
    Object.assign(this.editor, { opacity, outline, labels, brushSize, lineWidth });
  }

  /** The name that signs changes from now on, those by clicks too. @param {string} author */
  signAs(author) {
    if (author === this.api.author) return;
    this.api.author = author;
    this.socket.hello();
  }
}

/** A server may run without a worker; then there are no jobs. @param {ApiError} error @returns {{jobs: Job[]}} */
function withoutJobs(error) {
  if (error.code === "no_jobs") return { jobs: [] };
  throw error;
}

/** @param {Event} event */
export function detailOf(event) {
  return /** @type {CustomEvent} */ (event).detail;
}

/** @returns {Route} "#/annotate/3/120/1" is video 3, frame 120, object 1 */
function readHash() {
  const [page, ...numbers] = location.hash.replace(/^#\/?/, "").split("/");
  const [video, frame, object] = numbers.map((text) => (/^\d+$/.test(text) ? Number(text) : null));
  const known = PAGES.find((name) => name === (page || location.pathname.slice(1))) ?? "annotate";
  return { page: known, video: video ?? null, frame: frame ?? null, object: object ?? null };
}
