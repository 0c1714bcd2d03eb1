// Masks from and to the files of other tools.

import { html, useState } from "../vendor/preact-htm.js";
import { Upload } from "./addvideo.js";
import { Button, Check, Field, Icon, fieldOf, size, useApp } from "./ui.js";

/** @typedef {import("../engine/types.js").FormatInfo} FormatInfo */
/** @typedef {{id: string, name: string, size: number, warnings: string[]}} Made */

export function Exchange() {
  return html`<div class="columns"><${Export}/><${Import}/></div>`;
}

/** @param {{formats: FormatInfo[], value: string, set: (name: string) => void, first?: string}} props */
function Formats({ formats, value, set, first }) {
  const note = formats.find(({ name }) => name === value)?.summary;
  return html`<${Field} label="Format" note=${note}><select value=${value}
    onChange=${(/** @type {Event} */ event) => set(fieldOf(event).value)}>
    ${first && html`<option value="">${first}</option>`}
    ${formats.map(({ name }) => html`<option key=${name} value=${name}>${name}</option>`)}</select><//>`;
}

function Export() {
  const app = useApp();
  const formats = app.project?.formats.filter(({ writes }) => writes) ?? [];
  const [format, set] = useState(formats.find(({ name }) => name === "coco")?.name ?? formats[0]?.name ?? "");
  const [trust, setTrust] = useState(false);
  const [made, setMade] = useState(/** @type {Made|null} */ (null));
  const [busy, setBusy] = useState(false);
  const make = async () => {
    const video = app.video;
    if (!video || busy) return;
    setBusy(true);
    await app.editor.save();
    const file = await app.attempt(() => app.api.export(video.id, format, trust));
    setBusy(false);
    setMade(file ?? null);
  };
  return html`<section><h2>Export ${app.video?.name}</h2><${Formats} formats=${formats} value=${format} set=${set}/>
    <${Check} label="Only masks that a person drew or accepted" checked=${trust} onChange=${setTrust}/>
    <${Button} icon="download" kind="primary" disabled=${busy} onClick=${make}>${busy ? "Writing" : "Export"}<//>
    ${made && html`<div class="result" role="status"><p><${Icon} name="check"/> <a href=${app.api.exportUrl(made.id)}
      download=${made.name}>${made.name}</a> <span class="dim number">${size(made.size)}</span></p>
      <${Warnings} all=${made.warnings}/></div>`}</section>`;
}

function Import() {
  const app = useApp();
  const formats = app.project?.formats.filter(({ reads }) => reads) ?? [];
  const [format, set] = useState("");
  const [read, setRead] = useState(/** @type {{rows: number, warnings: string[]}|null} */ (null));
  const take = async (/** @type {string} */ upload) => {
    const video = app.video;
    if (!video) return;
    const found = await app.attempt(() => app.api.import(video.id, upload, format || undefined));
    setRead(found ?? null);
    if (!found) return;
    await app.editor.reloadObjects();
    app.toast({ kind: "good", text: `${found.rows} masks are imported.`,
      offer: { label: "Undo", run: () => app.editor.undo() } });
  };
  return html`<section><h2>Import into ${app.video?.name}</h2>
    <${Formats} formats=${formats} value=${format} set=${set} first="by the file itself"/>
    <${Upload} done=${take} text="Choose a file; a folder as a zip"/>
    ${read && html`<div class="result" role="status"><p><${Icon} name="check"/> ${read.rows} masks</p>
      <${Warnings} all=${read.warnings}/></div>`}</section>`;
}

/** @param {{all: string[]}} props */
function Warnings({ all }) {
  if (!all.length) return html`<p class="dim">Nothing was lost or changed.</p>`;
  return html`<ul class="warnings">${all.map((text) => html`<li key=${text}><${Icon} name="warn" label="warning"/>
    ${text}</li>`)}</ul>`;
}
