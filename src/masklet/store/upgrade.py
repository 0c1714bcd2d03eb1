"""What turns a project of an older layout into one of the next. Never change a published one."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

import numpy as np

from masklet.core.arrays import Int64s
from masklet.core.errors import DataError
from masklet.store.codec import decode_runs

_AT_ONCE = 512
"""Rows whose masks are decoded together."""

_TO_VERSION_2 = (
    "ALTER TABLE masks ADD COLUMN area INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE history ADD COLUMN area INTEGER NOT NULL DEFAULT 0",
    """CREATE TABLE objects (
  video INTEGER NOT NULL, object_id INTEGER NOT NULL, label_id INTEGER NOT NULL,
  colour TEXT NOT NULL, locked INTEGER NOT NULL, hidden INTEGER NOT NULL, z_order INTEGER NOT NULL,
  PRIMARY KEY (video, object_id)) WITHOUT ROWID""",
    """CREATE TABLE object_history (
  revision INTEGER NOT NULL, object_id INTEGER NOT NULL, before TEXT NOT NULL, after TEXT NOT NULL,
  PRIMARY KEY (revision, object_id)) WITHOUT ROWID""",
    """CREATE TABLE skipped (
  video INTEGER NOT NULL, author TEXT NOT NULL, frame INTEGER NOT NULL, object_id INTEGER NOT NULL,
  revision INTEGER NOT NULL, PRIMARY KEY (video, author, frame, object_id)) WITHOUT ROWID""",
)
_INDEX = """CREATE INDEX masks_by_object ON masks (
  video, object_id, frame, area, score, identity_score, flags, origin, review, label_id)"""


def areas_and_objects(sql: sqlite3.Connection) -> None:
    """Version 1 to 2: attributes of objects, and the area of every row beside its mask."""
    for statement in _TO_VERSION_2:
        sql.execute(statement)
    _fill(sql, "masks", ("video", "frame", "object_id", "slot"))
    _fill(sql, "history", ("video", "frame", "object_id", "slot", "revision"))
    sql.execute(_INDEX)


def _fill(sql: sqlite3.Connection, table: str, key: Sequence[str]) -> None:
    """Note the area of every row of `table`, whose primary key is `key`, some rows at a time."""
    names, marks = ", ".join(key), ", ".join("?" * len(key))
    match = " AND ".join(f"{name} = ?" for name in key)
    after: tuple[int, ...] = (-(1 << 62),) * len(key)
    query = f"SELECT {names}, runs FROM {table} WHERE ({names}) > ({marks}) ORDER BY {names} LIMIT ?"
    while rows := sql.execute(query, (*after, _AT_ONCE)).fetchall():
        areas = _areas([row[-1] for row in rows])
        values = [(area, *row[:-1]) for area, row in zip(areas, rows, strict=True)]
        sql.executemany(f"UPDATE {table} SET area = ? WHERE {match}", values)
        after = rows[-1][:-1]


def _areas(blobs: Sequence[bytes]) -> list[int]:
    """Foreground of each mask; 0 for a damaged one, which `load` will name."""
    try:
        return _foreground(blobs)
    except DataError:
        return [0] if len(blobs) == 1 else [area for blob in blobs for area in _areas([blob])]


def _foreground(blobs: Sequence[bytes]) -> list[int]:
    runs, offset = decode_runs(blobs)
    place = np.arange(len(runs)) - np.repeat(offset[:-1], np.diff(offset))
    inside: Int64s = np.where(place & 1, runs, 0).astype(np.int64)
    sums = np.concatenate([[0], np.cumsum(inside)])
    areas: list[int] = (sums[offset[1:]] - sums[offset[:-1]]).tolist()
    return areas
