// One open video: the picture, its masks, the tools. What views/ speak to. Draws canvases only.

import { area, boxOf, has } from "./bitmap.js";
import { BoxTool } from "./box.js";
import { Brush } from "./brush.js";
import { colourOf, dashOf } from "./colours.js";
import { Film } from "./film.js";
import { Layers } from "./layers.js";
import { DiskOutbox, Neighbours } from "./outbox.js";
import { Player } from "./player.js";
import { drawPrompt, Points } from "./points.js";
import { Polygon } from "./polygon.js";
import { snapshot } from "./snapshot.js";
import { Pointers } from "./tools.js";
import { TimelineData } from "./tracks.js";
import { Viewport } from "./viewport.js";
import { DOUBTS, FLAG, REVIEW } from "./words.js";

/** @typedef {import("./layers.js").Item} Item */
/** @typedef {import("./types.js").Box} Box */
/** @typedef {import("./types.js").Mask} Mask */
/** @typedef {import("./types.js").ObjectInfo} ObjectInfo */
/** @typedef {import("./types.js").Point} Point */
/** @typedef {import("./types.js").Row} Row */
/** @typedef {import("./types.js").Saving} Saving */
/** @typedef {import("./types.js").ToolName} ToolName */
/** @typedef {import("./types.js").VideoInfo} VideoInfo */

/** What a person may set; each change is told by `settings`. */
const SETTINGS = {
  brushSize: 20, lineWidth: 5, opacity: 0.4, outline: true, labels: true, plain: false, subtract: false,
};

/**
 * Events (CustomEvents; `detail` after the name):
 * - `frame` {wanted, shown, exact}: another picture is shown, or the wanted one changed
 * - `select` {object}, `tool` {tool}, `objects` {objects}
 * - `saving` {saving, unsent}: the badge; `unsent` strokes wait
 * - `changed` {revision, frames, objects, author, mine, verb}: masks changed, whoever did it
 *   (verb "undo" or "redo" where this tab did that); `timeline` {data} follows shortly after
 * - `play` {playing}, `view` {scale}, `busy` {busy}: a click waits for the model
 * - `settings`: brushSize, lineWidth, opacity, outline, labels, plain or subtract changed
 * - `hover` {x, y, object, frame}, or null where the pointer left
 * - `toast` {kind, text, remedy, code?}
 * - `menu` {x, y, object}: right click with the move tool (CSS pixels of the page)
 *
 * It is the `Stage` that tools draw on.
 */
export class Editor extends EventTarget {
  /**
   * @param {Object} parts
   * @param {import("../net/api.js").Api} parts.api
   * @param {import("../net/socket.js").Socket} parts.socket
   * @param {string} [parts.project]  its name; unsent strokes are kept for it
   */
  constructor({ api, socket, project = "" }) {
    super();
    this.api = api;
    this.socket = socket;
    this.project = project;
    /** @type {Film|null} */
    this.film = null;
    /** @type {ObjectInfo[]} */
    this.objects = [];
    /** @type {Player|null} */
    this.player = null;
    this.view = new Viewport();
    this.layers = new Layers(this.view, (ctx) => this.drawTop(ctx), (ctx) => this.drawCursor(ctx));
    this.settings = { ...SETTINGS };
    this.wantedFrame = 0;
    this.shownFrame = -1;
    this.isExact = false;
    this.rate = 1;
    /** @type {number|null} */
    this.chosen = null;
    /** @type {ToolName} */
    this.toolName = "move";
    /** What a stroke in progress shows instead of the stored mask. @type {Mask|null} */
    this.stroke = null;
    /** CSS pixels within the host. @type {Point|null} */
    this.pointer = null;
    /** @type {HTMLElement|null} */
    this.host = null;
    /** @type {Pointers|null} */
    this.pointers = null;
    /** @type {ResizeObserver|null} */
    this.observer = null;
    this.neighbours = new Neighbours(api.tab);
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
    this.pause();
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
  get timeline() { return this.film?.timeline ?? new TimelineData(); }
  get width() { return this.info?.width ?? 1; }
  get height() { return this.info?.height ?? 1; }

  /**
   * Show a video. Strokes that an earlier page could not send are sent now.
   * @param {VideoInfo} info
   * @param {number} [frame]
   * @returns {Promise<void>} when its timeline and times are there
   */
  async open(info, frame = 0) {
    this.close();
    const film = new Film(this.api, this.socket, info, await DiskOutbox.open(), this.project);
    this.film = film;
    this.shownFrame = -1;
    this.isExact = false;
    this.view.setFrame(info.width, info.height);
    this.layers.setFrame(info.width, info.height);
    this.layers.moved();
    this.follow(film);
    this.setObjects(info.objects);
    this.goto(frame);
    const [times] = await Promise.all([
      this.api.times(info.id), film.loadTimeline(), film.open(await this.neighbours.open()),
    ]);
    if (this.film !== film) return;
    this.player = new Player(times, (n) => this.goto(n), () => this.pause());
    this.player.speed = this.rate;
  }

  /** @param {Film} film */
  follow(film) {
    /** @param {string} name @param {(detail: any) => void} what */
    const on = (name, what) => film.addEventListener(
      name, (event) => this.film === film && what(/** @type {CustomEvent} */ (event).detail));
    on("picture", (detail) => this.show(detail));
    on("rows", ({ from, to }) => this.shownFrame >= from && this.shownFrame < to && this.paint());
    on("objects", () => this.reloadObjects());
    on("changed", (detail) => this.changed(detail));
    for (const name of ["saving", "timeline", "busy", "toast"]) on(name, (detail) => this.tell(name, detail));
  }

  close() {
    this.pause();
    this.cancel();
    this.player = null;
    this.film?.close();
    this.film = null;
    this.stroke = null;
    this.layers.showItems([], this.settings);
    this.select(null);
  }

  // --- frames ------------------------------------------------------------------------------------

  /** The frame that was asked for; keys add to this one. */
  get wanted() { return this.wantedFrame; }
  /** The frame that the picture truly shows; -1 before the first. */
  get shown() { return this.shownFrame; }
  /** Whether the picture is the very frame at full size; otherwise it is a stand-in (an approximation). */
  get exact() { return this.isExact; }

  /** Ask for a frame; beyond the ends, the end. @param {number} frame */
  goto(frame) {
    const { film } = this;
    if (!film || !film.info.frames) return;
    this.wantedFrame = Math.min(film.info.frames - 1, Math.max(0, Math.round(frame)));
    if (this.player?.playing && this.player.frame !== this.wantedFrame) this.player.play(this.wantedFrame);
    film.masks.want(this.wantedFrame);
    film.frames.want(this.wantedFrame);
    this.tellFrame();
  }

  /** @param {number} by  frames, from the wanted one */
  step(by) { this.goto(this.wanted + by); }

  /** The next keyframe of the selected object, or of any. @param {1|-1} direction
   * @returns {boolean} whether there is one */
  gotoKeyframe(direction) {
    const frame = this.timeline.keyframe(this.wanted, direction, this.selected);
    if (frame !== null) this.goto(frame);
    return frame !== null;
  }

  /** The next doubtful row of any object; selects it. @param {1|-1} direction
   * @returns {boolean} whether there is one */
  gotoDoubt(direction) {
    const found = this.timeline.doubtful(this.wanted, direction);
    if (!found) return false;
    this.goto(found.frame);
    this.select(found.object);
    return true;
  }

  play() {
    if (!this.player || !this.film) return;
    this.cancel();
    this.film.frames.playing = true;
    this.player.play(this.wanted);
    this.tell("play", { playing: true });
  }

  pause() {
    if (!this.film?.frames.playing) return;
    this.film.frames.playing = false;
    this.player?.pause();
    this.tell("play", { playing: false });
  }

  get playing() { return this.player?.playing ?? false; }
  /** @type {number} times real time */
  get speed() { return this.rate; }
  set speed(times) {
    this.rate = times;
    this.player?.setSpeed(times);
  }

  /** @param {import("./frames.js").Picture} picture */
  show({ frame, exact, bitmap }) {
    if (frame !== this.shownFrame) this.cancel();
    this.layers.showPicture(bitmap);
    this.shownFrame = frame;
    this.isExact = exact;
    this.film?.masks.want(frame);
    this.film?.loadPast(frame);
    this.paint();
    this.tellFrame();
  }

  tellFrame() {
    const { wanted, shown, exact } = this;
    this.tell("frame", { wanted, shown, exact });
  }

  // --- objects -------------------------------------------------------------------------------------

  /** The server's list; drawn and offered at once. @param {ObjectInfo[]} objects */
  setObjects(objects) {
    this.objects = objects;
    if (this.selected !== null && !objects.some(({ id }) => id === this.selected)) this.select(null);
    this.tell("objects", { objects });
    this.paint();
  }

  /** Load the list again. @returns {Promise<void>} */
  async reloadObjects() {
    const { film } = this;
    if (!film) return;
    try {
      const { objects } = await this.api.objects(film.info.id);
      if (this.film === film) this.setObjects(objects);
    } catch (error) {
      film.complain(error);
    }
  }

  /** @param {number|null} object */
  select(object) {
    if (object === this.chosen) return;
    this.cancel();
    this.chosen = object;
    this.tell("select", { object });
    this.paint();
    this.socket.presence(this.wanted, object);
  }

  /** @type {number|null} */
  get selected() { return this.chosen; }

  /** The colour an object is drawn in, "#rrggbb". @param {number} object */
  colourOf(object) { return colourOf(object, this.objects.find(({ id }) => id === object)?.colour); }

  /** The dash pattern of an object's outline, CSS pixels; [] is a full line. @param {number} object */
  dashOf(object) { return dashOf(object); }

  /** What an object has on a frame, as this tab shows it (unsent strokes too); null: no row, or not
   * loaded. @param {number} object @param {number} [frame] otherwise the shown one @returns {Row|null} */
  rowOf(object, frame = this.shown) { return this.film?.row(frame, object) ?? null; }

  /** Pixels of an object's mask, 0 where there is none. @param {number} object @param {number} [frame] */
  areaOf(object, frame = this.shown) { return this.film ? area(this.film.mask(frame, object)) : 0; }

  // --- tools ---------------------------------------------------------------------------------------

  /** @type {ToolName} */
  get tool() { return this.toolName; }
  set tool(name) {
    if (name !== this.toolName) this.cancel();
    this.toolName = name;
    if (this.host) this.host.style.cursor = name === "move" ? "grab" : "crosshair";
    this.layers.redrawCursor();
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
    if (name === "brushSize") this.layers.redrawCursor();
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

  /** Take the last vertex or stroke back. @returns {Promise<void>} */
  async undo() {
    const tool = this.tools[this.toolName];
    if (tool && "back" in tool && tool.busy) tool.back();
    else await this.film?.undo();
  }

  /** @returns {Promise<void>} */
  async redo() { await this.film?.redo(); }

  /** Delete the row of the selected object on this frame. @returns {Promise<void>} */
  async remove() {
    const { film, shown } = this;
    const object = this.chosen;
    if (!film || object === null || !this.ready() || !(await film.settled())) return;
    await film.act(() => this.api.deleteMask(film.info.id, shown, object, film.known(shown, object)));
  }

  /** Copy the selected object's mask from the nearest earlier frame that has one. @returns {Promise<void>} */
  async copyPrevious() {
    const { film, shown } = this;
    if (!film || this.chosen === null || !this.ready()) return;
    const mask = await film.previous(shown, this.chosen);
    if (!mask) this.toast("info", "No earlier frame has this object.", "Draw it, or track backwards.");
    else if (shown === this.shown) this.commit(mask, "copy");
  }

  /** Mark the selected object on this frame; the other way round than it is, unless `on` is given.
   * @param {"outside"|"occluded"|"keyframe"} what @param {boolean} [on] @returns {Promise<void>} */
  async mark(what, on) {
    const { film, shown } = this;
    const object = this.chosen;
    if (!film || object === null || !this.ready() || !(await film.settled())) return;
    const bit = { outside: FLAG.OUTSIDE, occluded: FLAG.OCCLUDED, keyframe: FLAG.KEYFRAME }[what];
    const value = on ?? ((film.row(shown, object)?.flags ?? 0) & bit) === 0;
    await film.act(() => this.api.mark(film.info.id, shown, object, { [what]: value }));
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
    this.tell("view", { scale: this.scale });
  }

  // --- saving and comparing ------------------------------------------------------------------------

  /** @returns {Saving} */
  get saving() { return this.film?.saver.saving ?? "saved"; }
  /** Strokes that the server does not have yet. */
  get unsent() { return this.film?.saver.unsent ?? 0; }
  /** Send what waits now. @returns {Promise<void>} */
  async save() { await this.film?.saver.flush(); }

  /** Show masks as they were at an earlier revision (null: as they are now). Nothing can be edited
   * meanwhile. @param {number|null} revision */
  before(revision) {
    const { film } = this;
    if (!film || film.comparing === revision) return;
    this.cancel();
    film.comparing = revision;
    film.past.clear();
    film.loadPast(this.shown);
    this.paint();
  }

  /** The revision compared with, or null. @type {number|null} */
  get comparing() { return this.film?.comparing ?? null; }

  /**
   * A picture of a frame with its masks, for lists and contact sheets.
   * @param {HTMLCanvasElement} canvas  drawn at its own width and height
   * @param {number} frame
   * @param {{object?: number, signal?: AbortSignal}} [how]  `object`: cut to its surroundings
   * @returns {Promise<void>}
   */
  async snapshot(canvas, frame, how = {}) {
    if (this.film) await snapshot(canvas, this.film, frame, { ...how, editor: this });
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
    if (this.comparing !== null) return ["Earlier masks are shown.", "Go back to the present ones."];
    if (!this.exact || this.shown !== this.wanted || !this.film?.rows(this.shown)) {
      return ["The exact frame is not here yet.", "Wait a moment, then draw again."];
    }
    return ["", ""];
  }

  /** @returns {Mask} */
  edited() {
    return this.film?.mask(this.shown, this.chosen ?? -1) ?? { x: 0, y: 0, w: 0, h: 0, data: new Uint8Array() };
  }

  /** @param {Mask} mask @param {Box} [dirty] */
  preview(mask, dirty) {
    if (!dirty || this.chosen === null) {
      this.stroke = null;
      this.paint();
    } else {
      this.stroke = mask;
      this.layers.showStroke(this.item(this.chosen, mask, 0, 0), dirty);
    }
  }

  /** @param {Mask} mask @param {string} _verb */
  commit(mask, _verb) {
    this.stroke = null;
    if (this.chosen !== null) this.film?.draw(this.shown, this.chosen, mask);
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

  /** All masks of the shown frame, now. */
  paint() {
    this.layers.endStroke();
    this.layers.showItems(this.settings.plain ? [] : this.items(), this.settings);
  }

  /** @returns {Item[]} */
  items() {
    const { film } = this;
    if (!film) return [];
    const places = new Map(this.objects.map((object, i) => [object.id, object.order * 1e6 + i]));
    const hidden = new Set(this.objects.filter((object) => object.hidden).map(({ id }) => id));
    return (film.rows(this.shown) ?? [])
      .filter((row) => !hidden.has(row.id))
      .sort((a, b) => (places.get(a.id) ?? 0) - (places.get(b.id) ?? 0))
      .map((row) => this.item(row.id, film.maskOf(row), row.flags, row.review));
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

  /** @param {CanvasRenderingContext2D} ctx */
  drawCursor(ctx) {
    if (this.pointer) this.tools[this.toolName]?.cursor(ctx, this.pointer);
  }

  // --- the pointer ---------------------------------------------------------------------------------

  /** @param {Point|null} at */
  hover(at) {
    this.pointer = at;
    this.layers.redrawCursor();
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

  /** @param {any} detail */
  changed(detail) {
    if (detail.objects.some((/** @type {number} */ id) => !this.objects.some((one) => one.id === id))) {
      this.reloadObjects();
    }
    const [first] = detail.frames;
    const elsewhere = first && !detail.frames.some(
      (/** @type {[number, number]} */ [a, b]) => a <= this.wanted && this.wanted < b);
    if (detail.verb && elsewhere) {
      this.toast("info", `${detail.verb === "undo" ? "Undone" : "Redone"} on frame ${first[0]}.`);
    }
    this.tell("changed", detail);
  }

  /** @param {import("./types.js").ToastKind} kind @param {string} text @param {string} [remedy] */
  toast(kind, text, remedy = "") { this.tell("toast", { kind, text, remedy }); }

  /** @param {string} name @param {unknown} detail */
  tell(name, detail) { this.dispatchEvent(new CustomEvent(name, { detail })); }
}

