// Draws the timeline. Two canvases: rows, drawn again when data or zoom change, and the cursor above.

import { bin, binSet, MARK, tickStep } from "./bins.js";

/** @typedef {import("./bins.js").Bins} Bins */
/** @typedef {import("./types.js").ObjectInfo} ObjectInfo */
/** @typedef {import("./types.js").Track} Track */

/** CSS pixels: left of the frames, and above the rows. */
export const GUTTER = 92;
export const RULER = 26;

const VARIABLES = /** @type {const} */ ([
  "bg", "panel", "raised", "line", "text", "dim", "accent", "accent-soft", "ok", "warn", "bad",
]);
/** Colours where the page sets none. */
const PLAIN = {
  bg: "#14171a", panel: "#1b1f23", raised: "#242a30", line: "#39424b", text: "#e8ecef", dim: "#a3adb6",
  accent: "#4cc2ff", "accent-soft": "#17384a", ok: "#3fb27f", warn: "#f0b429", bad: "#ff7b72",
};
const FONT = "12px system-ui, sans-serif";

export class Strip {
  /** @param {import("./timeline.js").Timeline} timeline */
  constructor(timeline) {
    this.timeline = timeline;
    this.editor = timeline.editor;
    this.rows = layer();
    this.cursor = layer();
    /** The one that takes the pointer and the focus. */
    this.canvas = this.cursor.canvas;
    this.width = this.height = this.row = 1;
    this.ratio = 1;
    this.waiting = 0;
    this.stale = false;
    /** @type {Record<typeof VARIABLES[number], string>} */
    this.colours = { ...PLAIN };
    /** @type {WeakMap<Track, {key: string, bins: Bins}>} */
    this.binned = new WeakMap();
    /** @type {WeakMap<Track, number>} */
    this.largest = new WeakMap();
  }

  /** CSS pixels for frames. */
  get room() { return Math.max(1, this.width - GUTTER - 8); }

  /** @param {HTMLElement} host */
  mount(host) {
    if (getComputedStyle(host).position === "static") host.style.position = "relative";
    host.append(this.rows.canvas, this.cursor.canvas);
    const { canvas } = this;
    canvas.tabIndex = 0;
    canvas.style.touchAction = "none";
    canvas.setAttribute("role", "slider");
    canvas.setAttribute("aria-label", "Timeline: frame");
    canvas.setAttribute("aria-valuemin", "0");
    this.retheme();
    this.resize();
  }

  unmount() {
    this.rows.canvas.remove();
    this.canvas.remove();
    cancelAnimationFrame(this.waiting);
    this.waiting = 0;
  }

  retheme() {
    const style = getComputedStyle(document.documentElement);
    for (const name of VARIABLES) {
      this.colours[name] = style.getPropertyValue(`--${name}`).trim() || PLAIN[name];
    }
    this.redraw();
  }

  resize() {
    const { host } = this.timeline;
    if (!host) return;
    this.ratio = window.devicePixelRatio || 1;
    this.width = host.clientWidth;
    this.height = Math.max(host.clientHeight, this.timeline.height);
    for (const { canvas } of [this.rows, this.cursor]) {
      canvas.width = Math.round(this.width * this.ratio);
      canvas.height = Math.round(this.height * this.ratio);
      canvas.style.width = `${this.width}px`;
      canvas.style.height = `${this.height}px`;
    }
    this.redraw();
  }

  /** @param {MouseEvent} event  CSS pixels of the strip */
  at(event) {
    const box = this.canvas.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  redraw() {
    this.stale = true;
    this.redrawCursor();
  }

  redrawCursor() {
    if (this.timeline.host && !this.waiting) this.waiting = requestAnimationFrame(() => this.frame());
  }

  frame() {
    this.waiting = 0;
    const { host, height } = this.timeline;
    if (host && this.height !== Math.max(host.clientHeight, height)) this.resize();
    if (this.stale) this.drawRows();
    this.stale = false;
    this.drawCursor();
  }

  /** @param {CanvasRenderingContext2D} ctx  left in CSS pixels */
  clear(ctx) {
    ctx.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    ctx.clearRect(0, 0, this.width, this.height);
    ctx.font = FONT;
    ctx.textBaseline = "middle";
  }

  drawRows() {
    const ctx = this.rows;
    this.clear(ctx);
    ctx.fillStyle = this.colours.panel;
    ctx.fillRect(0, 0, this.width, this.height);
    this.drawRange(ctx);
    this.row = this.timeline.row;
    this.editor.objects.forEach((object, i) => this.drawRow(ctx, object, RULER + i * this.row));
    this.drawRuler(ctx);
  }

  /** @param {CanvasRenderingContext2D} ctx */
  drawRange(ctx) {
    const { range } = this.timeline;
    if (!range) return;
    const [a, b] = [this.timeline.xOf(range.from), this.timeline.xOf(range.to)];
    ctx.fillStyle = this.colours["accent-soft"];
    ctx.fillRect(Math.max(GUTTER, a), 0, Math.max(1, b - Math.max(GUTTER, a)), this.height);
  }

  /** @param {CanvasRenderingContext2D} ctx */
  drawRuler(ctx) {
    const { timeline, colours } = this;
    ctx.fillStyle = colours.raised;
    ctx.fillRect(0, 0, this.width, RULER - 4);
    this.drawChecked(ctx);
    this.drawJobs(ctx);
    const step = tickStep(((timeline.to - timeline.from) / this.room) * 64);
    const offset = 0.5 * (this.room / (timeline.to - timeline.from));
    ctx.fillStyle = colours.dim;
    ctx.textAlign = "center";
    for (let frame = Math.ceil(timeline.from / step) * step; frame < timeline.to; frame += step) {
      const x = timeline.xOf(frame) + offset;
      ctx.fillRect(Math.round(x), RULER - 9, 1, 5);
      if (x > GUTTER + 12 && x < this.width - 16) ctx.fillText(`${frame}`, x, 9);
    }
    ctx.textAlign = "left";
  }

  /** Frames declared complete: a bar under the ruler. @param {CanvasRenderingContext2D} ctx */
  drawChecked(ctx) {
    const { from, to } = this.timeline;
    const { checked } = this.editor.timeline;
    if (!checked.size) return;
    ctx.fillStyle = this.colours.ok;
    const { first, size, n, full } = binSet(checked, from, to, this.room);
    for (let i = 0; i < n; i++) {
      if (full[i]) this.bar(ctx, first + i * size, first + (i + 1) * size, RULER - 4, 4);
    }
    ctx.beginPath();
    ctx.moveTo(GUTTER - 15, RULER - 8);
    ctx.lineTo(GUTTER - 11, RULER - 4);
    ctx.lineTo(GUTTER - 4, RULER - 12);
    ctx.lineWidth = 2;
    ctx.strokeStyle = this.colours.ok;
    ctx.stroke();
  }

  /** @param {CanvasRenderingContext2D} ctx @param {number} a @param {number} b  frames
   * @param {number} y @param {number} h */
  bar(ctx, a, b, y, h) {
    const left = Math.max(GUTTER, this.timeline.xOf(a));
    const right = Math.min(GUTTER + this.room, this.timeline.xOf(b));
    if (right > left) ctx.fillRect(left, y, Math.max(1, right - left), h);
  }

  /** Progress over the whole strip's width. @param {CanvasRenderingContext2D} ctx */
  drawJobs(ctx) {
    const { info } = this.editor;
    for (const job of this.timeline.jobs) {
      if (job.spec.video !== info?.id || !["running", "waiting"].includes(job.state) || !job.total) continue;
      ctx.fillStyle = this.colours["accent-soft"];
      ctx.fillRect(GUTTER, 0, this.room, 3);
      ctx.fillStyle = this.colours.accent;
      ctx.fillRect(GUTTER, 0, this.room * Math.min(1, job.done / job.total), 3);
    }
  }

  /** @param {CanvasRenderingContext2D} ctx @param {ObjectInfo} object @param {number} y */
  drawRow(ctx, object, y) {
    const { colours } = this;
    const selected = object.id === this.editor.selected;
    if (selected) {
      ctx.fillStyle = colours["accent-soft"];
      ctx.fillRect(0, y, this.width, this.row);
    }
    ctx.fillStyle = colours.line;
    ctx.fillRect(0, y + this.row - 1, this.width, 1);
    const colour = this.editor.colourOf(object.id);
    ctx.fillStyle = colour;
    ctx.fillRect(6, y + this.row / 2 - 5, 10, 10);
    ctx.fillStyle = object.hidden ? colours.dim : colours.text;
    ctx.save();
    ctx.beginPath();
    ctx.rect(0, y, GUTTER - 6, this.row);
    ctx.clip();
    ctx.fillText(`${object.id} ${object.label}`, 22, y + this.row / 2);
    ctx.restore();
    const track = this.editor.timeline.tracks.get(object.id);
    if (track) this.drawTrack(ctx, track, colour, y);
  }

  /** @param {Track} track @returns {Bins} */
  binsOf(track) {
    const { from, to } = this.timeline;
    const key = `${from}/${to}/${this.room}`;
    const known = this.binned.get(track);
    if (known?.key === key) return known.bins;
    const bins = bin(track, from, to, this.room);
    this.binned.set(track, { key, bins });
    return bins;
  }

  /** The area that fills a row: one large mask does not flatten all others. @param {Track} track */
  largestOf(track) {
    let most = this.largest.get(track);
    if (most === undefined) {
      const step = Math.ceil(track.area.length / 2000);
      const some = track.area.filter((value, k) => k % step === 0 && value > 0).sort();
      most = Math.max(1, 1.1 * (some[Math.floor(0.95 * some.length)] ?? 1));
      this.largest.set(track, most);
    }
    return most;
  }

  /** @param {CanvasRenderingContext2D} ctx @param {Track} track @param {string} colour @param {number} y */
  drawTrack(ctx, track, colour, y) {
    const bins = this.binsOf(track);
    const most = this.largestOf(track);
    const low = y + this.row - 2;
    const tall = this.row - 6;
    for (let i = 0; i < bins.n; i++) {
      const a = bins.first + i * bins.size;
      if (bins.marks[i] & MARK.ROW) {
        const height = Math.min(tall, Math.max(2, (bins.area[i] / most) * tall));
        ctx.fillStyle = colour;
        ctx.globalAlpha = 0.35;
        this.bar(ctx, a, a + bins.size, low - height, height);
        ctx.globalAlpha = 1;
        this.bar(ctx, a, a + bins.size, low - height, 1);
      } else if (bins.marks[i] & MARK.EMPTY) {
        ctx.fillStyle = this.colours.dim;
        this.bar(ctx, a, a + bins.size, low - 1, 1);
      }
      if (bins.marks[i] & MARK.CUT) {
        ctx.fillStyle = this.colours.text;
        this.bar(ctx, a, a + Math.min(bins.size, 0.1), y, this.row);
      }
    }
    this.drawScore(ctx, bins, y);
    this.drawMarks(ctx, bins, y);
  }

  /** The lowest score of each bin as a line; 1 at the top of the row. @param {CanvasRenderingContext2D} ctx
   * @param {Bins} bins @param {number} y */
  drawScore(ctx, bins, y) {
    ctx.beginPath();
    let drawing = false;
    for (let i = 0; i < bins.n; i++) {
      const score = bins.score[i];
      const x = this.timeline.xOf(bins.first + (i + 0.5) * bins.size);
      if (Number.isNaN(score) || x < GUTTER) {
        drawing = false;
        continue;
      }
      const at = y + 3 + (1 - score) * (this.row - 6);
      if (drawing) ctx.lineTo(x, at);
      else ctx.moveTo(x - 0.5, at);
      drawing = true;
    }
    ctx.lineWidth = 1.25;
    ctx.strokeStyle = this.colours.text;
    ctx.stroke();
  }

  /** Keyframes are diamonds, doubts are triangles on a stem. @param {CanvasRenderingContext2D} ctx
   * @param {Bins} bins @param {number} y */
  drawMarks(ctx, bins, y) {
    const tall = this.row;
    for (const mark of [MARK.DOUBT, MARK.KEYFRAME]) {
      let last = -100;
      for (let i = 0; i < bins.n; i++) {
        if (!(bins.marks[i] & mark)) continue;
        const x = this.timeline.xOf(bins.first + (i + 0.5) * bins.size);
        if (x < GUTTER) continue;
        if (mark === MARK.DOUBT) doubt(ctx, x, y, this.colours.warn, this.colours.bg, x - last >= 9, tall);
        else if (x - last >= 5) diamond(ctx, x, y + this.row / 2, this.colours.text, this.colours.bg);
        else continue;
        if (mark === MARK.KEYFRAME || x - last >= 9) last = x;
      }
    }
  }

  drawCursor() {
    const ctx = this.cursor;
    const { timeline, editor } = this;
    this.clear(ctx);
    const frame = editor.wanted;
    const wide = this.room / (timeline.to - timeline.from);
    const x = timeline.xOf(frame);
    this.canvas.setAttribute("aria-valuemax", `${timeline.frames - 1}`);
    this.canvas.setAttribute("aria-valuenow", `${frame}`);
    this.canvas.setAttribute("aria-valuetext", timeline.describe(frame, editor.selected));
    if (x + wide < GUTTER || x > GUTTER + this.room) return;
    ctx.fillStyle = this.colours.accent;
    if (wide > 3) {
      ctx.globalAlpha = 0.25;
      ctx.fillRect(x, RULER - 4, wide, this.height);
      ctx.globalAlpha = 1;
    }
    ctx.fillRect(Math.round(x + wide / 2 - 0.75), RULER - 4, 1.5, this.height);
    ctx.beginPath();
    ctx.moveTo(x + wide / 2 - 6, RULER - 10);
    ctx.lineTo(x + wide / 2 + 6, RULER - 10);
    ctx.lineTo(x + wide / 2, RULER - 2);
    ctx.fill();
  }
}

/** @param {CanvasRenderingContext2D} ctx @param {number} x @param {number} y @param {string} fill
 * @param {string} edge */
function diamond(ctx, x, y, fill, edge) {
  ctx.beginPath();
  ctx.moveTo(x, y - 5);
  ctx.lineTo(x + 5, y);
  ctx.lineTo(x, y + 5);
  ctx.lineTo(x - 5, y);
  ctx.closePath();
  ctx.fillStyle = fill;
  ctx.fill();
  ctx.lineWidth = 1;
  ctx.strokeStyle = edge;
  ctx.stroke();
}

/** @param {CanvasRenderingContext2D} ctx @param {number} x @param {number} y @param {string} fill
 * @param {string} edge @param {boolean} sign  also the triangle, where there is room for one
 * @param {number} tall  of the row */
function doubt(ctx, x, y, fill, edge, sign, tall) {
  ctx.fillStyle = fill;
  ctx.fillRect(x - 0.75, y + 1, 1.5, tall - 3);
  if (!sign) return;
  ctx.beginPath();
  ctx.moveTo(x - 4.5, y + 1);
  ctx.lineTo(x + 4.5, y + 1);
  ctx.lineTo(x, y + 8.5);
  ctx.closePath();
  ctx.fill();
  ctx.lineWidth = 1;
  ctx.strokeStyle = edge;
  ctx.stroke();
}

function layer() {
  const canvas = document.createElement("canvas");
  Object.assign(canvas.style, { position: "absolute", left: "0", top: "0" });
  const ctx = canvas.getContext("2d");
  if (!ctx) throw new Error("this browser cannot draw; expected a 2D canvas");
  return ctx;
}
