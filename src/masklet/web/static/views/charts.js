// The drawings behind the plots: curves over frames, ways, heat, bars. Canvas only.

/** @typedef {import("../engine/types.js").Statistics} Numbers */
/** @typedef {import("../engine/types.js").Zone} Zone */
/**
 * @typedef {Object} Place
 * @property {CanvasRenderingContext2D} pen
 * @property {{w: number, h: number}} size  CSS pixels
 * @property {Record<string, string>} look
 * @property {(id: number) => string} colour
 * @property {(id: number) => number[]} dash
 * @property {import("../engine/types.js").VideoInfo} video
 * @property {Zone[]} zones
 */

const EDGE = { left: 64, right: 16, top: 14, bottom: 30 };

/** A round step so that about `n` of them fill `span`. @param {number} span @param {number} n */
function stepOf(span, n) {
  const raw = Math.max(span, 1e-9) / n;
  const power = 10 ** Math.floor(Math.log10(raw));
  return power * ([1, 2, 5, 10].find((k) => k * power >= raw) ?? 10);
}

/** @param {Place} place */
function clear({ pen, size, look }) {
  pen.fillStyle = look.back;
  pen.fillRect(0, 0, size.w, size.h);
  pen.font = `12px ${look.font}`;
  pen.lineJoin = "round";
}

/** Axes with round numbers. @param {Place} place @param {number} last of x @param {number} top of y */
function axes({ pen, size, look }, last, top) {
  const x = (/** @type {number} */ v) => EDGE.left + (v / Math.max(last, 1)) * (size.w - EDGE.left - EDGE.right);
  const y = (/** @type {number} */ v) => size.h - EDGE.bottom - (v / top) * (size.h - EDGE.top - EDGE.bottom);
  pen.strokeStyle = look.line;
  pen.fillStyle = look.dim;
  pen.lineWidth = 1;
  pen.textAlign = "right";
  const high = stepOf(top, 6);
  for (let v = 0; v <= top * 1.0001; v += high) {
    pen.strokeRect(EDGE.left, Math.round(y(v)) + 0.5, size.w - EDGE.left - EDGE.right, 0);
    pen.fillText(String(Number(v.toPrecision(6))), EDGE.left - 8, y(v) + 4);
  }
  pen.textAlign = "center";
  const wide = Math.max(1, stepOf(last, 8));
  for (let v = 0; v <= last; v += wide) pen.fillText(String(v), x(v), size.h - 9);
  return { x, y };
}

/** @param {Place} place @param {Numbers} numbers @param {"area"|"score"} kind */
export function drawCurves(place, { objects }, kind) {
  clear(place);
  const { pen, video } = place;
  const most = objects.reduce((high, one) => one.area.reduce((a, b) => Math.max(a, b), high), 1);
  const top = kind === "score" ? 1 : most * 1.05;
  const { x, y } = axes(place, video.frames - 1, top);
  for (const one of objects) {
    pen.strokeStyle = place.colour(one.id);
    pen.setLineDash(place.dash(one.id));
    pen.lineWidth = 1.5;
    pen.beginPath();
    let before = -2;
    one.frame.forEach((frame, k) => {
      const value = one[kind][k];
      if (value === null) return;
      if (frame === before + 1) pen.lineTo(x(frame), y(value));
      else {
        pen.moveTo(x(frame), y(value));
        pen.lineTo(x(frame) + 1, y(value));
      }
      before = frame;
    });
    pen.stroke();
  }
  pen.setLineDash([]);
}

/** @param {Place} place */
function outlineZones({ pen, size, look, video, zones }) {
  const k = size.w / video.width;
  pen.strokeStyle = look.text;
  pen.fillStyle = look.text;
  pen.textAlign = "left";
  pen.lineWidth = 1;
  for (const { name, polygon } of zones) {
    pen.beginPath();
    polygon.forEach(([px, py]) => pen.lineTo(px * k, py * k));
    pen.closePath();
    pen.stroke();
    if (polygon.length) pen.fillText(name, polygon[0][0] * k + 4, polygon[0][1] * k + 14);
  }
}

/** @param {Place} place @param {Numbers} numbers */
export function drawPaths(place, { objects }) {
  clear(place);
  const { pen, size, video } = place;
  const k = size.w / video.width;
  outlineZones(place);
  for (const one of objects) {
    pen.strokeStyle = place.colour(one.id);
    pen.fillStyle = place.colour(one.id);
    pen.setLineDash(place.dash(one.id));
    pen.lineWidth = 1.5;
    pen.beginPath();
    let pause = true;
    one.frame.forEach((_, n) => {
      const [px, py] = [one.x[n], one.y[n]];
      if (px === null || py === null) pause = true;
      else if (pause || one.frame[n] !== one.frame[n - 1] + 1) {
        pen.moveTo(px * k, py * k);
        pause = false;
      } else pen.lineTo(px * k, py * k);
    });
    pen.stroke();
    pen.setLineDash([]);
    let last = one.x.length - 1;
    while (last >= 0 && one.x[last] === null) last -= 1;
    if (last < 0) continue;
    pen.beginPath();
    pen.arc(Number(one.x[last]) * k, Number(one.y[last]) * k, 4, 0, 7);
    pen.fill();
  }
  pen.strokeStyle = place.look.line;
  pen.strokeRect(0.5, 0.5, size.w - 1, size.h - 1);
}

/** All objects together: the longer, the brighter. @param {Place} place @param {Numbers} numbers */
export function drawHeat(place, { heat }) {
  clear(place);
  const { pen, size, look } = place;
  const all = Object.values(heat);
  if (!all.length) return;
  const { w, h } = all[0];
  const sums = new Float64Array(w * h);
  for (const { counts } of all) counts.forEach((n, k) => { sums[k] += n; });
  const most = sums.reduce((a, b) => Math.max(a, b), 1);
  pen.fillStyle = look.accent;
  sums.forEach((n, k) => {
    if (!n) return;
    pen.globalAlpha = 0.12 + 0.88 * Math.sqrt(n / most);
    const [left, top] = [(k % w) * size.w / w, Math.floor(k / w) * size.h / h];
    pen.fillRect(left, top, size.w / w + 0.5, size.h / h + 0.5);
  });
  pen.globalAlpha = 1;
  outlineZones(place);
  pen.strokeStyle = look.line;
  pen.strokeRect(0.5, 0.5, size.w - 1, size.h - 1);
}

/** A bar for each object in each zone. @param {Place} place @param {Numbers} numbers */
export function drawZones(place, { objects }) {
  clear(place);
  const { pen, size, look, zones } = place;
  pen.textAlign = "center";
  pen.fillStyle = look.dim;
  if (!zones.length) {
    pen.fillText("Draw a zone above; its seconds appear here.", size.w / 2, size.h / 2);
    return;
  }
  const most = Math.max(0.1, ...objects.flatMap((one) => Object.values(one.zones)));
  const { y } = axes(place, 0, most * 1.05);
  pen.clearRect(EDGE.left - 20, size.h - EDGE.bottom + 1, 40, EDGE.bottom);
  pen.fillStyle = look.back;
  pen.fillRect(EDGE.left - 20, size.h - EDGE.bottom + 1, 40, EDGE.bottom);
  const wide = (size.w - EDGE.left - EDGE.right) / zones.length;
  const bar = Math.min(48, wide * 0.8 / Math.max(objects.length, 1));
  zones.forEach(({ name }, z) => {
    const middle = EDGE.left + wide * (z + 0.5);
    objects.forEach((one, k) => {
      const left = middle + (k - objects.length / 2) * bar;
      const seconds = one.zones[name] ?? 0;
      pen.fillStyle = place.colour(one.id);
      pen.fillRect(left + 2, y(seconds), bar - 4, size.h - EDGE.bottom - y(seconds));
      pen.fillStyle = look.text;
      pen.fillText(`${one.id}: ${seconds.toFixed(1)}`, left + bar / 2, y(seconds) - 4);
    });
    pen.fillStyle = look.text;
    pen.fillText(name, middle, size.h - 9);
  });
}
