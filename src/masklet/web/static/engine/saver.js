// Saving: every stroke is drawn at once and sent in the background, in the order in which it was drawn.
//
// The badge tells the truth: `saved` when the server has acknowledged every stroke, `pending` while one
// waits or is on its way, `offline` when the server cannot be reached, `refused` while the person has not
// decided about strokes that the server would not take. A stroke that met a newer mask (412) is done again
// on that mask: the pixels that it set are set, those that it cleared are cleared.

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
 * Events: `state` {saving, unsent, refused}, `saved` {frame, object, revision, row}, `merged` {frame, object, row, revision}:
 * a stroke was put onto somebody's newer mask, `refused` {frame, object}: the stroke waits in `refused`,
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
    /** Strokes that the server does not take: the person decides. @type {Stroke[]} */
    this.refused = [];
    this.reachable = true;
    /** Strokes are being sent. @type {Promise<void>|null} */
    this.running = null;
    /** Something else is being done at the server: no stroke is to overtake it. */
    this.held = false;
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
    if (this.queue.length) return "pending";
    return this.refused.length ? "refused" : "saved";
  }

  get sending() {
    return this.running !== null;
  }

  get unsent() {
    return this.queue.length;
  }

  /** What the person last drew and the server does not have. @param {number} frame @param {number} object
   * @returns {Row|null} */
  row(frame, object) {
    const last = this.on(frame, object).at(-1);
    return last ? rowIn(last.after) : null;
  }

  /** Unsent strokes on a mask, each drawn on the one before. @param {number} frame @param {number} object */
  on(frame, object) {
    return this.queue.filter((one) => one.frame === frame && one.object === object);
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
   * @param {number} known  revision of `before`
   * @param {Stroke["like"]} [like]
   */
  put(frame, object, before, after, known, like) {
    const stroke = {
      key: 0, place: this.place, owner: this.api.tab, frame, object, known, like,
      before: packed(frame, object, before), after: packed(frame, object, after),
    };
    this.undone = [];
    return this.push(stroke);
  }

  /** @param {Stroke} stroke */
  push(stroke) {
    const under = this.on(stroke.frame, stroke.object).at(-1);
    if (under && !alike(under.after, stroke.before)) onto(stroke, maskIn(under.after), under.known);
    if (under) stroke.known = under.known;
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

  /** Draw again what `undo` took back here. @param {Mask|null} [now] the mask of now, where it is loaded
   * @param {number} [known] its revision @returns {Stroke|null} null: the server must redo */
  redo(now = null, known = 0) {
    const last = this.undone.pop();
    if (!last) return null;
    const stroke = { ...last, key: 0 };
    if (now) onto(stroke, now, known);
    this.push(stroke);
    return last;
  }

  /**
   * What the person decided about refused strokes. @param {Stroke[]} strokes
   * @param {boolean} again  send them once more; otherwise they are dropped
   */
  async release(strokes, again) {
    const kept = strokes.filter((one) => this.refused.includes(one));
    this.refused = this.refused.filter((one) => !kept.includes(one));
    for (const { refused: _, ...stroke } of kept) {
      if (again) await this.push({ ...stroke, key: 0 });
      await this.inTurn(() => this.outbox.remove(stroke.key));
    }
    this.tellState();
  }

  /** Strokes that an earlier page left behind are sent first. @param {Set<string>} alive  tabs that are open
   * @returns {Promise<Stroke[]>} */
  async adopt(alive) {
    const left = await this.outbox.all(this.place);
    const orphans = left.filter((one) => one.owner === this.api.tab || !alive.has(one.owner));
    const mine = new Set([...this.queue, ...this.refused].map(({ key }) => key));
    const fresh = orphans.filter(({ key }) => !mine.has(key));
    for (const stroke of fresh) await this.outbox.change(Object.assign(stroke, { owner: this.api.tab }));
    this.refused.push(...fresh.filter(({ refused }) => refused));
    const strokes = fresh.filter(({ refused }) => !refused);
    // The one that is on its way stays the first.
    this.queue.splice(this.sending ? 1 : 0, 0, ...strokes);
    for (const { frame, object } of strokes) {
      const [first] = this.on(frame, object);
      this.rebase(first, maskIn(first.before), first.known);
    }
    this.tellState();
    this.send();
    return strokes;
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

  /** Do something else at the server, between two strokes. @template T @param {() => Promise<T>} what
   * @returns {Promise<T>} */
  async hold(what) {
    this.held = true;
    try {
      return await what();
    } finally {
      this.held = false;
      this.send();
    }
  }

  /** @returns {Promise<void>} when nothing is left to send, or it cannot be sent now */
  async send() {
    if (this.running) return this.running;
    if (this.held || this.timer || this.closed) return;
    this.running = this.sendAll();
    try {
      await this.running;
    } finally {
      this.running = null;
    }
    this.tellState();
  }

  async sendAll() {
    while (this.queue.length && this.queue[0].key && !this.closed) {
      if (!(await this.sendFirst())) break;
    }
  }

  /** @returns {Promise<boolean>} whether the next one may be sent */
  async sendFirst() {
    const stroke = this.queue[0];
    try {
      const { frame, object, after, known } = stroke;
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
    await this.outbox.remove(stroke.key);
    const { frame, object, after } = stroke;
    this.drop(stroke);
    for (const next of this.on(frame, object)) next.known = revision;
    this.tell("saved", { frame, object, revision, row: rowIn(after) });
    this.tellState();
  }

  /** @param {Stroke} stroke @param {ApiError} error @returns {Promise<boolean>} */
  async failed(stroke, error) {
    this.reachable = !error.offline;
    if (error.offline) return this.later();
    if (error.status === 412) {
      if (this.merges++ < MOST_MERGES) return this.merge(stroke);
      this.merges = 0;
      return this.later();
    }
    if (error.status >= 500 || [401, 403, 408, 429].includes(error.status)) {
      this.tell("trouble", { error });
      return this.later();
    }
    this.merges = 0;
    const { frame, object } = stroke;
    const { code, text, remedy } = error;
    await this.outbox.change(Object.assign(stroke, { refused: { code, text, remedy } }));
    this.drop(stroke);
    this.refused.push(stroke);
    const [next] = this.on(frame, object);
    if (next) this.rebase(next, maskIn(stroke.before), stroke.known);
    this.tell("refused", { frame, object });
    return true;
  }

  /** @param {Stroke} stroke */
  drop(stroke) {
    this.queue = this.queue.filter((one) => one !== stroke);
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
    const theirs = row ? maskOf(row) : EMPTY;
    await this.rebase(first, theirs, newest.revision);
    if (same(theirs, maskIn(first.after))) {
      // Theirs has it already: say, the server saved it and its answer was lost.
      await this.acknowledged(first, newest.revision);
    } else {
      this.tell("merged", { frame, object, row: rowIn(first.after), revision: newest.revision });
    }
    return true;
  }

  /** Do all strokes on the mask of `first` again: the first on this mask, each other on the one before it.
   * Done when this returns; the promise is for what the outbox keeps.
   * @param {Stroke} first @param {Mask} mask @param {number} known */
  rebase(first, mask, known) {
    const strokes = this.on(first.frame, first.object);
    for (const stroke of strokes) mask = onto(stroke, mask, known);
    return this.inTurn(async () => {
      for (const stroke of strokes) {
        if (stroke.key && this.queue.includes(stroke)) await this.outbox.change(stroke);
      }
    });
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
    const refused = this.refused.length;
    const state = `${this.saving} ${this.unsent} ${refused}`;
    if (state === this.told) return;
    this.told = state;
    this.tell("state", { saving: this.saving, unsent: this.unsent, refused });
  }

  /** @param {string} name @param {unknown} detail */
  tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

/** Do a stroke on another mask, which was read at `known`. @param {Stroke} stroke @param {Mask} mask
 * @param {number} known @returns {Mask} what comes of it */
function onto(stroke, mask, known) {
  const { frame, object } = stroke;
  const after = replay(mask, maskIn(stroke.before), maskIn(stroke.after));
  Object.assign(stroke, { before: packed(frame, object, mask), after: packed(frame, object, after), known });
  return after;
}

/** @param {Uint8Array} a @param {Uint8Array} b */
function alike(a, b) {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}

/** @param {number} frame @param {number} object @param {Mask} mask */
function packed(frame, object, mask) {
  return encode({ frame, revision: 0, rows: [rowOf(object, mask)] });
}

/** @type {WeakMap<Uint8Array, Row>} */
const decoded = new WeakMap();

/** @param {Uint8Array<ArrayBuffer>} packet @returns {Row} the same object every time */
function rowIn(packet) {
  let row = decoded.get(packet);
  if (!row) decoded.set(packet, (row = decodeAll(packet.buffer, packet.byteOffset)[0].rows[0]));
  return row;
}

/** @param {Uint8Array<ArrayBuffer>} packet @returns {Mask} */
export function maskIn(packet) {
  return maskOf(rowIn(packet));
}
