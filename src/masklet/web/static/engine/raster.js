// Shapes to pixels, hard edged. The same convention as masklet's ops/raster.py: pixel (x, y) covers
// [x, x + 1) x [y, y + 1), a polygon covers the pixels whose centre is inside (even-odd) and those that
// its outline passes through. ops/raster.py lets OpenCV walk the outline in 1/65536 pixel; here the walk
// is Bresenham's between the pixels of the ends, so that single pixels of a slanted edge may differ.

import { EMPTY, isEmpty, overlap, tight } from "./bitmap.js";

/** @typedef {import("./types.js").Box} Box */
/** @typedef {import("./types.js").Mask} Mask */
/** @typedef {import("./types.js").Point} Point */

/**
 * @param {Point[]} ring     pixels; closed by itself
 * @param {number} width     of the frame
 * @param {number} height
 * @returns {Mask}
 */
export function polygonMask(ring, width, height) {
  const mask = blank(ring, 0, width, height);
  if (!mask.w) return EMPTY;
  fill(mask, ring);
  for (let i = 0; i < ring.length; i++) walk(mask, ring[i], ring[(i + 1) % ring.length]);
  return tight(mask);
}

/**
 * A line with round ends: the pixels whose centre is at most `thick / 2` away, and a connected chain.
 * @param {Point[]} line @param {number} thick @param {number} width @param {number} height
 * @returns {Mask}
 */
export function polylineMask(line, thick, width, height) {
  const mask = blank(line, thick / 2, width, height);
  if (!mask.w) return EMPTY;
  for (let i = 0; i < line.length; i++) {
    const from = line[Math.max(0, i - 1)];
    walk(mask, from, line[i]);
    if (thick > 1) capsule(mask, from, line[i], thick / 2, thick / 2, 1);
  }
  return tight(mask);
}

/** @param {Box} box @param {number} width @param {number} height @returns {Mask} all pixels that it touches */
export function boxMask(box, width, height) {
  const whole = { x0: Math.floor(box.x0), y0: Math.floor(box.y0), x1: Math.ceil(box.x1), y1: Math.ceil(box.y1) };
  const part = overlap(whole, { x0: 0, y0: 0, x1: width, y1: height });
  if (isEmpty(part)) return EMPTY;
  const w = part.x1 - part.x0;
  const h = part.y1 - part.y0;
  return { x: part.x0, y: part.y0, w, h, data: new Uint8Array(w * h).fill(1) };
}

/**
 * Set the pixels whose centre lies in a disc that moves from `a` to `b` while its radius changes.
 * @param {Mask} mask  drawn on in place; what lies outside its crop is left out
 * @param {Point} a @param {Point} b
 * @param {number} ra @param {number} rb  radius at each end, pixels
 * @param {0|1} value
 * @returns {Box} where something may have changed
 */
export function capsule(mask, a, b, ra, rb, value) {
  const r = Math.max(ra, rb, 0.5);
  const reach = {
    x0: Math.floor(Math.min(a.x, b.x) - r), y0: Math.floor(Math.min(a.y, b.y) - r),
    x1: Math.ceil(Math.max(a.x, b.x) + r), y1: Math.ceil(Math.max(a.y, b.y) + r),
  };
  const part = overlap(reach, { x0: mask.x, y0: mask.y, x1: mask.x + mask.w, y1: mask.y + mask.h });
  const dx = b.x - a.x;
  const dy = b.y - a.y;
  const long = dx * dx + dy * dy;
  /** @param {number} x @param {number} y */
  const inside = (x, y) => {
    const px = x + 0.5 - a.x;
    const py = y + 0.5 - a.y;
    const t = long > 0 ? Math.min(1, Math.max(0, (px * dx + py * dy) / long)) : 0;
    const radius = ra + t * (rb - ra);
    return (px - t * dx) ** 2 + (py - t * dy) ** 2 <= radius * radius;
  };
  for (let y = part.y0; y < part.y1; y++) {
    // The shape has no dents, so a row of it is one span: only its ends are looked for.
    let from = part.x0;
    let to = part.x1;
    while (from < to && !inside(from, y)) from++;
    while (to > from && !inside(to - 1, y)) to--;
    const row = (y - mask.y) * mask.w - mask.x;
    mask.data.fill(value, row + from, row + to);
  }
  dot(mask, a, value);
  dot(mask, b, value);
  return part;
}

/** The pixel under a point, so that the thinnest brush draws too. @param {Mask} mask @param {Point} p
 * @param {0|1} value */
function dot(mask, p, value) {
  set(mask, Math.floor(p.x), Math.floor(p.y), value);
}

/** @param {Mask} mask @param {number} px @param {number} py @param {number} value */
function set(mask, px, py, value) {
  const x = px - mask.x;
  const y = py - mask.y;
  if (x >= 0 && y >= 0 && x < mask.w && y < mask.h) mask.data[y * mask.w + x] = value;
}

/** An empty crop that holds all points and a margin. @param {Point[]} points @param {number} margin
 * @param {number} width @param {number} height @returns {Mask} */
function blank(points, margin, width, height) {
  if (!points.length) return EMPTY;
  const xs = points.map((p) => p.x);
  const ys = points.map((p) => p.y);
  const reach = {
    x0: Math.floor(Math.min(...xs) - margin), y0: Math.floor(Math.min(...ys) - margin),
    x1: Math.ceil(Math.max(...xs) + margin) + 1, y1: Math.ceil(Math.max(...ys) + margin) + 1,
  };
  const part = overlap(reach, { x0: 0, y0: 0, x1: width, y1: height });
  if (isEmpty(part)) return EMPTY;
  const w = part.x1 - part.x0;
  const h = part.y1 - part.y0;
  return { x: part.x0, y: part.y0, w, h, data: new Uint8Array(w * h) };
}

/** Pixels whose centre is inside, even-odd. @param {Mask} mask @param {Point[]} ring */
function fill(mask, ring) {
  for (let y = 0; y < mask.h; y++) {
    const crossings = crossed(ring, mask.y + y + 0.5);
    for (let k = 0; k + 1 < crossings.length; k += 2) {
      const from = Math.max(0, Math.ceil(crossings[k] - 0.5) - mask.x);
      const to = Math.min(mask.w, Math.floor(crossings[k + 1] - 0.5) + 1 - mask.x);
      if (to > from) mask.data.fill(1, y * mask.w + from, y * mask.w + to);
    }
  }
}

/** Where a horizontal line crosses a ring, sorted. @param {Point[]} ring @param {number} y */
function crossed(ring, y) {
  /** @type {number[]} */
  const xs = [];
  for (let i = 0; i < ring.length; i++) {
    const a = ring[i];
    const b = ring[(i + 1) % ring.length];
    if (a.y <= y !== b.y <= y) xs.push(a.x + ((y - a.y) / (b.y - a.y)) * (b.x - a.x));
  }
  return xs.sort((p, q) => p - q);
}

/** A connected chain of pixels between two points (Bresenham 1965). @param {Mask} mask @param {Point} a
 * @param {Point} b */
function walk(mask, a, b) {
  let x = Math.floor(a.x);
  let y = Math.floor(a.y);
  const endX = Math.floor(b.x);
  const endY = Math.floor(b.y);
  const dx = Math.abs(endX - x);
  const dy = Math.abs(endY - y);
  let error = dx - dy;
  for (let left = Math.max(dx, dy); left >= 0; left--) {
    set(mask, x, y, 1);
    const twice = 2 * error;
    if (twice > -dy) { error -= dy; x += Math.sign(endX - x); }
    if (twice < dx) { error += dx; y += Math.sign(endY - y); }
  }
}
