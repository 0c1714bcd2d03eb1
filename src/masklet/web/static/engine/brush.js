// Brush and eraser: hard discs along the way of the pointer, on a mask that grows no edges.

import { boxOf, EMPTY, hull, minus, tight, union, within } from "./bitmap.js";
import { capsule } from "./raster.js";

/** @typedef {import("./types.js").Box} Box */
/** @typedef {import("./types.js").Mask} Mask */
/** @typedef {import("./types.js").Point} Point */
/** @typedef {import("./types.js").Stage} Stage */

/** Share of the radius that the lightest touch of a pen gives. */
const LIGHTEST = 0.25;

export class Brush {
  /** @param {Stage} stage @param {boolean} erases */
  constructor(stage, erases) {
    this.stage = stage;
    this.erases = erases;
    /** The whole frame while a stroke is drawn; changed in place. @type {Mask|null} */
    this.working = null;
    /** What it was when the stroke began. */
    this.before = EMPTY;
    /** @type {Box} */
    this.dirty = boxOf(EMPTY);
    /** @type {0|1} */
    this.value = 1;
    /** @type {Point} */
    this.last = { x: 0, y: 0 };
    this.lastRadius = 1;
  }

  get busy() {
    return this.working !== null;
  }

  /** @param {Point} point @param {PointerEvent} event */
  down(point, event) {
    if (!this.stage.ready()) return;
    const { width, height } = this.stage;
    this.before = this.stage.edited();
    this.working = within(this.before, { x0: 0, y0: 0, x1: width, y1: height });
    this.value = this.erases === (event.button === 2) ? 1 : 0;
    this.dirty = boxOf(EMPTY);
    this.last = point;
    this.lastRadius = this.radius(event);
    this.segment(point, event);
  }

  /** @param {Point} point @param {PointerEvent} event */
  move(point, event) {
    if (this.working) this.segment(point, event);
  }

  /** @param {Point} point @param {PointerEvent} event */
  segment(point, event) {
    const { working } = this;
    if (!working) return;
    const radius = this.radius(event);
    const part = capsule(working, this.last, point, this.lastRadius, radius, this.value);
    this.dirty = hull(this.dirty, part);
    this.last = point;
    this.lastRadius = radius;
    this.stage.preview(working, part);
  }

  up() {
    const { working, before, dirty } = this;
    if (!working) return;
    this.working = null;
    // Only what the stroke may have touched is looked at, not the whole frame.
    const after = tight(within(working, hull(boxOf(before), dirty)));
    this.stage.commit(before, after, this.value ? "brush" : "erase");
  }

  cancel() {
    if (!this.working) return false;
    this.working = null;
    this.stage.preview(this.stage.edited());
    return true;
  }

  finish() {
    this.up();
  }

  /** @param {PointerEvent} event */
  radius(event) {
    const whole = this.stage.brushSize / 2;
    if (event.pointerType !== "pen" || event.pressure <= 0) return whole;
    return whole * (LIGHTEST + (1 - LIGHTEST) * event.pressure);
  }

  /** Radius of the circle under the pointer, CSS pixels. */
  reach() {
    return Math.max(1, (this.stage.brushSize / 2) * this.stage.view.scale);
  }

  /** The circle under the pointer. @param {CanvasRenderingContext2D} ctx @param {Point} at  CSS pixels */
  cursor(ctx, at) {
    const radius = this.reach();
    for (const [width, colour] of /** @type {[number, string][]} */ ([[3, "#000a"], [1.25, "#fff"]])) {
      ctx.beginPath();
      ctx.arc(at.x, at.y, radius, 0, 2 * Math.PI);
      if (this.erases) {
        ctx.moveTo(at.x - 4, at.y);
        ctx.lineTo(at.x + 4, at.y);
      }
      ctx.lineWidth = width;
      ctx.strokeStyle = colour;
      ctx.stroke();
    }
  }

  draw() {}
}

/**
 * Add a drawn shape to a mask, or take it away.
 * @param {Mask} mask @param {Mask} shape @param {boolean} takes
 */
export function apply(mask, shape, takes) {
  return takes ? minus(mask, shape) : union(mask, shape);
}
