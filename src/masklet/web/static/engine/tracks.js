// What the timeline shows, as columns: parsing, looking up, next keyframe, next doubt. No drawing.

import { areaIn } from "./bitmap.js";
import { DOUBTS, FLAG, REVIEW } from "./words.js";

/** @typedef {import("./types.js").Packet} Packet */
/** @typedef {import("./types.js").Track} Track */

export class TimelineData {
  /**
   * @param {number} revision
   * @param {number[]} checked  frames declared complete
   * @param {Track[]} tracks    one for each object that has rows
   */
  constructor(revision = 0, checked = [], tracks = []) {
    this.revision = revision;
    this.checked = new Set(checked);
    /** @type {Map<number, Track>} */
    this.tracks = new Map(tracks.map((track) => [track.id, track]));
  }

  /** @param {ArrayBuffer} buffer  as GET /videos/{v}/timeline sends it */
  static parse(buffer) {
    const length = new DataView(buffer).getUint32(0, true);
    const head = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
    let at = padded(4 + length, 8);
    /** @template T @param {new (b: ArrayBuffer, o: number, n: number) => T} Type @param {number} n
     * @param {number} size @returns {T} */
    const take = (Type, n, size) => {
      const column = new Type(buffer, at, n);
      at += padded(n * size, 4);
      return column;
    };
    /** @type {Track[]} */
    const tracks = head.objects.map((/** @type {{id: number, n: number}} */ { id, n }) => ({
      id,
      frame: take(Int32Array, n, 4),
      score: take(Float32Array, n, 4),
      area: take(Uint32Array, n, 4),
      flags: take(Uint16Array, n, 2),
      origin: take(Uint8Array, n, 1),
      review: take(Uint8Array, n, 1),
    }));
    return new TimelineData(head.revision, head.checked, tracks);
  }

  /**
   * What one object has on one frame, or null.
   * @param {number} object @param {number} frame
   */
  at(object, frame) {
    const track = this.tracks.get(object);
    if (!track) return null;
    const k = lowerBound(track.frame, frame);
    if (track.frame[k] !== frame) return null;
    const { score, area, flags, origin, review } = track;
    return { score: score[k], area: area[k], flags: flags[k], origin: origin[k], review: review[k] };
  }

  /**
   * The next frame with a keyframe.
   * @param {number} frame      where to start; itself never the answer
   * @param {1|-1} direction
   * @param {number|null} [object]  of this one only
   * @returns {number|null}
   */
  keyframe(frame, direction, object = null) {
    return this.seek(frame, direction, object, (track, k) => (track.flags[k] & FLAG.KEYFRAME) !== 0);
  }

  /**
   * The next row that a person should look at.
   * @param {number} frame @param {1|-1} direction @param {number|null} [object]
   * @returns {{frame: number, object: number}|null}
   */
  doubtful(frame, direction, object = null) {
    const next = this.seek(frame, direction, object, isDoubtful);
    if (next === null) return null;
    for (const track of this.tracks.values()) {
      const k = lowerBound(track.frame, next);
      if (track.frame[k] === next && isDoubtful(track, k)) return { frame: next, object: track.id };
    }
    return null;
  }

  /** @param {number} frame @param {1|-1} direction @param {number|null} object
   * @param {(track: Track, row: number) => boolean} fits @returns {number|null} */
  seek(frame, direction, object, fits) {
    /** @type {number|null} */
    let best = null;
    for (const track of this.tracks.values()) {
      if (object !== null && track.id !== object) continue;
      let k = direction > 0 ? lowerBound(track.frame, frame + 1) : lowerBound(track.frame, frame) - 1;
      while (k >= 0 && k < track.frame.length && !fits(track, k)) k += direction;
      if (k < 0 || k >= track.frame.length) continue;
      const found = track.frame[k];
      if (best === null || (found - best) * direction < 0) best = found;
    }
    return best;
  }

  /**
   * These rows with those of `part` instead, on the frames [from, to).
   * @param {TimelineData} part @param {number} from @param {number} to
   */
  with(part, from, to) {
    const ids = new Set([...this.tracks.keys(), ...part.tracks.keys()]);
    const tracks = [...ids].map((id) => spliced(id, this.tracks.get(id), part.tracks.get(id), from, to));
    const checked = [...this.checked].filter((frame) => frame < from || frame >= to);
    const within = [...part.checked].filter((frame) => frame >= from && frame < to);
    return new TimelineData(
      Math.max(this.revision, part.revision), [...checked, ...within],
      tracks.filter((track) => track.frame.length > 0),
    );
  }
}

/**
 * The timeline with rows that were just found, before they are in the store.
 * @param {TimelineData} data
 * @param {Map<number, Packet>} packets  by frame
 */
export function withLive(data, packets) {
  const frames = [...packets.keys()];
  if (!frames.length) return data;
  const from = Math.min(...frames);
  const to = Math.max(...frames) + 1;
  const ids = new Set(data.tracks.keys());
  for (const { rows } of packets.values()) for (const { id } of rows) ids.add(id);
  const tracks = [...ids].map((id) => merged(id, data.tracks.get(id), packets, from, to));
  const checked = [...data.checked].filter((frame) => frame >= from && frame < to);
  return data.with(new TimelineData(data.revision, checked, tracks), from, to);
}

/** @param {number} id @param {Track|undefined} old @param {Map<number, Packet>} packets
 * @param {number} from @param {number} to @returns {Track} of the frames [from, to) */
function merged(id, old, packets, from, to) {
  /** @type {Map<number, {score: number, area: number, flags: number, origin: number, review: number}>} */
  const found = new Map();
  for (let k = old ? lowerBound(old.frame, from) : 0; old && k < old.frame.length; k++) {
    const { frame, score, area, flags, origin, review } = old;
    if (frame[k] >= to) break;
    found.set(frame[k], {
      score: score[k], area: area[k], flags: flags[k], origin: origin[k], review: review[k],
    });
  }
  for (const [frame, { rows }] of packets) {
    const row = rows.find((one) => one.id === id);
    if (row) found.set(frame, { ...row, area: areaIn(row.runs) });
  }
  const frame = Int32Array.from(found.keys()).sort();
  /** @param {"score"|"area"|"flags"|"origin"|"review"} name */
  const column = (name) => Array.from(frame, (n) => found.get(n)?.[name] ?? 0);
  return {
    id, frame, score: Float32Array.from(column("score")), area: Uint32Array.from(column("area")),
    flags: Uint16Array.from(column("flags")), origin: Uint8Array.from(column("origin")),
    review: Uint8Array.from(column("review")),
  };
}

/** A person should look at this row, and has not yet. @param {Track} track @param {number} k */
export function isDoubtful(track, k) {
  return (track.flags[k] & DOUBTS) !== 0 && track.review[k] === REVIEW.TODO;
}

/** First place whose value is not below `wanted`. @param {Int32Array} sorted @param {number} wanted */
export function lowerBound(sorted, wanted) {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The last place whose value is not above `value`; 0 where all are. @param {Float64Array} sorted
 * @param {number} value */
export function lastAt(sorted, value) {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] <= value) low = middle + 1;
    else high = middle;
  }
  return Math.max(0, low - 1);
}

/** @param {number} n @param {number} unit */
function padded(n, unit) {
  return Math.ceil(n / unit) * unit;
}

/** @param {number} id @param {Track|undefined} old @param {Track|undefined} fresh @param {number} from
 * @param {number} to @returns {Track} */
function spliced(id, old, fresh, from, to) {
  const a = old ? lowerBound(old.frame, from) : 0;
  const b = old ? lowerBound(old.frame, to) : 0;
  const c = fresh ? lowerBound(fresh.frame, from) : 0;
  const d = fresh ? lowerBound(fresh.frame, to) : 0;
  const n = (old ? old.frame.length - b + a : 0) + d - c;
  /** @template {Int32Array|Float32Array|Uint32Array|Uint16Array|Uint8Array} T
   * @param {T} out @param {keyof Omit<Track, "id">} name @returns {T} */
  const fill = (out, name) => {
    if (old) out.set(old[name].subarray(0, a), 0);
    if (fresh) out.set(fresh[name].subarray(c, d), a);
    if (old) out.set(old[name].subarray(b), a + d - c);
    return out;
  };
  return {
    id,
    frame: fill(new Int32Array(n), "frame"),
    score: fill(new Float32Array(n), "score"),
    area: fill(new Uint32Array(n), "area"),
    flags: fill(new Uint16Array(n), "flags"),
    origin: fill(new Uint8Array(n), "origin"),
    review: fill(new Uint8Array(n), "review"),
  };
}
