// Masks of the frames around the person, as the server has them: fetched by ranges, kept as runs.

/** @typedef {import("./types.js").Packet} Packet */
/** @typedef {import("./types.js").Row} Row */

/** Frames fetched by one request. */
const RANGE = 64;
/** Ranges that are kept; at 3 kB a frame 50 MB. */
const MOST = 256;

/**
 * One range of frames. `stale` frames are shown until newer ones are there.
 * @typedef {Object} Part
 * @property {Map<number, Row[]>} rows
 * @property {number} known     revision at which it was read
 * @property {Map<string, {frame: number, row: Row, revision: number}>} own  rows of this tab that are newer
 * @property {boolean} stale
 * @property {AbortController|null} request
 */

/** Events: `rows` {from, to}: rows of these frames are new; `failed` {error}. */
export class MaskCache extends EventTarget {
  /** @param {import("../net/api.js").Api} api @param {{id: number, frames: number}} video */
  constructor(api, video) {
    super();
    this.api = api;
    this.video = video;
    /** By frame / RANGE; the most recently used last. @type {Map<number, Part>} */
    this.parts = new Map();
    this.frame = 0;
    this.direction = 1;
    this.closed = false;
  }

  /** The person is here: have these masks and the next. @param {number} frame */
  want(frame) {
    if (frame !== this.frame) this.direction = Math.sign(frame - this.frame);
    this.frame = frame;
    const here = Math.floor(frame / RANGE);
    this.fetch(here);
    const next = Math.floor((frame + (this.direction * RANGE) / 2) / RANGE);
    if (next >= 0 && next * RANGE < this.video.frames) this.fetch(next);
    for (const [number, part] of this.parts) {
      if (part.request && Math.abs(number - here) > 1) part.request.abort();
    }
  }

  /** Rows of a frame; undefined where they are not loaded. @param {number} frame @returns {Row[]|undefined} */
  rows(frame) {
    return this.parts.get(Math.floor(frame / RANGE))?.rows.get(frame);
  }

  /** @param {number} frame @param {number} object @returns {Row|undefined} */
  row(frame, object) {
    return this.rows(frame)?.find((row) => row.id === object);
  }

  /** The revision of what `row` gives, for If-Match. @param {number} frame @param {number} object */
  known(frame, object) {
    const part = this.parts.get(Math.floor(frame / RANGE));
    return part?.own.get(`${frame}/${object}`)?.revision ?? part?.known ?? 0;
  }

  /**
   * A row that the server has acknowledged at a revision, or that the tracker has just found (0). A range
   * that was asked for before and arrives after it does not bring the older row back.
   * @param {number} frame @param {Row} row @param {number} [revision]
   */
  put(frame, row, revision = 0) {
    const part = this.parts.get(Math.floor(frame / RANGE));
    if (!part || (revision && revision <= part.known)) return;
    if (revision) part.own.set(`${frame}/${row.id}`, { frame, row, revision });
    const rows = part.rows.get(frame);
    if (!rows) return;
    part.rows.set(frame, [...rows.filter((one) => one.id !== row.id), row]);
    this.tell("rows", { from: frame, to: frame + 1 });
  }

  /** Rows just found by the tracker, not in the store yet. @param {Packet} packet */
  live(packet) {
    for (const row of packet.rows) this.put(packet.frame, row);
  }

  /** Something wrote to these frames. @param {[number, number][]} ranges  half-open */
  invalidate(ranges) {
    for (const [number, part] of this.parts) {
      const from = number * RANGE;
      if (ranges.some(([a, b]) => a < from + RANGE && b > from)) part.stale = true;
    }
    this.want(this.frame);
  }

  invalidateAll() {
    this.invalidate([[0, this.video.frames]]);
  }

  /** @param {number} number */
  async fetch(number) {
    const part = this.parts.get(number) ?? {
      rows: new Map(), known: 0, own: new Map(), stale: true, request: null,
    };
    this.parts.delete(number);
    this.parts.set(number, part);
    if (!part.stale || part.request || this.closed) return;
    const request = new AbortController();
    part.request = request;
    part.stale = false;
    const from = number * RANGE;
    const to = Math.min(from + RANGE, this.video.frames);
    try {
      const { signal } = request;
      const { revision, packets } = await this.api.masks(this.video.id, from, to, { signal });
      part.rows = new Map(packets.map((packet) => [packet.frame, packet.rows]));
      part.known = revision;
      const { own } = part;
      part.own = new Map();
      for (const one of own.values()) this.put(one.frame, one.row, one.revision);
      this.forget();
      this.tell("rows", { from, to });
    } catch (error) {
      part.stale = true;
      if (!request.signal.aborted) this.tell("failed", { error });
      return;
    } finally {
      part.request = null;
    }
    if (part.stale) this.want(this.frame);
  }

  forget() {
    const here = Math.floor(this.frame / RANGE);
    for (const [number, part] of this.parts) {
      if (this.parts.size <= MOST) return;
      if (!part.request && Math.abs(number - here) > 1) this.parts.delete(number);
    }
  }

  close() {
    this.closed = true;
    for (const part of this.parts.values()) part.request?.abort();
    this.parts.clear();
  }

  /** @param {string} name @param {unknown} detail */
  tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
