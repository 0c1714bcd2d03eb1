// Strokes that the server does not have yet, kept where a reload or a crash of the browser spares them.

/**
 * One stroke on one mask. `before` and `after` are VM packets with that one object.
 * @typedef {Object} Stroke
 * @property {number} key       its place in the queue
 * @property {string} place     which project and video
 * @property {string} owner     the tab that drew it
 * @property {number} frame
 * @property {number} object
 * @property {number} known     revision at which the tab had read the mask
 * @property {Uint8Array<ArrayBuffer>} before
 * @property {Uint8Array<ArrayBuffer>} after
 * @property {{label: string, kind: import("./types.js").Kind}} [like]  the object, as it was called
 * @property {{code: string, text: string, remedy: string}} [refused]  by the server: the person decides
 */

/** @typedef {Omit<Stroke, "key">} NewStroke */

/**
 * @typedef {Object} Outbox
 * @property {(stroke: NewStroke) => Promise<number>} add      its key
 * @property {(stroke: Stroke) => Promise<void>} change
 * @property {(key: number) => Promise<void>} remove
 * @property {(place: string) => Promise<Stroke[]>} all        in the order in which they were drawn
 */

/** For tests, and for browsers that refuse to keep anything. @implements {Outbox} */
export class MemoryOutbox {
  constructor() {
    /** @type {Map<number, Stroke>} */
    this.strokes = new Map();
    this.last = 0;
  }

  /** @param {NewStroke} stroke */
  async add(stroke) {
    const key = ++this.last;
    this.strokes.set(key, { ...stroke, key });
    return key;
  }

  /** @param {Stroke} stroke */
  async change(stroke) {
    this.strokes.set(stroke.key, stroke);
  }

  /** @param {number} key */
  async remove(key) {
    this.strokes.delete(key);
  }

  /** @param {string} place */
  async all(place) {
    return [...this.strokes.values()].filter((stroke) => stroke.place === place);
  }
}

/** In IndexedDB, which exists on plain http too. @implements {Outbox} */
export class DiskOutbox {
  /** @param {IDBDatabase} database */
  constructor(database) {
    this.database = database;
  }

  /** @param {string} [name] @returns {Promise<Outbox>} in memory where the browser keeps nothing */
  static async open(name = "masklet") {
    try {
      const request = indexedDB.open(name, 1);
      request.onupgradeneeded = () => {
        const store = request.result.createObjectStore("strokes", { keyPath: "key", autoIncrement: true });
        store.createIndex("place", "place");
      };
      return new DiskOutbox(await done(request));
    } catch {
      return new MemoryOutbox();
    }
  }

  /** @param {NewStroke} stroke */
  async add(stroke) {
    return Number(await done(this.store("readwrite").add(stroke)));
  }

  /** @param {Stroke} stroke */
  async change(stroke) {
    await done(this.store("readwrite").put(stroke));
  }

  /** @param {number} key */
  async remove(key) {
    await done(this.store("readwrite").delete(key));
  }

  /** @param {string} place @returns {Promise<Stroke[]>} */
  all(place) {
    return done(this.store("readonly").index("place").getAll(place));
  }

  /** @param {IDBTransactionMode} mode */
  store(mode) {
    return this.database.transaction("strokes", mode).objectStore("strokes");
  }
}

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/**
 * Whether a tab that drew strokes is still open, so that another one leaves them alone.
 * @param {string} own  this tab's name
 */
export class Neighbours {
  /** @param {string} own */
  constructor(own) {
    this.channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel("masklet");
    /** @type {Set<string>} */
    this.alive = new Set([own]);
    this.channel?.addEventListener("message", ({ data }) => {
      if (data.alive) this.alive.add(data.alive);
      else this.channel?.postMessage({ alive: own });
    });
  }

  /** @returns {Promise<Set<string>>} every open tab, this one too */
  async open() {
    this.channel?.postMessage({ who: true });
    await new Promise((resolve) => setTimeout(resolve, this.channel ? 250 : 0));
    return this.alive;
  }

  close() {
    this.channel?.close();
  }
}
