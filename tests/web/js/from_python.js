// What test_engine.py gives to the page and takes back.

import { area } from "/static/engine/bitmap.js";
import { decodeAll, encode, maskOf, rowOf } from "/static/engine/packet.js";
import { polygonMask, polylineMask } from "/static/engine/raster.js";
import { equal } from "./check.js";

const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
const text = (data) => btoa(Array.from(data, (byte) => String.fromCharCode(byte)).join(""));

export function throughPackets(given) {
  return given.map(({ packet }) => {
    const [read] = decodeAll(bytes(packet).buffer);
    const mask = maskOf(read.rows[0]);
    const drawn = rowOf(5, mask);
    return {
      pixels: area(mask), packet: text(encode(read)), drawn: text(encode({ ...read, rows: [drawn] })),
    };
  });
}

export function inWords(given) {
  for (const { packet, frame, revision, rows } of given) {
    const [read] = decodeAll(bytes(packet).buffer);
    equal([read.frame, read.revision, read.rows.length], [frame, revision, rows.length]);
    rows.forEach((said, i) => {
      const row = read.rows[i];
      for (const name of ["id", "origin", "review", "flags", "x", "y", "w", "h"]) {
        equal(row[name], said[name], name);
      }
      equal(Math.abs((row.score || 0) - (said.score || 0)) < 1e-4, true, "score");
      equal(Number.isNaN(row.score), said.score === null, "no score");
      equal(Array.from(maskOf(row).data).join(""), said.pixels, "pixels");
    });
  }
  return given.length;
}

export function shapes([given, [width, height]]) {
  return given.map(({ points, line, width: thick }) => {
    const ring = points.map(([x, y]) => ({ x, y }));
    const mask = line ? polylineMask(ring, thick, width, height) : polygonMask(ring, width, height);
    const full = new Uint8Array(width * height);
    mask.data.forEach((value, i) => {
      full[(mask.y + Math.floor(i / mask.w)) * width + mask.x + (i % mask.w)] = value;
    });
    return text(full);
  });
}
