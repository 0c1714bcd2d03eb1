// From pointer events to tools: who gets the stroke, what pans, what zooms.

/** @typedef {import("./types.js").Point} Point */
/** @typedef {import("./types.js").Stage} Stage */
/** @typedef {import("./types.js").ToolName} ToolName */

/**
 * What each tool can do. Points are pixels of the frame.
 * @typedef {Object} Tool
 * @property {boolean} busy
 * @property {(point: Point, event: PointerEvent) => void} down
 * @property {(point: Point, event: PointerEvent) => void} move
 * @property {(point: Point, event: PointerEvent) => void} up
 * @property {() => void} finish
 * @property {() => boolean} cancel  whether there was something to cancel
 * @property {(ctx: CanvasRenderingContext2D) => void} draw      in CSS pixels of the host
 * @property {(ctx: CanvasRenderingContext2D, at: Point) => void} cursor  the circle under the pointer
 * @property {() => number} reach    its radius, CSS pixels; 0: there is none
 * @property {() => void} [back]     take the last step back
 */

/**
 * What the pointer may ask of the editor besides drawing.
 * @typedef {Object} Desk
 * @property {() => Tool|null} tool            null: the move tool
 * @property {import("./viewport.js").Viewport} view
 * @property {() => void} moved                the view has changed
 * @property {(at: Point|null) => void} hover  CSS pixels within the host
 * @property {(at: Point, event: PointerEvent) => void} pick  a click with the move tool
 * @property {(by: number) => void} resize     the brush, pixels of the frame
 * @property {() => void} draw
 */

/** CSS pixels: a shorter drag was a click. */
const CLICK = 4;

export class Pointers {
  /** @param {HTMLElement} host @param {Desk} desk */
  constructor(host, desk) {
    this.host = host;
    this.desk = desk;
    /** @type {"none"|"tool"|"pan"|"size"|"pinch"} */
    this.doing = "none";
    /** Fingers on the screen. @type {Map<number, Point>} */
    this.fingers = new Map();
    /** @type {Point} */
    this.start = { x: 0, y: 0 };
    /** @type {Point} */
    this.last = { x: 0, y: 0 };
    this.pointer = -1;
    this.penSeen = false;
    this.ends = new AbortController();
    this.listen();
  }

  listen() {
    const { host } = this;
    const signal = this.ends.signal;
    host.style.touchAction = "none";
    host.addEventListener("pointerdown", (event) => this.down(event), { signal });
    host.addEventListener("pointermove", (event) => this.move(event), { signal });
    host.addEventListener("pointerup", (event) => this.up(event), { signal });
    host.addEventListener("pointercancel", (event) => this.lost(event), { signal });
    host.addEventListener("pointerleave", () => this.desk.hover(null), { signal });
    host.addEventListener("contextmenu", (event) => event.preventDefault(), { signal });
    host.addEventListener("wheel", (event) => this.wheel(event), { signal, passive: false });
  }

  close() {
    this.ends.abort();
  }

  /** @param {MouseEvent} event @returns {Point} CSS pixels within the host */
  at(event) {
    const box = this.host.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  /** @param {PointerEvent} event */
  down(event) {
    const at = this.at(event);
    if (event.pointerType === "pen") this.penSeen = true;
    if (event.pointerType === "touch") {
      this.fingers.set(event.pointerId, at);
      if (this.fingers.size >= 2) return this.pinch();
    }
    if (this.doing !== "none") return;
    this.doing = this.meaning(event);
    this.pointer = event.pointerId;
    this.start = this.last = at;
    this.capture(event.pointerId);
    if (event.button === 1) event.preventDefault();
    if (this.doing === "tool") this.desk.tool()?.down(this.desk.view.toFrame(at), event);
  }

  /** @param {PointerEvent} event */
  meaning(event) {
    // A hand that rests on the screen while a pen draws only pans.
    const palm = event.pointerType === "touch" && this.penSeen;
    if (event.altKey && event.button === 2) return "size";
    if (event.button === 1 || event.altKey || palm || !this.desk.tool()) return "pan";
    return "tool";
  }

  /** @param {number} id */
  capture(id) {
    try {
      this.host.setPointerCapture(id);
    } catch (error) {
      // The pointer is gone already, or a script made the event: there is nothing to capture.
      if (!(error instanceof DOMException)) throw error;
    }
  }

  /** @param {PointerEvent} event */
  move(event) {
    const at = this.at(event);
    if (this.fingers.has(event.pointerId)) this.fingers.set(event.pointerId, at);
    if (this.doing === "pinch") return this.spread();
    if (this.doing !== "none" && event.pointerId !== this.pointer) return;
    if (this.doing === "pan") this.pan(at);
    else if (this.doing === "size") this.desk.resize((at.x - this.last.x) / this.desk.view.scale);
    else this.feed(event);
    this.last = at;
    this.desk.hover(at);
  }

  /** Every position since the last event, where the browser tells. @param {PointerEvent} event */
  feed(event) {
    const tool = this.desk.tool();
    if (!tool) return;
    const between = this.doing === "tool" ? event.getCoalescedEvents?.() ?? [] : [];
    for (const one of between.length ? between : [event]) {
      tool.move(this.desk.view.toFrame(this.at(one)), one);
    }
  }

  /** @param {Point} at */
  pan(at) {
    this.desk.view.pan(at.x - this.last.x, at.y - this.last.y);
    this.desk.moved();
  }

  /** @param {PointerEvent} event */
  up(event) {
    this.fingers.delete(event.pointerId);
    if (this.doing === "pinch") {
      if (this.fingers.size < 2) this.doing = "none";
      return;
    }
    if (event.pointerId !== this.pointer) return;
    const at = this.at(event);
    const { doing } = this;
    this.doing = "none";
    this.pointer = -1;
    if (doing === "tool") this.desk.tool()?.up(this.desk.view.toFrame(at), event);
    const still = Math.hypot(at.x - this.start.x, at.y - this.start.y) < CLICK;
    if (doing === "pan" && still && !event.altKey && event.button !== 1) this.desk.pick(at, event);
  }

  /** @param {PointerEvent} event */
  lost(event) {
    this.fingers.delete(event.pointerId);
    if (event.pointerId !== this.pointer) return;
    if (this.doing === "tool") this.desk.tool()?.cancel();
    this.doing = "none";
    this.pointer = -1;
  }

  /** A second finger: what the first one began was not meant. */
  pinch() {
    if (this.doing === "tool") this.desk.tool()?.cancel();
    this.doing = "pinch";
    this.pointer = -1;
    [this.start, this.last] = this.grip();
  }

  /** @returns {[Point, Point]} the middle of two fingers, and how far they are apart as x */
  grip() {
    const [a, b] = [...this.fingers.values()];
    return [{ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 }, { x: Math.hypot(a.x - b.x, a.y - b.y), y: 0 }];
  }

  spread() {
    const [middle, apart] = this.grip();
    const { view } = this.desk;
    view.pan(middle.x - this.start.x, middle.y - this.start.y);
    if (this.last.x > 0) view.zoom(apart.x / this.last.x, middle);
    this.start = middle;
    this.last = apart;
    this.desk.moved();
  }

  /** @param {WheelEvent} event */
  wheel(event) {
    event.preventDefault();
    const unit = event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 400 : 1;
    if (event.shiftKey && !event.ctrlKey) {
      this.desk.view.pan(-(event.deltaX || event.deltaY) * unit, 0);
    } else {
      const fast = event.ctrlKey ? 0.01 : 0.0015;
      this.desk.view.zoom(Math.exp(-event.deltaY * unit * fast), this.at(event));
    }
    this.desk.moved();
  }
}
