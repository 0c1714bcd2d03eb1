// What is seen: four canvases on top of one another, drawn again only where something changed.
//
// The picture and the fills have the frame's own size and are laid out by a CSS transform, so zooming
// draws nothing again. Outlines, names and pins are drawn in device pixels; the pointer's circle lies
// above them. The object that is being edited is drawn once: as it is now, not as it is stored.

import { boxOf, hull } from "./bitmap.js";
import { inkOn, rgb } from "./colours.js";
import { clusters, compose } from "./fills.js";
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
   * @param {(ctx: CanvasRenderingContext2D) => void} drawCursor
   */
  constructor(view, drawTop, drawCursor) {
    this.view = view;
    this.drawTop = drawTop;
    this.drawCursor = drawCursor;
    const [picture, fills, lines, cursor] = ["picture", "fills", "lines", "cursor"].map(layer);
    /** @type {Record<"picture"|"fills"|"lines"|"cursor", CanvasRenderingContext2D>} */
    this.on = { picture, fills, lines, cursor };
    /** @type {Item[]} */
    this.items = [];
    /** @type {Look} */
    this.look = { opacity: 0.4, outline: true, labels: true };
    /** Where fills are now. @type {Box[]} */
    this.filled = [];
    /** @type {WeakMap<Mask, Path2D>} */
    this.paths = new WeakMap();
    this.waiting = 0;
    this.staleLines = this.staleCursor = this.staleView = false;
    /** The id whose outline is left out while its stroke is drawn. @type {number|null} */
    this.stroking = null;
  }

  /** @param {HTMLElement} host */
  mount(host) {
    for (const ctx of Object.values(this.on)) host.append(ctx.canvas);
  }

  unmount() {
    for (const ctx of Object.values(this.on)) ctx.canvas.remove();
    cancelAnimationFrame(this.waiting);
    this.waiting = 0;
  }

  /** @param {number} width @param {number} height  of the frame */
  setFrame(width, height) {
    for (const { canvas } of [this.on.picture, this.on.fills]) {
      canvas.width = width;
      canvas.height = height;
    }
    this.filled = [];
  }

  /** The host's size changed. */
  resize() {
    const { hostWidth, hostHeight, ratio } = this.view;
    for (const { canvas } of [this.on.lines, this.on.cursor]) {
      canvas.width = Math.round(hostWidth * ratio);
      canvas.height = Math.round(hostHeight * ratio);
      canvas.style.width = `${hostWidth}px`;
      canvas.style.height = `${hostHeight}px`;
    }
    this.moved();
  }

  /** The view changed. */
  moved() {
    this.staleView = true;
    this.redraw();
  }

  /** Outlines, names, pins and the cursor at the next animation frame. */
  redraw() {
    this.staleLines = true;
    this.redrawCursor();
  }

  redrawCursor() {
    this.staleCursor = true;
    if (!this.waiting) this.waiting = requestAnimationFrame(() => this.frame());
  }

  /** @param {ImageBitmap} bitmap  drawn over the whole frame, whatever its size */
  showPicture(bitmap) {
    const { picture } = this.on;
    picture.imageSmoothingQuality = "high";
    picture.drawImage(bitmap, 0, 0, picture.canvas.width, picture.canvas.height);
  }

  /** Other masks, or another look of them. @param {Item[]} items @param {Look} look */
  showItems(items, look) {
    this.items = items;
    this.look = look;
    const fills = this.fills();
    const boxes = clusters(fills);
    for (const { x0, y0, x1, y1 } of this.filled) this.on.fills.clearRect(x0, y0, x1 - x0, y1 - y0);
    for (const box of boxes) compose(this.on.fills, fills, box);
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
    compose(this.on.fills, this.fills(), dirty);
    // What a stroke painted must be cleared later, wherever it went.
    const last = this.filled.length - 1;
    if (this.stroking === item.id && last >= 0) this.filled[last] = hull(this.filled[last], dirty);
    else this.filled = [...this.filled, { ...dirty }];
    if (this.stroking !== item.id) this.redraw();
    this.stroking = item.id;
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
    if (this.staleView) this.place();
    if (this.staleLines) this.drawLines();
    if (this.staleCursor) {
      this.clear(this.on.cursor);
      this.drawCursor(this.on.cursor);
    }
    this.staleView = this.staleLines = this.staleCursor = false;
  }

  place() {
    for (const { canvas } of [this.on.picture, this.on.fills]) {
      canvas.style.transform = this.view.transform;
      canvas.style.imageRendering = this.view.nearest ? "pixelated" : "auto";
    }
  }

  /** @param {CanvasRenderingContext2D} ctx  left in CSS pixels of the host */
  clear(ctx) {
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    ctx.clearRect(0, 0, ctx.canvas.width, ctx.canvas.height);
    ctx.setTransform(this.view.ratio, 0, 0, this.view.ratio, 0, 0);
  }

  drawLines() {
    const ctx = this.on.lines;
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
  const ctx = canvas.getContext("2d", { alpha: name !== "picture" });
  if (!ctx) throw new Error("this browser cannot draw; expected a 2D canvas");
  return ctx;
}
