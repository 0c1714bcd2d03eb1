"""Damaged, locked, full, read-only: one line that says what was found, and no lost row."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from masklet.core import DataError, MaskletError
from masklet.store import Project, VideoStore
from masklet.store.project_format import ProjectFormat
from store.samples import LABELS, every_kind, human, table, video


@pytest.fixture
def saved(path: Path) -> Path:
    ProjectFormat().write([every_kind()], path)
    return path


def one_line(error: BaseException, path: Path) -> bool:
    return "\n" not in str(error) and str(path) in str(error)


@pytest.mark.parametrize(
    ("contents", "why"),
    [
        (b"", "not a masklet project"),
        (b"frame,object\n1,2\n" * 400, "it is no SQLite file"),
        (b"SQLite format 3\0" + bytes(2000), "no SQLite file|damaged"),
        (np.random.default_rng(0).bytes(20_000), "no SQLite file"),
    ],
)
@pytest.mark.parametrize("readonly", [False, True])
def test_no_project(path: Path, contents: bytes, why: str, readonly: bool) -> None:
    path.write_bytes(contents)
    with pytest.raises(DataError, match=why) as caught:
        Project.open(path, readonly=readonly)
    assert one_line(caught.value, path)
    assert path.read_bytes() == contents


def test_no_file(path: Path) -> None:
    with pytest.raises(DataError, match="does not exist"):
        Project.open(path)
    with pytest.raises(DataError, match="is a folder"):
        Project.open(path.parent)
    with pytest.raises(DataError, match="cannot be opened: File name too long"):
        Project.open(path.parent / ("x" * 300))
    with pytest.raises(DataError, match="name is too long"):
        Project.create(path.parent / ("x" * 300))
    path.write_bytes(b"")
    with pytest.raises(DataError, match="part of this path is a file"):
        Project.create(path / "a.masklet")


def complaint_of(work: Callable[..., None], *arguments: object) -> str:
    """What masklet says of it; empty where all is well. Any other kind of error is let through."""
    try:
        work(*arguments)
    except MaskletError as error:
        return str(error)
    return ""


def look(path: Path) -> None:
    """Read the masks of a project and their history."""
    with Project.open(path) as project:
        project.masks().load()
        project.masks().history()


def everything(path: Path) -> None:
    """Use a project in every way."""
    with Project.open(path, timeout=0.1) as project:
        project.faults()
        project.runs.get("a")
        store = project.masks()
        store.load(), store.history(), store.load([3]), project.shapes()
        store.append(human(3, seed=4), "Ada")
        store.check([4])
        store.undo()
        store.delete([1])


@pytest.mark.parametrize("seed", range(60))
def test_damaged_at_random(saved: Path, seed: int) -> None:
    """A result or an error of masklet's own, nothing else, and never a hang."""
    rng = np.random.default_rng(seed)
    data = bytearray(saved.read_bytes())
    kind = seed % 4
    if kind == 0:
        del data[rng.integers(100, len(data)) :]
    elif kind == 1:
        start = int(rng.integers(100, len(data) - 600))
        data[start : start + 500] = rng.bytes(500)
    else:
        for at in rng.integers(100 if kind == 2 else 0, len(data), 40):
            data[at] = rng.integers(256)
    saved.write_bytes(data)
    complaint = complaint_of(everything, saved)
    assert "\n" not in complaint
    assert not complaint or str(saved) in complaint


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE masks SET runs = x'88'",
        "UPDATE masks SET runs = 'text'",
        "UPDATE masks SET runs = x''",
        "UPDATE masks SET label_id = 77",
        "UPDATE masks SET frame = frame + 1000000",
        "UPDATE masks SET frame = 1e300 WHERE frame = 3 AND object_id = 3",
        "UPDATE masks SET origin = 300",
        "UPDATE masks SET score = 'high'",
        "UPDATE masks SET identity_score = 1e300",
        "UPDATE masks SET step = 99",
        "UPDATE videos SET width = -3",
        "UPDATE videos SET times = x'00'",
        "UPDATE videos SET files = '{'",
        "UPDATE labels SET kind = 'blob'",
        "UPDATE labels SET name = x'4142'",
        "UPDATE labels SET name = CAST(x'FF41' AS TEXT)",
        "DELETE FROM videos",
        "DELETE FROM labels",
        "DROP TABLE masks",
        "INSERT INTO checked VALUES (1, 'x')",
    ],
)
def test_contents_that_nobody_wrote(saved: Path, damage: str) -> None:
    with Project.open(saved) as project, project.transaction() as sql:
        sql.execute(damage)
    complaint = complaint_of(look, saved)
    assert "\n" not in complaint
    assert str(saved) in complaint


@contextmanager
def locked_by_another_process(path: Path) -> Iterator[None]:
    code = (
        "import sqlite3, sys; sql = sqlite3.connect(sys.argv[1], isolation_level=None);"
        "sql.execute('BEGIN IMMEDIATE'); print('locked', flush=True); sys.stdin.read()"
    )
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", code, str(path)], **pipes) as other:
        assert other.stdin is not None
        assert other.stdout is not None
        assert other.stdout.readline() == b"locked\n"
        yield
        other.stdin.close()


def test_locked_by_another_process(saved: Path) -> None:
    with locked_by_another_process(saved), Project.open(saved, timeout=0.2) as project:
        assert project.masks().load() == every_kind()
        with pytest.raises(DataError, match="in use by another program") as caught:
            project.masks().append(human(1))
        assert one_line(caught.value, saved)
    with Project.open(saved) as project:
        assert project.masks().append(human(1, seed=3)) > 1


def test_two_processes_write_by_turns(path: Path) -> None:
    Project.create(path, video(), LABELS).close()
    code = (
        "import sys; from store.samples import *; from masklet.store import Project\n"
        "with Project.open(sys.argv[1]) as project:\n"
        "    for frame in range(50):\n"
        "        project.masks().append(table([(frame, int(sys.argv[2]))]), sys.argv[2])\n"
    )
    tests = str(Path(__file__).resolve().parents[1])
    environment = os.environ | {"PYTHONPATH": tests}
    writers = [
        subprocess.Popen([sys.executable, "-c", code, str(path), str(i)], env=environment)
        for i in range(2)
    ]
    assert [writer.wait(60) for writer in writers] == [0, 0]
    with Project.open(path) as project:
        assert len(project.masks().load()) == 100
        revisions = [change.revision for change in project.masks().history()]
        assert len(set(revisions)) == 100
        assert project.faults() == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 400 kB of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", str(folder)]
    if subprocess.run(mounting, capture_output=True, check=False).returncode:
        pytest.skip("no right to mount a small file system here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def save(store: VideoStore, frame: int) -> None:
    store.append(table([(frame, o) for o in range(40)], on=video(500)), "Ada")


def test_a_full_disk(small_disk: Path) -> None:
    path = small_disk / "rats.masklet"
    saved = 0
    with Project.create(path, video(500), LABELS) as project:
        store = project.masks()
        while not (complaint := complaint_of(save, store, saved)):
            saved += 1
        assert "is full" in complaint
        assert "\n" not in complaint
        assert str(path) in complaint
        assert saved > 2
        assert len(store.load()) == 40 * saved
    with Project.open(path, readonly=True) as project:
        assert len(project.masks().load()) == 40 * saved
        assert project.faults() == []


def test_a_full_disk_when_a_project_is_made(small_disk: Path) -> None:
    (small_disk / "ballast").write_bytes(bytes(330_000))
    with pytest.raises(DataError, match="is full") as caught:
        ProjectFormat().write([table([(f, o) for f in range(50) for o in range(40)])], small_disk / "p")
    assert one_line(caught.value, small_disk / "p")
    assert [file.name for file in small_disk.iterdir()] == ["ballast"]


def test_a_read_only_folder(small_disk: Path) -> None:
    path = small_disk / "rats.masklet"
    ProjectFormat().write([every_kind()], path)
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with Project.open(path, readonly=True) as project:
        assert project.masks().load() == every_kind()
    with pytest.raises(DataError, match="read-only; check the rights, or open it read-only"):
        Project.open(path)
    with pytest.raises(DataError, match="file system is read-only"):
        Project.create(small_disk / "new.masklet")


def test_a_read_only_folder_with_a_log_in_it(small_disk: Path, path: Path) -> None:
    """A copy of a project in use: its last rows are still in the log beside it."""
    ProjectFormat().write([every_kind()], path)
    with Project.open(path) as project:
        project.masks().append(human(30))
        for ending in ("", "-wal"):
            source = path.with_name(path.name + ending)
            (small_disk / source.name).write_bytes(source.read_bytes())
        expected = project.masks().load()
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with Project.open(small_disk / path.name, readonly=True) as project:
        assert project.masks().load() == expected
