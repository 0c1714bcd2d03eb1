"""Outlines moved onto the picture's edges."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import masklet
from masklet.annotate.engine import engine_id
from masklet.core import Masks, UsageError
from masklet.core.protocols import Preparing
from masklet.infer.window import Windowed
from masklet.models.edged import Edged, edged, on_edges
from masklet.models.flow import Flow
from masklet.ops import runs as run_lengths
from masklet.ops.overlap import iou_pairs
from masklet.testing import PRESETS, Scene, check_propagator

SCENE = Scene("arena", 1, (320, 240), n_frames=10, seed=3, noise=1.0)


def coarse(truth: Masks, cell: int = 8) -> Masks:
    """Masks as of a grid of cells."""
    mask = run_lengths.decode(truth.row_runs(0), SCENE.size_wh)
    cells = mask[cell // 2 :: cell, cell // 2 :: cell]
    runs = run_lengths.encode(np.kron(cells, np.ones((cell, cell), bool)))
    return truth.replace(runs=runs, offset=[0, len(runs)])


def test_it_fits_the_seam() -> None:
    check_propagator(Edged(Flow()))


def test_coarse_outlines_find_the_edges() -> None:
    truth = SCENE.truth(tails="none", frames=range(1))
    before = coarse(truth)
    after = on_edges(before, SCENE[0], 6)
    assert iou_pairs(after, truth)[0] > iou_pairs(before, truth)[0] + 0.03


def test_tails_and_lines_stay() -> None:
    scene = replace(PRESETS["arena-1"], n_frames=1)
    own = scene.truth(tails="own")
    tail, whole = own.take(own.object_id > 100), scene.truth()
    refined = on_edges(whole, scene[0], 4)
    kept = run_lengths.intersection(refined.row_runs(0), tail.row_runs(0))
    assert run_lengths.area(kept) > 0.95 * run_lengths.area(tail.row_runs(0))
    assert np.array_equal(on_edges(tail, scene[0], 4).runs, tail.runs)


def test_nothing_stays_nothing() -> None:
    assert len(on_edges(SCENE.truth().take([]), SCENE[0], 4)) == 0


def test_it_is_named_after_the_engine() -> None:
    engine = Edged(Windowed(Flow(preset="fast"), 128), 3)
    assert engine_id(engine).startswith("flow/1+crop.1+edges.1 ")
    assert "crop=128" in engine_id(engine)
    assert "preset='fast' refine_edges=3" in engine_id(engine)
    assert not isinstance(edged(Flow()), Preparing)
    with pytest.raises(UsageError, match="expected 0 or more"):
        Edged(Flow(), -1)


def test_a_run_after_it_keeps_it(tmp_path: Path) -> None:
    seeds = SCENE.truth(frames=range(1))
    first = masklet.track(
        SCENE, seeds, out=tmp_path, engine="flow", crop=128, refine_edges=True, frames="0-4"
    )
    assert "outlines moved" in first.engine
    again = masklet.track(SCENE, out=tmp_path)
    assert "window of 128 pixels" in again.engine
    assert "outlines moved" in again.engine
    assert len(again.masks.frames) == 10
    off = masklet.track(SCENE, out=tmp_path, refine_edges=False)
    assert "window of 128 pixels" in off.engine
    assert "outlines moved" not in off.engine
