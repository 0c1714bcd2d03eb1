"""What people said of an object as a whole: its label and looks, kept beside its rows."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from typing import NamedTuple

from masklet.core.errors import DataError


class Attributes(NamedTuple):
    """One object of a video, without its rows.

    `label_id` counts in the project's list. `colour` is `#rrggbb`, empty for the palette's. A
    `locked` object is not to be edited, a `hidden` one not to be drawn; of two that overlap the one
    with the higher `order` is drawn on top.
    """

    label_id: int
    colour: str = ""
    locked: bool = False
    hidden: bool = False
    order: int = 0


Noted = Mapping[int, tuple[Attributes | None, Attributes | None]]
"""By object: what was noted of it before a change and after it; None where nothing was."""

_NAMES = "label_id, colour, locked, hidden, z_order"
_WITH_ROWS = """
WITH RECURSIVE ids (one) AS (
  SELECT min(object_id) FROM masks INDEXED BY masks_by_object WHERE video = :v AND object_id >= 0
  UNION ALL
  SELECT (SELECT min(object_id) FROM masks INDEXED BY masks_by_object
    WHERE video = :v AND object_id > one) FROM ids WHERE one IS NOT NULL)
SELECT one, (SELECT label_id FROM masks INDEXED BY masks_by_object
  WHERE video = :v AND object_id = one ORDER BY frame LIMIT 1) FROM ids WHERE one IS NOT NULL"""


def read_noted(sql: sqlite3.Connection, video_id: int) -> dict[int, Attributes]:
    """Objects of which anything was said, by id."""
    query = f"SELECT object_id, {_NAMES} FROM objects WHERE video = ? ORDER BY object_id"
    return {
        number: Attributes(label, colour, bool(locked), bool(hidden), order)
        for number, label, colour, locked, hidden, order in sql.execute(query, (video_id,))
    }


def read_objects(sql: sqlite3.Connection, video_id: int) -> dict[int, Attributes]:
    """Every object that has rows or was added, by id. One of which nothing was said has the label
    of its first row."""
    known = {number: Attributes(label) for number, label in sql.execute(_WITH_ROWS, {"v": video_id})}
    return dict(sorted((known | read_noted(sql, video_id)).items()))


def next_object(sql: sqlite3.Connection, video_id: int) -> int:
    """An id, at least 1, that no object has, nor had one that was added or removed here."""
    query = (
        "SELECT max(object_id) FROM object_history "
        "WHERE revision IN (SELECT id FROM revisions WHERE video = ?)"
    )
    (gone,) = sql.execute(query, (video_id,)).fetchone()
    return max([0, gone or 0, *read_objects(sql, video_id)]) + 1


def write_objects(sql: sqlite3.Connection, video_id: int, revision: int, changes: Noted) -> None:
    """Bring what is noted of objects from the first of each pair to the second, under `revision`."""
    for number, (before, after) in sorted(changes.items()):
        sql.execute("DELETE FROM objects WHERE video = ? AND object_id = ?", (video_id, number))
        if after is not None:
            sql.execute(f"INSERT INTO objects VALUES ({', '.join('?' * 7)})", (video_id, number, *after))
        sql.execute(
            "INSERT INTO object_history VALUES (?, ?, ?, ?)",
            (revision, number, _to_text(before), _to_text(after)),
        )


def read_noted_changes(sql: sqlite3.Connection, revision: int) -> Noted:
    """What `write_objects` did under `revision`."""
    query = "SELECT object_id, before, after FROM object_history WHERE revision = ? ORDER BY object_id"
    return {
        number: (_from_text(before), _from_text(after))
        for number, before, after in sql.execute(query, (revision,))
    }


def _to_text(value: Attributes | None) -> str:
    return "" if value is None else json.dumps(value)


def _from_text(text: str) -> Attributes | None:
    if not text:
        return None
    values = json.loads(text)
    if not isinstance(values, list) or len(values) != len(Attributes._fields):
        raise DataError(f"found attributes of an object {text!r}; expected {Attributes._fields}")
    return Attributes(*values)
