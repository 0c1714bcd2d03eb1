// Frames and masks around the person, from a server that answers when the test says so.

import { Frames } from "/static/engine/frames.js";
import { MaskCache } from "/static/engine/masks.js";
import { rowOf } from "/static/engine/packet.js";
import { boxMask } from "/static/engine/raster.js";
import { ApiError } from "/static/net/api.js";
import { check, equal, until } from "./check.js";

async function jpeg() {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 8;
  canvas.getContext("2d").fillRect(0, 0, 8, 8);
  return new Promise((done) => canvas.toBlob(done, "image/jpeg"));
}

/** Answers exact frames when `answer(frame)` is called, or at once. */
async function frames(options = {}) {
  const blob = await jpeg();
  const asked = new Map();
  const api = {
    async frame(_, n, { approx = false, signal } = {}) {
      if (approx) return { blob, frame: options.near ?? n };
      if (!options.slow) return { blob, frame: n };
      return new Promise((resolve, reject) => {
        asked.set(n, { resolve: () => resolve({ blob, frame: n }), reject });
        signal.addEventListener("abort", () => {
          asked.delete(n);
          reject(new DOMException("", "AbortError"));
        });
      });
    },
  };
  const video = { id: 1, frames: 1000, width: 8, height: 8 };
  const loader = new Frames(api, video, options.budget ?? 1 << 20);
  const shown = [];
  loader.addEventListener("picture", ({ detail }) => shown.push([detail.frame, detail.exact]));
  loader.addEventListener("failed", () => shown.push("failed"));
  return { loader, shown, asked };
}

export async function the_wanted_frame_is_shown_and_its_neighbours_fetched() {
  const { loader, shown } = await frames();
  loader.want(5);
  await until(() => loader.kept.has(15) && loader.kept.has(2), "ahead and behind");
  equal(shown, [[5, true]]);
  loader.want(6);
  equal(shown, [[5, true], [6, true]], "at once");
  loader.close();
}

export async function a_far_jump_shows_a_stand_in_labelled_as_one() {
  const { loader, shown, asked } = await frames({ slow: true, near: 480 });
  loader.want(500);
  await until(() => shown.length === 1, "stand-in");
  equal(shown, [[480, false]]);
  await until(() => asked.has(500), "asked when the cursor rests");
  asked.get(500).resolve();
  await until(() => shown.length === 2, "exact");
  equal(shown[1], [500, true]);
  loader.close();
}

export async function what_nobody_waits_for_any_more_is_called_off() {
  const { loader, shown, asked } = await frames({ slow: true });
  loader.want(1);
  check(asked.has(1), "asked");
  loader.want(700);
  check(!asked.has(1), "called off");
  await until(() => asked.has(700), "asked");
  asked.get(700).resolve();
  await until(() => shown.some(([frame, exact]) => frame === 700 && exact), "shown");
  check(!shown.some(([frame]) => frame === 1), "the old one never");
  loader.close();
}

export async function a_frame_that_comes_late_is_kept_but_not_shown() {
  const { loader, shown, asked } = await frames({ slow: true });
  loader.want(1);
  loader.want(2);
  asked.get(1).resolve();
  await until(() => loader.kept.has(1), "kept");
  equal(shown, []);
  asked.get(2).resolve();
  await until(() => shown.length === 1, "shown");
  equal(shown, [[2, true]]);
  loader.close();
}

export async function playing_asks_for_what_comes_in_time_and_shows_what_comes_late() {
  const { loader, shown, asked } = await frames({ slow: true });
  loader.rate = 30;
  loader.latency = 200; // so a frame asked for now is due in 6
  loader.want(3);
  equal([...asked.keys()], [9, 11, 13], "spread over what four requests can bring");
  loader.want(10);
  asked.get(9).resolve();
  await until(() => shown.length === 1, "late, but newer");
  equal(shown, [[9, true]]);
  loader.close();
}

export async function superseded_answers_are_asked_for_again() {
  const { loader, shown, asked } = await frames({ slow: true });
  loader.want(4);
  asked.get(4).reject(new ApiError("superseded", "", "", 409));
  asked.delete(4);
  await until(() => asked.has(4), "asked again");
  asked.get(4).resolve();
  await until(() => shown.length === 1, "shown");
  equal(shown, [[4, true]]);
  loader.close();
}

export async function a_frame_that_cannot_be_had_is_said() {
  const { loader, shown, asked } = await frames({ slow: true });
  loader.want(4);
  asked.get(4).reject(new ApiError("damaged", "frame 4 cannot be decoded", "", 422));
  await until(() => shown.length === 1, "said");
  equal(shown, ["failed"]);
  loader.close();
}

export async function memory_is_bounded() {
  const { loader } = await frames({ budget: 8 * 8 * 4 * 20 });
  for (let frame = 0; frame < 100; frame += 5) {
    loader.want(frame);
    await until(() => loader.kept.has(frame), `${frame}`);
  }
  check(loader.kept.size <= 20, `${loader.kept.size} are kept`);
  loader.close();
}

function masks(pending = []) {
  let revision = 3;
  const api = {
    calls: [],
    masks(_, from, to) {
      this.calls.push([from, to]);
      const area = boxMask({ x0: 0, y0: 0, x1: revision, y1: 1 }, 99, 9);
      const packets = Array.from({ length: to - from }, (_, k) => (
        { frame: from + k, revision, rows: [rowOf(1, area)] }));
      return new Promise((resolve) => pending.push(() => resolve({ revision, packets })));
    },
    touch: () => { revision++; },
  };
  return { api, pending, cache: new MaskCache(api, { id: 1, frames: 200 }) };
}

export async function masks_come_by_ranges() {
  const { api, pending, cache } = masks();
  cache.want(70);
  equal(api.calls[0], [64, 128]);
  equal(cache.rows(70), undefined);
  pending.splice(0).forEach((answer) => answer());
  await until(() => cache.rows(127), "rows");
  equal([cache.known(70), cache.row(70, 1).w, cache.rows(0)], [3, 3, undefined]);
  cache.want(199);
  equal(api.calls[api.calls.length - 1], [192, 200], "the end is the end");
}

export async function what_changed_is_loaded_again_and_shown_as_it_was_till_then() {
  const { api, pending, cache } = masks();
  cache.want(10);
  pending.splice(0).forEach((answer) => answer());
  await until(() => cache.rows(10), "rows");
  api.touch();
  const calls = api.calls.length;
  cache.invalidate([[100, 110]]);
  equal(api.calls.length, calls, "not here");
  cache.invalidate([[5, 6]]);
  equal(cache.row(10, 1).w, 3, "old ones stay");
  pending.splice(0).forEach((answer) => answer());
  await until(() => cache.row(10, 1).w === 4, "new ones");
  equal(cache.known(10), 4);
}

export async function a_change_during_loading_loads_once_more() {
  const { api, pending, cache } = masks();
  cache.want(10);
  api.touch();
  cache.invalidate([[10, 11]]);
  pending.splice(0).forEach((answer) => answer());
  await until(() => pending.length > 0, "asked again");
  pending.splice(0).forEach((answer) => answer());
  await until(() => cache.known(10) === 4, "the newer ones");
}

export async function live_rows_are_put_beside_the_others() {
  const { pending, cache } = masks();
  cache.want(10);
  pending.splice(0).forEach((answer) => answer());
  await until(() => cache.rows(10), "rows");
  const told = [];
  cache.addEventListener("rows", ({ detail }) => told.push([detail.from, detail.to]));
  cache.live({ frame: 10, revision: 0, rows: [rowOf(2, boxMask({ x0: 5, y0: 5, x1: 7, y1: 7 }, 99, 99))] });
  equal([cache.rows(10).map((row) => row.id), told], [[1, 2], [[10, 11]]]);
}
