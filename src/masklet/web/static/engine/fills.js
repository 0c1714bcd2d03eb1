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

/**
 * Draw within a box; what was there is gone.
 * @param {CanvasRenderingContext2D} ctx  of a canvas of the frame's size
 * @param {Fill[]} fills
 * @param {Box} box  whole pixels
 */
export function compose(ctx, fills, box) {
  if (isEmpty(box)) return;
  const w = box.x1 - box.x0;
  const image = ctx.createImageData(w, box.y1 - box.y0);
  const pixels = new Uint32Array(image.data.buffer);
  for (const { mask, colour: [r, g, b], alpha } of fills) {
    const part = overlap(boxOf(mask), box);
    // Image data is little endian on every machine that runs a browser today: alpha, blue, green, red.
    const value = ((Math.round(alpha * 255) << 24) | (b << 16) | (g << 8) | r) >>> 0;
    for (let y = part.y0; y < part.y1; y++) {
      let from = (y - mask.y) * mask.w + part.x0 - mask.x;
      let to = (y - box.y0) * w + part.x0 - box.x0;
      for (const end = to + part.x1 - part.x0; to < end; to++, from++) {
        if (mask.data[from] === 1) pixels[to] = value;
      }
    }
  }
  ctx.putImageData(image, box.x0, box.y0);
}

/**
 * Boxes that hold all fills: those that touch are one, so that every pixel is composed once.
 * @param {Fill[]} fills
 * @returns {Box[]}
 */
export function clusters(fills) {
  /** @type {Box[]} */
  let found = [];
  for (const { mask } of fills) {
    let box = boxOf(mask);
    if (isEmpty(box)) continue;
    for (let joined = true; joined; ) {
      joined = false;
      const apart = found.filter((other) => isEmpty(overlap(other, box)));
      if (apart.length < found.length) {
        for (const other of found) if (!apart.includes(other)) box = hull(box, other);
        found = apart;
        joined = true;
      }
    }
    found.push(box);
  }
  return found;
}
