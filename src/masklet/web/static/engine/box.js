// A box dragged round an object: a prompt for the model; with Shift, the rectangle itself as a mask.

import { apply } from "./brush.js";
import { boxMask } from "./raster.js";

/** @typedef {import("./types.js").Point} Point */
/** @typedef {import("./types.js").Stage} Stage */

/** Pixels of the frame: a smaller box was a click. */
const SMALLEST = 2;

export class BoxTool {
  /** @param {Stage} stage */
  constructor(stage) {
    this.stage = stage;
    /** @type {Point|null} */
    this.from = null;
    /** @type {Point} */
    this.to = { x: 0, y: 0 };
    this.takes = false;
  }

  get busy() {
    return this.from !== null;
  }

  /** @param {Point} point @param {PointerEvent} event */
  down(point, event) {
    if (!this.stage.ready()) return;
    this.from = this.to = point;
    this.takes = (event.button === 2) !== this.stage.subtract;
  }

  /** @param {Point} point */
  move(point) {
    if (!this.from) return;
    this.to = point;
    this.stage.draw();
  }

  /** @param {Point} point @param {PointerEvent} event */
  up(point, event) {
    const { from, stage } = this;
    this.from = null;
    stage.draw();
    if (!from) return;
    const box = {
      x0: Math.max(0, Math.min(from.x, this.to.x)), y0: Math.max(0, Math.min(from.y, this.to.y)),
      x1: Math.min(stage.width, Math.max(from.x, this.to.x)),
      y1: Math.min(stage.height, Math.max(from.y, this.to.y)),
    };
    if (box.x1 - box.x0 < SMALLEST || box.y1 - box.y0 < SMALLEST) return;
    if (event.shiftKey || this.takes) {
      const shape = boxMask(box, stage.width, stage.height);
      const before = stage.edited();
      stage.commit(before, apply(before, shape, this.takes), "box");
    } else {
      stage.ask({ box: [box.x0, box.y0, box.x1, box.y1] });
    }
  }

  finish() {}

  cancel() {
    const busy = this.busy;
    this.from = null;
    this.stage.draw();
    return busy;
  }

  /** @param {CanvasRenderingContext2D} ctx */
  draw(ctx) {
    if (!this.from) return;
    const a = this.stage.view.toHost(this.from);
    const b = this.stage.view.toHost(this.to);
    for (const [width, colour] of /** @type {[number, string][]} */ ([[3, "#000a"], [1.5, "#fff"]])) {
      ctx.lineWidth = width;
      ctx.strokeStyle = colour;
      ctx.strokeRect(Math.min(a.x, b.x), Math.min(a.y, b.y), Math.abs(a.x - b.x), Math.abs(a.y - b.y));
    }
  }

  cursor() {}
  reach() { return 0; }
}
