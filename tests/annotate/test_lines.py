"""Lines where two runs meet: tolerance, no blending, no competition."""

from __future__ import annotations

import numpy as np
import pytest

from masklet.annotate.blend import Anchors, merge
from masklet.annotate.compete import compete
from masklet.annotate.lines import line_overlap
from masklet.core import Flags, Label, Masks, Origin, Video
from masklet.ops.runs import encode
from masklet.ops.table import Row, areas, build

SIZE = (60, 40)
LABELS = (Label("rat"), Label("tail", "line"))


def stroke(y: int, x0: int = 10, x1: int = 50, thick: int = 2) -> np.ndarray:
    mask = np.zeros(SIZE[::-1], bool)
    mask[y : y + thick, x0:x1] = True
    return mask


def rows(*masks: tuple[int, int, np.ndarray], score: float = 0.8) -> Masks:
    made = [
        Row(5, obj, label, encode(mask), score, 0.9, origin=Origin.PROPAGATED)
        for obj, label, mask in masks
    ]
    return build(Video("x.mp4", *SIZE, 11), LABELS, made)


@pytest.mark.parametrize(("shift", "share"), [(0, 1.0), (2, 1.0), (4, 0.5), (9, 0.0)])
def test_a_line_beside_a_line_overlaps_it_within_three_pixels(shift: int, share: float) -> None:
    found = line_overlap(encode(stroke(10)), encode(stroke(10 + shift)), SIZE)
    assert found == pytest.approx(share, abs=0.02)


def test_nothing_overlaps_no_line() -> None:
    nothing = encode(np.zeros(SIZE[::-1], bool))
    assert line_overlap(nothing, encode(stroke(10)), SIZE) == 0.0


@pytest.mark.parametrize(("shift", "flagged"), [(2, False), (12, True)])
def test_runs_that_lie_side_by_side_agree_and_are_not_mixed(shift: int, flagged: bool) -> None:
    left, right = rows((101, 1, stroke(10)), score=0.9), rows((101, 1, stroke(10 + shift)), score=0.8)
    merged = merge(left, right, Anchors({101: 0}, {101: 10}))
    assert bool(merged.flags[0] & Flags.DISAGREE) is flagged
    assert np.array_equal(merged.row_runs(0), left.row_runs(0))


def test_a_line_that_crosses_keeps_its_pixels_and_takes_none() -> None:
    crossing = stroke(5, 30, 33, 30)
    table = rows((1, 0, stroke(10, thick=9)), (101, 1, stroke(12)), (102, 1, crossing))
    assert areas(compete(table, set())).tolist() == areas(table).tolist()
