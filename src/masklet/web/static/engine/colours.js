// Colours that can be told apart by colour-blind people (Okabe & Ito 2008), and outline patterns beyond.

/** @typedef {[number, number, number]} Rgb  0..255 */

/** Okabe & Ito without black and grey, the best on dark pictures first. */
export const PALETTE = Object.freeze([
  "#e69f00", "#56b4e9", "#009e73", "#f0e442", "#cc79a7", "#d55e00", "#0072b2",
]);

/** Dashes of outlines, CSS pixels: full for the first seven objects, then these. */
const PATTERNS = Object.freeze([[], [8, 4], [2, 3], [10, 3, 2, 3], [4, 8], [14, 4]]);

/** @param {number} object @param {string} [own]  the object's own colour, where it has one */
export function colourOf(object, own = "") {
  return own || PALETTE[place(object) % PALETTE.length];
}

/** @param {number} object @returns {number[]} */
export function dashOf(object) {
  return [...PATTERNS[Math.floor(place(object) / PALETTE.length) % PATTERNS.length]];
}

/** Objects count from 1 as a rule, also from 0. @param {number} object */
function place(object) {
  return Math.max(0, object - 1);
}

/** @param {string} colour  "#rrggbb" @returns {Rgb} */
export function rgb(colour) {
  const number = parseInt(colour.slice(1), 16);
  return [(number >> 16) & 255, (number >> 8) & 255, number & 255];
}

/** Relative luminance, 0..1 (WCAG 2.2). @param {Rgb} colour */
export function luminance(colour) {
  const [r, g, b] = colour.map((value) => {
    const v = value / 255;
    return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** Contrast ratio, 1..21 (WCAG 2.2). @param {Rgb} a @param {Rgb} b */
export function contrast(a, b) {
  const [low, high] = [luminance(a), luminance(b)].sort((p, q) => p - q);
  return (high + 0.05) / (low + 0.05);
}

/** Black or white: what is easier to read on a colour. @param {string} colour */
export function inkOn(colour) {
  const back = rgb(colour);
  return contrast(back, [0, 0, 0]) >= contrast(back, [255, 255, 255]) ? "#000000" : "#ffffff";
}
