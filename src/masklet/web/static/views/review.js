// Doubtful masks, worst first: look, then accept, fix, reject or skip.

import { html, useEffect, useRef, useState } from "../vendor/preact-htm.js";
import { useActions } from "./keyboard.js";
import { NoVideo } from "./novideo.js";
import { Swatch } from "./objects.js";
import { Stage } from "./stage.js";
import { Button, Empty, Icon, rove, useApp, useEvents } from "./ui.js";

/** @typedef {import("../engine/types.js").Doubt} Doubt */
/** @typedef {"accept"|"reject"|"skip"} Verdict */
/** @typedef {{items: Doubt[], total: number, done: number, at: number}} Queue */

const MOST = 200;
const SHEET = 60;

export function Review() {
  const app = useApp();
  const { video } = app;
  const [queue, set] = useQueue();
  const [sheet, setSheet] = useState(false);
  const item = queue?.items[queue.at] ?? null;
  useLooking(item);
  const judge = async (/** @type {Verdict} */ verdict) => {
    if (!video || !queue || !item) return;
    const { frame, object, last } = item;
    if (!await app.afterStrokes(() => app.api.judge(video.id, verdict, [[frame, object, last]]))) return;
    const items = queue.items.filter((one) => one !== item);
    set({ ...queue, items, done: queue.done + 1, at: Math.min(queue.at, Math.max(items.length - 1, 0)) });
  };
  const move = (/** @type {number} */ by) => () => {
    if (queue) set({ ...queue, at: Math.min(Math.max(queue.at + by, 0), queue.items.length - 1) });
  };
  const fix = () => item && video && app.go("annotate", video.id, item.worst, item.object);
  const undo = async () => {
    await app.editor.undo();
    set(null);
  };
  const compare = useBefore(item);
  useActions(app, {
    "review.accept": () => judge("accept"), "review.skip": () => judge("skip"), "review.fix": fix,
    "review.reject": () => judge("reject"), "review.next": move(1), "review.prev": move(-1),
    "review.before": compare, "review.undo": undo, "review.sheet": () => setSheet(!sheet),
  });
  if (video?.state !== "ok") return html`<${NoVideo}/>`;
  if (!queue) return html`<main class="page" id="main"><${Empty} icon="flag" title="Looking for doubtful masks"/></main>`;
  if (!item) return html`<${Nothing} done=${queue.done}/>`;
  return html`<main class="review" id="main">
    <${List} queue=${queue} choose=${(/** @type {number} */ at) => set({ ...queue, at })}/>
    ${sheet ? html`<${Sheet} queue=${queue} choose=${(/** @type {number} */ at) => {
        set({ ...queue, at });
        setSheet(false);
      }}/>` : html`<${Stage} editable=${false}/>`}
    <${Verdicts} item=${item} queue=${queue} sheet=${sheet}/></main>`;
}

/** The queue; null is a wish to ask (again). @returns {[Queue|null, (queue: Queue|null) => void]} */
function useQueue() {
  const app = useApp();
  const [queue, set] = useState(/** @type {Queue|null} */ (null));
  const id = app.video?.state === "ok" ? app.video.id : null;
  const count = useRef(0);
  useEffect(() => {
    count.current = 0;
    set(null);
  }, [id]);
  useEffect(() => {
    if (id === null || queue) return;
    app.attempt(() => app.api.review(id, MOST)).then((found) => {
      if (found) set({ ...found, done: count.current, at: 0 });
    });
  }, [id, queue]);
  if (queue) count.current = queue.done;
  return [queue, set];
}

/** Show the item in the picture, large. @param {Doubt|null} item */
function useLooking(item) {
  const { editor } = useApp();
  useEffect(() => {
    editor.tool = "move";
    if (!item) return undefined;
    editor.pause();
    editor.before(null);
    editor.goto(item.worst);
    editor.select(item.object);
    const large = () => {
      if (editor.shown !== item.worst || !editor.exact) return;
      editor.removeEventListener("frame", large);
      requestAnimationFrame(() => editor.zoomToSelected());
    };
    editor.addEventListener("frame", large);
    large();
    return () => {
      editor.removeEventListener("frame", large);
      editor.before(null);
    };
  }, [item]);
}

/** Shows the masks as they were before the last change of this one. @param {Doubt|null} item */
function useBefore(item) {
  const app = useApp();
  const { editor, video } = app;
  return async () => {
    if (!item || !video) return;
    if (editor.comparing !== null) {
      editor.before(null);
      app.changed();
      return;
    }
    const found = await app.attempt(() => app.api.history(video.id, item.worst, item.object));
    const last = Math.max(0, ...(found?.changes ?? []).map(({ revision }) => revision));
    if (last) editor.before(last - 1);
    app.changed();
  };
}

/** @param {{queue: Queue, choose: (at: number) => void}} props */
function List({ queue, choose }) {
  const here = useRef(/** @type {HTMLElement|null} */ (null));
  useEffect(() => here.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" }), [queue.at]);
  return html`<nav class="queue" aria-label="Doubtful masks, worst first" ref=${here}
    onKeyDown=${(/** @type {KeyboardEvent} */ event) => rove(event)}>
    ${queue.items.map((item, at) => html`<button type="button" key=${`${item.frame}/${item.object}`}
      aria-current=${at === queue.at ? "true" : undefined} tabIndex=${at === queue.at ? 0 : -1}
      onClick=${() => choose(at)}><${Thumb} item=${item} width=${96}/><${Said} item=${item}/></button>`)}</nav>`;
}

/** @param {{item: Doubt}} props */
function Said({ item }) {
  const { frame, last, object, label, reasons, score } = item;
  return html`<span class="said"><b class="number">${last > frame ? `${frame} to ${last}` : frame}</b>
    <span><${Swatch} id=${object}/> ${object} ${label}</span><span class="warn">
    <${Icon} name="flag"/> ${reasons.join(", ")}</span>
    ${score !== null && html`<span class="dim number">score ${score.toFixed(2)}</span>`}</span>`;
}

/** A small picture, drawn when it comes into view. @param {{item: Doubt, width: number}} props */
function Thumb({ item, width }) {
  const { editor, turn } = useApp();
  const canvas = useRef(/** @type {HTMLCanvasElement|null} */ (null));
  useEffect(() => {
    const stop = new AbortController();
    const seen = new IntersectionObserver(([entry]) => {
      if (!entry.isIntersecting || !canvas.current) return;
      seen.disconnect();
      editor.snapshot(canvas.current, item.worst, { object: item.object, signal: stop.signal })
        .catch((error) => {
          if (error.name !== "AbortError") canvas.current?.classList.add("failed");
        });
    });
    if (canvas.current) seen.observe(canvas.current);
    return () => {
      seen.disconnect();
      stop.abort();
    };
  }, [item.worst, item.object, turn]);
  return html`<canvas ref=${canvas} width=${width} height=${Math.round(width * 0.75)}></canvas>`;
}

/** @param {{queue: Queue, choose: (at: number) => void}} props */
function Sheet({ queue, choose }) {
  return html`<section class="sheet" aria-label="Contact sheet"
    onKeyDown=${(/** @type {KeyboardEvent} */ event) => rove(event)}>
    ${queue.items.slice(0, SHEET).map((item, at) => html`<button type="button" key=${`${item.frame}/${item.object}`}
      aria-current=${at === queue.at ? "true" : undefined} onClick=${() => choose(at)}>
      <${Thumb} item=${item} width=${240}/><span><b class="number">${item.frame}</b> ${item.object} ${item.label}
      <span class="warn"> ${item.reasons.join(", ")}</span></span></button>`)}</section>`;
}

/** @param {{item: Doubt, queue: Queue, sheet: boolean}} props */
function Verdicts({ item, queue, sheet }) {
  const { editor } = useApp();
  useEvents(editor, ["changed", "frame"]);
  const before = editor.comparing !== null;
  const all = queue.done + queue.total;
  return html`<section class="verdicts" aria-label="Verdict">
    <p class="number" role="status">${Math.min(queue.done + 1, all)} of ${all}</p>
    <progress max=${all} value=${queue.done} aria-label="Reviewed"></progress>
    <p class="grow clip"><b>${item.object} ${item.label}</b>, frame ${item.worst}: <span class="warn">
      ${item.reasons.join(", ")}</span>${before && html` <b class="chip">as it was before</b>`}</p>
    <${Button} icon="undo" action="review.undo" title="Undo"/>
    <${Button} icon="layers" action="review.before" title="Before or after" pressed=${before}>Before<//>
    <${Button} icon="film" action="review.sheet" title="Contact sheet" pressed=${sheet}>Sheet<//>
    <i></i><${Button} icon="skip" action="review.skip" title="Skip">Skip<//>
    <${Button} icon="close" action="review.reject" title="Reject: this mask is wrong">Reject<//>
    <${Button} icon="edit" action="review.fix" title="Correct it on Annotate">Fix<//>
    <${Button} icon="check" kind="primary" action="review.accept" title="Accept">Accept<//></section>`;
}

/** @param {{done: number}} props */
function Nothing({ done }) {
  const app = useApp();
  const text = done ? `${done} reviewed, nothing doubtful is left.` : "Masks that a tracker doubts come here.";
  return html`<main class="page" id="main"><${Empty} icon="check" title="Nothing to review"><p>${text}</p>
    <${Button} icon="track" kind="primary" onClick=${() => app.go("annotate")}>Back to Annotate<//>
    ${done > 0 && html`<${Button} icon="undo" action="review.undo">Undo the last<//>`}<//></main>`;
}
