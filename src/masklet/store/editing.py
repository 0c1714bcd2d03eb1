"""Changing the current rows of one video inside a transaction. What is replaced goes to history."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from masklet.core.errors import DataError
from masklet.core.masks import is_trusted
from masklet.store.errors import ConflictError
from masklet.store.rows import COLUMNS, PLACEHOLDERS, StoredRow

Place = tuple[int, int, int]
"""(frame, object_id, slot)."""
Existing = Mapping[Place, tuple[StoredRow, int]]
"""The current rows where a change takes place, and the revision of each."""

_WIDTH = len(StoredRow._fields)
_GAP = 16
"""Frames this near to each other are fetched by one query."""


def spans(frames: Iterable[int]) -> Iterator[tuple[int, int]]:
    """(first, last), both included, of groups of neighbouring frames."""
    ordered = np.unique(np.fromiter(frames, np.int64))
    if len(ordered) == 0:
        return
    cuts = np.flatnonzero(np.diff(ordered) > _GAP)
    firsts = ordered[np.concatenate([[0], cuts + 1])]
    lasts = ordered[np.concatenate([cuts, [len(ordered) - 1]])]
    yield from zip(firsts.tolist(), lasts.tolist(), strict=True)


def current_rows(
    sql: sqlite3.Connection, video_id: int, frames: Iterable[int]
) -> dict[Place, tuple[StoredRow, int]]:
    """(row, revision) by place for the current rows on `frames`."""
    wanted = set(frames)
    query = (
        f"SELECT {COLUMNS}, revision FROM masks WHERE video = ? AND frame BETWEEN ? AND ? "
        "ORDER BY frame, object_id, slot"
    )
    found = {}
    for first, last in spans(wanted):
        for values in sql.execute(query, (video_id, first, last)):
            if values[0] in wanted:
                row = StoredRow._make(values[:_WIDTH])
                found[row.place] = (row, values[_WIDTH])
    return found


def new_revision(
    sql: sqlite3.Connection, video_id: int, verb: str, author: str, batch: str = "", targets: str = "[]"
) -> int:
    """Sign a change: the number that everything changed in this transaction carries."""
    cursor = sql.execute(
        "INSERT INTO revisions (video, verb, author, time, batch, targets) VALUES (?, ?, ?, ?, ?, ?)",
        (video_id, verb, author, time.time(), batch, targets),
    )
    return int(cursor.lastrowid or 0)


def without(existing: Existing, gone: Sequence[Place]) -> Existing:
    """`existing` but for those at `gone`."""
    left = dict(existing)
    for place in gone:
        del left[place]
    return left


def last_revision(sql: sqlite3.Connection, video_id: int) -> int:
    """Number of the last change of a video, 0 before the first."""
    query = "SELECT id FROM revisions WHERE video = ? ORDER BY id DESC LIMIT 1"
    found = sql.execute(query, (video_id,)).fetchone()
    return int(found[0]) if found else 0


def change(
    sql: sqlite3.Connection,
    video_id: int,
    signature: tuple[str, str, str],
    rows: Sequence[StoredRow],
    gone: Sequence[Place],
    existing: Existing,
    checked: Iterable[int] = (),
) -> int:
    """Write `rows`, remove those at `gone`, check frames, all as one revision; its number.

    `signature` is (verb, author, batch). Where nothing changes, the last revision is returned.
    """
    new_checks = set(checked)
    if new_checks:
        new_checks.difference_update(read_checked(sql, video_id))
    if not (rows or gone or new_checks):
        return last_revision(sql, video_id)
    revision = new_revision(sql, video_id, *signature)
    remove_rows(sql, video_id, revision, gone, existing)
    put_rows(sql, video_id, revision, rows, without(existing, gone))
    set_checked(sql, video_id, revision, new_checks, True)
    return revision


def change_checked(
    sql: sqlite3.Connection,
    video_id: int,
    author: str,
    frames: Iterable[int],
    checked: bool,
    n_frames: int,
) -> int:
    """Declare frames of a video of `n_frames` complete, or take that back; the revision of it."""
    known = set(read_checked(sql, video_id))
    changed = sorted(frame for frame in set(frames) if (frame in known) is not checked)
    if not changed:
        return last_revision(sql, video_id)
    if changed[0] < 0 or changed[-1] >= n_frames >= 0:
        wrong = changed[0] if changed[0] < 0 else changed[-1]
        raise DataError(f"frame {wrong} is not in the video; expected 0..{n_frames - 1}")
    revision = new_revision(sql, video_id, "check" if checked else "uncheck", author)
    set_checked(sql, video_id, revision, changed, checked)
    return revision


def with_slots(rows: Sequence[StoredRow], existing: Iterable[Place]) -> list[StoredRow]:
    """Give every untracked row a slot of its own, after those that its frame already has."""
    if not any(row.object_id < 0 for row in rows):
        return list(rows)
    free: dict[tuple[int, int], int] = {}
    for frame, object_id, slot in existing:
        free[frame, object_id] = max(free.get((frame, object_id), 0), slot + 1)
    numbered = []
    for row in rows:
        if row.object_id < 0:
            slot = free.get((row.frame, row.object_id), 0)
            free[row.frame, row.object_id] = slot + 1
            numbered.append(row._replace(slot=slot))
        else:
            numbered.append(row)
    return numbered


def worth_writing(rows: Sequence[StoredRow], existing: Existing, keep_trusted: bool) -> list[StoredRow]:
    """Those of `rows` that change something and may do so.

    With `keep_trusted`, a row that a person stands behind gives way only to another such row.
    """
    met = [row for row in rows if row.place in existing]
    if not met:
        return list(rows)
    barred = {row.place for row in met if existing[row.place][0] == row}
    if keep_trusted:
        old = [existing[row.place][0] for row in met]
        overwrites = _trusted(old) & ~_trusted(met)
        barred.update(row.place for row, stop in zip(met, overwrites, strict=True) if stop)
    return [row for row in rows if row.place not in barred]


def untrusted(rows: Sequence[StoredRow]) -> list[StoredRow]:
    """Those of `rows` that no person stands behind."""
    return [row for row, kept in zip(rows, _trusted(rows), strict=True) if not kept]


def _trusted(rows: Sequence[StoredRow]) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    origin = np.array([row.origin for row in rows], np.uint8)
    return is_trusted(origin, np.array([row.review for row in rows], np.uint8))


def check_unchanged(
    sql: sqlite3.Connection,
    video_id: int,
    places: Iterable[Place],
    existing: Existing,
    expected_revision: int | None,
) -> None:
    """`ConflictError` where one of `places` was written or deleted after `expected_revision`."""
    if expected_revision is None:
        return
    wanted = set(places)
    changed = {place: revision for place, (_, revision) in existing.items() if place in wanted}
    query = (
        "SELECT frame, object_id, slot, ended FROM history INDEXED BY history_by_end "
        "WHERE video = ? AND ended > ?"
    )
    for *place, ended in sql.execute(query, (video_id, expected_revision)):
        key = (place[0], place[1], place[2])
        if key in wanted:
            changed[key] = max(ended, changed.get(key, 0))
    late = sorted(
        (place, revision) for place, revision in changed.items() if revision > expected_revision
    )
    if late:
        (frame, object_id, _), revision = late[0]
        (author,) = sql.execute("SELECT author FROM revisions WHERE id = ?", (revision,)).fetchone()
        who = f" by {author}" if author else ""
        raise ConflictError(
            f"object {object_id} on frame {frame} was changed{who} in revision {revision}; "
            f"expected none after revision {expected_revision}: load it again"
        )


def put_rows(
    sql: sqlite3.Connection, video_id: int, revision: int, rows: Sequence[StoredRow], existing: Existing
) -> None:
    """Write rows as current under `revision`; those that stand in their places go to history."""
    _archive(sql, video_id, revision, [row.place for row in rows if row.place in existing], existing)
    values = f"{video_id}, {revision}, {PLACEHOLDERS}"
    names = f"video, revision, {COLUMNS}"
    sql.executemany(f"INSERT OR REPLACE INTO masks ({names}) VALUES ({values})", rows)


def remove_rows(
    sql: sqlite3.Connection, video_id: int, revision: int, places: Sequence[Place], existing: Existing
) -> None:
    """Move the current rows at `places` to history, ended by `revision`."""
    _archive(sql, video_id, revision, places, existing)
    where = f"WHERE video = {video_id} AND frame = ? AND object_id = ? AND slot = ?"
    sql.executemany(f"DELETE FROM masks {where}", places)


def _archive(
    sql: sqlite3.Connection, video_id: int, revision: int, places: Sequence[Place], existing: Existing
) -> None:
    names = f"video, ended, {COLUMNS}, revision"
    rows = [(*row, born) for row, born in (existing[place] for place in places)]
    sql.executemany(
        f"INSERT INTO history ({names}) VALUES ({video_id}, {revision}, {PLACEHOLDERS}, ?)", rows
    )


def set_checked(
    sql: sqlite3.Connection, video_id: int, revision: int, frames: Iterable[int], checked: bool
) -> None:
    """Declare frames complete, or take that back, and note it under `revision`."""
    ordered = sorted(set(frames))
    if checked:
        statement = "INSERT OR IGNORE INTO checked (video, frame) VALUES (?, ?)"
    else:
        statement = "DELETE FROM checked WHERE video = ? AND frame = ?"
    sql.executemany(statement, [(video_id, frame) for frame in ordered])
    sql.executemany(
        "INSERT OR REPLACE INTO check_history VALUES (?, ?, ?)",
        [(revision, frame, int(checked)) for frame in ordered],
    )


def read_checked(sql: sqlite3.Connection, video_id: int) -> list[int]:
    """Frames that a person declared complete, sorted."""
    query = "SELECT frame FROM checked WHERE video = ? ORDER BY frame"
    return [frame for (frame,) in sql.execute(query, (video_id,))]
