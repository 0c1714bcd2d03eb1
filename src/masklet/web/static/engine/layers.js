// What is seen, drawn again only where something changed.
//
// Masks are composed as pixels on a canvas of the frame's own size that is never shown. The screen's canvas
// takes the picture and those fills at the size at which they are seen, within the box that changed: a
// stroke costs what it touches. Outlines, names and pins lie above in device pixels, the pointer's circle
// on a canvas of its own size. The object that is being edited is drawn once: as it is now, not as stored.

import { boxOf, EMPTY, hull, overlap } from "./bitmap.js";
import { inkOn, rgb } from "./colours.js";
import { compose, joined } from "./fills.js";
import { outline } from "./outline.js";

/** @typedef {import("./types.js").Box} Box */
/** @typedef {import("./types.js").Mask} Mask */
/** @typedef {import("./types.js").Point} Point */
/** @typedef {import("./viewport.js").Viewport} Viewport */

/**
 * One mask as it is drawn; the order in a list is the order of drawing.
 * @typedef {Object} Item
 * @property {number} id
 * @property {Mask} mask
 * @property {string} name      "3 rat"
 * @property {string} colour
 * @property {number[]} dash
 * @property {boolean} selected
 * @property {boolean} doubtful marked by a sign, not by colour alone
 */

/**
 * @typedef {Object} Look
 * @property {number} opacity
 * @property {boolean} outline
 * @property {boolean} labels
 */

/** How much more the selected object's fill covers. */
const MORE = 0.15;

export class Layers {
  /**
   * @param {Viewport} view
   * @param {(ctx: CanvasRenderingContext2D) => void} drawTop     pins and the shape being drawn
   * @param {(ctx: CanvasRenderingContext2D, at: Point) => void} drawCursor  the pointer's circle
   */
  constructor(view, drawTop, drawCursor) {
    this.view = view;
    this.drawTop = drawTop;
    this.drawCursor = drawCursor;
    this.fillLayer = layer("fills");
    this.screen = layer("screen");
    this.lines = layer("lines");
    this.cursor = layer("cursor");
    /** @type {ImageBitmap|null} */
    this.picture = null;
    this.size = boxOf(EMPTY);
    /** @type {Item[]} */
    this.items = [];
    /** @type {Look} */
    this.look = { opacity: 0.4, outline: true, labels: true };
    /** Where fills are now. @type {Box[]} */
    this.filled = [];
    /** What is to be drawn again on the screen, in pixels of the frame; all of it where the view changed.
     * @type {Box[]} */
    this.dirty = [];
    this.staleScreen = this.staleLines = false;
    /** @type {WeakMap<Mask, Path2D>} */
    this.paths = new WeakMap();
    this.waiting = 0;
    /** The id whose outline is left out while its stroke is drawn. @type {number|null} */
    this.stroking = null;
    /** Where the pointer's circle is, and what is drawn there. @type {Point|null} */
    this.pointer = null;
    this.reach = 0;
    this.drawnReach = "";
  }

  /** @param {HTMLElement} host */
  mount(host) {
    host.append(this.screen.canvas, this.lines.canvas, this.cursor.canvas);
    this.cursor.canvas.style.pointerEvents = "none";
  }

  unmount() {
    for (const { canvas } of [this.screen, this.lines, this.cursor]) canvas.remove();
    cancelAnimationFrame(this.waiting);
    this.waiting = 0;
  }

  /** @param {number} width @param {number} height  of the frame */
  setFrame(width, height) {
    this.fillLayer.canvas.width = width;
    this.fillLayer.canvas.height = height;
    this.size = { x0: 0, y0: 0, x1: width, y1: height };
    this.picture = null;
    this.filled = [];
    this.moved();
  }

  /** The host's size changed. */
  resize() {
    const { hostWidth, hostHeight, ratio } = this.view;
    for (const { canvas } of [this.screen, this.lines]) {
      canvas.width = Math.round(hostWidth * ratio);
      canvas.height = Math.round(hostHeight * ratio);
      canvas.style.width = `${hostWidth}px`;
      canvas.style.height = `${hostHeight}px`;
    }
    this.moved();
  }

  /** The view changed. */
  moved() {
    this.staleScreen = true;
    this.redraw();
  }

  /** Outlines, names and pins at the next animation frame. */
  redraw() {
    this.staleLines = true;
    this.schedule();
  }

  /** @param {Point|null} at  CSS pixels within the host @param {number} reach  of the circle, CSS pixels */
  moveCursor(at, reach) {
    this.pointer = reach > 0 ? at : null;
    this.reach = reach;
    this.schedule();
  }

  schedule() {
    if (!this.waiting) this.waiting = requestAnimationFrame(() => this.frame());
  }

  /** @param {ImageBitmap|null} bitmap  drawn over the whole frame, whatever its size */
  showPicture(bitmap) {
    this.picture = bitmap;
    this.moved();
  }

  /** Other masks, or another look of them. @param {Item[]} items @param {Look} look */
  showItems(items, look) {
    this.items = items;
    this.look = look;
    const fills = this.fills();
    const boxes = joined(fills.map(({ mask }) => boxOf(mask)));
    for (const { x0, y0, x1, y1 } of this.filled) this.fillLayer.clearRect(x0, y0, x1 - x0, y1 - y0);
    for (const box of boxes) compose(this.fillLayer, fills, box);
    this.dirty = joined([...this.dirty, ...boxes, ...this.filled]);
    this.filled = boxes;
    this.redraw();
  }

  /**
   * A stroke goes on: one mask changed within a box. Its outline waits until the stroke ends.
   * @param {Item} item  replaces the one with the same id, or lies on top @param {Box} dirty
   */
  showStroke(item, dirty) {
    const at = this.items.findIndex((one) => one.id === item.id);
    if (at < 0) this.items = [...this.items, item];
    else this.items = this.items.map((one, i) => (i === at ? item : one));
    compose(this.fillLayer, this.fills(), dirty);
    this.dirty = joined([...this.dirty, dirty]);
    // What a stroke painted must be cleared later, wherever it went.
    const last = this.filled.length - 1;
    if (this.stroking === item.id && last >= 0) this.filled[last] = hull(this.filled[last], dirty);
    else this.filled = [...this.filled, { ...dirty }];
    if (this.stroking !== item.id) this.redraw();
    this.stroking = item.id;
    this.schedule();
  }

  endStroke() {
    this.stroking = null;
  }

  fills() {
    const { opacity } = this.look;
    return this.items.map(({ mask, colour, selected }) => (
      { mask, colour: rgb(colour), alpha: selected ? Math.min(1, opacity + MORE) : opacity }
    ));
  }

  frame() {
    this.waiting = 0;
    if (this.staleScreen) this.drawScreen(null);
    else if (this.dirty.length) this.drawScreen(this.dirty);
    if (this.staleLines) this.drawLines();
    this.staleScreen = this.staleLines = false;
    this.dirty = [];
    this.placeCursor();
  }

  /** Picture and fills. @param {Box[]|null} boxes  pixels of the frame; null: everything */
  drawScreen(boxes) {
    const { screen: ctx, view } = this;
    const { width, height } = ctx.canvas;
    const zoom = view.scale * view.ratio;
    const [left, top] = [view.x * view.ratio, view.y * view.ratio];
    // One pixel more on each side, for what smoothing spreads, cut to whole device pixels.
    const all = { x0: 0, y0: 0, x1: width, y1: height };
    const parts = joined(boxes?.map((box) => overlap({
      x0: Math.floor((box.x0 - 1) * zoom + left), y0: Math.floor((box.y0 - 1) * zoom + top),
      x1: Math.ceil((box.x1 + 1) * zoom + left), y1: Math.ceil((box.y1 + 1) * zoom + top),
    }, all)) ?? [all]);
    if (!parts.length) return;
    ctx.save();
    ctx.beginPath();
    for (const { x0, y0, x1, y1 } of parts) ctx.rect(x0, y0, x1 - x0, y1 - y0);
    ctx.clip();
    ctx.clearRect(0, 0, width, height);
    ctx.setTransform(zoom, 0, 0, zoom, left, top);
    ctx.imageSmoothingEnabled = !view.nearest;
    ctx.imageSmoothingQuality = zoom < 0.5 ? "medium" : "low";
    if (this.picture) ctx.drawImage(this.picture, 0, 0, this.size.x1, this.size.y1);
    if (this.filled.length) ctx.drawImage(this.fillLayer.canvas, 0, 0);
    ctx.restore();
  }

  /** The circle is drawn when its size changes, and only moved when the pointer moves. */
  placeCursor() {
    const { canvas } = this.cursor;
    const { pointer, reach, view } = this;
    canvas.hidden = pointer === null;
    if (!pointer) return;
    const half = Math.ceil(reach) + 4;
    const drawn = `${reach} ${view.ratio}`;
    if (drawn !== this.drawnReach) {
      this.drawnReach = drawn;
      canvas.width = canvas.height = Math.round(2 * half * view.ratio);
      canvas.style.width = canvas.style.height = `${2 * half}px`;
      this.cursor.setTransform(view.ratio, 0, 0, view.ratio, 0, 0);
      this.drawCursor(this.cursor, { x: half, y: half });
    }
    canvas.style.transform = `translate(${pointer.x - half}px, ${pointer.y - half}px)`;
  }

  /** The circle looks another way now. */
  recursor() {
    this.drawnReach = "";
    this.schedule();
  }

  /** @param {CanvasRenderingContext2D} ctx  left in CSS pixels of the host */
  clear(ctx) {
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    ctx.clearRect(0, 0, ctx.canvas.width, ctx.canvas.height);
    ctx.setTransform(this.view.ratio, 0, 0, this.view.ratio, 0, 0);
  }

  drawLines() {
    const ctx = this.lines;
    this.clear(ctx);
    if (this.look.outline) for (const item of this.items) this.drawOutline(ctx, item);
    this.clearTransform(ctx);
    if (this.look.labels) for (const item of this.items) this.drawName(ctx, item);
    this.drawTop(ctx);
  }

  /** @param {CanvasRenderingContext2D} ctx */
  clearTransform(ctx) {
    ctx.setTransform(this.view.ratio, 0, 0, this.view.ratio, 0, 0);
  }

  /** @param {CanvasRenderingContext2D} ctx @param {Item} item */
  drawOutline(ctx, item) {
    if (item.id === this.stroking || !item.mask.w) return;
    const { scale, x, y, ratio } = this.view;
    const zoom = scale * ratio;
    ctx.setTransform(zoom, 0, 0, zoom, x * ratio, y * ratio);
    ctx.lineJoin = "round";
    const path = this.pathOf(item.mask);
    const width = item.selected ? 2.5 : 1.5;
    ctx.setLineDash([]);
    ctx.lineWidth = (width + 2) / scale;
    ctx.strokeStyle = item.selected ? "#000000cc" : "#00000080";
    ctx.stroke(path);
    ctx.setLineDash(item.dash.map((length) => length / scale));
    ctx.lineWidth = width / scale;
    ctx.strokeStyle = item.colour;
    ctx.stroke(path);
    ctx.setLineDash([]);
  }

  /** @param {Mask} mask */
  pathOf(mask) {
    const known = this.paths.get(mask);
    if (known) return known;
    const path = new Path2D();
    for (const loop of outline(mask)) {
      path.moveTo(loop[0], loop[1]);
      for (let i = 2; i < loop.length; i += 2) path.lineTo(loop[i], loop[i + 1]);
      path.closePath();
    }
    this.paths.set(mask, path);
    return path;
  }

  /** @param {CanvasRenderingContext2D} ctx @param {Item} item */
  drawName(ctx, item) {
    if (!item.mask.w || item.id === this.stroking) return;
    const { x0, y0, x1, y1 } = boxOf(item.mask);
    const at = this.view.toHost({ x: (x0 + x1) / 2, y: y0 });
    const [near, far] = [this.view.toHost({ x: x0, y: y0 }), this.view.toHost({ x: x1, y: y1 })];
    const { hostWidth, hostHeight } = this.view;
    if (far.x < 0 || far.y < 0 || near.x > hostWidth || near.y > hostHeight) return;
    ctx.font = "600 12px system-ui, sans-serif";
    ctx.textBaseline = "middle";
    const sign = item.doubtful ? 15 : 0;
    const width = ctx.measureText(item.name).width + 10 + sign;
    const left = Math.min(Math.max(2, at.x - width / 2), hostWidth - width - 2);
    const top = Math.min(Math.max(2, at.y - 24), hostHeight - 20);
    ctx.beginPath();
    ctx.roundRect(left, top, width, 18, 4);
    ctx.fillStyle = item.colour;
    ctx.fill();
    ctx.strokeStyle = item.selected ? "#fff" : "#000000a0";
    ctx.lineWidth = item.selected ? 2 : 1;
    ctx.stroke();
    ctx.fillStyle = inkOn(item.colour);
    ctx.fillText(item.name, left + 5 + sign, top + 9.5);
    if (sign) drawWarning(ctx, left + 4, top + 3);
  }
}

/** A triangle with an exclamation mark, in the fill's colour. @param {CanvasRenderingContext2D} ctx
 * @param {number} x @param {number} y */
export function drawWarning(ctx, x, y) {
  ctx.lineWidth = 1.5;
  ctx.strokeStyle = ctx.fillStyle;
  ctx.beginPath();
  ctx.moveTo(x + 6, y + 0.5);
  ctx.lineTo(x + 11.5, y + 11);
  ctx.lineTo(x + 0.5, y + 11);
  ctx.closePath();
  ctx.moveTo(x + 6, y + 4);
  ctx.lineTo(x + 6, y + 7.2);
  ctx.moveTo(x + 6, y + 8.6);
  ctx.lineTo(x + 6, y + 9.6);
  ctx.stroke();
}

/** @param {string} name */
function layer(name) {
  const canvas = document.createElement("canvas");
  canvas.dataset.layer = name;
  Object.assign(canvas.style, { position: "absolute", left: "0", top: "0", transformOrigin: "0 0" });
  const ctx = canvas.getContext("2d");
  if (!ctx) throw new Error("this browser cannot draw; expected a 2D canvas");
  return ctx;
}
