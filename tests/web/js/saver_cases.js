// Saving against a server that is offline, stale, cross or forgetful.

import { boxMask } from "/static/engine/raster.js";
import { EMPTY, same, union } from "/static/engine/bitmap.js";
import { MaskCache } from "/static/engine/masks.js";
import { DiskOutbox, MemoryOutbox } from "/static/engine/outbox.js";
import { decodeAll, maskOf, rowOf } from "/static/engine/packet.js";
import { Saver } from "/static/engine/saver.js";
import { ApiError } from "/static/net/api.js";
import { check, equal, until } from "./check.js";

const A = boxMask({ x0: 0, y0: 0, x1: 4, y1: 4 }, 50, 50);
const B = boxMask({ x0: 20, y0: 20, x1: 25, y1: 25 }, 50, 50);
const C = boxMask({ x0: 40, y0: 1, x1: 44, y1: 9 }, 50, 50);

/** Holds masks with revisions, as the real one does. */
class FakeServer {
  constructor(tab = "me") {
    this.tab = tab;
    this.revision = 10;
    this.masks = new Map();
    this.up = true;
    this.refusal = null;
    this.forgetsToAnswer = false;
    this.puts = [];
  }

  write(frame, object, mask) {
    this.masks.set(`${frame}/${object}`, { mask, revision: ++this.revision });
  }

  mask(frame, object) {
    return this.masks.get(`${frame}/${object}`)?.mask ?? EMPTY;
  }

  async putMask(video, frame, object, packet, known) {
    await new Promise((done) => setTimeout(done, 1));
    if (!this.up) throw new ApiError("offline", "no answer", "", 0);
    if (this.refusal) throw this.refusal;
    const now = this.masks.get(`${frame}/${object}`);
    if (now && now.revision > known) throw new ApiError("conflict", "stale", "", 412, now.revision);
    this.write(frame, object, maskOf(decodeAll(packet.buffer)[0].rows[0]));
    this.puts.push([frame, object]);
    if (this.forgetsToAnswer) {
      this.forgetsToAnswer = false;
      throw new ApiError("offline", "the answer was lost", "", 0);
    }
    return { revision: this.revision, frames: [[frame, frame + 1]], objects: [object] };
  }

  async masks_(frame) {
    const rows = [...this.masks].filter(([key]) => key.startsWith(`${frame}/`))
      .map(([key, { mask }]) => rowOf(Number(key.split("/")[1]), mask));
    return { revision: this.revision, packets: [{ frame, revision: this.revision, rows }] };
  }
}

function saverOf(server, outbox = new MemoryOutbox()) {
  const api = {
    tab: server.tab,
    putMask: (...all) => server.putMask(...all),
    masks: async (_, frame) => {
      if (!server.up) throw new ApiError("offline", "no answer", "", 0);
      return server.masks_(frame);
    },
  };
  const saver = new Saver(api, 1, "film", outbox);
  saver.log = [];
  for (const name of ["state", "saved", "merged", "refused", "trouble"]) {
    saver.addEventListener(name, ({ detail }) => saver.log.push([name, detail.saving ?? detail.frame]));
  }
  return saver;
}

export async function the_badge_is_saved_only_after_the_answer() {
  const server = new FakeServer();
  const saver = saverOf(server);
  equal(saver.saving, "saved");
  saver.put(3, 1, EMPTY, A, 10);
  equal([saver.saving, saver.unsent], ["pending", 1]);
  check(same(maskOf(saver.row(3, 1)), A), "shown at once");
  await until(() => saver.saving === "saved", "saved");
  check(same(server.mask(3, 1), A), "at the server");
  equal(saver.row(3, 1), null);
}

export async function strokes_are_sent_in_order_each_on_its_own() {
  const server = new FakeServer();
  const saver = saverOf(server);
  saver.put(3, 1, EMPTY, A, 10);
  saver.put(4, 2, EMPTY, B, 10);
  saver.put(3, 1, A, union(A, B), 10);
  await until(() => saver.saving === "saved", "saved");
  equal(server.puts, [[3, 1], [4, 2], [3, 1]]);
  check(same(server.mask(3, 1), union(A, B)), "both strokes");
  check(!saver.log.some(([name]) => name === "merged"), "own strokes do not conflict");
}

export async function offline_strokes_wait_and_are_sent_when_the_server_is_back() {
  const server = new FakeServer();
  const outbox = new MemoryOutbox();
  const saver = saverOf(server, outbox);
  server.up = false;
  saver.put(3, 1, EMPTY, A, 10);
  await until(() => saver.saving === "offline", "offline");
  saver.put(3, 1, A, union(A, B), 10);
  equal([saver.saving, saver.unsent], ["offline", 2]);
  server.up = true;
  saver.setReachable(true);
  await until(() => saver.saving === "saved", "saved");
  check(same(server.mask(3, 1), union(A, B)), "nothing is lost");
  equal((await outbox.all("film")).length, 0);
}

export async function without_a_connection_the_badge_is_offline_even_with_nothing_to_send() {
  const saver = saverOf(new FakeServer());
  saver.setReachable(false);
  equal(saver.saving, "offline");
  saver.setReachable(true);
  equal(saver.saving, "saved");
}

export async function a_stroke_that_met_a_newer_mask_is_put_onto_it() {
  const server = new FakeServer();
  server.write(3, 1, A);
  const known = server.revision;
  server.write(3, 1, C); // somebody else
  const saver = saverOf(server);
  saver.put(3, 1, A, union(A, B), known);
  await until(() => saver.saving === "saved", "saved");
  check(same(server.mask(3, 1), union(C, B)), "theirs and the stroke");
  check(saver.log.some(([name]) => name === "merged"), "and it is said");
}

export async function strokes_behind_a_conflict_follow_onto_the_newer_mask() {
  const server = new FakeServer();
  server.write(3, 1, A);
  const known = server.revision;
  server.write(3, 1, C);
  const saver = saverOf(server);
  saver.put(3, 1, A, union(A, B), known);
  saver.put(3, 1, union(A, B), B, known); // erases A, which is gone already
  await until(() => saver.saving === "saved", "saved");
  check(same(server.mask(3, 1), union(C, B)), "C stays, B is added");
  equal(saver.log.filter(([name]) => name === "merged").length, 1, "one conflict");
}

export async function a_lost_answer_does_not_save_twice() {
  const server = new FakeServer();
  server.forgetsToAnswer = true;
  const saver = saverOf(server);
  saver.put(3, 1, EMPTY, A, 10);
  await until(() => saver.saving === "offline", "offline");
  saver.setReachable(true);
  await until(() => saver.saving === "saved", "saved");
  equal(server.puts.length, 1);
  check(!saver.log.some(([name]) => name === "merged"), "nobody is told of a conflict with oneself");
}

export async function a_stroke_drawn_before_the_answer_was_heard_loses_nothing_of_others() {
  const server = new FakeServer();
  const saver = saverOf(server);
  let hear;
  server.putMask = async (...all) => {
    const answer = await FakeServer.prototype.putMask.apply(server, all);
    if (server.puts.length === 1) await new Promise((heard) => { hear = heard; });
    return answer;
  };
  saver.put(3, 1, EMPTY, A, 10);
  await until(() => hear, "the first one is there, its answer is not heard yet");
  server.write(3, 1, union(A, C)); // somebody else
  saver.put(3, 1, A, union(A, B), server.revision); // this tab has read the newest, and shows its own
  hear();
  await until(() => saver.saving === "saved", "saved");
  check(same(server.mask(3, 1), union(A, union(B, C))), "all three");
}

export async function a_stroke_that_meets_newer_masks_for_ever_waits_and_is_not_dropped() {
  const server = new FakeServer();
  const saver = saverOf(server);
  let left = 20;
  const put = server.putMask;
  server.putMask = async (...all) => {
    if (left-- > 0) server.write(3, 1, left % 2 ? A : C);
    return put.apply(server, all);
  };
  saver.put(3, 1, EMPTY, B, 10);
  for (let i = 0; i < 5; i++) await saver.flush();
  await until(() => saver.saving === "saved", "saved");
  check(same(server.mask(3, 1), union(C, B)), "theirs and the stroke");
}

export async function strokes_of_an_earlier_page_do_not_push_aside_the_one_on_its_way() {
  const server = new FakeServer();
  const outbox = new MemoryOutbox();
  const gone = saverOf(server, outbox);
  server.up = false;
  await gone.put(3, 1, EMPTY, A, 10);
  await until(() => !gone.sending, "offline");
  gone.close();
  server.tab = "second";
  server.up = true;
  const saver = saverOf(server, outbox);
  await saver.put(3, 1, EMPTY, B, 10);
  await saver.adopt(new Set(["second"]));
  await saver.put(3, 1, B, union(B, C), 10);
  await until(() => saver.saving === "saved", "saved");
  check(same(server.mask(3, 1), union(A, union(B, C))), "all three");
  equal((await outbox.all("film")).length, 0);
}

export async function a_range_that_was_asked_for_before_a_save_does_not_bring_the_older_row_back() {
  const answers = [];
  const api = { masks: () => new Promise((answer) => answers.push(answer)) };
  const cache = new MaskCache(api, { id: 1, frames: 10 });
  const packets = (mask) => [{ frame: 3, revision: 0, rows: [rowOf(1, mask)] }];
  cache.want(3);
  answers[0]({ revision: 10, packets: packets(A) });
  await until(() => cache.rows(3), "the first");
  cache.invalidateAll();
  cache.put(3, rowOf(1, B), 12);
  answers[1]({ revision: 11, packets: packets(A) });
  await until(() => !cache.parts.get(0).request, "the second");
  check(same(maskOf(cache.row(3, 1)), B), "the saved one stays");
  equal([cache.known(3, 1), cache.known(3, 2), cache.known(4, 1)], [12, 11, 11]);
  cache.put(3, rowOf(1, A), 11);
  check(same(maskOf(cache.row(3, 1)), B), "an older answer is not taken over a newer one");
  cache.invalidateAll();
  answers[2]({ revision: 13, packets: packets(C) });
  await until(() => cache.known(3, 1) === 13, "the third");
  check(same(maskOf(cache.row(3, 1)), C), "what is newer still is taken");
}

export async function a_refused_stroke_is_kept_until_the_person_decides() {
  const server = new FakeServer();
  const outbox = new MemoryOutbox();
  const saver = saverOf(server, outbox);
  server.refusal = new ApiError("locked", "object 1 is locked", "unlock it", 409);
  saver.put(3, 1, EMPTY, A, 10);
  await until(() => saver.log.some(([name]) => name === "refused"), "refused");
  equal([saver.saving, saver.unsent, (await outbox.all("film")).length], ["refused", 0, 1]);
  const later = saverOf(server, outbox);
  equal((await later.adopt(new Set(["me"]))).length, 0, "a reload does not send it by itself");
  equal([later.saving, later.refused[0].refused.text], ["refused", "object 1 is locked"]);
  await later.release(later.refused, true);
  await until(() => later.saving === "refused", "still locked");
  server.refusal = null;
  await later.release(later.refused, true);
  await until(() => later.saving === "saved", "saved");
  check(same(server.mask(3, 1), A), "it is there");
  equal((await outbox.all("film")).length, 0);
}

export async function a_refused_stroke_that_is_discarded_is_gone() {
  const server = new FakeServer();
  const outbox = new MemoryOutbox();
  const saver = saverOf(server, outbox);
  server.refusal = new ApiError("not_found", "there is no object 1", "add one", 404);
  saver.put(3, 1, EMPTY, A, 10);
  saver.put(3, 1, A, union(A, B), 10);
  await until(() => saver.refused.length === 2, "refused");
  await saver.release(saver.refused, false);
  equal([saver.saving, (await outbox.all("film")).length, server.puts.length], ["saved", 0, 0]);
}

export async function a_full_disk_keeps_the_stroke() {
  const server = new FakeServer();
  const saver = saverOf(server);
  server.refusal = new ApiError("full", "the disk is full", "make room", 507);
  saver.put(3, 1, EMPTY, A, 10);
  await until(() => saver.log.some(([name]) => name === "trouble"), "trouble");
  equal([saver.saving, saver.unsent], ["pending", 1]);
  server.refusal = null;
  await saver.flush();
  equal(saver.saving, "saved");
}

export async function an_unsent_stroke_is_taken_back_here() {
  const server = new FakeServer();
  const outbox = new MemoryOutbox();
  const saver = saverOf(server, outbox);
  server.up = false;
  await saver.put(3, 1, EMPTY, A, 10);
  await until(() => saver.saving === "offline", "offline");
  await saver.put(3, 1, A, union(A, B), 10);
  check(saver.undo() !== null, "taken back");
  check(same(maskOf(saver.row(3, 1)), A), "the stroke before it stays");
  check(saver.redo() !== null && saver.unsent === 2, "and done again");
  saver.undo();
  server.up = true;
  saver.setReachable(true);
  await until(() => saver.saving === "saved", "saved");
  check(same(server.mask(3, 1), A), "only the first was sent");
  await saver.turn;
  equal([(await outbox.all("film")).length, saver.undo()], [0, null], "the server must undo the rest");
}

export async function a_reload_loses_nothing() {
  const name = `test-${Math.random()}`;
  const server = new FakeServer("first");
  server.up = false;
  const saver = saverOf(server, await DiskOutbox.open(name));
  await saver.put(3, 1, EMPTY, A, 10);
  await saver.put(4, 2, EMPTY, B, 10);
  await until(() => saver.saving === "offline" && !saver.sending, "offline");
  saver.close();
  server.tab = "second";
  server.up = true;
  const later = saverOf(server, await DiskOutbox.open(name));
  equal((await later.adopt(new Set(["second", "first"]))).length, 0, "the other tab is still open");
  equal((await later.adopt(new Set(["second"]))).length, 2);
  await until(() => later.saving === "saved", "saved");
  check(same(server.mask(3, 1), A) && same(server.mask(4, 2), B), "both strokes");
  equal((await (await DiskOutbox.open(name)).all("film")).length, 0);
  indexedDB.deleteDatabase(name);
}

export async function strokes_of_another_video_stay_where_they_are() {
  const outbox = new MemoryOutbox();
  await outbox.add({ place: "other", owner: "x", frame: 0, object: 1, known: 0 });
  const saver = saverOf(new FakeServer(), outbox);
  equal((await saver.adopt(new Set(["me"]))).length, 0);
  equal((await outbox.all("other")).length, 1);
}
