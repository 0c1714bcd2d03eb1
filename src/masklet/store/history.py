"""Who changed which row, when, from what to what."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from masklet.core.arrays import UInt32s
from masklet.core.enums import Flags, Origin, Review
from masklet.core.labels import Label
from masklet.core.steps import Step
from masklet.store.codec import decode_runs
from masklet.store.rows import COLUMNS, StoredRow

Action = Literal["add", "replace", "remove"]


@dataclass(frozen=True)
class Version:
    """What one row held between two changes.

    Args:
        label: its class.
        origin: where it came from.
        review: what a person said about it.
        flags: facts and doubts.
        score: 0..1, None where `Masks` has NaN.
        identity_score: 0..1, None where `Masks` has NaN.
        step: the operation that made it, None where unknown.
        blob: its mask as stored; `runs` gives the run lengths.
    """

    label: Label
    origin: Origin
    review: Review
    flags: Flags
    score: float | None
    identity_score: float | None
    step: Step | None
    blob: bytes

    @property
    def runs(self) -> UInt32s:
        """`(r,) uint32` run lengths over the whole frame, column by column, background first."""
        return decode_runs([self.blob])[0]


@dataclass(frozen=True)
class Change:
    """One row added, replaced or removed.

    Args:
        revision: number of the change; several rows may change together.
        frame: 0-based.
        object_id: -1 = not tracked.
        action: `add`, `replace` or `remove`.
        verb: what was called: `append`, `replace`, `delete`, `undo` or `redo`.
        author: who did it; empty for a program that gave no name.
        time: seconds since the epoch, UTC.
        batch: name that ties several changes into one for undo; mostly empty.
        before: the row before, None where there was none.
        after: the row after, None where it was removed.
    """

    revision: int
    frame: int
    object_id: int
    action: Action
    verb: str
    author: str
    time: float
    batch: str
    before: Version | None
    after: Version | None


def read_changes(
    sql: sqlite3.Connection,
    video_id: int,
    labels: Sequence[Label],
    steps: Sequence[Step],
    frame: int | None = None,
    object_id: int | None = None,
    since: int = 0,
) -> list[Change]:
    """Changes of one video after revision `since`, oldest first, then by frame and object."""
    where, values = ["video = ?"], [video_id]
    for name, value in (("frame", frame), ("object_id", object_id)):
        if value is not None:
            where.append(f"{name} = ?")
            values.append(value)
    names = f"revision, {COLUMNS}"
    query = (
        f"SELECT ended, {names} FROM history WHERE {' AND '.join(where)} AND ended > ? "
        f"UNION ALL SELECT NULL, {names} FROM masks WHERE {' AND '.join(where)} AND revision > ?"
    )
    pairs: dict[tuple[int, int, int, int], list[StoredRow | None]] = {}
    for ended, born, *rest in sql.execute(query, (*values, since, *values, since)):
        row = StoredRow._make(rest)
        if born > since:
            pairs.setdefault((born, *row.place), [None, None])[1] = row
        if ended is not None:
            pairs.setdefault((ended, *row.place), [None, None])[0] = row
    signed = _signatures(sql, video_id, since)
    return [
        _change(key, signed[key[0]], _version(before, labels, steps), _version(after, labels, steps))
        for key, (before, after) in sorted(pairs.items())
    ]


Signature = tuple[str, str, float, str]
"""(verb, author, time, batch)."""


def _signatures(sql: sqlite3.Connection, video_id: int, since: int) -> dict[int, Signature]:
    query = "SELECT id, verb, author, time, batch FROM revisions WHERE video = ? AND id > ?"
    return {row[0]: row[1:] for row in sql.execute(query, (video_id, since))}


def _change(
    key: tuple[int, int, int, int], signature: Signature, before: Version | None, after: Version | None
) -> Change:
    action: Action = "remove" if after is None else "add" if before is None else "replace"
    revision, frame, object_id, _ = key
    return Change(revision, frame, object_id, action, *signature, before, after)


def _version(row: StoredRow | None, labels: Sequence[Label], steps: Sequence[Step]) -> Version | None:
    if row is None:
        return None
    return Version(
        labels[row.label_id],
        Origin(row.origin),
        Review(row.review),
        Flags(row.flags),
        row.score,
        row.identity_score,
        steps[row.step] if row.step >= 0 else None,
        row.runs,
    )
