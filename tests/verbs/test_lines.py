"""Tracking where some labels are lines: which engine does what, and what leaves as a polyline."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest

import masklet
from masklet.core import LossWarning
from masklet.models.flow import Flow
from masklet.models.lines.engine import Lines, WithLines
from masklet.testing import Scene
from masklet.verbs.lines import resolve_with_lines

SCENE = Scene("arena", 1, (240, 180), n_frames=5, seed=11, noise=1.0)
BOTH = SCENE.truth(tails="own", frames=range(1))
ONLY = BOTH.take(BOTH.object_id > 100)


def test_lines_are_added_to_the_engine_that_was_named() -> None:
    runner, reason = resolve_with_lines("flow", SCENE, BOTH)
    assert isinstance(runner, WithLines)
    assert isinstance(runner.engine, Flow)
    assert "lines" in reason


def test_without_lines_nothing_changes() -> None:
    areas = BOTH.take(BOTH.object_id < 100)
    assert isinstance(resolve_with_lines("flow", SCENE, areas)[0], Flow)


@pytest.mark.parametrize("name", ["auto", "lines"])
def test_lines_alone_need_no_other_engine(name: str) -> None:
    assert isinstance(resolve_with_lines(name, SCENE, ONLY)[0], Lines)


def test_an_engine_given_as_an_object_is_left_alone() -> None:
    mine = Flow()
    assert resolve_with_lines(mine, SCENE, BOTH)[0] is mine


def test_a_tail_is_tracked_and_leaves_as_a_polyline(tmp_path: Path) -> None:
    tracked = masklet.track(SCENE, BOTH, out=tmp_path / "run", engine="flow")
    assert "lines" in tracked.engine
    tails = tracked.masks.of(101)
    assert len(tails) == SCENE.n_frames
    assert any("lines" in step.model for step in tracked.masks.steps)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LossWarning)
        masklet.convert(tracked.parquet, tmp_path / "out.xml", to="cvat-video", tracks="polygon")
        masklet.convert(tracked.parquet, tmp_path / "out", to="labelme", draw="polygon")
    assert (tmp_path / "out.xml").read_text().count("<polyline") >= SCENE.n_frames
    written = [path.read_text() for path in (tmp_path / "out").rglob("*.json")]
    assert sum(text.count('"linestrip"') for text in written) == SCENE.n_frames


def test_a_correction_of_the_animal_keeps_the_engine(tmp_path: Path) -> None:
    masklet.track(SCENE, BOTH, out=tmp_path / "run", engine="flow")
    again = SCENE.truth(tails="own", frames=range(4, 5))
    tracked = masklet.track(SCENE, again, out=tmp_path / "run")
    assert tracked.engine.startswith("flow: as in the run before")
    assert np.array_equal(tracked.masks.on(4).object_id, [1, 101])
