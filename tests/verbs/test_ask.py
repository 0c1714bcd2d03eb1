"""`masklet track --ask` and `masklet.next_frames` on what a run left."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

import masklet
from masklet import UsageError
from masklet.cli.main import app
from masklet.media.writer import VideoWriter
from masklet.testing.scenes import Scene

SCENE = Scene("arena", 1, size_wh=(96, 64), n_frames=24, seed=7)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ask") / "film.mp4"
    with VideoWriter(path, SCENE.size_wh, fps=SCENE.fps) as writer:
        for _, image in SCENE.frames():
            writer.write(image)
    masklet.write(SCENE.truth(tails="none", frames=range(1)), path.with_name("first.parquet"))
    return path


def test_table_on_the_console(film: Path, tmp_path: Path) -> None:
    command = ["track", str(film), "--masks", str(film.with_name("first.parquet")), "--engine", "flow"]
    ran = CliRunner().invoke(app, [*command, "--out", str(tmp_path / "out"), "--ask", "2"])
    assert ran.exit_code == 0, ran.output
    asked = masklet.next_frames(tmp_path / "out", 2)
    lines = ran.output.splitlines()
    at = lines.index("annotate next:")
    assert lines[at + 1].split() == ["frame", "time", "doubt", "why"]
    for line, one in zip(lines[at + 2 : at + 4], asked, strict=True):
        assert line.split()[:2] == [str(one.frame), f"{one.time:.2f}"]
        assert one.why in line


def test_folder_file_and_masks_say_the_same(film: Path, tmp_path: Path) -> None:
    first = film.with_name("first.parquet")
    tracked = masklet.track(film, first, out=tmp_path, engine="flow", ask=2)
    asked = masklet.next_frames(tracked.masks, 2)
    assert tracked.asked == asked
    assert masklet.next_frames(tmp_path, 2) == asked
    assert masklet.next_frames(tracked.parquet, 2) == asked
    inside = masklet.next_frames(tracked.masks, 2, frames="5-9")
    assert all(5 <= one.frame <= 9 for one in inside)


def test_wrong_calls(film: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="0 or more"):
        masklet.track(film, film.with_name("first.parquet"), out=tmp_path, engine="flow", ask=-1)
    with pytest.raises(UsageError, match="direction"):
        masklet.next_frames(SCENE.truth(), 1, direction="up")  # type: ignore[arg-type]
