"""Taking back a change and doing it again. Both are changes themselves: history only grows.

What is taken back is a unit: one revision, or all revisions that carry the same batch name.
A unit is taken back only if its rows still are as it left them; whoever changed them later would
lose work without knowing. A unit that cannot be taken back may be passed over: it stays, and undo of
its author goes on with the one before.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from masklet.store.editing import last_revision, new_revision, read_checked, set_checked
from masklet.store.errors import ConflictError
from masklet.store.objects import Attributes, read_noted, read_noted_changes, write_objects
from masklet.store.unit import changed_afterwards, move_rows, unit_rows

_NO_EDITS = "('undo', 'redo', 'look')"
"""Verbs of changes that undo passes over; `look` changes how an object is shown."""


_STANDS, _UNDONE, _PASSED = 0, 1, 2
"""What `undone` says of a revision. One that was passed over is left alone by undo of its author;
undo of whoever it was still takes it back."""


class _OvertakenError(ConflictError):
    """Somebody else built on what is to be moved; `what` they did."""

    def __init__(self, verb: str, what: str, remedy: str) -> None:
        super().__init__(f"cannot {verb}: {what}; {remedy}")
        self.what = what


@dataclass(frozen=True)
class Moved:
    """What undo or redo came to.

    Args:
        revision: of the video afterwards.
        passed: why the edit was passed over and nothing was changed; empty where it was not.
    """

    revision: int
    passed: str = ""


def undo(sql: sqlite3.Connection, video_id: int, author: str | None) -> int | None:
    """Take back the last unit that is not taken back yet; its own revision, None if there is none.

    With an `author`, the last one of that author. Raises `ConflictError`.
    """
    unit = _last_unit(sql, video_id, author)
    if not unit:
        return None
    revision = new_revision(sql, video_id, "undo", author or "", targets=json.dumps(unit))
    _move(sql, video_id, revision, unit, forward=False)
    _mark(sql, unit, _UNDONE)
    return revision


def undo_or_pass(sql: sqlite3.Connection, video_id: int, author: str) -> Moved | None:
    """As `undo`; a unit that somebody else built on is passed over instead of a `ConflictError`."""
    try:
        with _restoring(sql):
            revision = undo(sql, video_id, author)
    except _OvertakenError as error:
        _mark(sql, _last_unit(sql, video_id, author), _PASSED)
        return Moved(last_revision(sql, video_id), error.what)
    return None if revision is None else Moved(revision)


def redo_or_pass(sql: sqlite3.Connection, video_id: int, author: str) -> Moved | None:
    """As `redo`; a unit whose rows somebody else changed is passed over likewise."""
    try:
        with _restoring(sql):
            revision = redo(sql, video_id, author)
    except _OvertakenError as error:
        found = _last_undo(sql, video_id, author)
        _mark(sql, [] if found is None else [found[0]], _PASSED)
        return Moved(last_revision(sql, video_id), error.what)
    return None if revision is None else Moved(revision)


def redo(sql: sqlite3.Connection, video_id: int, author: str | None) -> int | None:
    """Do again what the last undo took back; None if nothing is, or an edit came after it.

    With an `author`, only undos and edits of that author count. Raises `ConflictError`.
    """
    found = _last_undo(sql, video_id, author)
    if found is None:
        return None
    whose, values = _whose(author)
    newer = f"SELECT 1 FROM revisions WHERE video = ? AND verb NOT IN {_NO_EDITS} {whose} AND id > ?"
    if sql.execute(f"{newer} LIMIT 1", (video_id, *values, found[0])).fetchone():
        return None
    unit: list[int] = json.loads(found[1])
    revision = new_revision(sql, video_id, "redo", author or "", targets=found[1])
    _move(sql, video_id, revision, unit, forward=True)
    _mark(sql, unit, _STANDS)
    _mark(sql, [found[0]], _UNDONE)
    return revision


@contextmanager
def _restoring(sql: sqlite3.Connection) -> Iterator[None]:
    """What a block that fails has written is taken away; the transaction around it goes on."""
    sql.execute("SAVEPOINT attempt")
    try:
        yield
    except _OvertakenError:
        sql.execute("ROLLBACK TO attempt")
        raise
    finally:
        sql.execute("RELEASE attempt")


def _whose(author: str | None) -> tuple[str, tuple[str, ...]]:
    return ("", ()) if author is None else ("AND author = ?", (author,))


def _standing(author: str | None) -> str:
    """Revisions that are not taken back and, for an author, not passed over."""
    return f"undone != {_UNDONE}" if author is None else f"undone = {_STANDS}"


def _last_undo(sql: sqlite3.Connection, video_id: int, author: str | None) -> tuple[int, str] | None:
    """(revision, what it took back) of the last undo that is not done again."""
    whose, values = _whose(author)
    query = (
        f"SELECT id, targets FROM revisions WHERE video = ? AND verb = 'undo' AND {_standing(author)} "
        f"{whose} ORDER BY id DESC LIMIT 1"
    )
    found = sql.execute(query, (video_id, *values)).fetchone()
    return None if found is None else (int(found[0]), str(found[1]))


def _last_unit(sql: sqlite3.Connection, video_id: int, author: str | None) -> list[int]:
    whose, values = _whose(author)
    which = f"FROM revisions WHERE video = ? AND verb NOT IN {_NO_EDITS} AND {_standing(author)} {whose}"
    last = sql.execute(
        f"SELECT id, batch {which} ORDER BY id DESC LIMIT 1", (video_id, *values)
    ).fetchone()
    if last is None:
        return []
    if not last[1]:
        return [last[0]]
    query = f"SELECT id {which} AND batch = ? ORDER BY id"
    return [row[0] for row in sql.execute(query, (video_id, *values, last[1]))]


def _move(
    sql: sqlite3.Connection, video_id: int, revision: int, unit: Sequence[int], forward: bool
) -> None:
    """Take back what a unit did, or do it `forward` again. Raises `ConflictError`."""
    verb = "redo" if forward else "undo"
    with unit_rows(sql, video_id, unit):
        late = changed_afterwards(sql, video_id, forward)
        if late is not None:
            what = f"object {late[1]} on frame {late[0]} was changed afterwards"
            raise _OvertakenError(verb, what, f"{verb} that change first or edit the row by hand")
        move_rows(sql, video_id, revision, forward)
    _move_checks(sql, video_id, revision, unit, forward)
    _move_objects(sql, video_id, revision, unit, forward)


def _move_checks(
    sql: sqlite3.Connection, video_id: int, revision: int, unit: Sequence[int], forward: bool
) -> None:
    changes: dict[int, bool] = {}
    for number in unit if forward else reversed(unit):
        query = "SELECT frame, checked FROM check_history WHERE revision = ?"
        changes |= {frame: bool(on) == forward for frame, on in sql.execute(query, (number,))}
    now = set(read_checked(sql, video_id)) if changes else set()
    for state in (True, False):
        frames = [f for f, on in changes.items() if on is state and (f in now) is not state]
        set_checked(sql, video_id, revision, frames, state)


def _move_objects(
    sql: sqlite3.Connection, video_id: int, revision: int, unit: Sequence[int], forward: bool
) -> None:
    """Bring what is noted of objects to where the unit began, or `forward` to where it ended.

    Looks that were changed meanwhile stay; a label that was changed is a conflict.
    """
    moves: dict[int, tuple[Attributes | None, Attributes | None]] = {}
    for number in unit:
        for one, (before, after) in read_noted_changes(sql, number).items():
            moves[one] = (moves[one][0] if one in moves else before, after)
    now = read_noted(sql, video_id) if moves else {}
    changes: dict[int, tuple[Attributes | None, Attributes | None]] = {}
    for one, (before, after) in moves.items():
        expected, wanted = (before, after) if forward else (after, before)
        found = now.get(one)
        if _label(found) != _label(expected):
            what = f"object {one} was added, removed or given another label afterwards"
            raise _OvertakenError("redo" if forward else "undo", what, "take that back first")
        if found is not None and wanted is not None:
            wanted = found._replace(label_id=wanted.label_id)
        changes[one] = (found, wanted)
    write_objects(sql, video_id, revision, changes)


def _label(attributes: Attributes | None) -> int | None:
    return None if attributes is None else attributes.label_id


def _mark(sql: sqlite3.Connection, revisions: Sequence[int], undone: int) -> None:
    rows = [(undone, revision) for revision in revisions]
    sql.executemany("UPDATE revisions SET undone = ? WHERE id = ?", rows)
