// Windows over the page.

import { html, useLayoutEffect, useRef } from "../vendor/preact-htm.js";
import { Toasts } from "./toasts.js";
import { Button } from "./ui.js";

/** @typedef {import("../vendor/preact-htm.js").Child} Child */

/**
 * A window over the page: the browser keeps the focus inside, Esc closes it, and the focus goes back.
 * @param {{title: string, onClose: () => void, children?: Child, foot?: Child, kind?: string,
 *   onSubmit?: () => void}} props
 */
export function Dialog({ title, onClose, children, foot, kind = "", onSubmit }) {
  const box = useRef(/** @type {HTMLDialogElement|null} */ (null));
  useLayoutEffect(() => {
    const before = document.activeElement;
    const dialog = box.current;
    dialog?.showModal();
    const first = /** @type {HTMLInputElement|null|undefined} */ (dialog?.querySelector("[data-first]"));
    first?.focus();
    if (first?.matches("input")) first.select();
    return () => {
      dialog?.close();
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    onSubmit?.();
  };
  const cancel = (/** @type {Event} */ event) => {
    event.preventDefault();
    onClose();
  };
  return html`<dialog class=${`dialog ${kind}`} ref=${box} aria-label=${title} onCancel=${cancel}>
    <form onSubmit=${submit}><header><h2>${title}</h2>
      <${Button} icon="close" title="Close" onClick=${onClose}/></header>
    <div class="body">${children}</div>${foot && html`<footer>${foot}</footer>`}</form><${Toasts}/></dialog>`;
}
