// One open video: the picture, its masks, the tools. What views/ speak to. Draws canvases only.

import { area } from "./bitmap.js";
import { Easel } from "./easel.js";
import { Film } from "./film.js";
import { DiskOutbox, Neighbours } from "./outbox.js";
import { Player } from "./player.js";
import { TimelineData } from "./tracks.js";
import { FLAG } from "./words.js";

/** @typedef {import("./types.js").ObjectInfo} ObjectInfo */
/** @typedef {import("./types.js").Row} Row */
/** @typedef {import("./types.js").Saving} Saving */
/** @typedef {import("./types.js").VideoInfo} VideoInfo */

/**
 * Events (CustomEvents; `detail` after the name):
 * - `frame` {wanted, shown, exact}: another picture is shown, or the wanted one changed
 * - `select` {object}, `tool` {tool}, `objects` {objects}
 * - `saving` {saving, unsent}: the badge; `unsent` strokes wait
 * - `changed` {revision, frames, objects, author, mine, verb}: masks changed, whoever did it
 *   (verb "undo" or "redo" where this tab did that); `timeline` {data} follows shortly after
 * - `live` {job, frame}: the tracker has just found a frame, which is not in the store yet
 * - `play` {playing}, `view` {scale}, `busy` {busy}: a click waits for the model
 * - `settings`: brushSize, lineWidth, opacity, outline, labels, plain or subtract changed
 * - `hover` {x, y, object, frame}, or null where the pointer left
 * - `toast` {kind, text, remedy, code?, about?, offers?}
 * - `menu` {x, y, object}: right click with the move tool (CSS pixels of the page)
 */
export class Editor extends Easel {
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
    /** @type {Player|null} */
    this.player = null;
    this.rate = 1;
    this.neighbours = new Neighbours(api.tab);
  }

  /** Take the canvases out again; the video stays open. */
  unmount() {
    this.pause();
    super.unmount();
  }

  get timeline() { return this.film?.timeline ?? new TimelineData(); }

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
    this.sized(...film.size(frame));
    this.follow(film);
    this.setObjects(info.objects);
    this.goto(frame);
    const [times] = await Promise.all([
      this.api.times(info.id), film.loadTimeline(), film.open(await this.neighbours.open()),
    ]);
    if (this.film !== film) return;
    this.player = new Player(times.length ? times : even(info.frames), (n) => this.goto(n), () => this.pause());
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
    for (const name of ["saving", "timeline", "busy", "live", "toast"]) on(name, (detail) => this.tell(name, detail));
  }

  close() {
    this.pause();
    this.cancel();
    this.player = null;
    this.layers.showPicture(null);
    this.film?.close();
    this.film = null;
    this.layers.showItems([], this.settings);
    this.select(null);
  }

  // --- frames ------------------------------------------------------------------------------------

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
    this.film.frames.rate = paceOf(this.film.info) * this.rate;
    this.player.play(this.wanted);
    this.tell("play", { playing: true });
  }

  pause() {
    if (!this.film?.frames.rate) return;
    this.film.frames.rate = 0;
    this.player?.pause();
    // The very frame where it stopped, also where playing left it out.
    this.film.frames.fill();
    this.tell("play", { playing: false });
  }

  get playing() { return this.player?.playing ?? false; }
  /** @type {number} times real time */
  get speed() { return this.rate; }
  set speed(times) {
    this.rate = times;
    this.player?.setSpeed(times);
    if (this.film?.frames.rate) this.film.frames.rate = paceOf(this.film.info) * times;
  }

  /** The picture's size, which the view is fitted to. @param {number} width @param {number} height */
  sized(width, height) {
    this.view.setFrame(width, height);
    this.layers.setFrame(width, height);
    this.moved();
  }

  /** @param {import("./frames.js").Picture} picture */
  show({ frame, exact, bitmap }) {
    if (frame !== this.shownFrame) this.cancel();
    const [width, height] = this.film?.size(frame) ?? [1, 1];
    if (width !== this.view.width || height !== this.view.height) this.sized(width, height);
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

  /** What an object has on a frame, as this tab shows it (unsent strokes too); null: no row, or not
   * loaded. @param {number} object @param {number} [frame] otherwise the shown one @returns {Row|null} */
  rowOf(object, frame = this.shown) { return this.film?.row(frame, object) ?? null; }

  /** Pixels of an object's mask, 0 where there is none. @param {number} object @param {number} [frame] */
  areaOf(object, frame = this.shown) { return this.film ? area(this.film.mask(frame, object)) : 0; }

  /** @param {number|null} object */
  select(object) {
    if (object === this.selected) return;
    super.select(object);
    this.socket.presence(this.wanted, object);
  }

  // --- editing --------------------------------------------------------------------------------------

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
    if (!film || object === null || !this.ready()) return;
    await film.afterStrokes(() => film.act(
      () => this.api.deleteMask(film.info.id, shown, object, film.known(shown, object))));
  }

  /** Copy the selected object's mask from the nearest earlier frame that has one. @returns {Promise<void>} */
  async copyPrevious() {
    const { film, shown } = this;
    if (!film || this.chosen === null || !this.ready()) return;
    const mask = await film.previous(shown, this.chosen);
    if (!mask) this.toast("info", "No earlier frame has this object.", "Draw it, or track backwards.");
    else if (shown === this.shown) this.commit(this.edited(), mask, "copy");
  }

  /** Mark the selected object on this frame; the other way round than it is, unless `on` is given.
   * @param {"outside"|"occluded"|"keyframe"} what @param {boolean} [on] @returns {Promise<void>} */
  async mark(what, on) {
    const { film, shown } = this;
    const object = this.chosen;
    if (!film || object === null || !this.ready()) return;
    const bit = { outside: FLAG.OUTSIDE, occluded: FLAG.OCCLUDED, keyframe: FLAG.KEYFRAME }[what];
    await film.afterStrokes(() => {
      const value = on ?? ((film.row(shown, object)?.flags ?? 0) & bit) === 0;
      return film.act(() => this.api.mark(film.info.id, shown, object, { [what]: value }));
    });
  }

  /** Have the server do something after every stroke. @template T @param {() => Promise<T>} what
   * @returns {Promise<T|null>} null: strokes wait for the server, it was not done */
  async afterStrokes(what) { return this.film ? this.film.afterStrokes(what) : what(); }

  // --- saving and comparing ------------------------------------------------------------------------

  /** @returns {Saving} */
  get saving() { return this.film?.saver.saving ?? "saved"; }
  /** Strokes that the server does not have yet. */
  get unsent() { return this.film?.saver.unsent ?? 0; }
  /** Strokes that the server refused and the person has not decided about. */
  get refused() { return this.film?.saver.refused.length ?? 0; }
  /** Ask what becomes of them. */
  async decide() { await this.film?.decide(); }
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
    const { snapshot } = await import("./snapshot.js");
    if (this.film) await snapshot(canvas, this.film, frame, { ...how, editor: this });
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
}

/** Frames a second at which pictures without times are played. */
const PACE = 10;

/** @param {VideoInfo} info */
function paceOf({ fps }) { return fps || PACE; }

/** Times of pictures that have none. @param {number} frames */
function even(frames) { return Float64Array.from({ length: frames }, (_, n) => n / PACE); }
