"""What two runs say of each other: scores and flags where they agree, differ, or one is silent."""

from __future__ import annotations

import numpy as np
import pytest

from annotate_kit import square, table
from masklet.annotate.blend import Anchors, merge
from masklet.core import Flags, Masks, Origin
from masklet.ops.table import boxes

N = 101
ANCHORS = Anchors({1: 0}, {1: 100})
MADE = {"origin": Origin.PROPAGATED}


def one(x: int, frame: int, score: float, identity: float = 0.9) -> Masks:
    return table(N, square(x, frame, score=score, identity_score=identity, **MADE))


def score(forward: Masks, backward: Masks) -> float:
    return float(merge(forward, backward, ANCHORS).score[0])


def test_differing_runs_lose_score_and_are_flagged() -> None:
    rows = merge(one(20, 50, 0.9), one(120, 50, 0.9), ANCHORS)
    assert rows.score[0] == pytest.approx(0.45)  # right with a chance of one half, else not at all
    assert rows.flags[0] & Flags.DISAGREE
    assert rows.identity_score[0] == pytest.approx(0.45)
    assert rows.flags[0] & Flags.UNSURE_IDENTITY


def test_the_less_they_overlap_the_lower_the_score() -> None:
    scores = [score(one(20, 50, 0.9), one(20 + shift, 50, 0.9)) for shift in range(11)]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] > 0.9 > scores[2] > scores[5] > scores[10]


def test_agreement_half_way_raises_a_score() -> None:
    assert score(one(20, 50, 0.7), one(20, 50, 0.7)) == pytest.approx(0.85)
    assert score(one(20, 20, 0.7), one(20, 20, 0.7)) < 0.85


@pytest.mark.parametrize("frame", [1, 99])
def test_next_to_truth_the_other_run_says_little(frame: int) -> None:
    near, far = (one(20, frame, 0.9), one(120, frame, 0.9))
    forward, backward = (near, far) if frame == 1 else (far, near)
    rows = merge(forward, backward, ANCHORS)
    assert boxes(rows)[0, 0] == 20
    assert rows.score[0] == pytest.approx(0.9, abs=0.02)
    assert rows.flags[0] & Flags.DISAGREE
    assert not rows.flags[0] & Flags.UNSURE_IDENTITY


def test_the_surer_of_two_that_differ_stays() -> None:
    rows = merge(one(20, 50, 0.2), one(120, 50, 0.9), ANCHORS)
    assert boxes(rows)[0, 0] == 120
    assert 0.7 < rows.score[0] < 0.9


def test_scores_stay_between_0_and_1() -> None:
    rng = np.random.default_rng(0)
    for _ in range(300):
        a, b = rng.uniform(0, 1, 2)
        x, frame = (int(v) for v in rng.integers(0, [12, 100]))
        rows = merge(one(20, frame, a), one(20 + x, frame, b), ANCHORS)
        assert 0 <= rows.score[0] <= 1
        assert rows.score[0] <= max(a, b) or not rows.flags[0] & Flags.DISAGREE


def test_silence_of_the_other_run_lowers_a_score() -> None:
    nothing = one(20, 10, 0.9).take([])
    rows = merge(one(20, 10, 0.9), nothing, ANCHORS)
    assert rows.flags[0] & Flags.DISAGREE
    assert 0.8 < rows.score[0] < 0.9
    assert not len(merge(one(20, 90, 0.9), nothing, ANCHORS))


def test_one_run_alone_keeps_its_score() -> None:
    only_left = Anchors({1: 0}, {})
    rows = merge(one(20, 50, 0.6), one(20, 50, 0.6).take([]), only_left)
    assert rows.score[0] == pytest.approx(0.6)
    assert not rows.flags[0] & Flags.DISAGREE
