// Short messages: what happened, what to do about it, and the details for a report.

import { html } from "../vendor/preact-htm.js";
import { Button, Icon, copy, useApp } from "./ui.js";

/** @typedef {import("./state.js").Shown} Shown */

const KINDS = { info: "info", good: "check", warning: "warn", error: "warn" };

export function Toasts() {
  const app = useApp();
  const urgent = (/** @type {Shown} */ { kind }) => kind === "error" || kind === "warning";
  return html`<div class="toasts"><div role="alert">${app.toasts.filter(urgent).map((toast) => html`
      <${One} key=${toast.id} toast=${toast}/>`)}</div>
    <div role="status" aria-live="polite">${app.toasts.filter((toast) => !urgent(toast)).map((toast) => html`
      <${One} key=${toast.id} toast=${toast}/>`)}</div></div>`;
}

/** @param {{toast: Shown}} props */
function One({ toast }) {
  const app = useApp();
  const { id, kind, text, remedy, code, offer, offers = offer ? [offer] : [], at } = toast;
  const details = [text, remedy, code, at.toISOString(), `masklet ${app.version}`, location.hash].filter(Boolean).join("\n");
  const close = () => app.dismiss(id);
  return html`<div class=${`toast ${kind}`}><${Icon} name=${KINDS[kind]} label=${kind}/><div><p>${text}</p>
      ${remedy && html`<p class="dim">${remedy}</p>`}
      ${(offers.length || kind === "error") && html`<div class="row">${offers.map(({ label, run }) => html`<${Button}
          icon=${offer && (label === "Undo" ? "undo" : "play")} onClick=${() => {
          close();
          run();
        }}>${label}<//>`)}
        ${kind === "error" && html`<${Button} icon="copy" onClick=${() => copy(details)}>Copy details<//>`}</div>`}</div>
    <${Button} icon="close" title="Dismiss" onClick=${close}/></div>`;
}
