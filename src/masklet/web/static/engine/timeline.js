// The strip under the picture: a row for each object, over all frames.

import { GUTTER, RULER, Strip } from "./strip.js";
import { FLAG, reasons } from "./words.js";

/** @typedef {import("./types.js").Point} Point */

/** CSS pixels of a row: at least, at most. */
const LOW = 26;
const HIGH = 96;
const CLICK = 4;
const SNAP = 5;
/** Fewest frames across the strip. */
const CLOSEST = 10;

/**
 * Reads `editor.timeline`, `editor.objects`, `editor.wanted` and draws again when they change.
 * Wheel zooms at the pointer (with Shift: pans), a drag on a row pans, click or drag on the ruler jumps,
 * a click on a row selects its object and jumps, to a keyframe or doubt if one is near; Shift-drag
 * chooses frames. With the focus: arrows, Home, End, PageUp, PageDown, +, -, 0.
 * Events: `hover` {frame, object, text} or null; `range` {from, to} (half-open) or null.
 */
export class Timeline extends EventTarget {
  /** @param {import("./editor.js").Editor} editor */
  constructor(editor) {
    super();
    this.editor = editor;
    /** Frames chosen with Shift-drag, half-open, or null. @type {{from: number, to: number}|null} */
    this.range = null;
    /** Frames across the strip; fractions while zooming. */
    this.from = 0;
    this.to = 1;
    this.all = true;
    /** @type {import("./types.js").Job[]} */
    this.jobs = [];
    this.strip = new Strip(this);
    /** @type {HTMLElement|null} */
    this.host = null;
    /** @type {"none"|"pan"|"jump"|"range"} */
    this.doing = "none";
    /** @type {Point} */
    this.start = { x: 0, y: 0 };
    this.lastX = 0;
    this.ends = new AbortController();
  }

  /** @param {HTMLElement} host  with a size of its own */
  mount(host) {
    this.unmount();
    this.host = host;
    this.ends = new AbortController();
    const { signal } = this.ends;
    this.strip.mount(host);
    const { canvas } = this.strip;
    canvas.addEventListener("pointerdown", (event) => this.down(event), { signal });
    canvas.addEventListener("pointermove", (event) => this.move(event), { signal });
    canvas.addEventListener("pointerup", (event) => this.up(event), { signal });
    canvas.addEventListener("pointercancel", () => { this.doing = "none"; }, { signal });
    canvas.addEventListener("pointerleave", () => this.tell("hover", null), { signal });
    canvas.addEventListener("wheel", (event) => this.wheel(event), { signal, passive: false });
    canvas.addEventListener("keydown", (event) => this.key(event), { signal });
    for (const name of ["timeline", "objects", "select", "settings"]) {
      this.editor.addEventListener(name, () => this.strip.redraw(), { signal });
    }
    this.editor.addEventListener("frame", () => this.follow(), { signal });
    const observer = new ResizeObserver(() => this.strip.resize());
    observer.observe(host);
    signal.addEventListener("abort", () => observer.disconnect());
    this.fit();
  }

  unmount() {
    this.ends.abort();
    this.strip.unmount();
    this.host = null;
  }

  /** Running jobs, whose progress is drawn on the ruler. @param {import("./types.js").Job[]} jobs */
  setJobs(jobs) {
    this.jobs = jobs;
    this.strip.redraw();
  }

  get frames() { return Math.max(1, this.editor.info?.frames ?? 1); }

  /** Show all frames. */
  fit() {
    this.show(0, this.frames);
  }

  /** @param {number} factor @param {number} [frame] that stays where it is */
  zoom(factor, frame = this.editor.wanted) {
    const span = Math.min(this.frames, Math.max(Math.min(CLOSEST, this.frames), (this.to - this.from) / factor));
    const share = (frame - this.from) / (this.to - this.from);
    const from = frame - share * span;
    this.show(from, from + span);
  }

  /** @param {number} from @param {number} to */
  show(from, to) {
    const span = Math.min(to - from, this.frames);
    this.from = Math.min(this.frames - span, Math.max(0, from));
    this.to = this.from + span;
    this.all = span >= this.frames;
    this.strip.redraw();
  }

  /** Height of a row in CSS pixels: as the host has room. */
  get row() {
    const room = (this.host?.clientHeight ?? 0) - RULER - 4;
    return Math.max(LOW, Math.min(HIGH, Math.floor(room / Math.max(1, this.editor.objects.length))));
  }

  /** Height in CSS pixels that all rows need at least, so that a view may scroll. */
  get height() { return RULER + LOW * this.editor.objects.length + 4; }

  /** Colours are read from the page's CSS variables; call after the theme changed. */
  retheme() { this.strip.retheme(); }

  /** The cursor stays in sight. */
  follow() {
    const { wanted } = this.editor;
    const span = this.to - this.from;
    if (this.all && span !== this.frames) this.fit();
    else if (wanted < this.from) this.show(wanted - span * 0.1, wanted + span * 0.9);
    else if (wanted >= this.to) this.show(wanted - span * 0.1, wanted + span * 0.9);
    this.strip.redrawCursor();
  }

  /** @param {number} x  CSS pixels of the strip @returns {number} the frame there, a fraction */
  frameAt(x) {
    return this.from + ((x - GUTTER) / this.strip.room) * (this.to - this.from);
  }

  /** @param {number} frame @returns {number} CSS pixels of the strip */
  xOf(frame) {
    return GUTTER + ((frame - this.from) / (this.to - this.from)) * this.strip.room;
  }

  /** @param {number} y @returns {number|null} the object of the row there */
  objectAt(y) {
    return this.editor.objects[Math.floor((y - RULER) / this.row)]?.id ?? null;
  }

  /** @param {number} frame */
  whole(frame) {
    return Math.min(this.frames - 1, Math.max(0, Math.floor(frame)));
  }

  /** @param {PointerEvent} event */
  down(event) {
    const at = this.strip.at(event);
    this.start = at;
    this.lastX = at.x;
    if (event.isTrusted) this.strip.canvas.setPointerCapture(event.pointerId);
    if (event.shiftKey) this.doing = "range";
    else if (at.y < RULER && event.button === 0) this.doing = "jump";
    else this.doing = "pan";
    if (this.doing === "jump") this.editor.goto(this.whole(this.frameAt(at.x)));
  }

  /** @param {PointerEvent} event */
  move(event) {
    const at = this.strip.at(event);
    if (this.doing === "jump") this.editor.goto(this.whole(this.frameAt(at.x)));
    else if (this.doing === "pan") {
      const by = ((this.lastX - at.x) / this.strip.room) * (this.to - this.from);
      this.show(this.from + by, this.to + by);
    } else if (this.doing === "range") this.choose(this.frameAt(this.start.x), this.frameAt(at.x));
    this.lastX = at.x;
    this.hover(at);
  }

  /** @param {PointerEvent} event */
  up(event) {
    const at = this.strip.at(event);
    const { doing } = this;
    this.doing = "none";
    if (Math.hypot(at.x - this.start.x, at.y - this.start.y) >= CLICK) return;
    if (doing === "range") this.choose(0, 0);
    if (doing !== "pan" || at.y < RULER) return;
    const object = this.objectAt(at.y);
    if (object !== null) this.editor.select(object);
    if (at.x >= GUTTER) this.editor.goto(this.snapped(at.x, object));
  }

  /** The frame under the pointer, or a keyframe or doubt of the object so near that it was meant.
   * @param {number} x @param {number|null} object */
  snapped(x, object) {
    const plain = this.whole(this.frameAt(x));
    const [low, high] = [this.whole(this.frameAt(x - SNAP)), this.whole(this.frameAt(x + SNAP))];
    const data = this.editor.timeline;
    if (object === null || high - low < 3) return plain;
    const doubt = data.doubtful(low - 1, 1, object)?.frame ?? null;
    for (const near of [data.keyframe(low - 1, 1, object), doubt]) {
      if (near !== null && near <= high) return near;
    }
    return plain;
  }

  /** @param {number} a @param {number} b  frames, fractions; equal ones choose none */
  choose(a, b) {
    this.range = a === b ? null : { from: this.whole(Math.min(a, b)), to: this.whole(Math.max(a, b)) + 1 };
    this.strip.redraw();
    this.tell("range", this.range);
  }

  /** @param {WheelEvent} event */
  wheel(event) {
    event.preventDefault();
    const { x } = this.strip.at(event);
    const by = event.deltaMode === 1 ? 16 : 1;
    if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      const way = (((event.deltaX || event.deltaY) * by) / this.strip.room) * (this.to - this.from);
      this.show(this.from + way, this.to + way);
    } else {
      this.zoom(Math.exp(-event.deltaY * by * 0.002), this.frameAt(Math.max(GUTTER, x)));
    }
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const { editor } = this;
    const page = Math.max(1, Math.round((this.to - this.from) / 10));
    /** @type {Record<string, () => void>} */
    const keys = {
      ArrowLeft: () => editor.step(-1), ArrowRight: () => editor.step(1),
      PageUp: () => editor.step(-page), PageDown: () => editor.step(page),
      Home: () => editor.goto(0), End: () => editor.goto(this.frames - 1),
      "+": () => this.zoom(1.5), "-": () => this.zoom(1 / 1.5), 0: () => this.fit(),
    };
    const meant = event.ctrlKey || event.metaKey || event.altKey ? undefined : keys[event.key];
    if (!meant) return;
    event.preventDefault();
    event.stopPropagation();
    meant();
  }

  /** @param {Point} at */
  hover(at) {
    if (at.x < GUTTER) return this.tell("hover", null);
    const frame = this.whole(this.frameAt(at.x));
    const object = at.y >= RULER ? this.objectAt(at.y) : null;
    this.tell("hover", { frame, object, text: this.describe(frame, object) });
  }

  /** A row in words. @param {number} frame @param {number|null} object */
  describe(frame, object) {
    const row = object === null ? null : this.editor.timeline.at(object, frame);
    if (!row) return `frame ${frame}`;
    const words = [`frame ${frame}`];
    if (row.flags & FLAG.KEYFRAME) words.push("keyframe");
    if (!Number.isNaN(row.score)) words.push(`score ${row.score.toFixed(2)}`);
    words.push(row.area ? `${row.area} px` : "outside");
    return [...words, ...reasons(row.flags)].join(", ");
  }

  /** @param {string} name @param {unknown} detail */
  tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
