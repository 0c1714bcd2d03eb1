// Saving: every stroke is drawn at once and sent in the background, in the order in which it was drawn.
//
// The badge tells the truth: `saved` when the server has acknowledged every stroke, `pending` while one
// waits or is on its way, `offline` when the server cannot be reached. A stroke that met a newer mask
// (412) is done again on that mask: the pixels that it set are set, those that it cleared are cleared.

import { ApiError } from "../net/api.js";
import { EMPTY, replay, same } from "./bitmap.js";
import { decodeAll, encode, maskOf, rowOf } from "./packet.js";

/** @typedef {import("./outbox.js").Outbox} Outbox */
/** @typedef {import("./outbox.js").Stroke} Stroke */
/** @typedef {import("./types.js").Mask} Mask */
/** @typedef {import("./types.js").Row} Row */
/** @typedef {import("./types.js").Saving} Saving */

const FIRST_WAIT = 400;
const LONGEST_WAIT = 10000;
const MOST_MERGES = 6;

/**
 * Events: `state` {saving, unsent}, `saved` {frame, object, revision, row}, `merged` {frame, object, row}:
 * a stroke was put onto somebody's newer mask, `refused` {error, frame, object}: the stroke is dropped,
 * `trouble` {error}: the server answers, but cannot save now; it is tried again.
 */
export class Saver extends EventTarget {
  /**
   * @param {import("../net/api.js").Api} api
   * @param {number} video
   * @param {string} place  names project and video in the outbox
   * @param {Outbox} outbox
   */
  constructor(api, video, place, outbox) {
    super();
    this.api = api;
    this.video = video;
    this.place = place;
    this.outbox = outbox;
    /** @type {Stroke[]} */
    this.queue = [];
    /** Strokes taken back before they were sent, the last one last. @type {Stroke[]} */
    this.undone = [];
    /** What the server said of masks that this tab wrote, newer than the cache. @type {Map<string, number>} */
    this.revisions = new Map();
    this.reachable = true;
    this.sending = false;
    this.wait = FIRST_WAIT;
    this.closed = false;
    this.merges = 0;
    /** The state that was told last. */
    this.told = "";
    /** @type {ReturnType<typeof setTimeout>|undefined} */
    this.timer = undefined;
    /** One change of the queue after the other. @type {Promise<unknown>} */
    this.turn = Promise.resolve();
  }

  /** @returns {Saving} */
  get saving() {
    if (!this.reachable) return "offline";
    return this.queue.length ? "pending" : "saved";
  }

  get unsent() {
    return this.queue.length;
  }

  /** A mask of this tab was saved in another way. @param {number} frame @param {number} object
   * @param {number} revision */
  learn(frame, object, revision) {
    this.revisions.set(`${frame}/${object}`, revision);
  }

  /** What the person last drew and the server does not have. @param {number} frame @param {number} object
   * @returns {Row|null} */
  row(frame, object) {
    const last = this.queue.filter((one) => one.frame === frame && one.object === object).at(-1);
    return last ? rowIn(last.after) : null;
  }

  /** Objects with unsent strokes on a frame. @param {number} frame @returns {number[]} */
  objects(frame) {
    return [...new Set(this.queue.filter((one) => one.frame === frame).map((one) => one.object))];
  }

  /**
   * A stroke was drawn. Resolves when it is safe against a reload, long before it is saved.
   * @param {number} frame @param {number} object
   * @param {Mask} before
   * @param {Mask} after
   * @param {number} known  revision at which the mask was read
   */
  put(frame, object, before, after, known) {
    const stroke = {
      key: 0, place: this.place, owner: this.api.tab, frame, object, known,
      before: packed(frame, object, before), after: packed(frame, object, after),
    };
    this.undone = [];
    return this.push(stroke);
  }

  /** @param {Stroke} stroke */
  push(stroke) {
    this.queue.push(stroke);
    this.tellState();
    return this.inTurn(async () => {
      const { key: _, ...kept } = stroke;
      stroke.key = await this.outbox.add(kept);
      this.send();
    });
  }

  /**
   * Take the newest stroke back if it has not been sent.
   * @returns {Stroke|null} null: there is none, the server must undo
   */
  undo() {
    const last = this.queue[this.queue.length - 1];
    if (!last || (this.sending && this.queue.length === 1)) return null;
    this.queue.pop();
    this.undone.push(last);
    this.inTurn(() => this.outbox.remove(last.key));
    this.tellState();
    return last;
  }

  /** Draw again what `undo` took back here. @returns {Stroke|null} null: the server must redo */
  redo() {
    const last = this.undone.pop();
    if (!last) return null;
    this.push({ ...last, key: 0 });
    return last;
  }

  /** Strokes that an earlier page left behind are sent first. @param {Set<string>} alive  tabs that are open
   * @returns {Promise<Stroke[]>} */
  async adopt(alive) {
    const left = await this.outbox.all(this.place);
    const orphans = left.filter((one) => one.owner === this.api.tab || !alive.has(one.owner));
    const fresh = orphans.filter((one) => !this.queue.some((mine) => mine.key === one.key));
    for (const stroke of fresh) await this.outbox.change({ ...stroke, owner: this.api.tab });
    this.queue.unshift(...fresh);
    this.tellState();
    this.send();
    return fresh;
  }

  /** Resolves when everything is sent, or cannot be now. */
  async flush() {
    await this.turn;
    clearTimeout(this.timer);
    this.timer = undefined;
    await this.send();
  }

  /** The connection broke or is there again. @param {boolean} reachable */
  setReachable(reachable) {
    if (reachable) {
      this.wait = FIRST_WAIT;
      if (!this.queue.length) this.reachable = true;
      clearTimeout(this.timer);
      this.timer = undefined;
      this.send();
    } else {
      this.reachable = false;
    }
    this.tellState();
  }

  async send() {
    if (this.sending || this.timer || this.closed) return;
    this.sending = true;
    try {
      while (this.queue.length && this.queue[0].key && !this.closed) {
        if (!(await this.sendFirst())) break;
      }
    } finally {
      this.sending = false;
    }
    this.tellState();
  }

  /** @returns {Promise<boolean>} whether the next one may be sent */
  async sendFirst() {
    const stroke = this.queue[0];
    try {
      const known = Math.max(stroke.known, this.revisions.get(placeOf(stroke)) ?? 0);
      const { frame, object, after } = stroke;
      const { revision } = await this.api.putMask(this.video, frame, object, after, known);
      this.reachable = true;
      await this.acknowledged(stroke, revision);
      return true;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return this.failed(stroke, error);
    }
  }

  /** @param {Stroke} stroke @param {number} revision */
  async acknowledged(stroke, revision) {
    this.wait = FIRST_WAIT;
    this.merges = 0;
    this.revisions.set(placeOf(stroke), revision);
    await this.outbox.remove(stroke.key);
    this.queue.shift();
    const { frame, object, after } = stroke;
    this.tell("saved", { frame, object, revision, row: rowIn(after) });
    this.tellState();
  }

  /** @param {Stroke} stroke @param {ApiError} error @returns {Promise<boolean>} */
  async failed(stroke, error) {
    this.reachable = !error.offline;
    if (error.offline) return this.later();
    if (error.status === 412 && this.merges++ < MOST_MERGES) return this.merge(stroke);
    if (error.status >= 500 || [401, 403, 408, 429].includes(error.status)) {
      this.tell("trouble", { error });
      return this.later();
    }
    await this.outbox.remove(stroke.key);
    this.queue.shift();
    this.merges = 0;
    this.tell("refused", { error, frame: stroke.frame, object: stroke.object });
    return true;
  }

  later() {
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.send();
    }, this.wait);
    this.wait = Math.min(this.wait * 2, LONGEST_WAIT);
    return false;
  }

  /** Do a stroke, and those after it on the same mask, again on what the server has now.
   * @param {Stroke} first @returns {Promise<boolean>} */
  async merge(first) {
    const { frame, object } = first;
    let newest;
    try {
      newest = await this.api.masks(this.video, frame, frame + 1);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return this.failed(first, error);
    }
    const row = newest.packets[0]?.rows.find((one) => one.id === object);
    let mask = row ? maskOf(row) : EMPTY;
    const theirs = mask;
    for (const stroke of this.queue.filter((one) => one.frame === frame && one.object === object)) {
      const after = replay(mask, maskIn(stroke.before), maskIn(stroke.after));
      stroke.before = packed(frame, object, mask);
      stroke.after = packed(frame, object, after);
      stroke.known = newest.revision;
      mask = after;
      if (this.queue.includes(stroke)) await this.outbox.change(stroke);
    }
    this.revisions.set(placeOf(first), newest.revision);
    if (same(theirs, maskIn(first.after))) {
      // Theirs has it already: say, the server saved it and its answer was lost.
      await this.acknowledged(first, newest.revision);
    } else {
      this.tell("merged", { frame, object, row: rowIn(first.after) });
    }
    return true;
  }

  /** @template T @param {() => Promise<T>} what @returns {Promise<T>} */
  inTurn(what) {
    const next = this.turn.then(what);
    this.turn = next.catch(() => undefined);
    return next;
  }

  close() {
    this.closed = true;
    clearTimeout(this.timer);
  }

  tellState() {
    const state = `${this.saving} ${this.unsent}`;
    if (state === this.told) return;
    this.told = state;
    this.tell("state", { saving: this.saving, unsent: this.unsent });
  }

  /** @param {string} name @param {unknown} detail */
  tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

/** @param {Stroke} stroke */
function placeOf({ frame, object }) {
  return `${frame}/${object}`;
}

/** @param {number} frame @param {number} object @param {Mask} mask */
function packed(frame, object, mask) {
  return encode({ frame, revision: 0, rows: [rowOf(object, mask)] });
}

/** @param {Uint8Array<ArrayBuffer>} packet @returns {Row} */
function rowIn(packet) {
  return decodeAll(packet.buffer, packet.byteOffset)[0].rows[0];
}

/** @param {Uint8Array<ArrayBuffer>} packet */
function maskIn(packet) {
  return maskOf(rowIn(packet));
}
