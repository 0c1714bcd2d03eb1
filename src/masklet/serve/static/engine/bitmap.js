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
