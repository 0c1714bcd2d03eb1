// The strip under the picture: a row for each object, over all frames.

/**
 * Reads `editor.timeline`, `editor.objects`, `editor.wanted` and draws again when they change.
 * Wheel zooms at the pointer, drag on a row pans, click or drag on the ruler jumps, click on a row
 * selects its object and jumps; with the focus: arrows, Home, End, +, -, PageUp, PageDown.
 * Events: `hover` {frame, object, text} or null; `range` {from, to} where Shift-drag chose frames.
 */
export class Timeline extends EventTarget {
  /** @param {import("./editor.js").Editor} editor */
  constructor(editor) {
    super();
    this.editor = editor;
    /** Frames chosen with Shift-drag, or null. @type {{from: number, to: number}|null} */
    this.range = null;
  }

  /** @param {HTMLElement} host  with a size of its own */
  mount(host) {}
  unmount() {}
  /** Running jobs, whose progress is drawn on the ruler. @param {import("./types.js").Job[]} jobs */
  setJobs(jobs) {}
  /** Show all frames. */
  fit() {}
  /** @param {number} factor @param {number} [frame] that stays where it is */
  zoom(factor, frame) {}
  /** Height in CSS pixels that all rows need, so that a view may scroll. */
  get height() { return 0; }
  /** Colours are read from the host's CSS variables; call after the theme changed. */
  retheme() {}
}
