// Every action that has a key, the presets, and how an event becomes a chord such as "Ctrl+Shift+Z".

/** @typedef {import("./prefs.js").Prefs} Prefs */
/** @typedef {"everywhere"|"annotate"|"review"} Scope */
/** @typedef {{id: string, title: string, group: string, scope: Scope, keys: string[]}} Action */

/** @type {[string, Scope, [string, string, string][]][]} group, scope, then id, title, chords of CVAT */
const TABLE = [
  ["Everywhere", "everywhere", [
    ["help", "Keys", "F1"], ["settings", "Settings", "F2"],
    ["page.annotate", "Annotate", "Alt+1"], ["page.review", "Review", "Alt+2"],
    ["page.jobs", "Jobs", "Alt+3"], ["page.project", "Project", "Alt+4"],
  ]],
  ["Frames", "annotate", [
    ["frame.next", "Next frame", "F"], ["frame.prev", "Previous frame", "D"],
    ["frame.forward", "10 frames on", "V"], ["frame.back", "10 frames back", "C"],
    ["key.next", "Next keyframe", "R"], ["key.prev", "Previous keyframe", "E"],
    ["flag.next", "Next doubtful frame", "ArrowRight"], ["flag.prev", "Previous doubtful frame", "ArrowLeft"],
    ["frame.first", "First frame", "Home"], ["frame.last", "Last frame", "End"],
    ["frame.goto", "Go to frame", "`"], ["play", "Play or pause", "Space"],
  ]],
  ["Tools", "annotate", [
    ["tool.move", "Move the picture", "W"], ["tool.point", "Points for the model", "P"],
    ["tool.box", "Box for the model", "G"], ["tool.brush", "Brush", "Shift+1 B"],
    ["tool.eraser", "Eraser", "Shift+2 X"], ["tool.polygon", "Polygon", "Shift+3"],
    ["tool.cut", "Polygon that takes away", "Shift+4"],
    ["tool.polyline", "Line, for tails", "Shift+5"], ["size.less", "Thinner", "["],
    ["size.more", "Thicker", "]"],
  ]],
  ["Drawing", "annotate", [
    ["finish", "New object, or finish the shape", "N"], ["confirm", "Finish the shape or prompt", "Enter"],
    ["cancel", "Give up the shape; stop the job", "Escape"], ["redraw", "Draw this mask anew", "Shift+N"],
    ["undo", "Undo", "Ctrl+Z"], ["redo", "Redo", "Ctrl+Shift+Z Ctrl+Y"],
    ["remove", "Delete the mask on this frame", "Delete"],
    ["remove.object", "Delete the object, all frames", "Shift+Delete"],
    ["remove.frame", "Delete every mask on this frame", "Alt+Delete"], ["save", "Save now", "Ctrl+S"],
    ["pointer.left", "Keyboard pointer left", "Alt+ArrowLeft"],
    ["pointer.right", "Keyboard pointer right", "Alt+ArrowRight"],
    ["pointer.up", "Keyboard pointer up", "Alt+ArrowUp"],
    ["pointer.down", "Keyboard pointer down", "Alt+ArrowDown"],
    ["pointer.press", "Press the keyboard pointer", "Alt+Enter"],
    ["pointer.other", "The same, as the right button", "Alt+Shift+Enter"],
    ["pointer.hold", "Hold it down, or let go", "Alt+B"],
  ]],
  ["Objects", "annotate", [
    ["object.next", "Next object", "ArrowDown"], ["object.prev", "Previous object", "ArrowUp"],
    ["hide", "Hide or show it", "H"], ["hide.all", "Hide or show all", "T H"],
    ["lock", "Lock or unlock it", "L"], ["lock.all", "Lock or unlock all", "T L"],
    ["order.up", "Move to the front", "+"], ["order.down", "Move to the back", "-"],
    ["mark.keyframe", "Keyframe", "K"], ["mark.outside", "Outside the picture", "O"],
    ["mark.occluded", "Partly hidden", "Q"], ["merge", "Merge with another id", "M"],
    ["split", "Split the track here", "Alt+M"], ["issue", "Something is wrong here", "I"],
    ["complete", "Frame is complete", "Ctrl+Alt+K"],
  ]],
  ["Tracking", "annotate", [["track", "Track", "Ctrl+B"], ["job.step", "Next frame of the job", "Ctrl+E"]]],
  ["View", "annotate", [
    ["zoom.in", "Closer", "Alt+="], ["zoom.out", "Further away", "Alt+-"], ["zoom.fit", "Whole picture", "Z"],
    ["outline", "Outline on or off", "Alt+O"],
  ]],
  ["Review", "review", [
    ["review.accept", "Accept", "Enter A"], ["review.fix", "Fix", "E"], ["review.skip", "Skip", "S"],
    ["review.reject", "Reject", "R"], ["review.next", "Next in the queue", "ArrowDown F"],
    ["review.prev", "Previous in the queue", "ArrowUp D"], ["review.before", "Before or after", "B"],
    ["review.undo", "Undo", "Ctrl+Z"], ["review.sheet", "Contact sheet", "C"],
  ]],
];

/** @type {readonly Action[]} */
export const ACTIONS = TABLE.flatMap(([group, scope, rows]) => rows.map(([id, title, keys]) => (
  { id, title, group, scope, keys: /^T /.test(keys) ? [keys] : keys.split(" ") }
)));

/** What labelme and X-AnyLabeling have otherwise. @type {Record<string, string[]>} */
const LABELME = {
  "frame.next": ["D"], "frame.prev": ["A"], "frame.forward": ["V"], "frame.back": ["C"],
  "key.next": ["Shift+D"], "key.prev": ["Shift+A"], "flag.next": ["Ctrl+Shift+D", "ArrowRight"],
  "flag.prev": ["Ctrl+Shift+A", "ArrowLeft"], "tool.polygon": ["P", "Shift+3"], "tool.box": ["R"],
  "tool.brush": ["Shift+B", "B"], "tool.point": ["Q"], "finish": ["F", "N"], "hide.all": ["W", "T H"],
  "tool.move": ["S"], "mark.occluded": ["Shift+Q"], "merge": ["Ctrl+Shift+M", "M"],
  "tool.eraser": ["X"],
};

export const PRESETS = Object.freeze({ cvat: "CVAT", labelme: "labelme / X-AnyLabeling" });

/** Which keys do what, for one user. */
export class Keymap {
  /** @param {Prefs} prefs */
  constructor(prefs) {
    this.prefs = prefs;
    this.first = "";
  }

  /** @param {string} id @returns {string[]} */
  chords(id) {
    const own = this.prefs.keys[id];
    if (own) return own;
    return this.preset(id);
  }

  /** @param {string} id @returns {string[]} */
  preset(id) {
    const other = this.prefs.preset === "labelme" ? LABELME[id] : undefined;
    return other ?? ACTIONS.find((action) => action.id === id)?.keys ?? [];
  }

  /** For titles: "Brush (B)". @param {string} id */
  hint(id) {
    const [chord] = this.chords(id);
    return chord ? ` (${readable(chord)})` : "";
  }

  /**
   * Actions that would answer to the same keys in the same place.
   * @param {string} id @param {string} chord @returns {Action[]}
   */
  conflicts(id, chord) {
    const mine = ACTIONS.find((action) => action.id === id);
    return ACTIONS.filter((action) => action.id !== id && mine && meet(mine.scope, action.scope)
      && this.chords(action.id).some((other) => clash(other, chord)));
  }

  /**
   * Ids that this event asks for; "T" waits for the key after it.
   * @param {KeyboardEvent} event @returns {string[]}
   */
  match(event) {
    const chord = chordOf(event);
    if (!chord) return [];
    const asked = this.first ? `${this.first} ${chord}` : chord;
    const begins = ACTIONS.some(({ id }) => this.chords(id).some((c) => c.startsWith(asked + " ")));
    this.first = begins ? asked : "";
    return begins ? [""] : ACTIONS.filter(({ id }) => this.chords(id).includes(asked)).map(({ id }) => id);
  }
}

/** @param {string} a @param {string} b */
function clash(a, b) {
  return a === b || a.startsWith(b + " ") || b.startsWith(a + " ");
}

/** @param {Scope} a @param {Scope} b */
function meet(a, b) {
  return a === b || a === "everywhere" || b === "everywhere";
}

const BARE = new Set(["Control", "Shift", "Alt", "Meta", "AltGraph", "CapsLock", "Dead", "Process", "Unidentified"]);

/**
 * The chord of a key press, "" for a bare modifier. Letters as typed, digits by their place on the
 * keyboard, so that Shift+1 is the same on every layout; Shift is left out where it only makes a sign.
 * @param {KeyboardEvent} event
 */
export function chordOf(event) {
  if (BARE.has(event.key) && event.code !== "Backquote") return "";
  const digit = /^Digit(\d)$/.exec(event.code);
  const physical = event.altKey && /^Key([A-Z])$/.exec(event.code);
  let key = event.key === " " ? "Space" : event.key;
  if (digit) key = digit[1];
  else if (event.code === "Backquote") key = "`";
  else if (physical) key = physical[1];
  else if (key.length === 1) key = key.toUpperCase();
  const sign = key.length === 1 && !/[\p{L}\d]/u.test(key);
  const shift = event.shiftKey && !sign ? "Shift+" : "";
  return `${event.ctrlKey || event.metaKey ? "Ctrl+" : ""}${event.altKey ? "Alt+" : ""}${shift}${key}`;
}

const WORDS = [["Arrow", ""], ["Escape", "Esc"], ["Delete", "Del"]];

/** @param {string} chord */
export function readable(chord) {
  return WORDS.reduce((text, [from, to]) => text.replace(from, to), chord);
}
