// Columns of the timeline gathered into as many bins as there are pixels, so that 100,000 frames draw
// as quickly as a hundred. Numbers only.

import { isDoubtful, lowerBound } from "./tracks.js";
import { FLAG, REVIEW } from "./words.js";

/** @typedef {import("./types.js").Track} Track */

/** What a bin holds, as bits. */
export const MARK = Object.freeze({ ROW: 1, KEYFRAME: 2, DOUBT: 4, EMPTY: 8, CUT: 16, REVIEWED: 32 });

/**
 * @typedef {Object} Bins
 * @property {number} first     the first frame of the first bin
 * @property {number} size      frames a bin, 1 or more
 * @property {number} n
 * @property {Uint8Array} marks
 * @property {Float32Array} score  the lowest, NaN where none
 * @property {Uint32Array} area    the largest
 */

/**
 * How the frames [from, to) are cut into at most `width` bins.
 * @param {number} from  may be a fraction @param {number} to @param {number} width
 * @returns {{first: number, size: number, n: number}}
 */
export function cut(from, to, width) {
  const first = Math.floor(from);
  const size = Math.max(1, (to - from) / Math.max(1, width));
  return { first, size, n: Math.ceil((to - first) / size) };
}

/**
 * @param {Track} track @param {number} from @param {number} to @param {number} width
 * @returns {Bins}
 */
export function bin(track, from, to, width) {
  const { first, size, n } = cut(from, to, width);
  const marks = new Uint8Array(n);
  const score = new Float32Array(n).fill(NaN);
  const area = new Uint32Array(n);
  const end = lowerBound(track.frame, Math.ceil(to));
  for (let k = lowerBound(track.frame, first); k < end; k++) {
    const i = Math.floor((track.frame[k] - first) / size);
    marks[i] |= marksOf(track, k);
    if (!(track.score[k] >= score[i])) score[i] = Number.isNaN(track.score[k]) ? score[i] : track.score[k];
    if (track.area[k] > area[i]) area[i] = track.area[k];
  }
  return { first, size, n, marks, score, area };
}

/** @param {Track} track @param {number} k */
function marksOf(track, k) {
  const flags = track.flags[k];
  return (track.area[k] > 0 ? MARK.ROW : MARK.EMPTY)
    | (flags & FLAG.KEYFRAME ? MARK.KEYFRAME : 0)
    | (isDoubtful(track, k) ? MARK.DOUBT : 0)
    | (flags & FLAG.SCENE_CUT ? MARK.CUT : 0)
    | (track.review[k] !== REVIEW.TODO ? MARK.REVIEWED : 0);
}

/**
 * Bins with a frame of a set. @param {Iterable<number>} frames @param {number} from @param {number} to
 * @param {number} width @returns {{first: number, size: number, n: number, full: Uint8Array}}
 */
export function binSet(frames, from, to, width) {
  const { first, size, n } = cut(from, to, width);
  const full = new Uint8Array(n);
  for (const frame of frames) {
    const i = Math.floor((frame - first) / size);
    if (i >= 0 && i < n) full[i] = 1;
  }
  return { first, size, n, full };
}

/** A round number of frames between the ruler's ticks. @param {number} least  frames */
export function tickStep(least) {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, least)));
  return Math.max(1, [1, 2, 5, 10].map((k) => k * power).find((step) => step >= least) ?? 10 * power);
}
