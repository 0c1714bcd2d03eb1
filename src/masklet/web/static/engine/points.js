// Clicks for the model: what was asked for each object and frame, and which answer is awaited.

/** @typedef {import("./types.js").Point} Point */
/** @typedef {import("./types.js").Stage} Stage */
/** @typedef {[number, number, number]} Pin  x, y, 1 = belongs to the object or 0 = does not */
/** @typedef {{points: Pin[], box: [number, number, number, number]|null}} Prompt */

/** CSS pixels: a click on a pin takes it away. */
const ON_PIN = 8;

/** All prompts of an open video. */
export class Prompts {
  /** @param {import("../net/socket.js").Socket} socket */
  constructor(socket) {
    this.socket = socket;
    /** @type {Map<string, Prompt>} */
    this.prompts = new Map();
    /** The newest request of each object and frame that waits for an answer. @type {Map<string, number>} */
    this.waiting = new Map();
    /** What was set after each change of a mask by this tab, and how many of them are in force.
     * @type {Map<string, {all: Prompt[], at: number}>} */
    this.steps = new Map();
  }

  /** @param {number} object @param {number} frame @returns {Prompt} */
  of(object, frame) {
    return this.prompts.get(`${object}/${frame}`) ?? { points: [], box: null };
  }

  /** @param {number} object @param {number} frame @param {Prompt} prompt */
  set(object, frame, prompt) {
    const key = `${object}/${frame}`;
    if (prompt.points.length || prompt.box) this.prompts.set(key, prompt);
    else this.prompts.delete(key);
  }

  /** This tab changed a mask, by an answer or a stroke: undo comes back to what is set now.
   * @param {number} object @param {number} frame */
  keep(object, frame) {
    const { all, at } = this.steps.get(`${object}/${frame}`) ?? { all: [], at: 0 };
    const kept = [...all.slice(0, at), this.of(object, frame)];
    this.steps.set(`${object}/${frame}`, { all: kept, at: kept.length });
  }

  /** A change of a mask was taken back, or made again: its pins go with it.
   * @param {number} object @param {number} frame @param {1|-1} by */
  walk(object, frame, by) {
    const steps = this.steps.get(`${object}/${frame}`);
    if (!steps) return;
    steps.at = Math.min(steps.all.length, Math.max(0, steps.at + by));
    this.set(object, frame, steps.all[steps.at - 1] ?? { points: [], box: null });
  }

  /**
   * Ask for what is set. A box with no positive point is a prompt too; only negative points are none.
   * @param {number} video @param {number} object @param {number} frame @param {boolean} refine
   *   the mask that is there is to be mended
   * @returns {"sent"|"nothing"|"offline"}
   */
  ask(video, object, frame, refine) {
    const { points, box } = this.of(object, frame);
    if (!box && !points.some(([, , sign]) => sign === 1)) return "nothing";
    const req = this.socket.click({ video, frame, object, points, box, refine });
    if (!req) return "offline";
    this.waiting.set(`${object}/${frame}`, req);
    return "sent";
  }

  /** Whether an answer is the newest that was asked for. @param {number} req @param {number} object
   * @param {number} frame */
  accept(req, object, frame) {
    const key = `${object}/${frame}`;
    if (this.waiting.get(key) !== req) return false;
    this.waiting.delete(key);
    return true;
  }

  /** A request that was refused. @param {number} req */
  refused(req) {
    for (const [key, waits] of this.waiting) if (waits === req) this.waiting.delete(key);
  }

  /** No answer will come: the connection broke. */
  forget() {
    const had = this.waiting.size > 0;
    this.waiting.clear();
    return had;
  }

  get busy() {
    return this.waiting.size > 0;
  }
}

/** The tool that sets the pins: left click belongs to it, right click does not. */
export class Points {
  /**
   * @param {Stage} stage
   * @param {() => Prompt} current  prompts of the selected object on the shown frame
   */
  constructor(stage, current) {
    this.stage = stage;
    this.current = current;
    this.busy = false;
  }

  /** @param {Point} point @param {PointerEvent} event */
  down(point, event) {
    if (!this.stage.ready()) return;
    const { width, height } = this.stage;
    if (point.x < 0 || point.y < 0 || point.x >= width || point.y >= height) return;
    const { points } = this.current();
    const reach = ON_PIN / this.stage.view.scale;
    const hit = points.findIndex(([x, y]) => Math.hypot(x - point.x, y - point.y) < reach);
    const sign = event.button === 2 || event.shiftKey ? 0 : 1;
    /** @type {Pin[]} */
    const next = hit < 0 ? [...points, [point.x, point.y, sign]] : points.filter((_, i) => i !== hit);
    this.stage.ask({ points: next, postpone: event.ctrlKey || event.metaKey });
  }

  move() {}
  up() {}
  finish() {}
  cancel() { return false; }
  draw() {}
  cursor() {}
  reach() { return 0; }
}

/**
 * Pins differ by sign as well as by colour.
 * @param {CanvasRenderingContext2D} ctx @param {Prompt} prompt
 * @param {import("./viewport.js").Viewport} view
 */
export function drawPrompt(ctx, { points, box }, view) {
  if (box) {
    const a = view.toHost({ x: box[0], y: box[1] });
    const b = view.toHost({ x: box[2], y: box[3] });
    ctx.lineWidth = 1.5;
    ctx.strokeStyle = "#fff";
    ctx.setLineDash([6, 4]);
    ctx.strokeRect(a.x, a.y, b.x - a.x, b.y - a.y);
    ctx.setLineDash([]);
  }
  for (const [x, y, sign] of points) {
    const at = view.toHost({ x, y });
    ctx.beginPath();
    ctx.arc(at.x, at.y, 7, 0, 2 * Math.PI);
    ctx.fillStyle = sign ? "#00724f" : "#b3261e";
    ctx.strokeStyle = "#fff";
    ctx.lineWidth = 1.5;
    ctx.fill();
    ctx.moveTo(at.x - 3.5, at.y);
    ctx.lineTo(at.x + 3.5, at.y);
    if (sign) {
      ctx.moveTo(at.x, at.y - 3.5);
      ctx.lineTo(at.x, at.y + 3.5);
    }
    ctx.stroke();
  }
}
