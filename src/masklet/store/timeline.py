"""Timeline: the columns of a video's rows that a strip over time shows, without their masks."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from masklet.core.arrays import Bools, Float32s, Int32s, UInt8s, UInt16s, UInt32s
from masklet.core.masks import is_trusted
from masklet.store.changed import as_ranges, read_touched
from masklet.store.editing import last_revision, read_checked
from masklet.store.objects import read_objects

_DTYPES = {
    "frame": np.int32,
    "score": np.float32,
    "identity_score": np.float32,
    "area": np.uint32,
    "flags": np.uint16,
    "origin": np.uint8,
    "review": np.uint8,
}
_END = int(np.iinfo(np.int32).max)
_MANY = 5000
"""Where more frames changed than this, reading all of them again is as quick."""


@dataclass(frozen=True, eq=False)
class Track:
    """One object over time; columns as in `Masks`.

    Args:
        object_id: which one.
        frame: `(n,) int32`, rising.
        score: `(n,) float32`, NaN = drawn by a person.
        identity_score: `(n,) float32`, NaN = unknown.
        area: `(n,) uint32`, foreground pixels.
        flags: `(n,) uint16`.
        origin: `(n,) uint8`.
        review: `(n,) uint8`.
    """

    object_id: int
    frame: Int32s
    score: Float32s
    identity_score: Float32s
    area: UInt32s
    flags: UInt16s
    origin: UInt8s
    review: UInt8s

    @property
    def trusted(self) -> Bools:
        """`(n,) bool`, as `Masks.trusted`."""
        return is_trusted(self.origin, self.review)


@dataclass(frozen=True, eq=False)
class Timeline:
    """All objects over time.

    Args:
        revision: of the video when it was read.
        checked: `(k,) int32`, frames declared complete, rising.
        tracks: one for each object, by id; objects without rows have empty ones.
    """

    revision: int
    checked: Int32s
    tracks: tuple[Track, ...]


def read_timeline(sql: sqlite3.Connection, video_id: int, frames: range | None) -> Timeline:
    """The timeline of a video, or of the frames of a rising `range` of it."""
    first, last = (frames.start, frames.stop - 1) if frames is not None else (0, _END)
    checked = [frame for frame in read_checked(sql, video_id) if first <= frame <= last]
    tracks = [_track(sql, video_id, number, first, last) for number in read_objects(sql, video_id)]
    return Timeline(last_revision(sql, video_id), np.array(checked, np.int32), tuple(tracks))


def follow_timeline(sql: sqlite3.Connection, video_id: int, old: Timeline | None) -> Timeline:
    """What `read_timeline` gives of the whole video, made from an earlier one where little changed."""
    if old is None:
        return read_timeline(sql, video_id, None)
    touched = read_touched(sql, video_id, old.revision)
    if not touched:
        return old
    parts = [part for one in touched for part in one.frames]
    if sum(map(len, parts)) > _MANY:
        return read_timeline(sql, video_id, None)
    ranges = as_ranges(frame for part in parts for frame in part)
    before = {track.object_id: track for track in old.tracks}
    tracks = [
        _renewed(sql, video_id, before[number], ranges)
        if number in before
        else _track(sql, video_id, number, 0, _END)
        for number in read_objects(sql, video_id)
    ]
    checked = np.array(read_checked(sql, video_id), np.int32)
    return Timeline(touched[-1].revision, checked, tuple(tracks))


def _renewed(sql: sqlite3.Connection, video_id: int, old: Track, ranges: Sequence[range]) -> Track:
    """`old` with its rows on `ranges` read again."""
    pieces, done = [], 0
    for part in ranges:
        first, last = np.searchsorted(old.frame, [part.start, part.stop]).tolist()
        pieces.append([getattr(old, name)[done:first] for name in _DTYPES])
        new = _track(sql, video_id, old.object_id, part.start, part.stop - 1)
        pieces.append([getattr(new, name) for name in _DTYPES])
        done = last
    pieces.append([getattr(old, name)[done:] for name in _DTYPES])
    columns: dict[str, Any] = dict(
        zip(_DTYPES, map(np.concatenate, zip(*pieces, strict=True)), strict=True)
    )
    return Track(old.object_id, **columns)


def _track(sql: sqlite3.Connection, video_id: int, number: int, first: int, last: int) -> Track:
    query = (
        f"SELECT {', '.join(_DTYPES)} FROM masks INDEXED BY masks_by_object "
        "WHERE video = ? AND object_id = ? AND frame BETWEEN ? AND ? ORDER BY frame"
    )
    rows = sql.execute(query, (video_id, number, first, last)).fetchall()
    listed = list(zip(*rows, strict=True)) or [()] * len(_DTYPES)
    columns: dict[str, Any] = {
        name: np.array(values, dtype)
        for (name, dtype), values in zip(_DTYPES.items(), listed, strict=True)
    }
    return Track(number, **columns)
