from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from masklet.core import DataError
from masklet.store import Project, schema
from store.samples import LABELS, every_kind, video


def add_note(sql: sqlite3.Connection) -> None:
    sql.execute("ALTER TABLE videos ADD COLUMN note TEXT NOT NULL DEFAULT 'none'")


def add_table(sql: sqlite3.Connection) -> None:
    sql.execute("CREATE TABLE notes (video INTEGER, note TEXT)")
    sql.execute("INSERT INTO notes SELECT id, note FROM videos")


def stop(sql: sqlite3.Connection) -> None:
    sql.execute("CREATE TABLE half (done INTEGER)")
    raise RuntimeError("power failure")


@pytest.fixture
def old(path: Path) -> Path:
    """A project of the layout of today, which the tests call old."""
    with Project.create(path, video(), LABELS) as project:
        project.masks().append(every_kind())
    return path


def version(path: Path) -> int:
    return int.from_bytes(path.read_bytes()[60:64], "big")


def test_migrations_run_one_after_the_other(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = schema.VERSION
    monkeypatch.setattr(schema, "VERSION", now + 2)
    monkeypatch.setattr(schema, "MIGRATIONS", {now: add_note, now + 1: add_table})
    with pytest.raises(DataError, match="older layout version 1; open it once for writing"):
        Project.open(old, readonly=True)
    for _ in range(2):
        with Project.open(old) as project:
            assert project.masks().load() == every_kind()
            with project.transaction() as sql:
                assert sql.execute("SELECT * FROM notes").fetchall() == [(1, "none")]
    assert version(old) == now + 2


def test_a_migration_that_dies_leaves_the_old_file(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = schema.VERSION
    with monkeypatch.context() as patch:
        patch.setattr(schema, "VERSION", now + 2)
        patch.setattr(schema, "MIGRATIONS", {now: add_note, now + 1: stop})
        with pytest.raises(RuntimeError):
            Project.open(old)
    assert version(old) == now
    with Project.open(old) as project:
        assert project.masks().load() == every_kind()
        assert project.faults() == []


def test_there_is_a_way_from_every_version_to_this_one() -> None:
    assert sorted(schema.MIGRATIONS) == list(range(1, schema.VERSION))


@pytest.mark.parametrize("readonly", [False, True])
def test_a_file_of_the_future(old: Path, readonly: bool) -> None:
    with sqlite3.connect(old) as sql:
        sql.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
    sql.close()
    with pytest.raises(DataError, match=r"has layout version 2; this masklet knows versions up to 1"):
        Project.open(old, readonly=readonly)


def test_a_stranger_among_sqlite_files(tmp_path: Path) -> None:
    path = tmp_path / "other.masklet"
    with sqlite3.connect(path) as sql:
        sql.execute("CREATE TABLE masks (a)")
    sql.close()
    with pytest.raises(DataError, match="not a masklet project but another SQLite file"):
        Project.open(path)
