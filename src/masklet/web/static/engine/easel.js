// Where tools draw: the canvases over one another, the view of them, the tools and what they change.

import { boxOf, EMPTY, has } from "./bitmap.js";
import { BoxTool } from "./box.js";
import { Brush } from "./brush.js";
import { colourOf, dashOf } from "./colours.js";
import { Layers } from "./layers.js";
import { drawPrompt, Points } from "./points.js";
import { Polygon } from "./polygon.js";
import { Pointers } from "./tools.js";
import { Viewport } from "./viewport.js";
import { DOUBTS, REVIEW } from "./words.js";

/** @typedef {import("./layers.js").Item} Item */
/** @typedef {import("./types.js").Box} Box */
/** @typedef {import("./types.js").Mask} Mask */
/** @typedef {import("./types.js").ObjectInfo} ObjectInfo */
/** @typedef {import("./types.js").Point} Point */
/** @typedef {import("./types.js").ToolName} ToolName */
/** @typedef {import("./types.js").VideoInfo} VideoInfo */

/** What a person may set; each change is told by `settings`. */
const SETTINGS = {
  brushSize: 20, lineWidth: 5, opacity: 0.4, outline: true, labels: true, plain: false, subtract: false,
};

/** The drawing half of `Editor`, whose events are told there. It is the `Stage` that tools draw on. */
export class Easel extends EventTarget {
  constructor() {
    super();
    /** @type {import("./film.js").Film|null} */
    this.film = null;
    /** @type {ObjectInfo[]} */
    this.objects = [];
    this.view = new Viewport();
    this.layers = new Layers(
      this.view, (ctx) => this.drawTop(ctx), (ctx, at) => this.tools[this.toolName]?.cursor(ctx, at));
    this.settings = { ...SETTINGS };
    this.wantedFrame = 0;
    this.shownFrame = -1;
    this.isExact = false;
    /** @type {number|null} */
    this.chosen = null;
    /** @type {ToolName} */
    this.toolName = "move";
    /** The mask of the selected object while a stroke is drawn. @type {Mask|null} */
    this.stroke = null;
    /** CSS pixels within the host. @type {Point|null} */
    this.pointer = null;
    /** @type {HTMLElement|null} */
    this.host = null;
    /** @type {Pointers|null} */
    this.pointers = null;
    /** @type {ResizeObserver|null} */
    this.observer = null;
    this.tools = {
      move: null,
      point: new Points(this, () => this.prompt),
      box: new BoxTool(this),
      brush: new Brush(this, false),
      eraser: new Brush(this, true),
      polygon: new Polygon(this, false),
      polyline: new Polygon(this, true),
    };
  }

  /** Draw into this element, which has a size of its own; the canvases fill it. @param {HTMLElement} host */
  mount(host) {
    this.unmount();
    this.host = host;
    Object.assign(host.style, { overflow: "hidden", userSelect: "none" });
    if (getComputedStyle(host).position === "static") host.style.position = "relative";
    this.layers.mount(host);
    this.pointers = new Pointers(host, {
      tool: () => this.tools[this.toolName],
      view: this.view,
      moved: () => this.moved(),
      hover: (at) => this.hover(at),
      pick: (at, event) => this.pick(at, event),
      resize: (by) => { this.brushSize += by; },
      draw: () => this.draw(),
    });
    this.observer = new ResizeObserver(() => this.resized());
    this.observer.observe(host);
    this.resized();
    this.tool = this.toolName;
  }

  /** Take the canvases out again; the video stays open. */
  unmount() {
    this.cancel();
    this.observer?.disconnect();
    this.pointers?.close();
    this.layers.unmount();
    this.host = this.pointers = this.observer = null;
  }

  resized() {
    if (!this.host) return;
    this.view.setHost(this.host.clientWidth, this.host.clientHeight, window.devicePixelRatio || 1);
    this.layers.resize();
    this.tell("view", { scale: this.scale });
  }

  /** @type {VideoInfo|null} */
  get info() { return this.film?.info ?? null; }
  /** Of the shown frame: pictures of a folder may differ. */
  get width() { return this.film?.size(this.shownFrame)[0] ?? 1; }
  get height() { return this.film?.size(this.shownFrame)[1] ?? 1; }
  /** The frame that was asked for; keys add to this one. */
  get wanted() { return this.wantedFrame; }
  /** The frame that the picture truly shows; -1 before the first. */
  get shown() { return this.shownFrame; }
  /** Whether the picture is the very frame at full size; otherwise it is a stand-in (an approximation). */
  get exact() { return this.isExact; }

  /** @param {number|null} object */
  select(object) {
    if (object === this.chosen) return;
    this.cancel();
    this.chosen = object;
    this.tell("select", { object });
    this.paint();
  }

  /** @type {number|null} */
  get selected() { return this.chosen; }

  /** The colour an object is drawn in, "#rrggbb". @param {number} object */
  colourOf(object) { return colourOf(object, this.objects.find(({ id }) => id === object)?.colour); }

  /** The dash pattern of an object's outline, CSS pixels; [] is a full line. @param {number} object */
  dashOf(object) { return dashOf(object); }

  // --- tools ---------------------------------------------------------------------------------------

  /** @type {ToolName} */
  get tool() { return this.toolName; }
  set tool(name) {
    if (name !== this.toolName) this.cancel();
    this.toolName = name;
    if (this.host) this.host.style.cursor = name === "move" ? "grab" : "crosshair";
    this.layers.recursor();
    this.placeCursor();
    this.tell("tool", { tool: name });
  }

  /** Brush diameter, pixels of the frame, 1..500. */
  get brushSize() { return this.settings.brushSize; }
  set brushSize(size) { this.set("brushSize", Math.min(500, Math.max(1, size))); }
  /** Width of polylines, pixels of the frame. */
  get lineWidth() { return this.settings.lineWidth; }
  set lineWidth(width) { this.set("lineWidth", Math.min(200, Math.max(1, width))); }
  /** Of the fill, 0..1. */
  get opacity() { return this.settings.opacity; }
  set opacity(value) { this.set("opacity", Math.min(1, Math.max(0, value))); }
  /** Draw outlines. */
  get outline() { return this.settings.outline; }
  set outline(on) { this.set("outline", on); }
  /** Draw ids and labels. */
  get labels() { return this.settings.labels; }
  set labels(on) { this.set("labels", on); }
  /** Show the picture without any mask (held key). */
  get plain() { return this.settings.plain; }
  set plain(on) { this.set("plain", on); }
  /** Polygon, polyline and Shift-box take away instead of adding. */
  get subtract() { return this.settings.subtract; }
  set subtract(on) { this.set("subtract", on); }
  /** Clicks wait for the model's answer. */
  get busy() { return this.film?.prompts.busy ?? false; }

  /** A shape is being drawn, or prompts are set: `finish` and `cancel` have something to do. */
  get drawing() {
    const { points, box } = this.prompt;
    return (this.tools[this.toolName]?.busy ?? false) || points.length > 0 || box !== null;
  }

  /** @template {keyof typeof SETTINGS} K @param {K} name @param {(typeof SETTINGS)[K]} value */
  set(name, value) {
    if (this.settings[name] === value) return;
    this.settings[name] = value;
    if (name === "brushSize") this.placeCursor();
    else this.paint();
    this.tell("settings", { [name]: value });
  }

  /** Close the polygon, the line; send postponed points. */
  finish() {
    const tool = this.tools[this.toolName];
    if (tool?.busy) tool.finish();
    else if (this.prompt.points.length || this.prompt.box) this.ask({});
  }

  /** Drop what is being drawn; otherwise clear the prompts. @returns {boolean} whether there was anything */
  cancel() {
    if (this.tools[this.toolName]?.cancel()) return true;
    const { points, box } = this.prompt;
    if (this.chosen === null || !this.film || (!points.length && !box)) return false;
    if (this.toolName !== "point" && this.toolName !== "box") return false;
    this.film.prompts.set(this.chosen, this.shownFrame, { points: [], box: null });
    this.draw();
    return true;
  }

  // --- view ----------------------------------------------------------------------------------------

  /** @param {number} factor @param {Point} [at] CSS pixels within the host; otherwise its centre */
  zoom(factor, at) {
    this.view.zoom(factor, at);
    this.moved();
  }

  fit() {
    this.view.fit();
    this.moved();
  }

  /** Show a box of the frame as large as sensible. @param {Box} box */
  zoomTo(box) {
    this.view.show(box);
    this.moved();
  }

  /** Show the selected object large. */
  zoomToSelected() {
    if (this.chosen === null || !this.film) return;
    const mask = this.film.mask(this.shown, this.chosen);
    if (mask.w) this.zoomTo(boxOf(mask));
  }

  /** CSS pixels a pixel of the frame. */
  get scale() { return this.view.scale; }

  moved() {
    this.layers.moved();
    this.placeCursor();
    this.tell("view", { scale: this.scale });
  }

  // --- what tools ask for (Stage) --------------------------------------------------------------------

  /** An object may be drawn on now; otherwise a toast says why not. */
  ready() {
    const object = this.objects.find(({ id }) => id === this.chosen);
    const [text, remedy] = this.obstacle(object);
    if (text) this.toast("info", text, remedy);
    return !text;
  }

  /** @param {ObjectInfo|undefined} object @returns {[string, string]} what is in the way, what to do */
  obstacle(object) {
    if (!object) return ["No object is selected.", "Choose one in the list, or make a new one."];
    if (object.locked) return [`Object ${object.id} is locked.`, "Unlock it in the list."];
    if (object.hidden) return [`Object ${object.id} is hidden.`, "Show it in the list."];
    if ((this.film?.comparing ?? null) !== null) return ["Earlier masks are shown.", "Go back to the present ones."];
    if (!this.exact || this.shown !== this.wanted || !this.film?.rows(this.shown)) {
      return ["The exact frame is not here yet.", "Wait a moment, then draw again."];
    }
    return ["", ""];
  }

  /** @returns {Mask} */
  edited() {
    return this.film?.mask(this.shown, this.chosen ?? -1) ?? EMPTY;
  }

  /** @param {Mask} mask @param {Box} [dirty] */
  preview(mask, dirty) {
    this.stroke = dirty ? mask : null;
    if (!dirty || this.chosen === null) this.paint();
    else this.layers.showStroke(this.item(this.chosen, mask, 0, 0), dirty);
  }

  /** @param {Mask} before @param {Mask} after @param {string} _verb */
  commit(before, after, _verb) {
    this.stroke = null;
    const like = this.objects.find(({ id }) => id === this.chosen);
    if (like) this.film?.draw(this.shown, like, before, after);
    this.paint();
  }

  /** @param {{points?: [number, number, number][], box?: [number, number, number, number],
   *   postpone?: boolean}} what */
  ask({ points, box, postpone = false }) {
    const { film, shown } = this;
    const object = this.chosen;
    if (!film || object === null || !this.ready()) return;
    const now = this.prompt;
    film.prompts.set(object, shown, { points: points ?? now.points, box: box ?? now.box });
    this.draw();
    if (postpone) return;
    const refine = (film.row(shown, object)?.w ?? 0) > 0;
    const how = film.prompts.ask(film.info.id, object, shown, refine);
    if (how === "offline") {
      this.toast("warning", "There is no connection to the server.", "Clicks are sent when you ask again.");
    }
    this.tell("busy", { busy: film.prompts.busy });
  }

  draw() { this.layers.redraw(); }

  // --- drawing -------------------------------------------------------------------------------------

  /** Prompts of the selected object on the shown frame. */
  get prompt() {
    return this.film && this.chosen !== null
      ? this.film.prompts.of(this.chosen, this.shown)
      : { points: [], box: null };
  }

  /** All masks of the shown frame, now; a stroke that is being drawn stays. */
  paint() {
    if (!this.stroke) this.layers.endStroke();
    this.layers.showItems(this.settings.plain ? [] : this.items(), this.settings);
  }

  /** @returns {Item[]} */
  items() {
    const { film, stroke } = this;
    if (!film) return [];
    const places = new Map(this.objects.map((object, i) => [object.id, object.order * 1e6 + i]));
    const hidden = new Set(this.objects.filter((object) => object.hidden).map(({ id }) => id));
    const items = (film.rows(this.shown) ?? [])
      .filter((row) => !hidden.has(row.id) && !(stroke && row.id === this.chosen))
      .map((row) => this.item(row.id, film.maskOf(row), row.flags, row.review));
    if (stroke && this.chosen !== null) items.push(this.item(this.chosen, stroke, 0, 0));
    return items.sort((a, b) => (places.get(a.id) ?? 0) - (places.get(b.id) ?? 0));
  }

  /** @param {number} id @param {Mask} mask @param {number} flags @param {number} review @returns {Item} */
  item(id, mask, flags, review) {
    const object = this.objects.find((one) => one.id === id);
    return {
      id, mask,
      name: object ? `${id} ${object.label}` : `${id}`,
      colour: colourOf(id, object?.colour),
      dash: dashOf(id),
      selected: id === this.chosen,
      doubtful: (flags & DOUBTS) !== 0 && review === REVIEW.TODO,
    };
  }

  /** @param {CanvasRenderingContext2D} ctx */
  drawTop(ctx) {
    drawPrompt(ctx, this.prompt, this.view);
    this.tools[this.toolName]?.draw(ctx);
  }

  /** The pointer, the tool or the brush changed. */
  placeCursor() {
    this.layers.moveCursor(this.pointer, this.tools[this.toolName]?.reach() ?? 0);
  }

  // --- the pointer ---------------------------------------------------------------------------------

  /** @param {Point|null} at */
  hover(at) {
    this.pointer = at;
    this.placeCursor();
    if (!at) return this.tell("hover", null);
    const { x, y } = this.view.toFrame(at);
    this.tell("hover", { x, y, object: this.objectAt(x, y), frame: this.shown });
  }

  /** The topmost object at a pixel. @param {number} x @param {number} y @returns {number|null} */
  objectAt(x, y) {
    const hit = this.layers.items.filter(({ mask }) => has(mask, Math.floor(x), Math.floor(y))).at(-1);
    return hit?.id ?? null;
  }

  /** @param {Point} at @param {PointerEvent} event */
  pick(at, event) {
    const { x, y } = this.view.toFrame(at);
    const object = this.objectAt(x, y);
    if (event.button === 2) this.tell("menu", { x: event.clientX, y: event.clientY, object });
    else this.select(object);
  }

  /** @param {import("./types.js").ToastKind} kind @param {string} text @param {string} [remedy] */
  toast(kind, text, remedy = "") { this.tell("toast", { kind, text, remedy }); }

  /** @param {string} name @param {unknown} detail */
  tell(name, detail) { this.dispatchEvent(new CustomEvent(name, { detail })); }
}

