// Viewport, timeline columns and bins, colours, brush and pointers.

import { area, EMPTY, has, replay } from "/static/engine/bitmap.js";
import { bin, binSet, cut, MARK, tickStep } from "/static/engine/bins.js";
import { Brush } from "/static/engine/brush.js";
import { colourOf, contrast, dashOf, inkOn, PALETTE, rgb } from "/static/engine/colours.js";
import { rowOf } from "/static/engine/packet.js";
import { Player } from "/static/engine/player.js";
import { Polygon } from "/static/engine/polygon.js";
import { boxMask } from "/static/engine/raster.js";
import { Pointers } from "/static/engine/tools.js";
import { lastAt, TimelineData, withLive } from "/static/engine/tracks.js";
import { Viewport } from "/static/engine/viewport.js";
import { check, equal, random } from "./check.js";

function track(id, frames, facts = {}) {
  const n = frames.length;
  const column = (Type, name, other) => Type.from(frames, (_, k) => facts[name]?.[k] ?? other);
  return {
    id, frame: Int32Array.from(frames), score: column(Float32Array, "score", NaN),
    area: column(Uint32Array, "area", 100), flags: column(Uint16Array, "flags", 0),
    origin: column(Uint8Array, "origin", 2), review: column(Uint8Array, "review", 0), n,
  };
}

export function zoom_keeps_what_is_under_the_pointer() {
  const view = new Viewport();
  view.setFrame(1920, 1080);
  view.setHost(800, 600, 2);
  const at = { x: 300, y: 222 };
  for (const factor of [1.3, 2, 5, 0.9]) {
    const before = view.toFrame(at);
    view.zoom(factor, at);
    const after = view.toFrame(at);
    check(Math.hypot(before.x - after.x, before.y - after.y) < 1e-9, "the point stays");
  }
  const there = view.toHost(view.toFrame({ x: 17, y: 5 }));
  check(Math.hypot(there.x - 17, there.y - 5) < 1e-9, "there and back");
}

export function the_picture_fits_and_never_leaves() {
  const view = new Viewport();
  view.setHost(800, 600, 1);
  view.setFrame(1920, 1080);
  check(view.scale * 1920 <= 800 && view.scale * 1080 <= 600 && view.scale * 1920 > 700, "fits");
  view.setHost(400, 300, 1);
  check(view.scale * 1920 <= 400, "fits the smaller host");
  view.zoom(20);
  for (const by of [-1e6, 1e6]) {
    view.pan(by, by);
    const [a, b] = [view.toHost({ x: 0, y: 0 }), view.toHost({ x: 1920, y: 1080 })];
    check(a.x < 400 && b.x > 0 && a.y < 300 && b.y > 0, "a part is always seen");
  }
  view.zoom(1e9);
  check(view.nearest && view.scale <= 64, "pixels are squares up close");
}

export function bins_are_as_many_as_pixels_and_lose_no_doubt() {
  const next = random(3);
  const frames = Array.from({ length: 100000 }, (_, k) => k);
  const flags = frames.map(() => (next() < 0.0005 ? 1 << 8 : 0));
  const score = frames.map(() => 0.5 + next() / 2);
  score[77777] = 0.01;
  const all = track(1, frames, { flags, score });
  const bins = bin(all, 0, 100000, 900);
  equal(bins.n, 900);
  const place = (frame) => Math.floor((frame - bins.first) / bins.size);
  flags.forEach((flag, frame) => {
    if (flag) check(bins.marks[place(frame)] & MARK.DOUBT, `doubt on ${frame}`);
  });
  check(Math.abs(bins.score[place(77777)] - 0.01) < 1e-6, "the lowest score");
}

export function bins_are_frames_when_zoomed_in() {
  const bins = bin(track(1, [3, 5], { flags: [1, 0], area: [7, 0] }), 2.5, 7.25, 500);
  equal([bins.first, bins.size, bins.n], [2, 1, 6]);
  equal([...bins.marks], [0, MARK.ROW | MARK.KEYFRAME, 0, MARK.EMPTY, 0, 0]);
  equal([...bins.area], [0, 7, 0, 0, 0, 0]);
  check(Number.isNaN(bins.score[1]), "no score");
  equal([...binSet([3, 99], 2.5, 7.25, 500).full], [0, 1, 0, 0, 0, 0]);
  equal(cut(0, 10, 20), { first: 0, size: 1, n: 10 });
}

export function ticks_are_round() {
  equal([1, 3, 7, 11, 60, 130, 0.2].map(tickStep), [1, 5, 10, 20, 100, 200, 1]);
}

export function columns_are_read_from_the_wire() {
  const head = { revision: 7, checked: [4], objects: [{ id: 3, n: 3 }, { id: 9, n: 0 }, { id: 8, n: 1 }] };
  const json = new TextEncoder().encode(JSON.stringify(head));
  const start = Math.ceil((4 + json.length) / 8) * 8;
  const buffer = new ArrayBuffer(start + 48 + 12 + 8 + 4 + 4 + 24);
  new DataView(buffer).setUint32(0, json.length, true);
  new Uint8Array(buffer).set(json, 4);
  let at = start;
  const put = (Type, values, size) => {
    new Type(buffer, at, values.length).set(values);
    at += Math.ceil((values.length * size) / 4) * 4;
  };
  for (const [frame, score, area_, flags, origin, review] of [
    [[1, 5, 6], [0.5, NaN, 1], [10, 20, 30], [1, 256, 65535], [0, 1, 2], [3, 0, 1]],
    [[2], [0.25], [5], [8], [5], [2]],
  ]) {
    put(Int32Array, frame, 4);
    put(Float32Array, score, 4);
    put(Uint32Array, area_, 4);
    put(Uint16Array, flags, 2);
    put(Uint8Array, origin, 1);
    put(Uint8Array, review, 1);
  }
  const data = TimelineData.parse(buffer);
  equal([data.revision, [...data.checked], data.tracks.size], [7, [4], 3]);
  equal(data.at(3, 6), { score: 1, area: 30, flags: 65535, origin: 2, review: 1 });
  equal(data.at(8, 2), { score: 0.25, area: 5, flags: 8, origin: 5, review: 2 });
  equal(data.at(9, 0), null);
}

export function the_next_keyframe_and_the_next_doubt() {
  const data = new TimelineData(1, [], [
    track(1, [0, 10, 20, 30], { flags: [1, 0, 1, 256], review: [0, 0, 0, 0] }),
    track(2, [5, 15, 25], { flags: [256, 1, 512], review: [1, 0, 0] }),
  ]);
  equal([data.keyframe(0, 1), data.keyframe(0, 1, 1), data.keyframe(20, -1), data.keyframe(20, 1)],
    [15, 20, 15, null]);
  equal([data.doubtful(0, 1), data.doubtful(25, 1), data.doubtful(24, -1)],
    [{ frame: 25, object: 2 }, { frame: 30, object: 1 }, null]);
}

export function a_part_of_the_timeline_replaces_what_was_there() {
  const old = new TimelineData(1, [3, 40], [track(1, [0, 10, 20, 30]), track(2, [12])]);
  const part = new TimelineData(5, [11], [track(1, [9, 11], { area: [1, 2] }), track(3, [13])]);
  const both = old.with(part, 8, 20);
  equal([...both.tracks.get(1).frame], [0, 9, 11, 20, 30]);
  equal([...both.tracks.get(1).area], [100, 1, 2, 100, 100]);
  equal([both.tracks.has(2), [...both.tracks.get(3).frame], both.revision], [false, [13], 5]);
  equal([...both.checked].sort((a, b) => a - b), [3, 11, 40]);
}

export function live_rows_are_put_among_the_stored_ones() {
  const old = new TimelineData(4, [11], [track(1, [9, 10, 11, 30]), track(2, [10])]);
  const row = rowOf(1, boxMask({ x0: 2, y0: 3, x1: 7, y1: 9 }, 99, 99), { score: 0.5, flags: 256 });
  const fresh = rowOf(3, boxMask({ x0: 0, y0: 0, x1: 200, y1: 1 }, 300, 9));
  const packets = [[10, [row]], [12, [row, fresh]]].map(([frame, rows]) => [frame, { frame, revision: 0, rows }]);
  const both = withLive(old, new Map(packets));
  equal([...both.tracks.get(1).frame], [9, 10, 11, 12, 30]);
  equal([...both.tracks.get(1).area], [100, 30, 100, 30, 100]);
  equal([[...both.tracks.get(2).frame], [...both.tracks.get(3).area], [...both.checked]], [[10], [200], [11]]);
  equal(withLive(old, new Map()), old);
}

export function objects_are_told_apart() {
  const looks = new Set(Array.from({ length: 42 }, (_, i) => `${colourOf(i + 1)}${dashOf(i + 1)}`));
  equal(looks.size, 42);
  equal(colourOf(3, "#123456"), "#123456");
  equal(dashOf(7), []);
  check(dashOf(8).length > 0, "a pattern beyond seven");
  for (const colour of PALETTE) check(contrast(rgb(inkOn(colour)), rgb(colour)) >= 4.5, colour);
  check(Math.abs(contrast([0, 0, 0], [255, 255, 255]) - 21) < 1e-9, "black on white");
}

function stage(width = 200, height = 100) {
  return {
    width, height, brushSize: 11, lineWidth: 4, subtract: false, mask: EMPTY, previews: [], drawn: 0,
    view: { scale: 1, toHost: (point) => point, toFrame: (point) => point, pan() {}, zoom() {} },
    edited() { return this.mask; },
    preview(mask, dirty) { this.previews.push([mask, dirty]); },
    commit(before, after, verb) { this.mask = replay(this.mask, before, after); this.verb = verb; },
    ask() {},
    draw() { this.drawn++; },
    ready: () => true,
  };
}

const mouse = (more = {}) => ({ button: 0, pointerType: "mouse", pressure: 0.5, detail: 1, ...more });

export function a_stroke_has_no_gaps_and_hard_edges() {
  const on = stage();
  const brush = new Brush(on, false);
  brush.down({ x: 20.5, y: 50.5 }, mouse());
  brush.move({ x: 170.5, y: 50.5 }, mouse());
  brush.up();
  for (let x = 16; x < 176; x++) check(has(on.mask, x, 50), `gap at ${x}`);
  equal([has(on.mask, 100, 45), has(on.mask, 100, 44), has(on.mask, 100, 55), has(on.mask, 100, 57)],
    [true, false, true, false]);
  equal([on.verb, on.mask.x, on.mask.y, on.mask.h], ["brush", 15, 45, 11]);
}

export function a_mask_that_changes_during_a_stroke_keeps_what_is_new() {
  const on = stage();
  on.mask = boxMask({ x0: 100, y0: 0, x1: 140, y1: 20 }, 200, 100);
  const brush = new Brush(on, false);
  brush.down({ x: 20.5, y: 50.5 }, mouse());
  on.mask = boxMask({ x0: 150, y0: 70, x1: 180, y1: 90 }, 200, 100); // somebody else
  brush.move({ x: 80.5, y: 50.5 }, mouse());
  brush.up();
  equal([has(on.mask, 50, 50), has(on.mask, 160, 80), has(on.mask, 120, 10)], [true, true, false]);
}

export function the_dirty_boxes_hold_every_change() {
  const on = stage();
  const brush = new Brush(on, false);
  const next = random(9);
  let before = new Uint8Array(on.width * on.height);
  brush.down({ x: 50, y: 50 }, mouse());
  for (let i = 0; i < 30; i++) {
    brush.move({ x: next() * 260 - 30, y: next() * 160 - 30 }, mouse());
    const [mask, box] = on.previews[on.previews.length - 1];
    mask.data.forEach((value, k) => {
      if (value === before[k]) return;
      const [x, y] = [k % on.width, Math.floor(k / on.width)];
      check(x >= box.x0 && x < box.x1 && y >= box.y0 && y < box.y1, `${x},${y} is not in the box`);
    });
    before = mask.data.slice();
  }
  brush.up();
  equal(area(on.mask), before.reduce((a, b) => a + b, 0));
}

export function the_eraser_and_the_right_button_take_away() {
  const on = stage();
  const line = (tool, button) => {
    tool.down({ x: 20, y: 50 }, mouse({ button }));
    tool.move({ x: 100, y: 50 }, mouse());
    tool.up();
  };
  line(new Brush(on, false), 0);
  const full = area(on.mask);
  on.brushSize = 3;
  line(new Brush(on, true), 0);
  const less = area(on.mask);
  check(less < full && !has(on.mask, 50, 49), "erased");
  on.brushSize = 30;
  line(new Brush(on, false), 2);
  equal([area(on.mask), on.mask.w], [0, 0]);
}

export function a_cancelled_stroke_leaves_the_mask() {
  const on = stage();
  const brush = new Brush(on, false);
  brush.down({ x: 20, y: 20 }, mouse());
  equal([brush.cancel(), brush.cancel(), area(on.mask)], [true, false, 0]);
  brush.move({ x: 90, y: 20 }, mouse());
  brush.up();
  equal(area(on.mask), 0);
}

export function a_pen_presses_wider() {
  const [soft, hard] = [0.1, 1].map((pressure) => {
    const on = stage();
    const brush = new Brush(on, false);
    brush.down({ x: 50, y: 50 }, mouse({ pointerType: "pen", pressure }));
    brush.up();
    return area(on.mask);
  });
  check(soft > 0 && hard > 4 * soft, `${soft} and ${hard}`);
}

export function a_polygon_adds_and_with_the_right_button_takes_away() {
  const on = stage();
  const polygon = new Polygon(on, false);
  const click = (x, y, more) => {
    polygon.down({ x, y }, mouse(more));
    polygon.up();
  };
  for (const [x, y] of [[10, 10], [90, 10], [90, 90], [10, 90]]) click(x, y);
  click(12, 11); // near the first one: closes
  equal([on.verb, polygon.busy, has(on.mask, 50, 50)], ["polygon", false, true]);
  for (const [x, y] of [[30, 30], [60, 30], [60, 60]]) click(x, y, { button: 2 });
  click(5, 5);
  polygon.back();
  polygon.finish();
  equal([has(on.mask, 55, 35), has(on.mask, 35, 55)], [false, true]);
}

export function two_points_make_no_polygon_but_a_line() {
  const on = stage();
  for (const [open, expected] of [[false, 0], [true, 1]]) {
    const shape = new Polygon(on, open);
    shape.down({ x: 10, y: 10 }, mouse());
    shape.up();
    shape.down({ x: 60, y: 40 }, mouse());
    shape.up();
    shape.finish();
    equal(Math.sign(area(on.mask)), expected);
  }
}

export function pointers_pan_zoom_and_draw() {
  const host = document.createElement("div");
  document.body.append(host);
  const log = [];
  const tool = {
    busy: false, down: () => log.push("down"), move: () => log.push("move"), up: () => log.push("up"),
    cancel: () => log.push("cancel") > 0, finish() {}, draw() {}, cursor() {},
  };
  const desk = {
    tool: () => tool, moved: () => log.push("moved"), hover() {}, draw() {},
    pick: () => log.push("pick"), resize: (by) => log.push(`size ${by}`),
    view: { scale: 1, toFrame: (p) => p, pan: (x, y) => log.push(`pan ${x} ${y}`), zoom: () => log.push("zoom") },
  };
  const pointers = new Pointers(host, desk);
  const send = (type, x, more = {}) => host.dispatchEvent(new PointerEvent(type, {
    pointerId: 1, pointerType: "mouse", clientX: x, clientY: 10, bubbles: true, cancelable: true, ...more,
  }));
  const drag = (more) => {
    log.length = 0;
    send("pointerdown", 10, more);
    send("pointermove", 30, more);
    send("pointerup", 30, more);
    return [...log];
  };
  equal(drag({}), ["down", "move", "up"]);
  equal(drag({ button: 2 }), ["down", "move", "up"], "the right button is the tool's");
  equal(drag({ altKey: true }), ["pan 20 0", "moved"]);
  equal(drag({ button: 1 }), ["pan 20 0", "moved"]);
  equal(drag({ altKey: true, button: 2 }), ["size 20"]);
  log.length = 0;
  host.dispatchEvent(new WheelEvent("wheel", { deltaY: -100, cancelable: true }));
  equal(log, ["zoom", "moved"]);
  log.length = 0;
  send("pointerdown", 10, { pointerType: "touch", pointerId: 5 });
  send("pointerdown", 50, { pointerType: "touch", pointerId: 6 });
  send("pointermove", 90, { pointerType: "touch", pointerId: 6 });
  equal(log, ["down", "cancel", "pan 20 0", "zoom", "moved"], "a second finger pinches");
  send("pointerup", 10, { pointerType: "touch", pointerId: 5 });
  send("pointerup", 90, { pointerType: "touch", pointerId: 6 });
  drag({ pointerType: "pen" });
  equal(drag({ pointerType: "touch" }), ["pan 20 0", "moved"], "a palm beside a pen does not draw");
  pointers.close();
  equal(drag({}), [], "closed");
}

export async function playing_follows_the_presentation_times() {
  const times = Float64Array.of(0, 0.02, 0.1, 0.11, 0.2);
  equal([0, 0.05, 0.1, 0.3, -1].map((t) => lastAt(times, t)), [0, 1, 2, 4, 0]);
  const shown = [];
  await new Promise((done) => {
    new Player(times, (frame) => shown.push(frame), () => done(null)).play(0);
  });
  equal(shown[shown.length - 1], 4);
  check(shown.every((frame, k) => k === 0 || frame > shown[k - 1]), `in order: ${shown}`);
}
