// A pointer moved by keys, so that one can draw without a mouse: it speaks to the canvas as a mouse does.

const ID = 99;
const STEP = 3;
const FASTEST = 36;
const SOON = 160;

/** Tells `change` when it moved. */
export class Pointer extends EventTarget {
  constructor() {
    super();
    this.x = 0;
    this.y = 0;
    this.shown = false;
    this.held = false;
    this.pace = STEP;
    this.last = 0;
    /** @type {HTMLElement|null} */
    this.host = null;
  }

  /** One step; faster while the key is held. @param {HTMLElement} host @param {number} dx @param {number} dy */
  move(host, dx, dy) {
    const box = host.getBoundingClientRect();
    if (!this.shown) Object.assign(this, { host, shown: true, x: box.width / 2, y: box.height / 2 });
    const now = performance.now();
    this.pace = now - this.last < SOON ? Math.min(this.pace * 1.15, FASTEST) : STEP;
    this.last = now;
    this.x = Math.min(Math.max(this.x + dx * this.pace, 0), box.width - 1);
    this.y = Math.min(Math.max(this.y + dy * this.pace, 0), box.height - 1);
    this.send("pointermove", -1, this.held ? 1 : 0);
    this.dispatchEvent(new Event("change"));
  }

  /** @param {0|2} button */
  press(button) {
    if (!this.shown) return;
    this.send("pointerdown", button, button ? 2 : 1);
    this.send("pointerup", button, 0);
  }

  /** Press the left button and keep it down, or let it go. */
  hold() {
    if (!this.shown) return;
    this.held = !this.held;
    this.send(this.held ? "pointerdown" : "pointerup", 0, this.held ? 1 : 0);
    this.dispatchEvent(new Event("change"));
  }

  leave() {
    if (this.held) this.hold();
    this.shown = false;
  }

  /** @param {string} type @param {number} button @param {number} buttons */
  send(type, button, buttons) {
    if (!this.host) return;
    const box = this.host.getBoundingClientRect();
    const [clientX, clientY] = [box.left + this.x, box.top + this.y];
    const target = [...this.host.querySelectorAll("canvas")].at(-1) ?? this.host;
    target.dispatchEvent(new PointerEvent(type, {
      bubbles: true, cancelable: true, pointerId: ID, pointerType: "mouse", isPrimary: true, button, buttons,
      clientX, clientY, pressure: buttons ? 0.5 : 0,
    }));
  }
}
