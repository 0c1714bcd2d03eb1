// One open video: the picture, its masks, the tools. What views/ speak to. Draws canvases only.

import { TimelineData } from "./tracks.js";

/** @typedef {import("./types.js").Box} Box */
/** @typedef {import("./types.js").Mask} Mask */
/** @typedef {import("./types.js").ObjectInfo} ObjectInfo */
/** @typedef {import("./types.js").Point} Point */
/** @typedef {import("./types.js").Row} Row */
/** @typedef {import("./types.js").Saving} Saving */
/** @typedef {import("./types.js").ToolName} ToolName */
/** @typedef {import("./types.js").VideoInfo} VideoInfo */

/**
 * Events (CustomEvents; `detail` after the name):
 * - `frame` {wanted, shown, exact}: another picture is shown, or the wanted one changed
 * - `select` {object}, `tool` {tool}, `objects` {objects}
 * - `saving` {saving, unsent}: the badge; `unsent` strokes wait
 * - `changed` {revision, frames, objects, author, mine}: masks changed, whoever did it; `timeline` is
 *   brought up to date shortly after, which `timeline` {data} tells
 * - `play` {playing}, `view` {scale}, `busy` {busy}: a click waits for the model
 * - `settings`: brushSize, lineWidth, opacity, outline, labels or plain changed
 * - `hover` {x, y, object, frame}, or null where the pointer left
 * - `toast` {kind, text, remedy}
 * - `menu` {x, y, object}: the context menu was asked for with the move tool (CSS pixels of the page)
 */
export class Editor extends EventTarget {
  /**
   * @param {Object} parts
   * @param {import("../net/api.js").Api} parts.api
   * @param {import("../net/socket.js").Socket} parts.socket
   */
  constructor({ api, socket }) {
    super();
    this.api = api;
    this.socket = socket;
    /** @type {VideoInfo|null} */
    this.info = null;
    /** @type {ObjectInfo[]} */
    this.objects = [];
    this.timeline = new TimelineData();
  }

  /** Draw into this element, which has a size of its own; the canvases fill it. @param {HTMLElement} host */
  mount(host) {}

  /** Take the canvases out again; the video stays open. */
  unmount() {}

  /**
   * Show a video. Strokes that an earlier page could not send are sent now.
   * @param {VideoInfo} info
   * @param {number} [frame]
   * @returns {Promise<void>} when its objects and timeline are there
   */
  async open(info, frame = 0) {}

  close() {}

  // --- frames ------------------------------------------------------------------------------------

  /** The frame that was asked for; keys add to this one. */
  get wanted() { return 0; }
  /** The frame that the picture truly shows. */
  get shown() { return 0; }
  /** Whether the picture is the very frame at full size; otherwise it is a stand-in (an approximation). */
  get exact() { return false; }

  /** Ask for a frame; beyond the ends, the end. @param {number} frame */
  goto(frame) {}
  /** @param {number} by  frames, from the wanted one */
  step(by) { this.goto(this.wanted + by); }
  /** The next keyframe of the selected object, or of any. @param {1|-1} direction
   * @returns {boolean} whether there is one */
  gotoKeyframe(direction) { return false; }
  /** The next doubtful row of any object; selects it. @param {1|-1} direction
   * @returns {boolean} whether there is one */
  gotoDoubt(direction) { return false; }

  play() {}
  pause() {}
  get playing() { return false; }
  /** @type {number} of real time */
  get speed() { return 1; }
  set speed(times) {}

  // --- objects -------------------------------------------------------------------------------------

  /** The server's list; drawn and offered at once. @param {ObjectInfo[]} objects */
  setObjects(objects) {}
  /** Load the list again. @returns {Promise<void>} */
  async reloadObjects() {}
  /** @param {number|null} object */
  select(object) {}
  /** @type {number|null} */
  get selected() { return null; }
  /** The colour an object is drawn in, "#rrggbb". @param {number} object */
  colourOf(object) { return "#e69f00"; }
  /** The dash pattern of an object's outline, CSS pixels; [] is a full line. @param {number} object
   * @returns {number[]} */
  dashOf(object) { return []; }
  /** What an object has on a frame, as this tab shows it (unsent strokes too); null: no row, or not
   * loaded. @param {number} object @param {number} [frame] otherwise the shown one @returns {Row|null} */
  rowOf(object, frame) { return null; }

  // --- tools ---------------------------------------------------------------------------------------

  /** @type {ToolName} */
  get tool() { return "move"; }
  set tool(name) {}
  /** Brush diameter, pixels of the frame, 1..500. */
  get brushSize() { return 20; }
  set brushSize(size) {}
  /** Width of polylines, pixels of the frame. */
  get lineWidth() { return 5; }
  set lineWidth(width) {}
  /** Of the fill, 0..1. */
  get opacity() { return 0.4; }
  set opacity(value) {}
  /** Draw outlines. */
  get outline() { return true; }
  set outline(on) {}
  /** Draw ids and labels. */
  get labels() { return true; }
  set labels(on) {}
  /** Show the picture without any mask (held key). */
  get plain() { return false; }
  set plain(on) {}
  /** Clicks wait for the model's answer. */
  get busy() { return false; }

  /** Close the polygon, the line; send postponed points. */
  finish() {}
  /** Drop what is being drawn; clear the points. */
  cancel() {}
  /** @returns {Promise<void>} */
  async undo() {}
  /** @returns {Promise<void>} */
  async redo() {}
  /** Delete the row of the selected object on this frame. @returns {Promise<void>} */
  async remove() {}
  /** Copy the selected object's mask from the nearest earlier frame that has one. @returns {Promise<void>} */
  async copyPrevious() {}
  /** Mark the selected object on this frame; unset where it is set already unless `on` is given.
   * @param {"outside"|"occluded"|"keyframe"} what @param {boolean} [on] @returns {Promise<void>} */
  async mark(what, on) {}

  // --- view ----------------------------------------------------------------------------------------

  /** @param {number} factor @param {Point} [at] CSS pixels within the host; otherwise its centre */
  zoom(factor, at) {}
  fit() {}
  /** Show a box of the frame as large as sensible. @param {Box} box */
  zoomTo(box) {}
  /** Show the selected object large. */
  zoomToSelected() {}
  /** CSS pixels a pixel of the frame. */
  get scale() { return 1; }

  // --- saving --------------------------------------------------------------------------------------

  /** @type {Saving} */
  get saving() { return "saved"; }
  /** Strokes that the server does not have yet. */
  get unsent() { return 0; }
  /** Send what waits now. @returns {Promise<void>} */
  async save() {}

  // --- comparing -----------------------------------------------------------------------------------

  /** Show masks as they were at an earlier revision (null: as they are now). Nothing can be edited
   * meanwhile. @param {number|null} revision */
  before(revision) {}
  /** The revision compared with, or null. @type {number|null} */
  get comparing() { return null; }

  /**
   * A picture of a frame with its masks, for lists and contact sheets.
   * @param {HTMLCanvasElement} canvas  drawn at its own width and height
   * @param {number} frame
   * @param {{object?: number, signal?: AbortSignal}} [how]  `object`: cut to its surroundings
   * @returns {Promise<void>}
   */
  async snapshot(canvas, frame, how) {}
}
