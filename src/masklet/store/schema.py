"""The tables of a project file, its version, and the way from older versions to this one.

`masks` holds the current rows. A row that is replaced or deleted moves to `history` with the
revision that ended it, so that every state of the project can be seen, blamed and brought back.
`revisions` says of each change who, when and what. Columns are named as in `Masks`; `area` is the
mask's foreground in pixels, kept so that a timeline needs no mask. `objects` holds what people said of
an object as a whole; an object that has rows only need not be there.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping

from masklet.core.errors import DataError
from masklet.store.upgrade import areas_and_objects

APPLICATION_ID = 0x6D736B6C
"""`mskl`, at byte 68 of the file: how a project is told from other SQLite files."""
VERSION = 2
"""Of the layout; at byte 60 of the file (`PRAGMA user_version`)."""

_ROW = """
  video INTEGER NOT NULL, frame INTEGER NOT NULL, object_id INTEGER NOT NULL,
  slot INTEGER NOT NULL, label_id INTEGER NOT NULL, runs BLOB NOT NULL,
  score REAL, identity_score REAL, origin INTEGER NOT NULL, review INTEGER NOT NULL,
  flags INTEGER NOT NULL, step INTEGER NOT NULL, revision INTEGER NOT NULL,
  area INTEGER NOT NULL DEFAULT 0"""

_TABLES = (
    """CREATE TABLE videos (
  id INTEGER PRIMARY KEY, uri TEXT NOT NULL, width INTEGER NOT NULL, height INTEGER NOT NULL,
  n_frames INTEGER NOT NULL, times BLOB NOT NULL, content_hash TEXT NOT NULL,
  rotation INTEGER NOT NULL, files TEXT NOT NULL, frame_sizes BLOB)""",
    """CREATE TABLE labels (
  video INTEGER NOT NULL, id INTEGER NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL,
  colour TEXT NOT NULL, PRIMARY KEY (video, id)) WITHOUT ROWID""",
    """CREATE TABLE steps (
  video INTEGER NOT NULL, id INTEGER NOT NULL, verb TEXT NOT NULL, arguments TEXT NOT NULL,
  version TEXT NOT NULL, model TEXT NOT NULL, weights TEXT NOT NULL, person TEXT NOT NULL,
  time REAL NOT NULL, PRIMARY KEY (video, id)) WITHOUT ROWID""",
    """CREATE TABLE revisions (
  id INTEGER PRIMARY KEY AUTOINCREMENT, video INTEGER NOT NULL, verb TEXT NOT NULL,
  author TEXT NOT NULL, time REAL NOT NULL, batch TEXT NOT NULL DEFAULT '',
  targets TEXT NOT NULL DEFAULT '[]', undone INTEGER NOT NULL DEFAULT 0)""",
    "CREATE INDEX revisions_of_video ON revisions (video, id)",
    f"CREATE TABLE masks ({_ROW}, PRIMARY KEY (video, frame, object_id, slot)) WITHOUT ROWID",
    "CREATE INDEX masks_by_revision ON masks (revision)",
    """CREATE INDEX masks_by_object ON masks (
  video, object_id, frame, area, score, identity_score, flags, origin, review, label_id)""",
    f"""CREATE TABLE history ({_ROW}, ended INTEGER NOT NULL,
  PRIMARY KEY (video, frame, object_id, slot, revision)) WITHOUT ROWID""",
    "CREATE INDEX history_by_revision ON history (revision)",
    "CREATE INDEX history_by_end ON history (ended)",
    """CREATE TABLE checked (
  video INTEGER NOT NULL, frame INTEGER NOT NULL, PRIMARY KEY (video, frame)) WITHOUT ROWID""",
    """CREATE TABLE check_history (
  revision INTEGER NOT NULL, frame INTEGER NOT NULL, checked INTEGER NOT NULL,
  PRIMARY KEY (revision, frame)) WITHOUT ROWID""",
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
    """CREATE TABLE chunks (
  key TEXT PRIMARY KEY, video INTEGER NOT NULL, made REAL NOT NULL, contents BLOB NOT NULL)""",
    """CREATE TABLE shape_sets (
  video INTEGER PRIMARY KEY, labels TEXT NOT NULL, tracks TEXT NOT NULL, extra TEXT NOT NULL)""",
    """CREATE TABLE shapes (
  video INTEGER NOT NULL, position INTEGER NOT NULL, frame INTEGER NOT NULL,
  track_id INTEGER NOT NULL, label_id INTEGER NOT NULL, kind INTEGER NOT NULL,
  flags INTEGER NOT NULL, z_order INTEGER NOT NULL, grouped INTEGER NOT NULL, rotation REAL NOT NULL,
  points BLOB NOT NULL, attributes TEXT NOT NULL, remaining TEXT NOT NULL,
  PRIMARY KEY (video, position)) WITHOUT ROWID""",
)

Migration = Callable[[sqlite3.Connection], None]
MIGRATIONS: Mapping[int, Migration] = {1: areas_and_objects}
"""By version: what turns a file of that version into one of the next. Never change a published one."""


def create_tables(sql: sqlite3.Connection) -> None:
    """Lay out an empty project. The connection must be inside a transaction."""
    for statement in _TABLES:
        sql.execute(statement)
    sql.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    sql.execute(f"PRAGMA user_version = {VERSION}")


def version_of(sql: sqlite3.Connection) -> int:
    """Layout version of an open file. `DataError` where it is no project or from the future."""
    (application,) = sql.execute("PRAGMA application_id").fetchone()
    if application != APPLICATION_ID:
        raise DataError("is not a masklet project but another SQLite file; check the path")
    (version,) = sql.execute("PRAGMA user_version").fetchone()
    if version > VERSION:
        raise DataError(
            f"has layout version {version}; this masklet knows versions up to {VERSION}: "
            "upgrade with `pip install -U masklet`"
        )
    if version < 1:
        raise DataError(f"is damaged: layout version {version}; expected 1 to {VERSION}")
    return int(version)


def migrate(sql: sqlite3.Connection) -> None:
    """Bring a file of an older version to this one. Inside a transaction: all of it or nothing."""
    for version in range(version_of(sql), VERSION):
        MIGRATIONS[version](sql)
        sql.execute(f"PRAGMA user_version = {version + 1}")
