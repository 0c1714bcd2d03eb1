// Small parts that every page uses: icons, buttons, dialogs, lists walked by arrows, subscriptions.

import { html, useContext, createContext, useEffect, useLayoutEffect, useReducer, useState }
  from "../vendor/preact-htm.js";

/** @typedef {import("./state.js").App} App */
/** @typedef {import("../vendor/preact-htm.js").Child} Child */

const SPRITE = new URL("../icons.svg", import.meta.url).href;
/** @type {import("../vendor/preact-htm.js").Context<App|null>} */
export const Here = createContext(/** @type {App|null} */ (null));

/** The app, and a new rendering whenever it changes. @returns {App} */
export function useApp() {
  const app = useContext(Here);
  if (!app) throw new Error("Found no app around this part; expected one. Render it inside Here.Provider.");
  useEvents(app, ["change"]);
  return app;
}

/**
 * Render again after any of these events, at most once per animation frame.
 * @param {EventTarget|null} target @param {string[]} names
 */
export function useEvents(target, names) {
  const [, again] = useReducer((/** @type {number} */ n) => n + 1, 0);
  useLayoutEffect(() => {
    if (!target) return undefined;
    let due = 0;
    const ask = () => {
      due ||= requestAnimationFrame(() => {
        due = 0;
        again(undefined);
      });
    };
    names.forEach((name) => target.addEventListener(name, ask));
    return () => {
      cancelAnimationFrame(due);
      names.forEach((name) => target.removeEventListener(name, ask));
    };
  }, [target, names.join()]);
}

/**
 * What a promise gave, asked again when `inputs` change; null until then. Failures become toasts.
 * @template T @param {App} app @param {() => Promise<T>} ask @param {unknown[]} inputs
 * @returns {[T|null, () => void]} and how to ask again
 */
export function useAnswer(app, ask, inputs) {
  const [answer, set] = useState(/** @type {T|null} */ (null));
  const [turn, again] = useReducer((/** @type {number} */ n) => n + 1, 0);
  useEffect(() => {
    let wanted = true;
    app.attempt(ask).then((value) => {
      if (wanted && value !== undefined) set(() => value);
    });
    return () => {
      wanted = false;
    };
  }, [...inputs, turn]);
  return [answer, () => again(undefined)];
}

/** @param {{name: string, label?: string}} props  a label only where no text says the same */
export function Icon({ name, label }) {
  return html`<svg class="icon" role=${label ? "img" : "presentation"} aria-label=${label}
    aria-hidden=${label ? undefined : "true"}><use href=${`${SPRITE}#${name}`}/></svg>`;
}

/**
 * @param {{icon?: string, title?: string, action?: string, kind?: string, pressed?: boolean, disabled?: boolean,
 *   onClick?: (event: MouseEvent) => void, children?: Child, tabIndex?: number, current?: boolean}} props
 *   `action` runs an action of the keymap and shows its key; an icon alone needs `title`
 */
export function Button({ icon, title, action, kind = "", pressed, disabled, onClick, children, tabIndex }) {
  const app = useApp();
  const hint = action ? app.keymap.hint(action) : "";
  const named = title ? title + hint : undefined;
  return html`<button type="button" class=${`button ${kind} ${children ? "" : "bare"}`} title=${named}
    aria-label=${children ? undefined : named} aria-pressed=${pressed === undefined ? undefined : String(pressed)}
    aria-disabled=${disabled ? "true" : undefined} tabIndex=${tabIndex}
    onMouseDown=${(/** @type {MouseEvent} */ event) => event.preventDefault()}
    onClick=${(/** @type {MouseEvent} */ event) => {
      if (disabled) return;
      if (onClick) onClick(event);
      else if (action) app.act(action);
    }}>${icon && html`<${Icon} name=${icon}/>`}${children && html`<span>${children}</span>`}</button>`;
}

/** @param {{label: string, children?: Child, note?: Child, wide?: boolean}} props */
export function Field({ label, children, note, wide }) {
  return html`<label class=${wide ? "field wide" : "field"}><span>${label}</span>${children}
    ${note && html`<small>${note}</small>`}</label>`;
}

/**
 * @param {{label: string, value: string, options: [string, string][], onChange: (value: string) => void}} props
 */
export function Choice({ label, value, options, onChange }) {
  return html`<fieldset class="choice" role="radiogroup" aria-label=${label}><span>${label}</span><div>
    ${options.map(([key, text]) => html`<label key=${key} class=${key === value ? "on" : ""}>
      <input type="radio" name=${label} checked=${key === value} onChange=${() => onChange(key)}/>${text}</label>`)}
    </div></fieldset>`;
}

/** @param {{label: Child, checked: boolean, onChange: (on: boolean) => void, note?: string}} props */
export function Check({ label, checked, onChange, note }) {
  return html`<label class="check"><input type="checkbox" checked=${checked}
    onChange=${(/** @type {Event} */ event) => onChange(fieldOf(event).checked)}/><span>${label}
    ${note && html`<small>${note}</small>`}</span></label>`;
}

/** @param {Event} event @returns {HTMLInputElement} */
export function fieldOf(event) {
  return /** @type {HTMLInputElement} */ (event.currentTarget);
}

/** What a page says when it has nothing to show: why, and the next click.
 * @param {{icon: string, title: string, children?: Child}} props */
export function Empty({ icon, title, children }) {
  return html`<div class="empty"><${Icon} name=${icon}/><h2>${title}</h2>${children}</div>`;
}

/**
 * Arrow keys, Home and End move the focus among `selector` of the element that listens.
 * @param {KeyboardEvent} event @param {string} [selector]
 */
export function rove(event, selector = "button, [role=option], [role=tab]") {
  const keys = ["ArrowUp", "ArrowLeft", "ArrowDown", "ArrowRight", "Home", "End"];
  const place = keys.indexOf(event.key);
  if (place < 0 || event.altKey || event.ctrlKey) return;
  const host = /** @type {HTMLElement} */ (event.currentTarget);
  const items = /** @type {HTMLElement[]} */ ([...host.querySelectorAll(selector)]);
  const now = items.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  if (now < 0) return;
  const step = place < 2 ? now - 1 : now + 1;
  const next = place === 4 ? 0 : place === 5 ? items.length - 1 : step;
  event.preventDefault();
  event.stopPropagation();
  items[(next + items.length) % items.length]?.focus();
}

/** @param {number} seconds */
export function clock(seconds) {
  const whole = Math.max(0, seconds);
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const tail = `${String(m).padStart(2, "0")}:${s.toFixed(3).padStart(6, "0")}`;
  return h ? `${h}:${tail}` : tail;
}

/** @param {number|null|undefined} seconds */
export function about(seconds) {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return "";
  if (seconds < 90) return `${Math.round(seconds)} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

/** @param {number} bytes */
export function size(bytes) {
  if (bytes < 1e6) return `${Math.ceil(bytes / 1e3)} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
}

/** Clipboard, also on plain http, where the browser has none. @param {string} text */
export async function copy(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = document.createElement("textarea");
  area.value = text;
  (document.querySelector("dialog[open]") ?? document.body).append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}

/** Hands a file to the browser's downloads. @param {string} name @param {Blob} blob */
export function download(name, blob) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
