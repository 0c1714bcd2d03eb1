"""VM packets: the rows of one frame in bytes, for the socket and for HTTP.

Version 2, little endian: `VM`, u8 version, u8 0, u32 frame, u32 revision, u16 n; then n times u32 id,
u16 score (65534 = 1, 65535 = none), u8 origin, u8 review, u16 flags, u32 x, y, w, h of the box, u32
length, and so many bytes: LEB128 numbers, the run lengths of the box row by row, background first,
together w * h. An empty mask has w = h = length = 0. Id 4294967295 stands for -1, not tracked.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from masklet.core import DataError, Label, Masks, Review, Video
from masklet.core.arrays import Float32s, Int64s, UInt8s, UInt32s
from masklet.core.enums import Origin
from masklet.ops.rowwise import from_row_runs, table_row_runs
from masklet.ops.spans import ragged
from masklet.ops.table import Row, boxes, build

VERSION = 2
_HEAD = struct.Struct("<2sBBIIH")
_ROW = struct.Struct("<IHBBH5I")
_HEADS = np.dtype(
    {
        "names": ["id", "score", "origin", "review", "flags", "box", "length"],
        "formats": ["<u4", "<u2", "u1", "u1", "<u2", ("<u4", (4,)), "<u4"],
    }
)
_ONE, _NONE = 65534, 65535
_MOST_ROWS = 65535
_LONGEST = 5
"""Bytes of the largest LEB128 number below 2^32."""
_REMEDY = "reload the page"
PLAIN = (Label("object"),)
"""Label of decoded rows whose objects' labels are not told."""


@dataclass(frozen=True)
class Packet:
    """A decoded packet.

    Args:
        frame: of all its rows.
        revision: of the store when they were read; 0 from a browser that does not say.
        rows: masks of that frame, labelled as `decode` was told.
    """

    frame: int
    revision: int
    rows: Masks


def encode(rows: Masks, frame: int, revision: int = 0) -> bytes:
    """One packet of the rows of `rows` on a frame; also where there is none."""
    return b"".join(encode_frames(rows, [frame], revision))


def encode_frames(rows: Masks, frames: Iterable[int], revision: int = 0) -> Iterator[bytes]:
    """A packet for each of `frames`, in their order, all converted at once.

    Raises `DataError` for more than 65,535 rows on a frame.
    """
    wanted = np.fromiter(frames, np.int64)
    if len(wanted) and wanted.min() == wanted.max():
        rows = rows.on(int(wanted[0]))
    bodies, heads = _bodies(rows)
    firsts = np.searchsorted(rows.frame, wanted)
    lasts = np.searchsorted(rows.frame, wanted, "right")
    for frame, first, last in zip(wanted.tolist(), firsts.tolist(), lasts.tolist(), strict=True):
        if last - first > _MOST_ROWS:
            raise DataError(
                f"frame {frame} has {last - first} masks; a packet holds {_MOST_ROWS}; merge some"
            )
        parts = [_HEAD.pack(b"VM", VERSION, 0, frame, revision, last - first)]
        for at in range(first, last):
            parts += [heads[at].tobytes(), bodies[at]]
        yield b"".join(parts)


def _bodies(rows: Masks) -> tuple[list[bytes], np.ndarray[tuple[int], np.dtype[np.void]]]:
    """Bytes of every row's runs, and every row's head."""
    box = boxes(rows)
    heights = rows.video.sizes_wh(rows.frame)[:, 1]
    data, cuts = _packed(*table_row_runs(rows.runs, rows.offset, heights.astype(np.int64), box))
    whole, ends = data.tobytes(), cuts.tolist()
    bodies = [whole[a:b] for a, b in pairwise(ends)]
    heads = np.zeros(len(rows), _HEADS)
    heads["id"], heads["score"] = rows.object_id.view(np.uint32), _scores(rows.score)
    heads["origin"], heads["review"], heads["flags"] = rows.origin, rows.review, rows.flags
    heads["box"][:, :2], heads["box"][:, 2:] = box[:, :2], box[:, 2:] - box[:, :2]
    heads["length"] = np.diff(cuts)
    return bodies, heads


def _scores(score: Float32s) -> Int64s:
    known = np.nan_to_num(score, nan=0.0).astype(np.float64)
    found = np.rint(np.clip(known, 0, 1) * _ONE).astype(np.int64)
    return np.where(np.isnan(score), _NONE, found)


def _packed(runs: UInt32s, offset: Int64s) -> tuple[UInt8s, Int64s]:
    """LEB128 bytes of all numbers, and where each row's begin and end, `(n + 1,)`."""
    values = runs.astype(np.uint64)
    width = np.ones(len(values), np.int64)
    for k in range(1, _LONGEST):
        width += values >= np.uint64(1 << 7 * k)
    ends = np.cumsum(width)
    data = np.empty(int(ends[-1]) if len(ends) else 0, np.uint8)
    for k in range(int(width.max(initial=0))):
        here = np.flatnonzero(width > k)
        low = (values[here] >> np.uint64(7 * k)) & np.uint64(127)
        data[ends[here] - width[here] + k] = low + np.where(width[here] > k + 1, 128, 0).astype(
            np.uint64
        )
    return data, np.concatenate([[0], ends])[offset]


def decode(data: bytes, video: Video, labels: Sequence[Label] = PLAIN) -> Packet:
    """The one packet that `data` is. See `decode_all`."""
    packets = list(decode_all(data, video, labels))
    if len(packets) != 1:
        raise DataError(f"found {len(packets)} packets of masks; expected one; {_REMEDY}")
    return packets[0]


def decode_all(data: bytes, video: Video, labels: Sequence[Label] = PLAIN) -> Iterator[Packet]:
    """Each packet of `data`, one after the other; all rows have the first of `labels`.

    Nothing of it is believed: every length, number, box and sum is compared with what is there and
    with the frame's size before memory is taken. Raises `DataError` for the first that is wrong.
    """
    at = 0
    while at < len(data):
        frame, revision, heads, at = _read_packet(data, at, video)
        rows = [_row(head, frame, video) for head in heads]
        yield Packet(frame, revision, build(video, labels, rows))


class _Head(NamedTuple):
    object_id: int
    score: int
    origin: int
    review: int
    flags: int
    x: int
    y: int
    w: int
    h: int
    length: int
    data: bytes


def _read_packet(data: bytes, at: int, video: Video) -> tuple[int, int, list[_Head], int]:
    """(frame, revision, rows as they stand there, place after the packet)."""
    if len(data) - at < _HEAD.size:
        raise _wrong(f"{len(data) - at} bytes", f"a packet of at least {_HEAD.size}")
    magic, version, zero, frame, revision, n = _HEAD.unpack_from(data, at)
    if (magic, version, zero) != (b"VM", VERSION, 0):
        raise _wrong(f"bytes that begin with {data[at : at + 4]!r}", f"VM and version {VERSION}")
    if frame >= max(video.n_frames, 0):
        raise _wrong(f"frame {frame}", f"one below {video.n_frames}")
    at, heads = at + _HEAD.size, []
    for _ in range(n):
        if len(data) - at < _ROW.size:
            raise _wrong("a packet cut short", f"{n} masks")
        fields = _ROW.unpack_from(data, at)
        at += _ROW.size + fields[-1]
        if at > len(data):
            raise _wrong(f"a mask of {fields[-1]} bytes", "as many as follow")
        heads.append(_Head._make((*fields, data[at - fields[-1] : at])))
    return frame, revision, heads, at


def _row(head: _Head, frame: int, video: Video) -> Row:
    width, height = video.size_wh(frame)
    if head.x + head.w > width or head.y + head.h > height or (head.w == 0) != (head.h == 0):
        where = f"{head.w}x{head.h} at ({head.x}, {head.y})"
        raise _wrong(f"a mask of {where}", f"one inside {width}x{height}")
    if head.origin > max(Origin) or head.review > max(Review):
        raise _wrong(f"origin {head.origin} and review {head.review}", "known ones")
    runs = _unpacked(head.data)
    pixels = int(runs.sum(dtype=np.int64))
    if pixels != head.w * head.h or np.any(runs[1:] == 0):
        raise _wrong(f"run lengths over {pixels} pixels", f"{head.w}x{head.h}, none of them 0")
    box = (head.x, head.y, head.x + head.w, head.y + head.h)
    return Row(
        frame=frame,
        object_id=int(np.uint32(head.object_id).view(np.int32)),
        label_id=0,
        runs=from_row_runs(runs, box, (width, height)),
        score=float("nan") if head.score == _NONE else head.score / _ONE,
        origin=head.origin,
        review=head.review,
        flags=head.flags,
    )


def _unpacked(data: bytes) -> UInt32s:
    """The LEB128 numbers in `data`, each below 2^32 and no longer than it need be."""
    raw = np.frombuffer(data, np.uint8)
    if not len(raw):
        return np.empty(0, np.uint32)
    ends = np.flatnonzero(raw < 128)
    if not len(ends) or ends[-1] != len(raw) - 1:
        raise _wrong("a number cut short", "whole numbers")
    width = np.diff(ends, prepend=-1)
    if width.max() > _LONGEST or np.any((raw[ends] == 0) & (width > 1)):
        raise _wrong(f"a number of {width.max()} bytes", f"at most {_LONGEST}, no longer than need be")
    number, within = ragged(width)
    values = np.zeros(len(ends), np.uint64)
    np.add.at(values, number, (raw & np.uint8(127)).astype(np.uint64) << (7 * within).astype(np.uint64))
    if values.max() >> np.uint64(32):
        raise _wrong("a run of 2^32 pixels or more", "run lengths inside the frame")
    return values.astype(np.uint32)


def _wrong(found: str, expected: str) -> DataError:
    return DataError(f"a packet of masks has {found}; expected {expected}; {_REMEDY}")
