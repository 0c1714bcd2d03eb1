// A small picture of one frame with its masks, for lists and contact sheets.

import { boxOf } from "./bitmap.js";
import { outline } from "./outline.js";
import { maskOf } from "./packet.js";

/** @typedef {import("./types.js").Box} Box */

/** How much is shown around an object, as a share of its longer side. */
const AROUND = 0.4;

/**
 * @param {HTMLCanvasElement} canvas
 * @param {import("./film.js").Film} film
 * @param {number} frame
 * @param {{object?: number, signal?: AbortSignal, editor: import("./editor.js").Editor}} how
 */
export async function snapshot(canvas, film, frame, { object, signal, editor }) {
  const ctx = canvas.getContext("2d");
  if (!ctx) throw new Error("this browser cannot draw; expected a 2D canvas");
  const { info, api } = film;
  const [wide, high] = film.size(frame);
  const rows = film.rows(frame)
    ?? (await api.masks(info.id, frame, frame + 1, { signal })).packets[0]?.rows ?? [];
  const masks = rows.map((row) => ({ id: row.id, mask: maskOf(row) }));
  const chosen = masks.find(({ id }) => id === object)?.mask;
  const part = cut(chosen?.w ? boxOf(chosen) : null, wide, high, canvas.width / canvas.height);
  const scale = Math.min(canvas.width / (part.x1 - part.x0), canvas.height / (part.y1 - part.y0));
  const width = Math.min(wide, Math.ceil((wide * scale) / 160) * 160);
  const { blob } = await api.frame(info.id, frame, { width: width < wide ? width : undefined, signal });
  const bitmap = await createImageBitmap(blob);
  const left = (canvas.width - (part.x1 - part.x0) * scale) / 2 - part.x0 * scale;
  const top = (canvas.height - (part.y1 - part.y0) * scale) / 2 - part.y0 * scale;
  ctx.setTransform(scale, 0, 0, scale, left, top);
  ctx.imageSmoothingQuality = "high";
  ctx.drawImage(bitmap, 0, 0, wide, high);
  bitmap.close();
  for (const { id, mask } of masks) {
    const path = new Path2D();
    for (const loop of outline(mask)) {
      for (let i = 0; i < loop.length; i += 2) path.lineTo(loop[i], loop[i + 1]);
      path.closePath();
    }
    ctx.fillStyle = ctx.strokeStyle = editor.colourOf(id);
    ctx.globalAlpha = id === object || object === undefined ? 0.4 : 0.15;
    ctx.fill(path, "evenodd");
    ctx.globalAlpha = 1;
    ctx.lineWidth = (id === object ? 2 : 1) / scale;
    ctx.stroke(path);
  }
}

/** What is shown: an object and its surroundings in the canvas's shape, or the frame.
 * @param {Box|null} box @param {number} width @param {number} height @param {number} shape @returns {Box} */
function cut(box, width, height, shape) {
  if (!box) return { x0: 0, y0: 0, x1: width, y1: height };
  const margin = Math.max(24, AROUND * Math.max(box.x1 - box.x0, box.y1 - box.y0));
  let w = box.x1 - box.x0 + 2 * margin;
  let h = box.y1 - box.y0 + 2 * margin;
  if (w < h * shape) w = h * shape;
  else h = w / shape;
  const x = (box.x0 + box.x1) / 2;
  const y = (box.y0 + box.y1) / 2;
  return { x0: x - w / 2, y0: y - h / 2, x1: x + w / 2, y1: y + h / 2 };
}
