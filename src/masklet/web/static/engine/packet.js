// VM packets, version 2: rows of one frame in bytes. The same as masklet's serve/wire.py.
//
// Little endian: 'V' 'M' u8 version u8 flags | u32 frame | u32 revision | u16 n, then n times
// u32 id | u16 score | u8 origin | u8 review | u16 flags | u32 x y w h | u32 length | LEB128 run lengths
// of the crop, row-major, background first.

import { maskOf as unpackRuns, runsOf } from "./bitmap.js";
import { ORIGIN, REVIEW } from "./words.js";

/** @typedef {import("./types.js").Mask} Mask */
/** @typedef {import("./types.js").Packet} Packet */
/** @typedef {import("./types.js").Row} Row */

const VERSION = 2;
const HEAD = 14;
const ROW_HEAD = 30;
const NO_SCORE = 65535;
const FULL_SCORE = 65534;

/**
 * All packets of a buffer, one after the other.
 * @param {ArrayBuffer} buffer
 * @param {number} [at]
 * @returns {Packet[]}
 */
export function decodeAll(buffer, at = 0) {
  const view = new DataView(buffer);
  /** @type {Packet[]} */
  const packets = [];
  while (at < buffer.byteLength) {
    const [packet, next] = decode(view, at);
    packets.push(packet);
    at = next;
  }
  return packets;
}

/** @param {DataView<ArrayBuffer>} view @param {number} at @returns {[Packet, number]} */
function decode(view, at) {
  const left = view.byteLength - at;
  if (left < HEAD || view.getUint16(at, true) !== 0x4d56 || view.getUint8(at + 2) !== VERSION) {
    throw new RangeError(`found no packet of version ${VERSION} at byte ${at}; reload the page`);
  }
  const frame = view.getUint32(at + 4, true);
  const revision = view.getUint32(at + 8, true);
  const n = view.getUint16(at + 12, true);
  at += HEAD;
  /** @type {Row[]} */
  const rows = [];
  for (let i = 0; i < n; i++) {
    const length = view.getUint32(at + 26, true);
    if (at + ROW_HEAD + length > view.byteLength) throw new RangeError("found a packet cut short");
    rows.push(readRow(view, at, length));
    at += ROW_HEAD + length;
  }
  return [{ frame, revision, rows }, at];
}

/** @param {DataView<ArrayBuffer>} view @param {number} at @param {number} length @returns {Row} */
function readRow(view, at, length) {
  const score = view.getUint16(at + 4, true);
  return {
    id: view.getUint32(at, true),
    score: score === NO_SCORE ? NaN : score / FULL_SCORE,
    origin: view.getUint8(at + 6),
    review: view.getUint8(at + 7),
    flags: view.getUint16(at + 8, true),
    x: view.getUint32(at + 10, true),
    y: view.getUint32(at + 14, true),
    w: view.getUint32(at + 18, true),
    h: view.getUint32(at + 22, true),
    runs: new Uint8Array(view.buffer, view.byteOffset + at + ROW_HEAD, length),
  };
}

/**
 * @param {Packet} packet
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function encode({ frame, revision, rows }) {
  const size = rows.reduce((sum, row) => sum + ROW_HEAD + row.runs.length, HEAD);
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, 0x4d56, true);
  view.setUint8(2, VERSION);
  view.setUint32(4, frame, true);
  view.setUint32(8, revision, true);
  view.setUint16(12, rows.length, true);
  let at = HEAD;
  for (const row of rows) {
    writeRow(view, at, row);
    bytes.set(row.runs, at + ROW_HEAD);
    at += ROW_HEAD + row.runs.length;
  }
  return bytes;
}

/** @param {DataView} view @param {number} at @param {Row} row */
function writeRow(view, at, row) {
  view.setUint32(at, row.id, true);
  view.setUint16(at + 4, Number.isNaN(row.score) ? NO_SCORE : Math.round(row.score * FULL_SCORE), true);
  view.setUint8(at + 6, row.origin);
  view.setUint8(at + 7, row.review);
  view.setUint16(at + 8, row.flags, true);
  view.setUint32(at + 10, row.x, true);
  view.setUint32(at + 14, row.y, true);
  view.setUint32(at + 18, row.w, true);
  view.setUint32(at + 22, row.h, true);
  view.setUint32(at + 26, row.runs.length, true);
}

/** The pixels of a row. @param {Row} row @returns {Mask} */
export function maskOf(row) {
  return unpackRuns(row.x, row.y, row.w, row.h, row.runs);
}

/**
 * A row that a person drew.
 * @param {number} id
 * @param {Mask} mask
 * @param {Partial<Row>} [facts]
 * @returns {Row}
 */
export function rowOf(id, mask, facts = {}) {
  const { x, y, w, h } = mask;
  const drawn = { score: NaN, origin: ORIGIN.HUMAN, review: REVIEW.TODO, flags: 1 };
  return { id, ...drawn, ...facts, x, y, w, h, runs: runsOf(mask) };
}
