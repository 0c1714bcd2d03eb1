"""The human loop as a person runs it: what a word about an object changes, and what it leaves alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import masklet
from masklet.annotate import stretches
from masklet.core import Flags, Masks, Origin, Prompt, UsageError
from masklet.ops.table import upsert
from masklet.testing import DriftPropagator, Scene, ThresholdSegmenter

SCENE = Scene("arena", 2, (128, 96), n_frames=40, seed=7)
TRUTH = SCENE.truth(tails="none")


def human(obj: int, *frames: int) -> Masks:
    mine = (TRUTH.object_id == obj) & np.isin(TRUTH.frame, frames)
    return TRUTH.take(mine).replace(checked=())


def run(out: Path, given: Masks | tuple = (), engine=None, **how) -> Masks:
    return masklet.track(SCENE, given, out=out, engine=engine or "flow", **how).masks


def plain(rows: Masks) -> Masks:
    return rows.replace(steps=(), step=-1)


def changed(before: Masks, after: Masks, obj: int) -> list[int]:
    """Frames on which a column of the object's row differs."""
    a, b = plain(before.of(obj)), plain(after.of(obj))
    return [f for f in range(SCENE.n_frames) if a.on(f) != b.on(f)]


@pytest.mark.parametrize("shift", [(1, 0), (2, -1)])
def test_a_correction_changes_exactly_its_span(tmp_path: Path, shift: tuple[int, int]) -> None:
    engine = DriftPropagator(shift)
    given = upsert(human(1, 0, 12, 30, 39), human(2, 0, 39))
    before = run(tmp_path, given, engine)
    after = run(tmp_path, human(1, 21), engine)
    assert changed(before, after, 1) == [*range(13, 30)]
    assert changed(before, after, 2) == []


def test_a_correction_in_one_direction_stays_within_its_span(tmp_path: Path) -> None:
    before = run(tmp_path, human(1, 0, 30), DriftPropagator(), direction="forward")
    after = run(tmp_path, human(1, 12), DriftPropagator(), direction="forward")
    assert changed(before, after, 1) == [*range(7, 22)]  # where frame 12 is the nearest truth


def test_an_object_that_is_added_later_changes_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stretches, "CHUNK", 8)
    before = run(tmp_path, human(1, 0))
    after = run(tmp_path, human(2, 20))
    only = set(changed(before, after, 1))
    assert only <= {20}  # there the person's drawing of 2 takes what it covers
    assert after.of(2).frames.tolist() == list(range(40))
    again = run(tmp_path)
    assert again == after
    corrected = run(tmp_path, human(1, 30))  # 1 has its correction, 2 stays as it is
    assert set(changed(after, corrected, 1)) <= set(range(1, 40))
    assert not set(changed(after, corrected, 2)) & set(range(29))
