"""What rows refer to: videos, labels and steps, kept in lists of their own."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from masklet.core.arrays import Int64s
from masklet.core.errors import DataError
from masklet.core.labels import Label
from masklet.core.steps import Step
from masklet.core.video import Video

_VIDEO_COLUMNS = (
    "uri",
    "width",
    "height",
    "n_frames",
    "times",
    "content_hash",
    "rotation",
    "files",
    "frame_sizes",
)


def insert_video(sql: sqlite3.Connection, video: Video) -> int:
    """Add a video; its number in the project."""
    cursor = sql.execute(f"INSERT INTO videos VALUES (NULL{', ?' * 9})", _video_values(video))
    return int(cursor.lastrowid or 0)


def update_video(sql: sqlite3.Connection, video_id: int, video: Video) -> None:
    """Replace what is known of a video."""
    assignments = ", ".join(f"{name} = ?" for name in _VIDEO_COLUMNS)
    sql.execute(f"UPDATE videos SET {assignments} WHERE id = ?", (*_video_values(video), video_id))


def _video_values(video: Video) -> tuple[object, ...]:
    sizes = video.frame_sizes
    return (
        video.uri,
        video.width,
        video.height,
        video.n_frames,
        video.times.astype("<f8").tobytes(),
        video.content_hash,
        video.rotation,
        json.dumps(video.files, ensure_ascii=False),
        None if sizes is None else sizes.astype("<i4").tobytes(),
    )


def read_videos(sql: sqlite3.Connection) -> dict[int, Video]:
    """Every video by its number, in the order in which they were added."""
    query = f"SELECT id, {', '.join(_VIDEO_COLUMNS)} FROM videos ORDER BY id"
    return {number: _video(*values) for number, *values in sql.execute(query)}


def read_video(sql: sqlite3.Connection, video_id: int) -> Video:
    """One video by its number, which must exist."""
    query = f"SELECT {', '.join(_VIDEO_COLUMNS)} FROM videos WHERE id = ?"
    return _video(*sql.execute(query, (video_id,)).fetchone())


@lru_cache(maxsize=64)
def _video(
    uri: str,
    width: int,
    height: int,
    n_frames: int,
    times: bytes,
    content_hash: str,
    rotation: int,
    files: str,
    sizes: bytes | None,
) -> Video:
    """Decoded once, since every load asks for it."""
    return Video(
        uri,
        width,
        height,
        n_frames,
        np.frombuffer(times, "<f8"),
        content_hash,
        rotation,
        tuple(json.loads(files)),
        None if sizes is None else np.frombuffer(sizes, "<i4").reshape(-1, 2),
    )


def check_fits(mine: Video, theirs: Video) -> None:
    """Rows of `theirs` may be stored under `mine`: same sizes, same length, same contents."""
    if mine == theirs:
        return
    if found := mine.unlike(theirs):
        name, have, got = found
        raise DataError(
            f"rows of {theirs.uri!r} with {name} {got} cannot be stored under {mine.uri!r} "
            f"with {name} {have}; store them under their own video"
        )
    if not np.array_equal(
        np.array([]) if mine.frame_sizes is None else mine.frame_sizes,
        np.array([]) if theirs.frame_sizes is None else theirs.frame_sizes,
    ):
        raise DataError(f"the frames of {theirs.uri!r} have other sizes than those of {mine.uri!r}")


def label_from(stored: Sequence[Any]) -> Label:
    """A label from its stored fields. `TypeError` where they are not text."""
    if not all(isinstance(value, str) for value in stored):
        raise TypeError(f"found a label {stored!r}; expected text")
    return Label(*stored)


def read_labels(sql: sqlite3.Connection, video_id: int) -> list[Label]:
    """Labels of a video, in the order that `label_id` counts."""
    query = "SELECT name, kind, colour FROM labels WHERE video = ? ORDER BY id"
    return [label_from(row) for row in sql.execute(query, (video_id,))]


def merge_labels(sql: sqlite3.Connection, video_id: int, labels: Sequence[Label]) -> Int64s:
    """The project's number of each of `labels`; unknown ones are added at the end.

    Labels are the same where name and kind are. `labels` that begin with all that is known are
    taken as they are, so that an empty project takes over any list unchanged.
    """
    known = read_labels(sql, video_id)
    if list(labels[: len(known)]) == known:
        _insert_labels(sql, video_id, len(known), labels[len(known) :])
        return np.arange(len(labels))
    places: dict[tuple[str, str], int] = {}
    for i, label in enumerate(known):
        places.setdefault((label.name, label.kind), i)
    for label in labels:
        if places.setdefault((label.name, label.kind), len(known)) == len(known):
            _insert_labels(sql, video_id, len(known), [label])
            known.append(label)
    return np.array([places[label.name, label.kind] for label in labels], np.int64)


def replace_labels(sql: sqlite3.Connection, video_id: int, labels: Sequence[Label]) -> None:
    """Rename or recolour the labels of a video, or add some; the list may not become shorter."""
    known = read_labels(sql, video_id)
    if len(labels) < len(known):
        raise DataError(
            f"found {len(labels)} labels for a video that has {len(known)}; "
            "expected all of them in their order: rows count in this list"
        )
    sql.execute("DELETE FROM labels WHERE video = ?", (video_id,))
    _insert_labels(sql, video_id, 0, labels)


def _insert_labels(sql: sqlite3.Connection, video_id: int, first: int, labels: Sequence[Label]) -> None:
    rows = [(video_id, first + i, x.name, x.kind, x.colour) for i, x in enumerate(labels)]
    sql.executemany("INSERT INTO labels VALUES (?, ?, ?, ?, ?)", rows)


def read_steps(sql: sqlite3.Connection, video_id: int, first: int = 0) -> list[Step]:
    """Steps of a video from number `first` on, in the order that `step` counts."""
    query = (
        "SELECT verb, arguments, version, model, weights, person, time FROM steps "
        "WHERE video = ? AND id >= ? ORDER BY id"
    )
    return [Step(*row) for row in sql.execute(query, (video_id, first))]


def merge_steps(
    sql: sqlite3.Connection, video_id: int, known: Sequence[Step], steps: Sequence[Step]
) -> Int64s:
    """The project's number of each of `steps`; those that are not among `known` are added."""
    if list(steps[: len(known)]) == list(known):
        _insert_steps(sql, video_id, len(known), steps[len(known) :])
        return np.arange(len(steps))
    places: dict[Step, int] = {}
    for i, step in enumerate(known):
        places.setdefault(step, i)
    n = len(known)
    for step in steps:
        if places.setdefault(step, n) == n:
            _insert_steps(sql, video_id, n, [step])
            n += 1
    return np.array([places[step] for step in steps], np.int64)


def _insert_steps(sql: sqlite3.Connection, video_id: int, first: int, steps: Sequence[Step]) -> None:
    rows = [
        (video_id, first + i, x.verb, x.arguments, x.version, x.model, x.weights, x.person, x.time)
        for i, x in enumerate(steps)
    ]
    sql.executemany(f"INSERT INTO steps VALUES ({', '.join('?' * 9)})", rows)
