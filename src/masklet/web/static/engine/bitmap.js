// Masks as crops of 0 and 1: run lengths, set operations, area, outline.

/** @typedef {import("./types.js").Box} Box */
/** @typedef {import("./types.js").Mask} Mask */

/** @type {Mask} */
export const EMPTY = Object.freeze({ x: 0, y: 0, w: 0, h: 0, data: new Uint8Array(0) });

/**
 * A crop from LEB128 run lengths, row-major, background first.
 * @param {number} x @param {number} y @param {number} w @param {number} h @param {Uint8Array} runs
 * @returns {Mask}
 */
export function maskOf(x, y, w, h, runs) {
  const data = new Uint8Array(w * h);
  let at = 0;
  let value = 0;
  for (let i = 0; i < runs.length; value ^= 1) {
    let run = 0;
    let weight = 1;
    let byte;
    do {
      byte = runs[i++];
      run += (byte & 127) * weight;
      weight *= 128;
    } while (byte >= 128 && i < runs.length);
    if (value) data.fill(1, at, at + run);
    at += run;
  }
  if (at !== w * h) throw new RangeError(`found runs of ${at} pixels, expected ${w} x ${h}`);
  return { x, y, w, h, data };
}

/** Foreground pixels of run lengths. @param {Uint8Array} runs */
export function areaIn(runs) {
  let sum = 0;
  for (let i = 0, value = 0; i < runs.length; value ^= 1) {
    let weight = 1;
    let byte;
    do {
      byte = runs[i++];
      sum += value * (byte & 127) * weight;
      weight *= 128;
    } while (byte >= 128 && i < runs.length);
  }
  return sum;
}

/**
 * The LEB128 run lengths of a crop, row-major, background first.
 * @param {Mask} mask
 * @returns {Uint8Array}
 */
export function runsOf({ data }) {
  let out = new Uint8Array(256);
  let n = 0;
  /** @param {number} run */
  const push = (run) => {
    if (n + 5 > out.length) {
      const more = new Uint8Array(out.length * 2);
      more.set(out);
      out = more;
    }
    for (; run > 127; run = Math.floor(run / 128)) out[n++] = (run % 128) | 128;
    out[n++] = run;
  };
  for (let at = 0, value = 0; at < data.length; value ^= 1) {
    const found = data.indexOf(value ^ 1, at);
    const end = found < 0 ? data.length : found;
    push(end - at);
    at = end;
  }
  return out.slice(0, n);
}

/** @param {Mask} mask @returns {Box} */
export function boxOf({ x, y, w, h }) {
  return { x0: x, y0: y, x1: x + w, y1: y + h };
}

/** @param {Box} a @param {Box} b @returns {Box} that holds both; an empty one counts for nothing */
export function hull(a, b) {
  if (isEmpty(a)) return b;
  if (isEmpty(b)) return a;
  return {
    x0: Math.min(a.x0, b.x0), y0: Math.min(a.y0, b.y0),
    x1: Math.max(a.x1, b.x1), y1: Math.max(a.y1, b.y1),
  };
}

/** @param {Box} a @param {Box} b @returns {Box} what they share; x1 <= x0 where nothing */
export function overlap(a, b) {
  return {
    x0: Math.max(a.x0, b.x0), y0: Math.max(a.y0, b.y0),
    x1: Math.min(a.x1, b.x1), y1: Math.min(a.y1, b.y1),
  };
}

/** @param {Box} box */
export function isEmpty(box) {
  return box.x1 <= box.x0 || box.y1 <= box.y0;
}

/** Foreground pixels. @param {Mask} mask */
export function area({ data }) {
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += data[i];
  return sum;
}

/** @param {Mask} mask @param {number} px @param {number} py @returns {boolean} whole pixels */
export function has(mask, px, py) {
  const x = px - mask.x;
  const y = py - mask.y;
  return x >= 0 && y >= 0 && x < mask.w && y < mask.h && mask.data[y * mask.w + x] === 1;
}

/** The same pixels within another box, cut there. @param {Mask} mask @param {Box} box @returns {Mask} */
export function within(mask, box) {
  if (isEmpty(box)) return EMPTY;
  const w = box.x1 - box.x0;
  const h = box.y1 - box.y0;
  const data = new Uint8Array(w * h);
  const part = overlap(boxOf(mask), box);
  for (let y = part.y0; y < part.y1 && part.x1 > part.x0; y++) {
    const from = (y - mask.y) * mask.w + part.x0 - mask.x;
    data.set(mask.data.subarray(from, from + part.x1 - part.x0), (y - box.y0) * w + part.x0 - box.x0);
  }
  return { x: box.x0, y: box.y0, w, h, data };
}

/** Cut to the smallest box that holds every foreground pixel. @param {Mask} mask @returns {Mask} */
export function tight(mask) {
  const { w, h, data } = mask;
  const first = data.indexOf(1);
  if (first < 0) return EMPTY;
  const y0 = Math.floor(first / w);
  const y1 = Math.floor(data.lastIndexOf(1) / w) + 1;
  let x0 = w;
  let x1 = 0;
  for (let y = y0; y < y1; y++) {
    const row = data.subarray(y * w, y * w + w);
    const left = row.indexOf(1);
    if (left < 0) continue;
    x0 = Math.min(x0, left);
    x1 = Math.max(x1, row.lastIndexOf(1) + 1);
  }
  if (x0 === 0 && y0 === 0 && x1 === w && y1 === h) return mask;
  return within(mask, { x0: mask.x + x0, y0: mask.y + y0, x1: mask.x + x1, y1: mask.y + y1 });
}

/**
 * @param {Mask} a @param {Mask} b @param {Box} box  of the answer
 * @param {(a: number, b: number) => number} rule
 */
function combine(a, b, box, rule) {
  const out = within(a, box);
  const other = within(b, box);
  for (let i = 0; i < out.data.length; i++) out.data[i] = rule(out.data[i], other.data[i]);
  return tight(out);
}

/** @param {Mask} a @param {Mask} b @returns {Mask} */
export function union(a, b) {
  return combine(a, b, hull(boxOf(a), boxOf(b)), (p, q) => p | q);
}

/** What `a` has and `b` has not. @param {Mask} a @param {Mask} b @returns {Mask} */
export function minus(a, b) {
  return combine(a, b, boxOf(a), (p, q) => p & (q ^ 1));
}

/** Where they differ. @param {Mask} a @param {Mask} b @returns {Mask} */
export function xor(a, b) {
  return combine(a, b, hull(boxOf(a), boxOf(b)), (p, q) => p ^ q);
}

/** @param {Mask} a @param {Mask} b */
export function same(a, b) {
  const p = tight(a);
  const q = tight(b);
  if (p.x !== q.x || p.y !== q.y || p.w !== q.w || p.h !== q.h) return false;
  return p.data.every((value, i) => value === q.data[i]);
}

/**
 * Do to `other` what was done between `before` and `after`: pixels that were set are set, pixels that
 * were cleared are cleared, all others stay as `other` has them.
 * @param {Mask} other @param {Mask} before @param {Mask} after @returns {Mask}
 */
export function replay(other, before, after) {
  return minus(union(other, minus(after, before)), minus(before, after));
}
