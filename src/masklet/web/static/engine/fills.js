// Masks as coloured pixels: composed box by box, what is later in the list lies on top.

import { boxOf, hull, isEmpty, overlap } from "./bitmap.js";

/** @typedef {import("./types.js").Box} Box */
/** @typedef {import("./types.js").Mask} Mask */

/**
 * @typedef {Object} Fill
 * @property {Mask} mask
 * @property {import("./colours.js").Rgb} colour
 * @property {number} alpha   0..1
 */

/** Pixels of the box that is composed: new memory for each would cost more than the masks. */
let scratch = new Uint32Array(0);

/**
 * Draw within a box; what was there is gone.
 * @param {CanvasRenderingContext2D} ctx  of a canvas of the frame's size
 * @param {Fill[]} fills
 * @param {Box} box  whole pixels
 */
export function compose(ctx, fills, box) {
  if (isEmpty(box)) return;
  const w = box.x1 - box.x0;
  const size = w * (box.y1 - box.y0);
  if (scratch.length < size) scratch = new Uint32Array(size);
  const pixels = scratch.subarray(0, size).fill(0);
  for (const { mask, colour: [r, g, b], alpha } of fills) {
    // Image data is little endian on every machine that runs a browser today: alpha, blue, green, red.
    const value = ((Math.round(alpha * 255) << 24) | (b << 16) | (g << 8) | r) >>> 0;
    paint(pixels, w, box, mask, value);
  }
  ctx.putImageData(new ImageData(new Uint8ClampedArray(scratch.buffer, 0, 4 * size), w), box.x0, box.y0);
}

/**
 * One mask's foreground within a box, run by run: searching and filling are the browser's own.
 * @param {Uint32Array} pixels  of the box @param {number} width  of the box @param {Box} box
 * @param {Mask} mask @param {number} value
 */
function paint(pixels, width, box, mask, value) {
  const part = overlap(boxOf(mask), box);
  if (isEmpty(part)) return;
  const { data, w } = mask;
  const [left, right] = [part.x0 - mask.x, part.x1 - mask.x];
  const end = (part.y1 - mask.y) * w;
  let at = data.indexOf(1, (part.y0 - mask.y) * w + left);
  while (at >= 0 && at < end) {
    const row = at - (at % w);
    if (at < row + left) at = data.indexOf(1, row + left);
    else if (at >= row + right) at = data.indexOf(1, row + w + left);
    else {
      const found = data.indexOf(0, at);
      const stop = found < 0 ? row + right : Math.min(found, row + right);
      const shift = (row / w + mask.y - box.y0) * width + mask.x - box.x0 - row;
      pixels.fill(value, at + shift, stop + shift);
      at = data.indexOf(1, stop);
    }
  }
}

/**
 * Boxes that hold all of these: those that touch are one, so that every pixel is drawn once.
 * @param {Box[]} boxes
 * @returns {Box[]}
 */
export function joined(boxes) {
  /** @type {Box[]} */
  let found = [];
  for (let box of boxes) {
    if (isEmpty(box)) continue;
    for (let grown = true; grown; ) {
      grown = false;
      const apart = found.filter((other) => isEmpty(overlap(other, box)));
      if (apart.length < found.length) {
        for (const other of found) if (!apart.includes(other)) box = hull(box, other);
        found = apart;
        grown = true;
      }
    }
    found.push(box);
  }
  return found;
}
