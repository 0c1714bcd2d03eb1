"""`masklet history`, `undo` and `redo` on a tracked folder."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import masklet
from masklet import DataError, Masks, UsageError
from masklet.cli.main import app
from masklet.store.project import Project
from masklet.testing.scenes import Scene

SCENE = Scene("arena", 1, size_wh=(96, 64), n_frames=12, seed=7)


def human(frame: int) -> Masks:
    return SCENE.truth(tails="none", frames=range(frame, frame + 1)).replace(checked=())


@pytest.fixture(scope="module")
def tracked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("history")
    for frame in (0, 6):
        masklet.track(SCENE, human(frame), out=out, engine="flow")
    return out


@pytest.fixture
def out(tracked: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tracked, tmp_path / "out"))


def rows(out: Path) -> Masks:
    with Project.open(out / "project.masklet") as project:
        return project.masks().load()


def test_a_line_for_each_thing_done(out: Path) -> None:
    entries = masklet.history(out)
    assert [entry.verb for entry in entries] == ["append", "replace", "append", "replace"]
    assert [entry.rows for entry in entries] == [1, 11, 1, 10]
    assert entries[0].frames == (0,)
    assert entries[1].frames == tuple(range(1, 12))
    assert entries[1].by.startswith("track flow/")
    assert str(entries[1]).startswith("replace of 11 rows on frames 1-11 (track flow/")
    assert entries == masklet.history(out / "project.masklet")
    times = [entry.time for entry in entries]
    assert times == sorted(times)


def test_undo_and_redo_step_by_step(out: Path) -> None:
    before = rows(out)
    (run,) = masklet.undo(out)
    assert (run.verb, run.rows) == ("undo", 10)
    assert rows(out).on(6).trusted.all()  # the drawing is still there
    (drawing,) = masklet.undo(out)
    assert drawing.frames == (6,)
    assert not rows(out).on(6).trusted.any()
    assert [entry.frames for entry in masklet.redo(out, 1)] == [(6,)]
    assert [entry.rows for entry in masklet.redo(out, 5)] == [10]
    assert rows(out) == before
    assert masklet.redo(out) == ()


def test_many_steps_at_once_and_the_table_beside(out: Path) -> None:
    assert len(masklet.undo(out, 2)) == 2
    after = rows(out)
    assert after.take(after.trusted).frames.tolist() == [0]
    assert masklet.read(out / "masks.parquet") == after
    assert len(masklet.undo(out, 99)) == 2
    assert len(rows(out)) == 0
    assert masklet.undo(out) == ()
    assert len(masklet.redo(out, 4)) == 4
    assert rows(out).take(rows(out).trusted).frames.tolist() == [0, 6]


def test_tracking_after_undo_finds_its_chunks(out: Path) -> None:
    before = rows(out)
    masklet.undo(out, 2)
    masklet.track(SCENE, human(6), out=out, engine="flow")
    again = rows(out)
    assert again.replace(steps=(), step=np.int16(-1)) == before.replace(steps=(), step=np.int16(-1))


def test_on_the_command_line(out: Path) -> None:
    def masklet_(*words: str) -> str:
        ran = CliRunner().invoke(app, list(words))
        assert ran.exit_code == 0, ran.output
        return ran.output

    assert len(masklet_("history", str(out)).splitlines()) == 4
    assert masklet_("undo", str(out)).startswith("undo of 10 rows on frames 1-11")
    assert masklet_("undo", str(out), "--steps", "2").count("undo of") == 2
    assert masklet_("redo", str(out), "--steps", "9").count("redo of") == 3
    assert masklet_("redo", str(out)) == "nothing to do again\n"
    assert len(masklet_("history", str(out)).splitlines()) == 4 + 3 + 3


def test_wrong_calls(out: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="at least 1"):
        masklet.undo(out, 0)
    with pytest.raises(DataError, match="nowhere"):
        masklet.history(tmp_path / "nowhere.masklet")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=r"project\.masklet"):
        masklet.undo(tmp_path / "empty")
