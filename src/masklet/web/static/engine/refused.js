// Strokes that the server would not take, say because somebody removed their object: what becomes of them.

import { area, EMPTY, replay } from "./bitmap.js";
import { maskIn } from "./saver.js";

/** @typedef {import("./film.js").Film} Film */
/** @typedef {import("./outbox.js").Stroke} Stroke */
/** @typedef {import("./types.js").Mask} Mask */

/** Ask the person. @param {Film} film */
export function ask(film) {
  const strokes = film.saver.refused;
  const last = strokes.at(-1)?.refused;
  if (!last) return;
  /** @param {string} label @param {() => Promise<void>} what */
  const offer = (label, what) => ({ label, run: () => what().catch((error) => film.complain(error)) });
  film.tell("toast", {
    kind: "error", about: "refused", code: last.code,
    text: `${strokes.length === 1 ? "A stroke was" : `${strokes.length} strokes were`} not saved: ${last.text}`,
    remedy: "Decide what becomes of it; this browser keeps it until then.",
    offers: [
      offer("Draw it as a new object", () => anew(film)),
      offer("Try again", () => film.saver.release(film.saver.refused, true)),
      offer("Discard", () => film.saver.release(film.saver.refused, false)),
    ],
  });
}

/** Refused strokes on each object become a new object, which has what they added and nothing else.
 * @param {Film} film */
async function anew(film) {
  const { api, info, saver } = film;
  for (const old of new Set(saver.refused.map(({ object }) => object))) {
    const strokes = saver.refused.filter(({ object }) => object === old);
    const masks = added(strokes);
    if (!masks.length) {
      film.toast("info", `The strokes on object ${old} only took away.`, "There is nothing to draw: discard them.");
      continue;
    }
    const { id } = await api.addObject(info.id, strokes[0].like ?? { label: "object", kind: "area" });
    for (const [frame, mask] of masks) await saver.put(frame, id, EMPTY, mask, 0, strokes[0].like);
    await saver.release(strokes, false);
    film.tell("objects", null);
    for (const [frame] of masks) film.tell("rows", { from: frame, to: frame + 1 });
    film.toast("good", `What you drew is object ${id} now.`);
  }
}

/** What strokes set, by frame. @param {Stroke[]} strokes @returns {[number, Mask][]} */
function added(strokes) {
  /** @type {Map<number, Mask>} */
  const masks = new Map();
  for (const { frame, before, after } of strokes) {
    masks.set(frame, replay(masks.get(frame) ?? EMPTY, maskIn(before), maskIn(after)));
  }
  return [...masks].filter(([, mask]) => area(mask) > 0);
}
