// Numbers that masks carry, and their words. The same as in masklet's core/enums.py.

export const ORIGIN = Object.freeze({
  HUMAN: 0, PROMPTED: 1, PROPAGATED: 2, PREDICTED: 3, INTERPOLATED: 4, IMPORTED: 5,
});
export const REVIEW = Object.freeze({ TODO: 0, ACCEPTED: 1, CORRECTED: 2, REJECTED: 3 });
export const FLAG = Object.freeze({
  KEYFRAME: 1, OCCLUDED: 2, TRUNCATED: 4, OUTSIDE: 8, PROVISIONAL: 16, SCENE_CUT: 32, CROWD: 64,
});
/** Every reason to look at a row again: the high byte of its flags. */
export const DOUBTS = 0xff00;

/** @type {readonly [number, string][]} */
const REASONS = [
  [1 << 8, "low score"],
  [1 << 9, "score falls"],
  [1 << 10, "area jumps"],
  [1 << 11, "in parts"],
  [1 << 12, "overlaps"],
  [1 << 13, "directions disagree"],
  [1 << 14, "vanishes"],
  [1 << 15, "identity unsure"],
];

/**
 * Why a row is doubtful, in words.
 * @param {number} flags
 * @returns {string[]}
 */
export function reasons(flags) {
  return REASONS.filter(([bit]) => flags & bit).map(([, word]) => word);
}

export const ORIGIN_WORDS = Object.freeze([
  "drawn", "prompted", "tracked", "predicted", "interpolated", "imported",
]);
export const REVIEW_WORDS = Object.freeze(["not reviewed", "accepted", "corrected", "rejected"]);
