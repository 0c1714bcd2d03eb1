"""The rows of a unit of changes, moved from how it left them to how it found them, or the other way.

All inside SQLite: a tracking run of a long video is a unit of hundreds of thousands of rows.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from masklet.store.rows import COLUMNS

_PLACE = "frame, object_id, slot"
_TABLES = {"unit": "id INTEGER PRIMARY KEY"} | dict.fromkeys(
    ("found", "left"),
    f"frame INTEGER, object_id INTEGER, slot INTEGER, revision INTEGER, PRIMARY KEY ({_PLACE})",
)
"""`found`: the version that stood at each place before the unit, `left`: after it."""
_FOUND = f"""INSERT OR REPLACE INTO temp.found SELECT {_PLACE}, revision
  FROM history INDEXED BY history_by_end
  WHERE ended IN temp.unit AND revision NOT IN temp.unit AND video = ? ORDER BY ended"""
_LEFT = f"""INSERT OR REPLACE INTO temp.left SELECT {_PLACE}, revision FROM (
  SELECT {_PLACE}, revision FROM history INDEXED BY history_by_revision
    WHERE revision IN temp.unit AND ended NOT IN temp.unit AND video = :video
  UNION ALL SELECT {_PLACE}, revision FROM masks INDEXED BY masks_by_revision
    WHERE revision IN temp.unit AND video = :video) ORDER BY revision"""
_PLACES = f"(SELECT {_PLACE} FROM temp.found UNION SELECT {_PLACE} FROM temp.left)"
_AT = (
    "{0}.video = :video AND {0}.frame = {1}.frame "
    "AND {0}.object_id = {1}.object_id AND {0}.slot = {1}.slot"
)


@contextmanager
def unit_rows(sql: sqlite3.Connection, video_id: int, unit: Sequence[int]) -> Iterator[None]:
    """Inside, the tables `temp.found` and `temp.left` say what the revisions `unit` did to rows."""
    for name, columns in _TABLES.items():
        sql.execute(f"CREATE TEMP TABLE {name} ({columns}) {'' if name == 'unit' else 'WITHOUT ROWID'}")
    try:
        sql.executemany("INSERT INTO temp.unit VALUES (?)", [(revision,) for revision in unit])
        sql.execute(_FOUND, (video_id,))
        sql.execute(_LEFT, {"video": video_id})
        yield
    finally:
        for name in _TABLES:
            sql.execute(f"DROP TABLE temp.{name}")


def changed_afterwards(sql: sqlite3.Connection, video_id: int, forward: bool) -> tuple[int, int] | None:
    """(frame, object_id) of the first row that is not as the unit left it; `forward`: found it.

    A row counts as the same where its contents are, whichever revision wrote them.
    """
    expected = "found" if forward else "left"
    same = " AND ".join(f"h.{name} IS m.{name}" for name in COLUMNS.split(", "))
    query = f"""SELECT p.frame, p.object_id FROM {_PLACES} p
      LEFT JOIN temp.{expected} e ON e.frame = p.frame AND e.object_id = p.object_id AND e.slot = p.slot
      LEFT JOIN masks m ON {_AT.format("m", "p")}
      WHERE m.revision IS NOT e.revision AND NOT EXISTS (
        SELECT 1 FROM history h WHERE {_AT.format("h", "p")} AND h.revision = e.revision AND {same})
      ORDER BY p.frame, p.object_id LIMIT 1"""
    found = sql.execute(query, {"video": video_id}).fetchone()
    return None if found is None else (int(found[0]), int(found[1]))


def move_rows(sql: sqlite3.Connection, video_id: int, revision: int, forward: bool) -> None:
    """Bring every row back to how the unit found it, or `forward` to how it left it."""
    wanted = "left" if forward else "found"
    values = {"video": video_id, "revision": revision}
    m_columns, h_columns = (
        ", ".join(f"{table}.{name}" for name in COLUMNS.split(", ")) for table in "mh"
    )
    sql.execute(
        f"INSERT INTO history (video, ended, revision, {COLUMNS}) "
        f"SELECT :video, :revision, m.revision, {m_columns} "
        f"FROM {_PLACES} p CROSS JOIN masks m WHERE {_AT.format('m', 'p')}",
        values,
    )
    places = f"SELECT :video, {_PLACE} FROM {_PLACES}"
    sql.execute(f"DELETE FROM masks WHERE (video, {_PLACE}) IN ({places})", values)
    sql.execute(
        f"INSERT INTO masks (video, revision, {COLUMNS}) SELECT :video, :revision, {h_columns} "
        f"FROM temp.{wanted} w CROSS JOIN history h "
        f"WHERE {_AT.format('h', 'w')} AND h.revision = w.revision",
        values,
    )
