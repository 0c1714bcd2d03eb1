"""`masklet smooth` and `masklet track --crop --refine-edges` on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

import masklet
from masklet.cli.main import app
from masklet.core import Origin, Review
from masklet.media.writer import VideoWriter
from masklet.testing import Scene

SCENE = Scene("arena", 1, (320, 240), n_frames=8, seed=3)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a video and the true masks of its first frame."""
    folder = tmp_path_factory.mktemp("smooth")
    with VideoWriter(folder / "rat.mp4", SCENE.size_wh, SCENE.fps) as out:
        for _, frame in SCENE.frames():
            out.write(frame)
    masklet.write(SCENE.truth(frames=range(1)), folder / "first.parquet")
    return folder


def test_track_then_smooth(place: Path) -> None:
    told = [str(place / "rat.mp4"), "--masks", str(place / "first.parquet"), "--out", str(place / "run")]
    around = ["--engine", "flow", "--crop", "128", "--refine-edges", "--trust"]
    ran = CliRunner().invoke(app, ["track", *told, *around], catch_exceptions=False)
    assert ran.exit_code == 0
    assert "in a window of 128 pixels around each object; outlines moved" in ran.output
    ran = CliRunner().invoke(
        app, ["smooth", str(place / "run"), "--out", str(place / "calm.masklet")], catch_exceptions=False
    )
    assert ran.exit_code == 0
    assert "of 8 masks changed" in ran.output
    calm = masklet.read(place / "calm.masklet")
    assert len(calm) == 8
    assert {step.verb for step in calm.steps} >= {"track", "smooth"}
    assert "calm.masklet" in ran.output


def test_the_number_of_frames_is_signed(place: Path) -> None:
    masks = SCENE.truth().replace(origin=int(Origin.PROPAGATED), review=int(Review.TODO))
    source = str(place / "all.parquet")
    masklet.write(masks, source)
    for frames in ("1", "3"):
        ran = CliRunner().invoke(
            app,
            ["smooth", source, "--frames", frames, "--out", str(place / f"{frames}.parquet")],
            catch_exceptions=False,
        )
        assert ran.exit_code == 0
    least, most = (masklet.read(place / f"{frames}.parquet") for frames in ("1", "3"))
    assert least.steps[-1].arguments == '{"frames": 1}'
    assert most.steps[-1].arguments == '{"frames": 3}'
