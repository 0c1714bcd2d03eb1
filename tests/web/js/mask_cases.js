// Masks, outlines, shapes.

import {
  area, areaIn, boxOf, EMPTY, has, maskOf, minus, replay, runsOf, same, tight, union, within, xor,
} from "/static/engine/bitmap.js";
import { compose, joined } from "/static/engine/fills.js";
import { outline } from "/static/engine/outline.js";
import { decodeAll, encode, maskOf as packetMask, rowOf } from "/static/engine/packet.js";
import { boxMask, capsule, polygonMask, polylineMask } from "/static/engine/raster.js";
import { check, equal, random, throws } from "./check.js";

function noise(seed, x, y, w, h, share = 0.5) {
  const next = random(seed);
  return { x, y, w, h, data: Uint8Array.from({ length: w * h }, () => (next() < share ? 1 : 0)) };
}

const at = (mask, x, y) => (has(mask, x, y) ? 1 : 0);

export function runs_come_back() {
  for (const [w, h, share] of [[1, 1, 1], [1, 1, 0], [300, 1, 0.01], [17, 31, 0.5], [400, 300, 0.999]]) {
    const mask = noise(w + h, 3, 4, w, h, share);
    const back = maskOf(3, 4, w, h, runsOf(mask));
    equal(Array.from(back.data), Array.from(mask.data));
  }
  equal(runsOf(EMPTY).length, 0);
}

export function runs_of_another_size_are_refused() {
  throws(() => maskOf(0, 0, 3, 3, Uint8Array.of(5)), /found runs of 5 pixels, expected 3 x 3/);
}

export function packets_that_are_none_are_refused() {
  throws(() => decodeAll(new Uint8Array([1, 2, 3]).buffer), /no packet/);
  const cut = new Uint8Array(44);
  cut.set([0x56, 0x4d, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0]);
  cut[40] = 9;
  throws(() => decodeAll(cut.buffer), /cut short/);
}

export function set_operations_are_those_of_pixels() {
  const a = noise(1, 2, 3, 20, 9);
  const b = noise(2, 10, 0, 8, 30);
  const [u, m, x] = [union(a, b), minus(a, b), xor(a, b)];
  for (let py = -1; py < 32; py++) {
    for (let px = -1; px < 30; px++) {
      const [p, q] = [at(a, px, py), at(b, px, py)];
      equal([at(u, px, py), at(m, px, py), at(x, px, py)], [p | q, p & (1 - q), p ^ q], `${px},${py}`);
    }
  }
  equal(area(xor(a, a)), 0);
  check(same(union(a, EMPTY), a) && same(minus(a, EMPTY), a) && same(union(EMPTY, EMPTY), EMPTY), "empty");
}

export function tight_boxes_hold_every_pixel_and_no_more() {
  const mask = within(boxMask({ x0: 5, y0: 7, x1: 9, y1: 12 }, 100, 100), { x0: 0, y0: 0, x1: 40, y1: 30 });
  equal(boxOf(tight(mask)), { x0: 5, y0: 7, x1: 9, y1: 12 });
  equal(tight(noise(1, 0, 0, 5, 5, 0)), EMPTY);
}

export function a_stroke_is_done_again_on_another_mask() {
  const next = random(5);
  for (let seed = 0; seed < 20; seed++) {
    const [before, after, other] = [1, 2, 3].map((k) => (
      noise(seed * 3 + k, Math.floor(next() * 9), Math.floor(next() * 9), 12, 7)));
    const merged = replay(other, before, after);
    for (let y = 0; y < 20; y++) {
      for (let x = 0; x < 25; x++) {
        const [p, q] = [at(before, x, y), at(after, x, y)];
        equal(at(merged, x, y), p === q ? at(other, x, y) : q, `${x},${y}`);
      }
    }
    check(same(replay(before, before, after), after), "on its own mask it is the stroke itself");
    check(same(replay(merged, before, after), merged), "twice is once");
  }
}

export function outlines_enclose_the_area() {
  for (let seed = 0; seed < 12; seed++) {
    const mask = noise(seed, 3, 5, 13, 11, 0.2 + 0.05 * seed);
    let sum = 0;
    for (const loop of outline(mask)) {
      for (let i = 0; i < loop.length; i += 2) {
        const j = (i + 2) % loop.length;
        sum += loop[i] * loop[j + 1] - loop[j] * loop[i + 1];
      }
    }
    equal(sum / 2, area(mask), `seed ${seed}`);
  }
}

export function a_ring_has_two_loops_and_corners_do_not_join() {
  const ring = minus(boxMask({ x0: 0, y0: 0, x1: 9, y1: 9 }, 50, 50), boxMask({ x0: 3, y0: 3, x1: 6, y1: 6 }, 50, 50));
  equal(outline(ring).map((loop) => loop.length), [8, 8]);
  const corner = { x: 0, y: 0, w: 2, h: 2, data: Uint8Array.of(1, 0, 0, 1) };
  equal(outline(corner).length, 2);
  equal(outline(EMPTY).length, 0);
}

export function polygons_cover_what_is_inside() {
  const ring = [{ x: 2.2, y: 3.1 }, { x: 40.7, y: 8.4 }, { x: 22.3, y: 30.9 }];
  const mask = polygonMask(ring, 50, 40);
  for (let y = 0; y < 40; y++) {
    for (let x = 0; x < 50; x++) {
      let inside = false;
      ring.forEach((a, i) => {
        const b = ring[(i + 1) % 3];
        const cross = a.y <= y + 0.5 !== b.y <= y + 0.5;
        if (cross && a.x + ((y + 0.5 - a.y) / (b.y - a.y)) * (b.x - a.x) > x + 0.5) inside = !inside;
      });
      if (inside) check(has(mask, x, y), `${x},${y} is inside`);
    }
  }
  check(ring.every(({ x, y }) => has(mask, Math.floor(x), Math.floor(y))), "the vertices' pixels too");
  equal(outline(mask).length, 1);
}

export function shapes_are_cut_at_the_frame() {
  const mask = polygonMask([{ x: -30, y: -30 }, { x: 90, y: -30 }, { x: 90, y: 90 }, { x: -30, y: 90 }], 20, 10);
  equal([boxOf(mask), area(mask)], [{ x0: 0, y0: 0, x1: 20, y1: 10 }, 200]);
  equal(polygonMask([{ x: 200, y: 5 }, { x: 300, y: 5 }, { x: 250, y: 9 }], 20, 10), EMPTY);
  equal(polylineMask([], 3, 20, 10), EMPTY);
  equal(boxMask({ x0: -5, y0: 2.5, x1: 3.2, y1: 99 }, 20, 10).data.length, 4 * 8);
}

export function capsules_are_discs_that_move() {
  const mask = { x: 0, y: 0, w: 60, h: 40, data: new Uint8Array(2400) };
  const [a, b] = [{ x: 11.3, y: 9.9 }, { x: 44.1, y: 28.7 }];
  const part = capsule(mask, a, b, 6, 6, 1);
  for (let y = 0; y < 40; y++) {
    for (let x = 0; x < 60; x++) {
      const t = Math.max(0, Math.min(1, ((x + 0.5 - a.x) * (b.x - a.x) + (y + 0.5 - a.y) * (b.y - a.y))
        / ((b.x - a.x) ** 2 + (b.y - a.y) ** 2)));
      const away = Math.hypot(x + 0.5 - a.x - t * (b.x - a.x), y + 0.5 - a.y - t * (b.y - a.y));
      if (Math.abs(away - 6) > 1e-6) equal(has(mask, x, y), away < 6, `${x},${y}`);
      if (has(mask, x, y)) check(x >= part.x0 && x < part.x1 && y >= part.y0 && y < part.y1, "dirty box");
    }
  }
}

export function the_thinnest_line_is_a_connected_chain() {
  const mask = polylineMask([{ x: 1.5, y: 1.5 }, { x: 30.5, y: 11.5 }, { x: 12.5, y: 35.5 }], 1, 50, 40);
  let at8 = 0;
  for (let y = 0; y < 40; y++) for (let x = 0; x < 50; x++) {
    if (!has(mask, x, y)) continue;
    let near = 0;
    for (let j = -1; j < 2; j++) for (let i = -1; i < 2; i++) near += has(mask, x + i, y + j) ? 1 : 0;
    check(near >= 2, `${x},${y} is alone`);
    at8++;
  }
  check(at8 >= 30 + 24 - 1, "every step has a pixel");
}

export function fills_are_composed_once_and_the_later_lies_on_top() {
  const fills = [
    { mask: boxMask({ x0: 1, y0: 1, x1: 6, y1: 6 }, 30, 30), colour: [255, 0, 0], alpha: 1 },
    { mask: boxMask({ x0: 4, y0: 4, x1: 9, y1: 9 }, 30, 30), colour: [0, 0, 255], alpha: 1 },
    { mask: boxMask({ x0: 20, y0: 20, x1: 22, y1: 22 }, 30, 30), colour: [0, 255, 0], alpha: 0.5 },
    { mask: EMPTY, colour: [0, 255, 0], alpha: 0.5 },
  ];
  const boxes = joined(fills.map(({ mask }) => boxOf(mask)));
  equal(boxes, [{ x0: 1, y0: 1, x1: 9, y1: 9 }, { x0: 20, y0: 20, x1: 22, y1: 22 }]);
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 30;
  const ctx = canvas.getContext("2d");
  for (const box of boxes) compose(ctx, fills, box);
  const pixel = (x, y) => Array.from(ctx.getImageData(x, y, 1, 1).data);
  equal([pixel(2, 2), pixel(5, 5), pixel(8, 8), pixel(8, 2)],
    [[255, 0, 0, 255], [0, 0, 255, 255], [0, 0, 255, 255], [0, 0, 0, 0]]);
  equal(pixel(20, 20)[3], 128);
}

export function boxes_that_meet_through_a_third_are_one() {
  const box = (x0, x1) => ({ x0, y0: 0, x1, y1: 5 });
  equal(joined([box(0, 10), box(20, 30), box(5, 25)]), [{ x0: 0, y0: 0, x1: 30, y1: 5 }]);
}

export function two_far_parts_go_from_packet_to_pixels() {
  const parts = union(
    polylineMask([{ x: 28, y: 12 }, { x: 90, y: 52 }], 24, 300, 500),
    polygonMask([{ x: 110, y: 400 }, { x: 131, y: 405 }, { x: 129, y: 470 }, { x: 102, y: 463 }], 300, 500));
  const bytes = encode({ frame: 40, revision: 9, rows: [rowOf(1, parts)] });
  const mask = packetMask(decodeAll(bytes.buffer)[0].rows[0]);
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [300, 500];
  const ctx = canvas.getContext("2d");
  const fills = [{ mask, colour: [255, 0, 0], alpha: 1 }];
  compose(ctx, fills, boxOf(mask));
  const seen = ctx.getImageData(0, 0, 300, 500).data;
  for (let i = 0; i < 300 * 500; i++) {
    equal(seen[4 * i + 3] === 255, has(parts, i % 300, Math.floor(i / 300)), `pixel ${i}`);
  }
  equal([outline(mask).length, areaIn(runsOf(mask))], [2, area(parts)]);
}
