// A polygon, vertex by vertex or drawn with the button held; a right click first makes one that takes away.
// A polyline is the same, open, and as wide as `lineWidth`: a tail.

import { apply } from "./brush.js";
import { polygonMask, polylineMask } from "./raster.js";

/** @typedef {import("./types.js").Point} Point */
/** @typedef {import("./types.js").Stage} Stage */

/** CSS pixels: nearer than this to the first vertex, a click closes the polygon. */
const NEAR = 9;
/** CSS pixels between the vertices of a line drawn with the button held. */
const APART = 5;

export class Polygon {
  /** @param {Stage} stage @param {boolean} open  a polyline */
  constructor(stage, open) {
    this.stage = stage;
    this.open = open;
    /** @type {Point[]} */
    this.points = [];
    this.takes = false;
    this.held = false;
    /** Where the pointer is. @type {Point|null} */
    this.here = null;
  }

  get busy() {
    return this.points.length > 0;
  }

  /** @param {Point} point @param {PointerEvent} event */
  down(point, event) {
    if (!this.points.length) {
      if (!this.stage.ready()) return;
      this.takes = (event.button === 2) !== this.stage.subtract;
    } else if (event.detail > 1 || this.closes(point)) {
      this.finish();
      return;
    }
    this.held = true;
    this.points.push(point);
    this.stage.draw();
  }

  /** @param {Point} point */
  move(point) {
    this.here = point;
    if (this.held && this.distance(point, this.points[this.points.length - 1]) >= APART) {
      this.points.push(point);
    }
    if (this.points.length) this.stage.draw();
  }

  up() {
    this.held = false;
  }

  /** Draw it into the mask. */
  finish() {
    const { points, stage } = this;
    if (!points.length) return;
    const enough = points.length >= (this.open ? 2 : 3);
    this.points = [];
    this.held = false;
    stage.draw();
    if (!enough) return;
    const shape = this.open
      ? polylineMask(points, stage.lineWidth, stage.width, stage.height)
      : polygonMask(points, stage.width, stage.height);
    const before = stage.edited();
    stage.commit(before, apply(before, shape, this.takes), this.open ? "polyline" : "polygon");
  }

  cancel() {
    const busy = this.busy;
    this.points = [];
    this.held = false;
    this.stage.draw();
    return busy;
  }

  /** Take the last vertex away. */
  back() {
    this.points.pop();
    this.stage.draw();
  }

  /** @param {Point} point */
  closes(point) {
    return !this.open && this.points.length > 2 && this.distance(point, this.points[0]) < NEAR;
  }

  /** CSS pixels. @param {Point} a @param {Point} b */
  distance(a, b) {
    return Math.hypot(a.x - b.x, a.y - b.y) * this.stage.view.scale;
  }

  /** @param {CanvasRenderingContext2D} ctx  in CSS pixels of the host */
  draw(ctx) {
    const { points, here } = this;
    if (!points.length) return;
    const { view, lineWidth } = this.stage;
    const way = [...points, ...(here && !this.held ? [here] : [])].map((p) => view.toHost(p));
    const path = new Path2D();
    way.forEach((p) => path.lineTo(p.x, p.y));
    ctx.lineJoin = ctx.lineCap = "round";
    if (this.open) stroke(ctx, path, Math.max(1, lineWidth * view.scale), "#ffffff66");
    stroke(ctx, path, 3, "#000a");
    ctx.setLineDash(this.takes ? [5, 4] : []);
    stroke(ctx, path, 1.5, this.takes ? "#ff9d8a" : "#fff");
    ctx.setLineDash([]);
    way.slice(0, points.length).forEach((p, i) => {
      const closing = i === 0 && here !== null && this.closes(here);
      ctx.fillStyle = closing ? "#7fe0a8" : "#fff";
      ctx.fillRect(p.x - 2.5, p.y - 2.5, closing ? 8 : 5, closing ? 8 : 5);
    });
  }

  cursor() {}
  reach() { return 0; }
}

/** @param {CanvasRenderingContext2D} ctx @param {Path2D} path @param {number} width @param {string} colour */
function stroke(ctx, path, width, colour) {
  ctx.lineWidth = width;
  ctx.strokeStyle = colour;
  ctx.stroke(path);
}
