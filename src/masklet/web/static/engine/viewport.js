// Where the picture lies on the screen: zoom at the pointer, pan, fit. Numbers only.

/** @typedef {import("./types.js").Box} Box */
/** @typedef {import("./types.js").Point} Point */

const CLOSEST = 64;
const MARGIN = 0.02;

export class Viewport {
  constructor() {
    /** CSS pixels a pixel of the frame. */
    this.scale = 1;
    /** Where the frame's corner lies, CSS pixels within the host. */
    this.x = 0;
    this.y = 0;
    this.hostWidth = 1;
    this.hostHeight = 1;
    this.width = 1;
    this.height = 1;
    /** Device pixels a CSS pixel. */
    this.ratio = 1;
    this.fitted = true;
  }

  /** The size of the frame. @param {number} width @param {number} height */
  setFrame(width, height) {
    this.width = width;
    this.height = height;
    this.fit();
  }

  /** The size of the host. What is in its middle stays there. @param {number} width @param {number} height
   * @param {number} ratio  devicePixelRatio */
  setHost(width, height, ratio) {
    const centre = this.toFrame({ x: this.hostWidth / 2, y: this.hostHeight / 2 });
    this.hostWidth = Math.max(1, width);
    this.hostHeight = Math.max(1, height);
    this.ratio = ratio;
    if (this.fitted) this.fit();
    else this.centre(centre);
  }

  fit() {
    this.scale = this.fitting();
    this.fitted = true;
    this.centre({ x: this.width / 2, y: this.height / 2 });
  }

  fitting() {
    const room = 1 - 2 * MARGIN;
    return Math.min((this.hostWidth * room) / this.width, (this.hostHeight * room) / this.height);
  }

  /** @param {number} factor @param {Point} [at] which stays where it is; CSS pixels within the host */
  zoom(factor, at = { x: this.hostWidth / 2, y: this.hostHeight / 2 }) {
    const fixed = this.toFrame(at);
    const smallest = Math.min(this.fitting(), 1) / 2;
    this.scale = Math.min(CLOSEST, Math.max(smallest, this.scale * factor));
    this.fitted = false;
    this.x = at.x - fixed.x * this.scale;
    this.y = at.y - fixed.y * this.scale;
    this.hold();
  }

  /** @param {number} dx @param {number} dy  CSS pixels */
  pan(dx, dy) {
    this.x += dx;
    this.y += dy;
    this.fitted = false;
    this.hold();
  }

  /** @param {Box} box  of the frame, shown as large as fits with room around */
  show(box) {
    const w = Math.max(8, box.x1 - box.x0) * 1.6;
    const h = Math.max(8, box.y1 - box.y0) * 1.6;
    this.scale = Math.min(CLOSEST, this.hostWidth / w, this.hostHeight / h);
    this.fitted = false;
    this.centre({ x: (box.x0 + box.x1) / 2, y: (box.y0 + box.y1) / 2 });
  }

  /** Bring a point of the frame to the middle of the host. @param {Point} point */
  centre(point) {
    this.x = this.hostWidth / 2 - point.x * this.scale;
    this.y = this.hostHeight / 2 - point.y * this.scale;
    this.hold();
  }

  /** A part of the picture always stays within the host. */
  hold() {
    const roomX = Math.min(this.hostWidth / 2, (this.width * this.scale) / 2);
    const roomY = Math.min(this.hostHeight / 2, (this.height * this.scale) / 2);
    this.x = Math.min(this.hostWidth - roomX, Math.max(roomX - this.width * this.scale, this.x));
    this.y = Math.min(this.hostHeight - roomY, Math.max(roomY - this.height * this.scale, this.y));
  }

  /** @param {Point} point  CSS pixels within the host @returns {Point} pixels of the frame */
  toFrame(point) {
    return { x: (point.x - this.x) / this.scale, y: (point.y - this.y) / this.scale };
  }

  /** @param {Point} point  pixels of the frame @returns {Point} CSS pixels within the host */
  toHost(point) {
    return { x: point.x * this.scale + this.x, y: point.y * this.scale + this.y };
  }

  /** Pixels of the frame are shown as squares from here on. */
  get nearest() {
    return this.scale * this.ratio >= 2;
  }

  /** The CSS transform that lays a canvas of the frame's size where it belongs. */
  get transform() {
    return `translate(${this.x}px, ${this.y}px) scale(${this.scale})`;
  }
}
