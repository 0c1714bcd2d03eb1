// The page where masks are drawn, tracked and corrected.

import { html, useEffect, useLayoutEffect, useRef, useState } from "../vendor/preact-htm.js";
import { Timeline } from "../engine/timeline.js";
import { useActions } from "./keyboard.js";
import { Later } from "./later.js";
import { Objects, changeObject } from "./objects.js";
import { Stage } from "./stage.js";
import { Toolbar } from "./toolbar.js";
import { jobOf, tell } from "./track.js";
import { Transport } from "./transport.js";
import { Empty, fieldOf, useApp, useEvents } from "./ui.js";

/** @typedef {import("./state.js").App} App */
/** @typedef {"new"|"merge"|"track"|""} Over */

export function Annotate() {
  const app = useApp();
  const [over, setOver] = useState(/** @type {Over} */ (""));
  const [timeline] = useState(() => new Timeline(app.editor));
  const open = (/** @type {Over} */ name) => () => setOver(name);
  const close = open("");
  useActions(app, app.video?.state === "ok" ? {
    ...moving(app), ...drawing(app, open("new")), ...objects(app), track: open("track"),
    merge: () => app.editor.selected !== null && setOver("merge"),
  } : {});
  useDigits(app);
  if (app.opening && !app.failure && !app.video) {
    return html`<main class="page" id="main"><${Empty} icon="film" title="Opening the video"/></main>`;
  }
  if (app.video?.state !== "ok") return html`<${Later} part="novideo" page/>`;
  return html`<main class="annotate" id="main"><${Toolbar}/><${Stage}/>
    <${Objects} add=${open("new")} merge=${open("merge")}/>
    <div class="deck">${jobOf(app, app.video?.id) && html`<${Later} part="strip"/>`}<${Transport}/><${Strip} timeline=${timeline}/></div>
    ${over && html`<${Later} key=${over} part=${over} onClose=${close}
      ...${over === "track" ? { range: timeline.range } : {}}/>`}</main>`;
}

/** @param {{timeline: Timeline}} props */
function Strip({ timeline }) {
  const app = useApp();
  const host = useRef(/** @type {HTMLElement|null} */ (null));
  const [chosen, setChosen] = useState(/** @type {number|null} */ (null));
  useEvents(app.editor, ["objects", "timeline"]);
  useEvents(window, ["resize"]);
  useLayoutEffect(() => {
    if (!host.current) return undefined;
    timeline.mount(host.current);
    const retheme = () => timeline.retheme();
    window.addEventListener("theme", retheme);
    return () => {
      window.removeEventListener("theme", retheme);
      timeline.unmount();
    };
  }, [timeline]);
  const job = jobOf(app, app.video?.id);
  useEffect(() => timeline.setJobs(job ? [job] : []), [job]);
  const rows = app.editor.objects.length;
  const tall = Math.max(56, chosen ?? Math.min(innerHeight * 0.24, 30 + 46 * Math.max(rows, 1)));
  const drag = (/** @type {PointerEvent} */ event) => {
    if (event.buttons === 1) setChosen(Math.min(innerHeight * 0.6, innerHeight - event.clientY));
  };
  const key = (/** @type {KeyboardEvent} */ event) => {
    const by = { ArrowUp: 16, ArrowDown: -16 }[event.key];
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    setChosen(Math.min(innerHeight * 0.6, tall + by));
  };
  return html`<div class="grip" role="separator" tabIndex=${0} aria-orientation="horizontal"
      aria-label="Height of the timeline" aria-valuenow=${Math.round(tall)} onKeyDown=${key} onPointerMove=${drag}
      onPointerDown=${(/** @type {PointerEvent} */ event) => fieldOf(event).setPointerCapture(event.pointerId)}></div>
    <div class="strip" style=${{ height: `${tall}px` }}><div ref=${host} class="rows" tabIndex=${0} role="application"
    style=${{ height: `${Math.max(timeline.height, tall - 2)}px` }}
    aria-label="Timeline of all objects. Arrows, Home and End move; plus and minus zoom."></div></div>`;
}

/** Keys 1 to 9 choose an object. @param {App} app */
function useDigits(app) {
  useEffect(() => {
    const press = (/** @type {KeyboardEvent} */ event) => {
      const digit = /^Digit([1-9])$/.exec(event.code);
      const busy = event.altKey || event.ctrlKey || event.metaKey || event.shiftKey;
      const typing = document.activeElement?.matches("input:not([type=checkbox]):not([type=range]), select, textarea");
      if (!digit || busy || typing || document.querySelector("dialog[open]")) return;
      const object = app.editor.objects[Number(digit[1]) - 1];
      if (object) app.editor.select(object.id);
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, []);
}

/** @param {App} app */
function moving(app) {
  const { editor } = app;
  const none = (/** @type {string} */ what, /** @type {boolean} */ found) => {
    if (!found) app.toast({ kind: "info", text: `There is no further ${what} in this direction.` });
  };
  return {
    "frame.next": () => editor.step(1), "frame.prev": () => editor.step(-1),
    "frame.forward": () => editor.step(10), "frame.back": () => editor.step(-10),
    "key.next": () => none("keyframe", editor.gotoKeyframe(1)),
    "key.prev": () => none("keyframe", editor.gotoKeyframe(-1)),
    "flag.next": () => none("doubtful frame", editor.gotoDoubt(1)),
    "flag.prev": () => none("doubtful frame", editor.gotoDoubt(-1)),
    "frame.first": () => editor.goto(0), "frame.last": () => editor.goto((app.video?.frames ?? 1) - 1),
    "frame.goto": () => document.getElementById("frame")?.focus(),
    "play": () => (editor.playing ? editor.pause() : editor.play()),
    "zoom.in": () => editor.zoom(1.25), "zoom.out": () => editor.zoom(0.8), "zoom.fit": () => editor.fit(),
    "outline": () => app.prefer({ outline: !app.prefs.outline }),
  };
}

/** @param {App} app @param {() => void} add */
function drawing(app, add) {
  const { editor } = app;
  const thicker = (/** @type {number} */ by) => () => {
    const line = editor.tool === "polyline";
    const now = line ? editor.lineWidth : editor.brushSize;
    const size = Math.max(1, Math.round(by > 0 ? Math.max(now + 1, now * 1.15) : Math.min(now - 1, now / 1.15)));
    app.prefer(line ? { lineWidth: size } : { brushSize: size });
  };
  const cancel = () => {
    const job = jobOf(app, app.video?.id);
    if (!editor.cancel() && job) tell(app, "stopJob", job.id);
  };
  return {
    "finish": () => (editor.drawing ? editor.finish() : add()), "confirm": () => editor.finish(), cancel,
    "redraw": async () => {
      await editor.remove();
      if (editor.tool === "move") editor.tool = "brush";
    },
    "undo": () => editor.undo(), "redo": () => editor.redo(), "remove": () => editor.remove(),
    "remove.object": () => removeObject(app), "remove.frame": () => clearFrame(app),
    "save": async () => {
      await editor.save();
      const kept = editor.saving === "saved";
      app.toast({ kind: kept ? "good" : "info", text: kept ? "Everything is saved." : "Not everything is saved yet.",
        remedy: kept ? "" : "Strokes wait in this browser and are sent as soon as the server answers." });
    },
    "size.less": thicker(-1), "size.more": thicker(1),
  };
}

/** @param {App} app */
function objects(app) {
  const { editor } = app;
  const chosen = () => editor.objects.find(({ id }) => id === editor.selected);
  const order = () => [...editor.objects].sort((a, b) => b.order - a.order || a.id - b.id);
  const next = (/** @type {number} */ by) => () => {
    const all = order();
    const now = all.findIndex(({ id }) => id === editor.selected);
    const then = now < 0 ? 0 : (now + by + all.length) % all.length;
    if (all.length) editor.select(all[then].id);
  };
  const flip = (/** @type {"hidden"|"locked"} */ what) => () => {
    const one = chosen();
    if (one) changeObject(app, one.id, { [what]: !one[what] });
  };
  const flipAll = (/** @type {"hidden"|"locked"} */ what) => () => {
    const on = !editor.objects.every((one) => one[what]);
    editor.objects.forEach(({ id }) => changeObject(app, id, { [what]: on }));
  };
  const raise = (/** @type {1|-1} */ by) => () => {
    const orders = editor.objects.map((one) => one.order);
    const to = by > 0 ? Math.max(...orders) + 1 : Math.min(...orders) - 1;
    const one = chosen();
    if (one) changeObject(app, one.id, { order: to });
  };
  return {
    "object.next": next(1), "object.prev": next(-1), "hide": flip("hidden"), "hide.all": flipAll("hidden"),
    "lock": flip("locked"), "lock.all": flipAll("locked"), "order.up": raise(1), "order.down": raise(-1),
    "mark.keyframe": () => editor.mark("keyframe"), "mark.outside": () => editor.mark("outside"),
    "mark.occluded": () => editor.mark("occluded"), "split": () => split(app), "issue": () => judge(app),
    "complete": () => complete(app),
  };
}

/** @param {App} app */
async function split(app) {
  const { editor, video } = app;
  const { selected, shown } = editor;
  if (!video || selected === null) return;
  const done = await app.afterStrokes(() => app.api.split(video.id, selected, shown));
  if (!done) return;
  await editor.reloadObjects();
  if (done.object !== undefined) editor.select(done.object);
  app.toast({ kind: "good", text: `From frame ${shown} on, object ${selected} is object ${done.object}.`,
    offer: { label: "Undo", run: () => editor.undo() } });
}

/** The chosen mask is wrong: it will be asked for again. @param {App} app */
async function judge(app) {
  const { editor, video } = app;
  const { selected, shown } = editor;
  if (!video || selected === null) return;
  const done = await app.afterStrokes(() => app.api.judge(video.id, "reject", [[shown, selected]]));
  if (done) app.toast({ kind: "info", text: `Object ${selected} on frame ${shown} is marked as wrong.` });
}

/** @param {App} app */
async function complete(app) {
  const { editor, video } = app;
  const frame = editor.shown;
  const on = !editor.timeline.checked.has(frame);
  if (video) await app.afterStrokes(() => app.api.complete(video.id, [[frame, frame + 1]], on));
}

/** @param {App} app */
async function removeObject(app) {
  const { editor, video } = app;
  const one = editor.objects.find(({ id }) => id === editor.selected);
  if (!video || !one) return;
  if (!await app.afterStrokes(() => app.api.removeObject(video.id, one.id))) return;
  editor.select(null);
  await editor.reloadObjects();
  app.toast({ kind: "info", text: `Object ${one.id} (${one.label}) is deleted with all its masks.`,
    offer: { label: "Undo", run: () => editor.undo() } });
}

/** @param {App} app */
async function clearFrame(app) {
  const { editor, video } = app;
  const frame = editor.shown;
  const ids = editor.objects.filter(({ locked }) => !locked).map(({ id }) => id);
  if (!video || !ids.length) return;
  if (!await app.afterStrokes(() => app.api.deleteRows(video.id, [[frame, frame + 1]], ids))) return;
  app.toast({ kind: "info", text: `Every mask on frame ${frame} is deleted.`,
    offer: { label: "Undo", run: () => editor.undo() } });
}
