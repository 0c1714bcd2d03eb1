// Pictures: exact frames from the server, ahead of the person, within a budget of memory.

import { ApiError } from "../net/api.js";

/** @typedef {{frame: number, exact: boolean, bitmap: ImageBitmap}} Picture */

/** Bytes of decoded pictures that are kept. */
const BUDGET = 384 << 20;
/** Requests at a time; browsers open six connections to a server over HTTP/1.1. */
const AT_ONCE = 4;
/** A jump further than this shows a stand-in first. */
const FAR = 12;
/** Frames fetched beyond the wanted one, in the direction of travel and against it. */
const AHEAD = 10;
const BEHIND = 3;
/** A far jump's exact frame waits so long, milliseconds: while the cursor is dragged it is not asked for. */
const SETTLE = 60;

/**
 * Events: `picture` {frame, exact, bitmap}: show this; `failed` {error}: the wanted frame cannot be had.
 * `exact` is false where the picture is smaller than the frame or shows another one, `frame`.
 */
export class Frames extends EventTarget {
  /**
   * @param {import("../net/api.js").Api} api
   * @param {{id: number, frames: number, width: number, height: number}} video
   * @param {number} [budget]  bytes
   */
  constructor(api, video, budget = BUDGET) {
    super();
    this.api = api;
    this.video = video;
    const size = video.width * video.height * 4;
    this.room = Math.max(AHEAD + BEHIND + 2, Math.floor(budget / size));
    /** The most recently used last. @type {Map<number, ImageBitmap>} */
    this.kept = new Map();
    /** @type {Map<number, AbortController>} */
    this.running = new Map();
    this.wanted = 0;
    this.direction = 1;
    /** @type {AbortController|null} */
    this.standIn = null;
    /** @type {ReturnType<typeof setTimeout>|undefined} */
    this.settling = undefined;
    /** Frames a second while playing, otherwise 0. A frame that comes late is then shown still, if it
     * is newer than the last one, and what cannot come in time is not asked for. */
    this.rate = 0;
    /** How long a frame takes to come, milliseconds, and the last one asked for while playing. */
    this.latency = 60;
    this.last = -1;
    this.shown = -1;
    this.closed = false;
  }

  /**
   * Show a frame as soon as can be.
   * @param {number} frame
   */
  want(frame) {
    const by = frame - this.wanted;
    if (by !== 0) this.direction = Math.sign(by);
    this.wanted = frame;
    clearTimeout(this.settling);
    this.settling = undefined;
    this.standIn?.abort();
    this.standIn = null;
    this.drop();
    const here = this.get(frame);
    if (here) {
      this.show({ frame, exact: true, bitmap: here });
      this.fill();
    } else if (Math.abs(by) > FAR && !this.running.has(frame)) {
      this.approximate(frame);
      this.settling = setTimeout(() => {
        this.settling = undefined;
        this.fill();
      }, SETTLE);
    } else {
      this.fill();
    }
  }

  /** A picture that is kept, now the last to go. @param {number} frame @returns {ImageBitmap|undefined} */
  get(frame) {
    const bitmap = this.kept.get(frame);
    if (bitmap) {
      this.kept.delete(frame);
      this.kept.set(frame, bitmap);
    }
    return bitmap;
  }

  /** Requests that nobody waits for any more are called off. */
  drop() {
    for (const [frame, request] of this.running) {
      if (!this.near(frame)) {
        request.abort();
        this.running.delete(frame);
      }
    }
  }

  /** @param {number} frame */
  near(frame) {
    const ahead = (frame - this.wanted) * this.direction;
    return ahead <= AHEAD && ahead >= -BEHIND;
  }

  /** The wanted frame first, then those ahead, then those behind. */
  fill() {
    if (this.closed) return;
    if (this.rate) return this.fillAhead();
    if (!this.kept.has(this.wanted)) this.load(this.wanted);
    const most = Math.min(AHEAD + BEHIND, this.room - 2);
    for (let k = 1; k <= most && this.running.size < AT_ONCE; k++) {
      const by = k <= AHEAD ? k : AHEAD - k;
      const frame = this.wanted + by * this.direction;
      if (frame >= 0 && frame < this.video.frames && !this.kept.has(frame)) this.load(frame);
    }
  }

  /** While playing: as many frames as can come in time, evenly spread. */
  fillAhead() {
    const due = (this.rate * this.latency) / 1000;
    const lead = Math.min(AHEAD - 1, Math.round(due));
    const stride = Math.max(1, Math.ceil(due / AT_ONCE));
    if (this.last > this.wanted + AHEAD) this.last = -1;
    while (this.running.size < AT_ONCE) {
      const next = Math.max(this.last + stride, this.wanted + lead);
      if (next > this.wanted + AHEAD || next >= this.video.frames) return;
      this.last = next;
      if (!this.kept.has(next)) this.load(next);
    }
  }

  /** @param {number} frame */
  async load(frame) {
    if (this.running.has(frame) || this.closed) return;
    const began = performance.now();
    const request = new AbortController();
    this.running.set(frame, request);
    try {
      const how = { signal: request.signal, cursor: this.wanted };
      const { blob } = await this.api.frame(this.video.id, frame, how);
      const bitmap = await createImageBitmap(blob);
      this.latency += (performance.now() - began - this.latency) / 4;
      if (request.signal.aborted && !this.near(frame)) return bitmap.close();
      this.keep(frame, bitmap);
      const late = this.rate && frame > this.shown && frame < this.wanted;
      if (frame === this.wanted || late) this.show({ frame, exact: true, bitmap });
    } catch (error) {
      const superseded = error instanceof ApiError && error.status === 409;
      if (!request.signal.aborted && !superseded) {
        if (frame === this.wanted) this.tell("failed", { error, frame });
        return;
      }
    } finally {
      if (this.running.get(frame) === request) this.running.delete(frame);
    }
    if (this.settling === undefined) this.fill();
  }

  /** @param {number} frame  a small picture of what is quickest at hand, shown until the frame is there */
  async approximate(frame) {
    const request = new AbortController();
    this.standIn = request;
    try {
      const how = { width: 480, approx: true, signal: request.signal, cursor: frame };
      const { blob, frame: shows } = await this.api.frame(this.video.id, frame, how);
      const bitmap = await createImageBitmap(blob);
      if (request.signal.aborted || this.kept.has(frame)) return bitmap.close();
      this.show({ frame: shows, exact: false, bitmap });
    } catch {
      // A stand-in that fails is not missed: the exact frame is on its way and tells its own errors.
    }
  }

  /** @param {number} frame @param {ImageBitmap} bitmap */
  keep(frame, bitmap) {
    this.kept.get(frame)?.close();
    this.kept.delete(frame);
    this.kept.set(frame, bitmap);
    for (const [old, picture] of this.kept) {
      if (this.kept.size <= this.room) break;
      if (old === this.wanted || old === this.shown || this.near(old)) continue;
      this.kept.delete(old);
      picture.close();
    }
  }

  /** @param {Picture} picture */
  show(picture) {
    this.standIn?.abort();
    this.standIn = null;
    this.shown = picture.frame;
    this.tell("picture", picture);
  }

  /** Ask again for what failed; say, when the server is back. */
  retry() {
    this.fill();
  }

  close() {
    this.closed = true;
    clearTimeout(this.settling);
    this.standIn?.abort();
    for (const request of this.running.values()) request.abort();
    for (const bitmap of this.kept.values()) bitmap.close();
    this.kept.clear();
    this.running.clear();
  }

  /** @param {string} name @param {unknown} detail */
  tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
