from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from masklet.core import DataError, Review
from masklet.ops.table import areas, upsert
from masklet.store import Project, schema
from store.samples import LABELS, every_kind, human, video


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
    with Project.open(old, readonly=True) as project:
        assert project.masks().load() == every_kind()
    assert version(old) == now
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
    with pytest.raises(DataError, match=rf"has layout version {schema.VERSION + 1}; this masklet knows"):
        Project.open(old, readonly=readonly)


def test_a_stranger_among_sqlite_files(tmp_path: Path) -> None:
    path = tmp_path / "other.masklet"
    with sqlite3.connect(path) as sql:
        sql.execute("CREATE TABLE masks (a)")
    sql.close()
    with pytest.raises(DataError, match="not a masklet project but another SQLite file"):
        Project.open(path)


GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "project_v1.masklet"
"""Written by the first layout: rows of every kind, edits of two people, an undo, a chunk."""


@pytest.mark.parametrize("readonly", [True, False])
def test_a_project_of_version_1_keeps_everything(path: Path, readonly: bool) -> None:
    shutil.copy(GOLDEN, path)
    with Project.open(path, readonly=readonly) as project:
        store, expected = project.masks(), every_kind()
        kept = (expected.frame != 2) | (expected.object_id != 3)
        kept &= (expected.frame != 1) | (expected.object_id != 0)
        drawn = human(1, 0, seed=4, review=Review.CORRECTED)
        wanted = upsert(expected.take(kept), drawn).replace(checked=[0, 4, 7, 49])
        assert store.load() == wanted
        assert [c.verb for c in store.history(5, 3)] == ["append", "append", "undo"]
        assert project.runs.get("key") == every_kind(1)
        assert list(store.objects()) == [0, 3]
        for track in store.timeline().tracks:
            assert track.area.tolist() == areas(wanted.of(track.object_id)).tolist()
        assert project.faults() == []
    assert version(path) == (1 if readonly else schema.VERSION)


def test_an_upgraded_project_goes_on_where_it_was(path: Path) -> None:
    shutil.copy(GOLDEN, path)
    with Project.open(path) as project:
        store = project.masks()
        assert store.redo("Ada") is not None
        assert store.load([5], [3]) == human(5, 3, seed=5).replace(steps=store.load().steps)
        assert store.undo("Bo") is not None
        before = every_kind().on(2).of(3)
        assert store.load([2], [3]) == before
        with store.edit("nothing") as draft:
            draft.put(before, keep_trusted=False)
        assert draft.frames == ()


def test_a_damaged_mask_does_not_stop_the_upgrade(path: Path) -> None:
    shutil.copy(GOLDEN, path)
    with sqlite3.connect(path) as sql:
        sql.execute("UPDATE masks SET runs = x'ff' WHERE frame = 3 AND object_id = 3")
    sql.close()
    with Project.open(path) as project:
        store = project.masks()
        assert len(store.load([4])) == 4
        with pytest.raises(DataError, match="is damaged"):
            store.load([3])


def test_tables_are_the_same_whichever_way_they_came(path: Path) -> None:
    shutil.copy(GOLDEN, path)
    Project.open(path).close()
    fresh = path.with_name("fresh.masklet")
    Project.create(fresh).close()
    assert layout(path) == layout(fresh)


def layout(path: Path) -> dict[str, set[object]]:
    """Columns of every table (name, type, required, default) and of every index (place, name)."""
    with sqlite3.connect(path) as sql:
        made = sql.execute("SELECT name FROM sqlite_master WHERE name NOT LIKE 'sqlite%'").fetchall()
        found: dict[str, set[object]] = {
            name: {row[1:5] for row in sql.execute(f"PRAGMA table_info({name})")}
            or {(row[0], row[2]) for row in sql.execute(f"PRAGMA index_info({name})")}
            for (name,) in made
        }
    sql.close()
    return found
