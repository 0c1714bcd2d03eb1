// The one WebSocket: what changed, live masks, clicks and their answers. Reconnects by itself.

import { decodeAll } from "../engine/packet.js";

const FIRST_WAIT = 250;
const LONGEST_WAIT = 8000;
const PING_EVERY = 15000;
const SILENT_FOR = 40000;

/**
 * Events (each a CustomEvent, the message in `detail`):
 * - `state` {connected: boolean}
 * - `ready` {version, revision}, `changed` {video, revision, author, tab, frames, objects, mine},
 *   `objects` {video}, `job` {job}, `worker` {alive, what}, `presence` {video, people},
 *   `error` {req?, code, text, remedy}
 * - `answer` {req, video, frame, object, revision, packet}, `live` {video, job, frame, packet}
 */
export class Socket extends EventTarget {
  /**
   * @param {Object} options
   * @param {string} options.tab
   * @param {() => string} options.author
   * @param {string} [options.url]  of the socket; otherwise beside the page
   */
  constructor({ tab, author, url }) {
    super();
    this.tab = tab;
    this.author = author;
    this.url = url ?? location.origin.replace(/^http/, "ws") + "/api/v1/socket";
    this.connected = false;
    /** @type {number|null} */
    this.video = null;
    /** The last revision of the video that this tab has heard of. */
    this.since = 0;
    /** @type {WebSocket|null} */
    this.socket = null;
    this.wait = FIRST_WAIT;
    this.heard = 0;
    this.requests = 0;
    /** @type {ReturnType<typeof setTimeout>|undefined} */
    this.timer = undefined;
    /** @type {ReturnType<typeof setInterval>|undefined} */
    this.pulse = undefined;
    this.wanted = false;
    /** @type {{from: number, to: number}|null} */
    this.watched = null;
  }

  /** Connect, and stay so until `close`. */
  open() {
    this.wanted = true;
    if (this.socket || this.timer) return;
    this.connect();
  }

  close() {
    this.wanted = false;
    clearTimeout(this.timer);
    this.timer = undefined;
    this.socket?.close();
  }

  /** Try now instead of when the wait is over; say, when the browser says that it is online again. */
  retry() {
    if (!this.wanted || this.socket) return;
    clearTimeout(this.timer);
    this.timer = undefined;
    this.connect();
  }

  /**
   * Which video this tab shows; after a broken connection the server tells what it missed.
   * @param {number|null} video
   * @param {number} since  revision up to which the tab knows it
   */
  follow(video, since) {
    this.video = video;
    this.since = since;
    this.watched = null;
    if (this.connected) this.hello();
  }

  /** The frames whose live masks are worth sending. @param {number} from @param {number} to */
  watch(from, to) {
    if (this.video === null) return;
    this.watched = { from, to };
    this.send({ t: "watch", video: this.video, from, to });
  }

  /** @param {number} frame @param {number|null} object */
  presence(frame, object) {
    if (this.video !== null) this.send({ t: "presence", video: this.video, frame, object });
  }

  /**
   * Ask the model. A newer click of the same object and frame supersedes one that still waits.
   * @param {{video: number, frame: number, object: number, points: [number, number, number][],
   *   box: [number, number, number, number]|null, refine: boolean}} what
   * @returns {number} the request's number, or 0 where there is no connection
   */
  click(what) {
    const req = this.requests + 1;
    if (!this.send({ t: "click", req, ...what })) return 0;
    this.requests = req;
    return req;
  }

  /** @param {Record<string, unknown>} message @returns {boolean} whether it could be sent */
  send(message) {
    if (!this.connected || !this.socket) return false;
    this.socket.send(JSON.stringify(message));
    return true;
  }

  connect() {
    const socket = new WebSocket(this.url);
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    socket.onopen = () => this.opened(socket);
    socket.onclose = () => this.closed(socket);
    socket.onmessage = (event) => this.receive(event.data);
  }

  /** @param {WebSocket} socket */
  opened(socket) {
    if (socket !== this.socket) return;
    this.connected = true;
    this.wait = FIRST_WAIT;
    this.heard = performance.now();
    this.hello();
    clearInterval(this.pulse);
    this.pulse = setInterval(() => this.beat(), PING_EVERY);
    this.tell("state", { connected: true });
  }

  hello() {
    this.send({ t: "hello", author: this.author(), tab: this.tab, video: this.video, since: this.since });
    if (this.watched) this.watch(this.watched.from, this.watched.to);
  }

  beat() {
    if (performance.now() - this.heard > SILENT_FOR) this.socket?.close();
    else this.send({ t: "ping" });
  }

  /** @param {WebSocket} socket */
  closed(socket) {
    if (socket !== this.socket) return;
    const was = this.connected;
    this.socket = null;
    this.connected = false;
    clearInterval(this.pulse);
    if (was) this.tell("state", { connected: false });
    if (!this.wanted) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.connect();
    }, this.wait * (0.75 + Math.random() / 2));
    this.wait = Math.min(this.wait * 2, LONGEST_WAIT);
  }

  /** @param {string|ArrayBuffer} data */
  receive(data) {
    this.heard = performance.now();
    const message = typeof data === "string" ? JSON.parse(data) : unpack(data);
    if (message.t === "changed") {
      if (message.video === this.video) this.since = Math.max(this.since, message.revision);
      message.mine = message.tab === this.tab;
    }
    this.tell(message.t, message);
  }

  /** @param {string} name @param {unknown} detail */
  tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

/** A binary message: u32 LE length of the JSON, the JSON, one packet. @param {ArrayBuffer} data */
function unpack(data) {
  const length = new DataView(data).getUint32(0, true);
  const message = JSON.parse(new TextDecoder().decode(new Uint8Array(data, 4, length)));
  message.packet = decodeAll(data, 4 + length)[0];
  return message;
}
