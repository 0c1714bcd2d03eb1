// The data of one open video: pictures, masks, unsent strokes, prompts, timeline; kept up to date with
// what the server announces. No drawing, no selection.

import { ApiError } from "../net/api.js";
import { EMPTY, replay } from "./bitmap.js";
import { Frames } from "./frames.js";
import { MaskCache } from "./masks.js";
import { maskOf } from "./packet.js";
import { Prompts } from "./points.js";
import { Saver } from "./saver.js";
import { lowerBound, TimelineData, withLive } from "./tracks.js";

/** @typedef {import("./types.js").Changed} Changed */
/** @typedef {import("./types.js").Mask} Mask */
/** @typedef {import("./types.js").Row} Row */
/** @typedef {import("./types.js").VideoInfo} VideoInfo */

/** Changes of the timeline are collected so long, milliseconds. */
const COLLECT = 150;

/**
 * Events: `picture`, `rows` {from, to}, `saving`, `changed`, `timeline` {data}, `objects`, `busy`, `live`,
 * `toast` {kind, text, remedy}.
 */
export class Film extends EventTarget {
  /**
   * @param {import("../net/api.js").Api} api
   * @param {import("../net/socket.js").Socket} socket
   * @param {VideoInfo} info
   * @param {import("./outbox.js").Outbox} outbox
   * @param {string} project  its name: strokes in the outbox belong to it
   */
  constructor(api, socket, info, outbox, project) {
    super();
    this.api = api;
    this.socket = socket;
    this.info = info;
    this.frames = new Frames(api, info);
    this.masks = new MaskCache(api, info);
    this.saver = new Saver(api, info.id, `${project}/${info.id}/${info.hash}`, outbox);
    this.prompts = new Prompts(socket);
    this.timeline = new TimelineData();
    /** What was undone last: here or by the server. @type {("local"|"server")[]} */
    this.undone = [];
    /** What was asked of the server, one after the other. @type {Promise<unknown>} */
    this.turn = Promise.resolve();
    /** The revision of the last thing that this tab asked for. */
    this.own = 0;
    /** Masks as they were at a revision, to compare with. @type {Map<number, Row[]>} */
    this.past = new Map();
    /** @type {number|null} */
    this.comparing = null;
    /** @type {WeakMap<Row, Mask>} */
    this.decoded = new WeakMap();
    /** Frames whose timeline is to be loaded again. @type {[number, number]|null} */
    this.dirty = null;
    /** @type {ReturnType<typeof setTimeout>|undefined} */
    this.collecting = undefined;
    /** Frames that the tracker found and the timeline does not show yet. */
    this.fresh = /** @type {Map<number, import("./types.js").Packet>} */ (new Map());
    /** @type {ReturnType<typeof setTimeout>|undefined} */
    this.freshening = undefined;
    this.ends = new AbortController();
    this.listen();
  }

  listen() {
    const { signal } = this.ends;
    /** @param {EventTarget} from @param {string} name @param {(detail: any) => void} what */
    const on = (from, name, what) => from.addEventListener(
      name, (event) => what(/** @type {CustomEvent} */ (event).detail), { signal });
    on(this.frames, "picture", (detail) => this.tell("picture", detail));
    on(this.frames, "failed", ({ error }) => this.complain(error));
    on(this.masks, "rows", (detail) => this.tell("rows", detail));
    on(this.masks, "failed", ({ error }) => this.complain(error));
    on(this.saver, "state", (detail) => this.tell("saving", detail));
    on(this.saver, "saved", ({ frame, row, revision }) => this.masks.put(frame, row, revision));
    on(this.saver, "merged", ({ frame, object, revision }) => this.merged(frame, object, revision));
    on(this.saver, "refused", ({ frame }) => this.refused(frame));
    on(this.saver, "trouble", ({ error }) => this.complain(error));
    on(this.socket, "changed", (detail) => this.changed(detail));
    on(this.socket, "objects", ({ video }) => video === this.info.id && this.tell("objects", null));
    on(this.socket, "live", (detail) => this.found(detail));
    on(this.socket, "answer", (detail) => this.answered(detail));
    on(this.socket, "error", (detail) => this.failed(detail));
    on(this.socket, "state", ({ connected }) => this.connection(connected));
  }

  /** @param {Set<string>} alive  open tabs, whose strokes are theirs */
  async open(alive) {
    this.socket.follow(this.info.id, this.info.revision);
    const left = await this.saver.adopt(alive);
    this.decide();
    if (left.length) {
      this.toast("info", `${left.length} strokes of an earlier page were not saved; they are sent now.`);
    }
  }

  /** Width and height of a frame, pixels. @param {number} frame @returns {[number, number]} */
  size(frame) {
    const { width, height, sizes } = this.info;
    return sizes?.[frame] ?? [width, height];
  }

  /** What a frame has, unsent strokes included; undefined where it is not loaded.
   * @param {number} frame @returns {Row[]|undefined} */
  rows(frame) {
    if (this.comparing !== null) return this.past.get(frame);
    const stored = this.masks.rows(frame);
    const drawn = this.saver.objects(frame);
    if (!drawn.length || !stored) return stored;
    const others = stored.filter((row) => !drawn.includes(row.id));
    return [...others, ...drawn.map((id) => this.saver.row(frame, id)).filter((row) => row !== null)];
  }

  /** @param {number} frame @param {number} object @returns {Row|null} */
  row(frame, object) {
    return this.rows(frame)?.find((row) => row.id === object) ?? null;
  }

  /** @param {Row} row @returns {Mask} the same object every time */
  maskOf(row) {
    let mask = this.decoded.get(row);
    if (!mask) this.decoded.set(row, (mask = maskOf(row)));
    return mask;
  }

  /** @param {number} frame @param {number} object @returns {Mask} */
  mask(frame, object) {
    const row = this.row(frame, object);
    return row ? this.maskOf(row) : EMPTY;
  }

  /** The revision at which this tab read a mask. @param {number} frame @param {number} object */
  known(frame, object) {
    return this.masks.known(frame, object);
  }

  /**
   * A stroke began on the mask `before` and made it `after`. Somebody may have changed the mask while it was
   * drawn, so what the stroke changed is done to the mask of now.
   * @param {number} frame @param {{id: number, label: string, kind: import("./types.js").Kind}} like
   * @param {Mask} before @param {Mask} after
   */
  async draw(frame, { id, label, kind }, before, after) {
    this.undone = [];
    this.prompts.keep(id, frame);
    const now = this.mask(frame, id);
    const drawn = now === before ? after : replay(now, before, after);
    try {
      await this.saver.put(frame, id, now, drawn, this.known(frame, id), { label, kind });
    } catch (error) {
      this.complain(error);
    }
  }

  /** @returns {Promise<unknown>} */
  undo() { return this.inTurn(() => this.undoNow()); }

  /** @returns {Promise<unknown>} */
  redo() { return this.inTurn(() => this.redoNow()); }

  async undoNow() {
    const stroke = this.saver.undo();
    if (stroke) {
      this.undone.push("local");
      this.prompts.walk(stroke.object, stroke.frame, -1);
      this.tell("rows", { from: stroke.frame, to: stroke.frame + 1 });
    } else await this.quietly(() => this.act(() => this.api.undo(this.info.id), "undo"));
  }

  async redoNow() {
    if (this.undone.pop() === "local") {
      const last = this.saver.undone.at(-1);
      if (!last) return;
      const { frame, object } = last;
      const loaded = this.rows(frame) !== undefined;
      const stroke = this.saver.redo(loaded ? this.mask(frame, object) : null, this.known(frame, object));
      if (!stroke) return;
      this.prompts.walk(stroke.object, stroke.frame, 1);
      this.tell("rows", { from: stroke.frame, to: stroke.frame + 1 });
    } else await this.quietly(() => this.act(() => this.api.redo(this.info.id), "redo"));
  }

  /** Have the server do something after all that was asked and drawn before.
   * @template T @param {() => Promise<T>} what @returns {Promise<T|null>} null: strokes wait, it was not done */
  afterStrokes(what) { return this.inTurn(() => this.quietly(what)); }

  /** @template T @param {() => Promise<T>} what @returns {Promise<T|null>} */
  async quietly(what) {
    await this.saver.flush();
    if (!this.saver.unsent) return this.saver.hold(what);
    this.toast("warning", "The server cannot be reached; strokes wait.", "Try again when it is back.");
    return null;
  }

  /** One thing after the other, in the order of the keys. @template T @param {() => Promise<T>} what
   * @returns {Promise<T>} */
  inTurn(what) {
    const next = this.turn.then(what);
    this.turn = next.catch(() => undefined);
    return next;
  }

  /**
   * Have the server change something, and show it.
   * @param {() => Promise<Changed>} what @param {"undo"|"redo"|""} [verb]
   * @returns {Promise<Changed|null>}
   */
  async act(what, verb = "") {
    try {
      const changed = await what();
      if (verb === "undo" && !changed.nothing && !changed.passed) this.undone.push("server");
      if (changed.passed) {
        this.toast("warning", `Your last edit stays: ${changed.passed}.`, `${verb === "undo" ? "Undo" : "Redo"} again `
          + "for the edit before it.");
      } else if (changed.nothing) this.toast("info", `Nothing to ${verb}.`);
      else {
        this.own = changed.revision;
        this.changed({ ...changed, video: this.info.id, author: this.api.author, mine: true }, verb);
      }
      return changed;
    } catch (error) {
      this.complain(error);
      return null;
    }
  }

  /** @param {any} detail @param {string} [verb] */
  changed(detail, verb = "") {
    if (detail.video !== this.info.id) return;
    const one = single(detail);
    if (verb && one) this.prompts.walk(one.object, one.frame, verb === "undo" ? -1 : 1);
    // A stroke or an answer of this tab comes back as news of what it has.
    if (!one || this.masks.known(one.frame, one.object) < detail.revision) this.masks.invalidate(detail.frames);
    this.refresh(detail.frames);
    this.tell("changed", { ...detail, verb });
  }

  /** The tracker found a frame, which is not in the store yet. @param {any} detail */
  found({ video, job, packet }) {
    if (video !== this.info.id) return;
    this.masks.live(packet);
    this.fresh.set(packet.frame, packet);
    this.freshening ??= setTimeout(() => {
      this.freshening = undefined;
      this.timeline = withLive(this.timeline, this.fresh);
      this.fresh = new Map();
      this.tell("timeline", { data: this.timeline });
    }, COLLECT);
    this.tell("live", { job, frame: packet.frame });
  }

  /** @param {any} detail */
  answered({ req, video, frame, object, revision, packet }) {
    if (video !== this.info.id || !this.prompts.accept(req, object, frame)) return;
    this.prompts.keep(object, frame);
    this.undone = [];
    if (packet?.rows.length) this.masks.put(frame, packet.rows[0], revision);
    this.tell("busy", { busy: this.prompts.busy });
  }

  /** @param {{req?: number, code: string, text: string, remedy: string}} error */
  failed({ req, code, text, remedy }) {
    if (req !== undefined) this.prompts.refused(req);
    this.tell("busy", { busy: this.prompts.busy });
    if (code !== "superseded") this.tell("toast", { kind: "error", code, text, remedy });
  }

  /** @param {boolean} connected */
  connection(connected) {
    this.saver.setReachable(connected);
    if (connected) {
      this.frames.retry();
      this.masks.invalidateAll();
      this.refresh([[0, this.info.frames]]);
    } else if (this.prompts.forget()) {
      this.tell("busy", { busy: false });
    }
  }

  /** @param {number} frame @param {number} object @param {number} revision */
  merged(frame, object, revision) {
    this.masks.invalidate([[frame, frame + 1]]);
    this.tell("rows", { from: frame, to: frame + 1 });
    if (revision === this.own) return;
    this.toast("warning", `Somebody changed object ${object} on frame ${frame} meanwhile.`,
      "Your stroke was put onto the newer mask; check it.");
  }

  /** @param {number} frame */
  refused(frame) {
    this.decide();
    this.masks.invalidate([[frame, frame + 1]]);
    this.tell("rows", { from: frame, to: frame + 1 });
  }

  /** Ask the person what becomes of refused strokes, where there are some. */
  async decide() {
    if (!this.saver.refused.length) return;
    const { ask } = await import("./refused.js");
    ask(this);
  }

  /** Load the timeline of these frames again, soon. @param {[number, number][]} ranges */
  refresh(ranges) {
    for (const [a, b] of ranges) {
      this.dirty = this.dirty ? [Math.min(a, this.dirty[0]), Math.max(b, this.dirty[1])] : [a, b];
    }
    if (this.dirty) this.collecting ??= setTimeout(() => this.loadTimeline(), COLLECT);
  }

  async loadTimeline() {
    const [from, to] = this.dirty ?? [0, this.info.frames];
    this.dirty = null;
    try {
      const { signal } = this.ends;
      const whole = from <= 0 && to >= this.info.frames;
      const part = await this.api.timeline(this.info.id, whole ? { signal } : { from, to, signal });
      this.timeline = whole ? part : this.timeline.with(part, from, to);
      this.tell("timeline", { data: this.timeline });
    } catch (error) {
      this.complain(error);
    } finally {
      this.collecting = undefined;
      if (this.dirty) this.refresh([]);
    }
  }

  /** Masks of another time, for comparing. @param {number} frame */
  async loadPast(frame) {
    const at = this.comparing;
    if (at === null || this.past.has(frame)) return;
    try {
      const { packets } = await this.api.masks(this.info.id, frame, frame + 1, { at });
      if (this.comparing !== at) return;
      this.past.set(frame, packets[0]?.rows ?? []);
      this.tell("rows", { from: frame, to: frame + 1 });
    } catch (error) {
      this.complain(error);
    }
  }

  /** The nearest frame before this one on which an object has a mask, and that mask.
   * @param {number} frame @param {number} object @returns {Promise<Mask|null>} */
  async previous(frame, object) {
    const track = this.timeline.tracks.get(object);
    let k = track ? lowerBound(track.frame, frame) - 1 : -1;
    while (track && k >= 0 && track.area[k] === 0) k--;
    if (!track || k < 0) return null;
    const from = track.frame[k];
    if (this.rows(from)) return this.mask(from, object);
    const { packets } = await this.api.masks(this.info.id, from, from + 1);
    const row = packets[0]?.rows.find((one) => one.id === object);
    return row ? maskOf(row) : null;
  }

  /** @param {unknown} error */
  complain(error) {
    if (error instanceof DOMException && error.name === "AbortError") return;
    if (!(error instanceof ApiError)) {
      this.toast("error", error instanceof Error ? error.message : String(error), "Reload the page.");
      throw error;
    }
    // That there is no connection stands in the badge already.
    if (error.status === 0) return;
    const { code, text, remedy } = error;
    this.tell("toast", { kind: "error", code, text, remedy });
  }

  close() {
    this.ends.abort();
    clearTimeout(this.collecting);
    clearTimeout(this.freshening);
    this.frames.close();
    this.masks.close();
    this.saver.close();
    this.socket.follow(null, 0);
  }

  /** @param {import("./types.js").ToastKind} kind @param {string} text @param {string} [remedy] */
  toast(kind, text, remedy = "") {
    this.tell("toast", { kind, text, remedy });
  }

  /** @param {string} name @param {unknown} detail */
  tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}


/** The one mask that a change was about; null where it was about more. @param {Changed} changed */
function single({ frames, objects }) {
  const [[from, to] = [0, 0]] = frames;
  return frames.length === 1 && to === from + 1 && objects.length === 1 ? { frame: from, object: objects[0] } : null;
}
