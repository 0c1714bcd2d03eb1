// The outline of a mask: closed loops along the edges of its pixels.

/** @typedef {import("./types.js").Mask} Mask */

// Directions: 0 right, 1 down, 2 left, 3 up. An edge is kept with the foreground on its right.
const DX = [1, 0, -1, 0];
const DY = [0, 1, 0, -1];

/**
 * Loops with a vertex at every corner, in pixels of the frame: x0, y0, x1, y1, ... Outer borders run
 * clockwise on the screen, holes the other way. Pixels that touch by a corner only are apart.
 * @param {Mask} mask
 * @returns {Int32Array[]}
 */
export function outline(mask) {
  const { w, h, data } = mask;
  const seen = new Uint8Array(w * h);
  /** @type {Int32Array[]} */
  const loops = [];
  for (let y = 0; y < h; y++) {
    const row = y * w;
    for (let x = 0; x < w; x++) {
      const i = row + x;
      if (data[i] === 0 || seen[i] || (y > 0 && data[i - w] === 1)) continue;
      loops.push(follow(mask, seen, x, y));
    }
  }
  return loops;
}

/**
 * Walk along the edges from the top edge of pixel (x, y). Marks pixels whose top edge was walked.
 * @param {Mask} mask @param {Uint8Array} seen @param {number} x @param {number} y
 */
function follow(mask, seen, x, y) {
  const { w, h, data } = mask;
  /** @param {number} px @param {number} py */
  const at = (px, py) => (px >= 0 && py >= 0 && px < w && py < h ? data[py * w + px] : 0);
  /** @type {number[]} */
  const points = [];
  let direction = 0;
  let cx = x;
  let cy = y;
  do {
    if (direction === 0) seen[cy * w + cx] = 1;
    cx += DX[direction];
    cy += DY[direction];
    const next = turn(at, cx, cy, direction);
    if (next !== direction) points.push(cx + mask.x, cy + mask.y);
    direction = next;
  } while (cx !== x || cy !== y || direction !== 0);
  return Int32Array.from(points);
}

// The two pixels ahead of a corner, by direction: on the right of the way and on its left.
const RIGHT_X = [0, -1, -1, 0];
const RIGHT_Y = [0, 0, -1, -1];
const LEFT_X = [0, 0, -1, -1];
const LEFT_Y = [-1, 0, 0, -1];

/**
 * Where to go on from corner (x, y): right round the foreground, so corners of two pixels do not join.
 * @param {(x: number, y: number) => number} at @param {number} x @param {number} y @param {number} way
 */
function turn(at, x, y, way) {
  if (!at(x + RIGHT_X[way], y + RIGHT_Y[way])) return (way + 1) & 3;
  return at(x + LEFT_X[way], y + LEFT_Y[way]) ? (way + 3) & 3 : way;
}
