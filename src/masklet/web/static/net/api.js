// Every HTTP call of the server, one method each. All of them throw `ApiError`.

import { decodeAll } from "../engine/packet.js";
import { TimelineData } from "../engine/tracks.js";

/** @typedef {import("../engine/types.js")} Types */
/** @typedef {import("../engine/types.js").Changed} Changed */
/** @typedef {import("../engine/types.js").Job} Job */
/** @typedef {import("../engine/types.js").ObjectInfo} ObjectInfo */
/** @typedef {import("../engine/types.js").VideoInfo} VideoInfo */

const ROOT = "/api/v1";
const CHUNK = 4 << 20;

/** What went wrong, and what to do about it. `status` is 0 where no answer came at all. */
export class ApiError extends Error {
  /**
   * @param {string} code
   * @param {string} text
   * @param {string} remedy
   * @param {number} status
   * @param {number|null} revision  of a refused write (412): what the server has now
   */
  constructor(code, text, remedy, status, revision = null) {
    super(text);
    this.name = "ApiError";
    this.code = code;
    this.text = text;
    this.remedy = remedy;
    this.status = status;
    this.revision = revision;
  }

  /** No answer came: the same call may work later. */
  get offline() {
    return this.status === 0 || this.status === 502 || this.status === 503 || this.status === 504;
  }
}

export class Api {
  /**
   * @param {Object} [options]
   * @param {string} [options.base]    of the server; "" is where the page came from
   * @param {string} [options.author]  as the person wants to be called
   * @param {typeof fetch} [options.fetch]
   */
  constructor({ base = "", author = "", fetch: ask } = {}) {
    this.base = base;
    this.author = author;
    /** Names this tab, so that it knows its own changes among those the server announces. */
    this.tab = randomId();
    /** @type {typeof fetch} */
    this.ask = ask ?? ((url, init) => fetch(url, init));
  }

  // --- the project -----------------------------------------------------------------------------

  /** @returns {Promise<Record<string, unknown>>} */
  health() { return this.get("/health"); }

  /** @returns {Promise<{version: string, token_needed: boolean, author_hint: string}>} */
  me() { return this.get("/me"); }

  /** @returns {Promise<import("../engine/types.js").ProjectInfo>} */
  project() { return this.get("/project"); }

  /** @returns {Promise<{folders: import("../engine/types.js").LibraryFolder[]}>} */
  library() { return this.get("/library"); }

  /**
   * @param {{library: string}|{upload: string}} from
   * @returns {Promise<VideoInfo>}
   */
  addVideo(from) { return this.post("/videos", from); }

  /** @param {number} v @returns {Promise<VideoInfo>} */
  video(v) { return this.get(`/videos/${v}`); }

  /** Presentation time of every frame, seconds. @param {number} v @returns {Promise<Float64Array>} */
  async times(v) {
    return new Float64Array(await (await this.call("GET", `/videos/${v}/times`)).arrayBuffer());
  }

  // --- frames ----------------------------------------------------------------------------------

  /** @param {number} v @param {number} n @param {{width?: number, approx?: boolean}} [how] */
  frameUrl(v, n, { width, approx } = {}) {
    const words = [width ? `w=${width}` : "", approx ? "approx=1" : ""].filter(Boolean).join("&");
    return `${this.base}${ROOT}/videos/${v}/frames/${n}${words ? "?" + words : ""}`;
  }

  /**
   * One picture as a JPEG. `frame` is the one that it truly shows: another than `n` only with `approx`.
   * @param {number} v
   * @param {number} n
   * @param {{width?: number, approx?: boolean, signal?: AbortSignal, cursor?: number}} [how]  `cursor`:
   *   the frame wanted now; the server drops requests far from it (409, "superseded")
   * @returns {Promise<{blob: Blob, frame: number}>}
   */
  async frame(v, n, how = {}) {
    const url = this.frameUrl(v, n, how).slice(this.base.length + ROOT.length);
    /** @type {Record<string, string>} */
    const headers = how.cursor === undefined ? {} : { "X-Cursor": `${how.cursor}` };
    const answer = await this.call("GET", url, { headers, signal: how.signal });
    const shows = answer.headers.get("X-Frame");
    return { blob: await answer.blob(), frame: shows === null ? n : Number(shows) };
  }

  // --- masks -----------------------------------------------------------------------------------

  /**
   * Rows of at most 512 frames, one packet a frame, also for frames without rows.
   * @param {number} v
   * @param {number} from
   * @param {number} to
   * @param {{signal?: AbortSignal, at?: number}} [how]  `at`: as they were at an earlier revision
   * @returns {Promise<{revision: number, packets: import("../engine/types.js").Packet[]}>}
   */
  async masks(v, from, to, { signal, at } = {}) {
    const then = at === undefined ? "" : `&at=${at}`;
    const answer = await this.call("GET", `/videos/${v}/masks?from=${from}&to=${to}${then}`, { signal });
    const packets = decodeAll(await answer.arrayBuffer());
    return { revision: Number(answer.headers.get("X-Revision") ?? 0), packets };
  }

  /**
   * Save one mask. Throws with status 412 and `revision` where somebody else changed it after `known`.
   * @param {number} v
   * @param {number} n
   * @param {number} o
   * @param {Uint8Array<ArrayBuffer>} packet  one packet with that one object
   * @param {number} known         revision at which this tab read the mask
   * @param {AbortSignal} [signal]
   * @returns {Promise<Changed>}
   */
  putMask(v, n, o, packet, known, signal) {
    const headers = { "If-Match": `"${known}"`, "Content-Type": "application/octet-stream" };
    return this.json("PUT", `/videos/${v}/masks/${n}/${o}`, { headers, body: packet, signal });
  }

  /**
   * @param {number} v @param {number} n @param {number} o @param {number} known
   * @param {AbortSignal} [signal]
   * @returns {Promise<Changed>}
   */
  deleteMask(v, n, o, known, signal) {
    const headers = { "If-Match": `"${known}"` };
    return this.json("DELETE", `/videos/${v}/masks/${n}/${o}`, { headers, signal });
  }

  // --- objects ---------------------------------------------------------------------------------

  /** @param {number} v @returns {Promise<{objects: ObjectInfo[]}>} */
  objects(v) { return this.get(`/videos/${v}/objects`); }

  /**
   * @param {number} v
   * @param {{label: string, kind?: import("../engine/types.js").Kind, colour?: string}} what
   * @returns {Promise<ObjectInfo>}
   */
  addObject(v, what) { return this.post(`/videos/${v}/objects`, what); }

  /**
   * @param {number} v @param {number} o
   * @param {{label?: string, colour?: string, locked?: boolean, hidden?: boolean, order?: number}} what
   * @returns {Promise<ObjectInfo>}
   */
  changeObject(v, o, what) { return this.json("PATCH", `/videos/${v}/objects/${o}`, jsonBody(what)); }

  /** The object with all its masks; can be undone. @param {number} v @param {number} o
   * @returns {Promise<Changed>} */
  removeObject(v, o) { return this.json("DELETE", `/videos/${v}/objects/${o}`); }

  // --- actions ---------------------------------------------------------------------------------

  /** Two ids that are one animal. @param {number} v @param {number} keep @param {number} gone */
  merge(v, keep, gone) { return this.action(v, { do: "merge", keep, gone }); }

  /** From `frame` on, the object is another one: `object` of the answer. @param {number} v
   * @param {number} object @param {number} frame */
  split(v, object, frame) { return this.action(v, { do: "split", object, frame }); }

  /** Everything that is to be seen on these frames is drawn. @param {number} v
   * @param {[number, number][]} frames @param {boolean} [on] */
  complete(v, frames, on = true) { return this.action(v, { do: "complete", frames, on }); }

  /** @param {number} v @param {number} frame @param {number} object
   * @param {{outside?: boolean, occluded?: boolean, keyframe?: boolean}} marks */
  mark(v, frame, object, marks) { return this.action(v, { do: "mark", frame, object, ...marks }); }

  /** @param {number} v @param {[number, number][]} frames @param {number[]} objects */
  deleteRows(v, frames, objects) { return this.action(v, { do: "delete", frames, objects }); }

  /** @param {number} v @param {Record<string, unknown>} what @returns {Promise<Changed>} */
  action(v, what) { return this.post(`/videos/${v}/actions`, what); }

  /** This author's last change. @param {number} v @returns {Promise<Changed>} */
  undo(v) { return this.post(`/videos/${v}/undo`, {}); }

  /** @param {number} v @returns {Promise<Changed>} */
  redo(v) { return this.post(`/videos/${v}/redo`, {}); }

  // --- what is known about the masks -------------------------------------------------------------

  /** @param {number} v @param {{from?: number, to?: number, signal?: AbortSignal}} [part]
   * @returns {Promise<TimelineData>} */
  async timeline(v, { from, to, signal } = {}) {
    const part = from === undefined || to === undefined ? "" : `?from=${from}&to=${to}`;
    const answer = await this.call("GET", `/videos/${v}/timeline${part}`, { signal });
    return TimelineData.parse(await answer.arrayBuffer());
  }

  /** Worst first. @param {number} v @param {number} [limit]
   * @returns {Promise<{total: number, items: import("../engine/types.js").Doubt[]}>} */
  review(v, limit = 200) { return this.get(`/videos/${v}/review?limit=${limit}`); }

  /** @param {number} v @param {"accept"|"reject"|"skip"} verdict @param {([number, number]|[number, number, number])[]} items
   *   (frame, object) or (frame, object, last) each @returns {Promise<Changed>} */
  judge(v, verdict, items) { return this.post(`/videos/${v}/review`, { verdict, items }); }

  /** @param {number} v @param {number} frame @param {number} object
   * @returns {Promise<{changes: import("../engine/types.js").Blame[]}>} */
  history(v, frame, object) { return this.get(`/videos/${v}/history?frame=${frame}&object=${object}`); }

  /** @param {number} v @param {{zones?: import("../engine/types.js").Zone[], scale?: number}} [what]
   * @returns {Promise<import("../engine/types.js").Statistics>} */
  statistics(v, what = {}) { return this.post(`/videos/${v}/statistics`, what); }

  /** @param {number} v */
  measuresUrl(v) { return `${this.base}${ROOT}/videos/${v}/measures.csv`; }

  // --- jobs ------------------------------------------------------------------------------------

  /** @returns {Promise<{jobs: Job[]}>} */
  jobs() { return this.get("/jobs"); }

  /** @param {import("../engine/types.js").JobRequest} what @returns {Promise<Job>} */
  submitJob(what) { return this.post("/jobs", what); }

  /** @param {string} id @returns {Promise<Job>} */
  job(id) { return this.get(`/jobs/${id}`); }

  /** @param {string} id @returns {Promise<Job>} */
  stopJob(id) { return this.post(`/jobs/${id}/stop`, {}); }

  /** @param {string} id @returns {Promise<Job>} */
  resumeJob(id) { return this.post(`/jobs/${id}/resume`, {}); }

  /** @param {string} id @returns {Promise<Job>} */
  retryJob(id) { return this.post(`/jobs/${id}/retry`, {}); }

  /** Let a waiting frame-by-frame job go on for `n` frames. @param {string} id @param {number} n
   * @returns {Promise<Job>} */
  stepJob(id, n) { return this.post(`/jobs/${id}/step`, { n }); }

  // --- files -----------------------------------------------------------------------------------

  /** @param {number} v @param {string} format @param {boolean} [trustOnly]
   * @returns {Promise<{id: string, name: string, size: number, warnings: string[]}>} */
  export(v, format, trustOnly = false) {
    return this.post(`/videos/${v}/exports`, { format, trust_only: trustOnly });
  }

  /** @param {string} id */
  exportUrl(id) { return `${this.base}${ROOT}/exports/${id}`; }

  /** @param {number} v @param {string} upload @param {string} [format]
   * @returns {Promise<{revision: number, rows: number, warnings: string[]}>} */
  import(v, upload, format) { return this.post(`/videos/${v}/imports`, { upload, format }); }

  /**
   * Send a file in pieces; a piece that is lost is sent again from where the server stands.
   * @param {File} file
   * @param {(received: number) => void} [progress]
   * @param {AbortSignal} [signal]
   * @returns {Promise<string>} the upload's id
   */
  async upload(file, progress, signal) {
    /** @type {{id: string, received: number}} */
    const begun = await this.post("/uploads", { name: file.name, size: file.size });
    let { received } = begun;
    for (let failures = 0; received < file.size; ) {
      try {
        const body = file.slice(received, received + CHUNK);
        const headers = { "Content-Type": "application/octet-stream" };
        const path = `/uploads/${begun.id}?offset=${received}`;
        ({ received } = await this.json("PUT", path, { headers, body, signal }));
        failures = 0;
      } catch (error) {
        if (!(error instanceof ApiError) || !error.offline || ++failures > 8) throw error;
        await new Promise((done) => setTimeout(done, 250 * 2 ** failures));
        received = await this.received(begun.id, received);
      }
      progress?.(received);
    }
    return begun.id;
  }

  /** @param {string} id @param {number} otherwise  where the server cannot be asked @returns {Promise<number>} */
  async received(id, otherwise) {
    try {
      return (await this.get(`/uploads/${id}`)).received;
    } catch (error) {
      if (error instanceof ApiError && error.offline) return otherwise;
      throw error;
    }
  }

  // --- how they are sent -------------------------------------------------------------------------

  /** @param {string} path @returns {Promise<any>} */
  get(path) { return this.json("GET", path); }

  /** @param {string} path @param {unknown} what @returns {Promise<any>} */
  post(path, what) { return this.json("POST", path, jsonBody(what)); }

  /** @param {string} method @param {string} path @param {RequestInit} [init] @returns {Promise<any>} */
  async json(method, path, init = {}) {
    return (await this.call(method, path, init)).json();
  }

  /** @param {string} method @param {string} path @param {RequestInit} [init] @returns {Promise<Response>} */
  async call(method, path, init = {}) {
    const headers = new Headers(init.headers);
    headers.set("X-Author", encodeURIComponent(this.author));
    headers.set("X-Tab", this.tab);
    /** @type {Response} */
    let answer;
    try {
      answer = await this.ask(this.base + ROOT + path, { ...init, method, headers });
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") throw error;
      const text = `The server did not answer (${method} ${path}).`;
      throw new ApiError("offline", text, "Check that masklet still runs and that the network is up.", 0);
    }
    if (answer.ok) return answer;
    throw await refusal(answer, method, path);
  }
}

/** @param {unknown} what @returns {RequestInit} */
function jsonBody(what) {
  return { headers: { "Content-Type": "application/json" }, body: JSON.stringify(what) };
}

/** @param {Response} answer @param {string} method @param {string} path */
async function refusal(answer, method, path) {
  const said = await answer.text();
  try {
    const { error, revision } = JSON.parse(said);
    return new ApiError(error.code, error.text, error.remedy, answer.status, revision ?? null);
  } catch {
    const text = `The server answered ${answer.status} to ${method} ${path}: ${said.slice(0, 200)}`;
    return new ApiError("http", text, "Look at the server's log.", answer.status);
  }
}

/** `crypto.randomUUID` does not exist on plain http. */
function randomId() {
  const bytes = crypto.getRandomValues(new Uint8Array(9));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
