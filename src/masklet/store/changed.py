"""What was touched since a revision, without reading a mask: for those who watch a project."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from masklet.core.arrays import Int64s


@dataclass(frozen=True)
class Touched:
    """What one change touched.

    Args:
        revision: its number.
        verb: what was done.
        author: who did it; empty for a program that gave no name.
        batch: name that ties several changes into one for undo; mostly empty.
        frames: frames with a row added, replaced or removed, or declared complete or not.
        objects: ids of those rows; -1 for untracked ones.
        attributes: objects that were added or removed, or whose label or looks changed.
    """

    revision: int
    verb: str
    author: str
    batch: str
    frames: tuple[range, ...]
    objects: tuple[int, ...]
    attributes: tuple[int, ...]


_PLACES = (
    "SELECT revision, frame, object_id FROM masks INDEXED BY masks_by_revision "
    "WHERE revision > ? AND video = ?",
    "SELECT revision, frame, object_id FROM history INDEXED BY history_by_revision "
    "WHERE revision > ? AND video = ?",
    "SELECT ended, frame, object_id FROM history INDEXED BY history_by_end "
    "WHERE ended > ? AND video = ?",
)


def as_ranges(frames: Iterable[int]) -> tuple[range, ...]:
    """Frames in any order as rising ranges with gaps between them."""
    ordered = np.unique(np.fromiter(frames, np.int64))
    if not len(ordered):
        return ()
    cuts = np.flatnonzero(np.diff(ordered) > 1)
    firsts = ordered[np.append(0, cuts + 1)].tolist()
    lasts = ordered[np.append(cuts, len(ordered) - 1)].tolist()
    return tuple(range(first, last + 1) for first, last in zip(firsts, lasts, strict=True))


def read_touched(sql: sqlite3.Connection, video_id: int, since: int) -> list[Touched]:
    """Every change of a video after the revision `since`, oldest first."""
    query = "SELECT id, verb, author, batch FROM revisions WHERE video = ? AND id > ? ORDER BY id"
    signed = sql.execute(query, (video_id, since)).fetchall()
    if not signed:
        return []
    places = np.concatenate([_fetched(sql, query, (since, video_id), 3) for query in _PLACES])
    frames, ids = places[:, [0, 1]], places[:, [0, 2]]
    query = "SELECT revision, frame FROM check_history WHERE revision > ?"
    frames = np.concatenate([frames, _fetched(sql, query, (since,), 2)])
    query = "SELECT revision, object_id FROM object_history WHERE revision > ?"
    by_frame, by_object = _by_revision(frames), _by_revision(ids)
    by_attribute = _by_revision(_fetched(sql, query, (since,), 2))
    return [
        Touched(
            revision,
            verb,
            author,
            batch,
            as_ranges(by_frame.get(revision, ())),
            tuple(np.unique(by_object.get(revision, ())).astype(int).tolist()),
            tuple(np.unique(by_attribute.get(revision, ())).astype(int).tolist()),
        )
        for revision, verb, author, batch in signed
    ]


def _fetched(sql: sqlite3.Connection, query: str, values: tuple[int, ...], width: int) -> Int64s:
    return np.array(sql.execute(query, values).fetchall(), np.int64).reshape(-1, width)


def _by_revision(pairs: Int64s) -> dict[int, Any]:
    """Second numbers of `pairs` `(n, 2)` by their first, which is a revision."""
    if not len(pairs):
        return {}
    ordered = pairs[np.argsort(pairs[:, 0], kind="stable")]
    revisions, first = np.unique(ordered[:, 0], return_index=True)
    return dict(zip(revisions.tolist(), np.split(ordered[:, 1], first[1:]), strict=True))
