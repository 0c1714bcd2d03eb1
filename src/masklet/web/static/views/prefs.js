// What this browser remembers of its user: localStorage, which may be missing or full.

/** @typedef {"system"|"dark"|"light"} Theme */
/** @typedef {"cvat"|"labelme"} Preset */

/**
 * @typedef {Object} Prefs
 * @property {string} author
 * @property {Preset} preset
 * @property {Record<string, string[]>} keys  chords by action, where they differ from the preset's
 * @property {Theme} theme
 * @property {string[]} palette   colours of new objects, in turn
 * @property {number} opacity     0..1
 * @property {boolean} outline
 * @property {boolean} labels
 * @property {number} brushSize
 * @property {number} lineWidth
 */

/** Okabe and Ito's colours, told apart with any colour vision. */
export const PALETTE = Object.freeze([
  "#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7",
]);

const NAME = "masklet";
const GUEST = "masklet-guest";

/** @returns {Prefs} */
function defaults() {
  return {
    author: "", preset: "cvat", keys: {}, theme: "system", palette: [...PALETTE],
    opacity: 0.4, outline: true, labels: true, brushSize: 24, lineWidth: 4,
  };
}

/** @returns {Prefs} */
export function load() {
  const prefs = defaults();
  try {
    const kept = JSON.parse(localStorage.getItem(NAME) ?? "{}");
    for (const [name, value] of Object.entries(prefs)) {
      if (typeof kept[name] === typeof value) Object.assign(prefs, { [name]: kept[name] });
    }
  } catch {
    return defaults(); // unreadable or forbidden: this visit starts afresh
  }
  return prefs;
}

/** @param {Prefs} prefs @returns {boolean} whether the browser kept them */
export function save(prefs) {
  try {
    localStorage.setItem(NAME, JSON.stringify(prefs));
    return true;
  } catch {
    return false;
  }
}

/** A name for who has given none: the same in all tabs of this browser, another in every other. @returns {string} */
export function guest() {
  const made = `guest-${Math.random().toString(36).slice(2, 6).padEnd(4, "0")}`;
  try {
    const kept = localStorage.getItem(GUEST);
    if (!kept) localStorage.setItem(GUEST, made);
    return kept || made;
  } catch {
    return made; // nothing is kept here: it is a name for this visit
  }
}

/** Takes over what another tab of this browser sets. @param {Prefs} prefs @param {() => void} changed */
export function share(prefs, changed) {
  window.addEventListener("storage", ({ key }) => {
    if (key !== NAME) return;
    Object.assign(prefs, load());
    changed();
  });
}

/** Sets html[data-theme] to what is shown, and tells canvases. @param {Theme} theme */
export function applyTheme(theme) {
  const dark = theme === "dark" || (theme === "system" && !matchMedia("(prefers-color-scheme: light)").matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  window.dispatchEvent(new Event("theme"));
}
