"""Scores against IoU: bins by hand, risk and coverage against their definition."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation_kit import block, case, table, videos
from masklet.core import Flags, Masks
from masklet.evaluation.calibration import CalibrationPart, measure, total
from masklet.evaluation.case import Settings
from masklet.ops.overlap import iou_runs

WHOLE, HALF, FAR, EMPTY = (
    block(0, 0, 10, 10),
    block(0, 0, 5, 10),
    block(20, 0, 30, 10),
    block(0, 0, 0, 0),
)


def part(*rows: tuple[float, float]) -> CalibrationPart:
    score, iou = np.array(rows, np.float64).reshape(-1, 2).T
    return CalibrationPart(score, iou)


def slow_aurc(score: np.ndarray, iou: np.ndarray) -> float:
    """Mean over all thresholds of the mean of 1 - IoU above them, over every order of equal scores."""
    found = []
    for order in itertools.permutations(range(len(score))):
        kept = [score[i] for i in order]
        if kept == sorted(kept, reverse=True):
            losses = [1 - iou[i] for i in order]
            found.append(np.mean([np.mean(losses[: n + 1]) for n in range(len(losses))]))
    return float(np.mean(found))


NUMBERS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 10)), min_size=1, max_size=6)


@settings(max_examples=60, deadline=None)
@given(NUMBERS)
def test_area_under_risk_and_coverage(rows):
    both = part(*((score / 4, iou / 10) for score, iou in rows))
    ours = total([both])
    assert ours.aurc == pytest.approx(slow_aurc(both.score, both.iou))
    assert ours.aurc_best == pytest.approx(slow_aurc(both.iou, both.iou))
    assert ours.aurc_excess >= -1e-12
    assert ours.risk[-1] == pytest.approx(1 - both.iou.mean())
    assert np.all(np.diff(ours.risk_best) >= -1e-12)


@settings(max_examples=60, deadline=None)
@given(NUMBERS, st.randoms(use_true_random=False))
def test_order_of_rows_and_videos_does_not_matter(rows, random):
    shuffled = random.sample(rows, len(rows))
    one = total([part(*rows)])
    other = total([part(*shuffled[:2]), part(*shuffled[2:])])
    np.testing.assert_allclose([one.ece, one.aurc, one.iou], [other.ece, other.aurc, other.iou])
    np.testing.assert_allclose(one.risk, other.risk, atol=1e-12)


def test_bins_by_hand():
    ours = total([part((0.25, 0.5), (0.29, 0.1), (1.0, 0.9), (0.95, 0.9), (0.0, 0.2))])
    seen = [(one.low, one.high, one.rows, one.score, one.iou) for one in ours.bins if one.rows]
    expected = [(0, 0.1, 1, 0, 0.2), (0.2, 0.3, 2, 0.27, 0.3), (0.9, 1, 2, 0.975, 0.9)]
    np.testing.assert_allclose(seen, expected)
    assert ours.ece == pytest.approx((0.2 + 2 * 0.03 + 2 * 0.075) / 5)
    assert np.isnan([one.iou for one in ours.bins if not one.rows]).all()
    assert (ours.rows, len(ours.bins)) == (5, 10)


@pytest.mark.parametrize("score", np.arange(11) / 10)
def test_single_precision_does_not_move_a_score_over_an_edge(score):
    found = total([part((float(np.float32(score)), 0.5))]).bins
    (filled,) = [one for one in found if one.rows]
    assert filled.low == pytest.approx(min(score, 0.9))


def test_scores_that_say_the_iou():
    ours = total([part(*((iou, iou) for iou in np.linspace(0.05, 0.95, 10)))])
    assert ours.ece == pytest.approx(0)
    assert ours.aurc_excess == 0
    turned = total([part(*((1 - iou, iou) for iou in np.linspace(0.05, 0.95, 10)))])
    assert turned.aurc > 2 * ours.aurc


def test_nothing_to_judge():
    ours = total([part()])
    assert ours.rows == 0
    assert np.isnan([ours.ece, ours.aurc, ours.aurc_best, ours.score, ours.iou]).all()
    assert np.isnan(ours.risk).all()


@pytest.mark.parametrize(
    ("pred", "truth", "iou"),
    [
        (WHOLE, WHOLE, [1]),
        (HALF, WHOLE, [0.5]),
        (FAR, WHOLE, [0]),
        (EMPTY, WHOLE, [0]),
        (WHOLE, EMPTY, [0]),
        (EMPTY, EMPTY, [1]),
        (WHOLE, None, [0]),
        (EMPTY, None, [1]),
    ],
)
def test_rows_that_answer_a_true_one(pred, truth, iou):
    """On frame 1, where the truth is complete and knows of the object from frame 0; `None`: absent."""
    true = table({(0, 1): WHOLE, (1, 1): truth} if truth is not None else {(0, 1): WHOLE})
    found = measure(case(table({(1, 1): pred}, score=0.75), true), Settings())
    assert (found.score.tolist(), found.iou.tolist()) == ([0.75], iou)


@pytest.mark.parametrize(
    ("mask", "frame", "crowd", "judged"),
    [
        (FAR, 0, None, [0.0]),
        (EMPTY, 0, None, []),
        (FAR, 3, None, []),
        (FAR, 0, FAR, []),
        (FAR, 0, block(25, 0, 32, 10), []),
        (FAR, 0, block(26, 0, 32, 10), [0.0]),
    ],
)
def test_rows_that_answer_nothing(mask, frame, crowd, judged):
    """Frames 0 and 1 are complete."""
    rows = {(0, 1): WHOLE} | ({(0, 2): crowd} if crowd is not None else {})
    truth = table(rows, flags=np.array([0, Flags.CROWD][: len(rows)], np.uint16))
    found = measure(case(table({(frame, 9): mask}, score=0.5), truth, frames=(0, 1)), Settings())
    assert found.iou.tolist() == judged


def test_rows_without_score_are_not_judged():
    pred = table({(0, 1): WHOLE, (1, 1): HALF}, score=np.array([np.nan, 0.5], np.float32))
    found = measure(case(pred, table({(0, 1): WHOLE, (1, 1): WHOLE})), Settings())
    assert found.iou.tolist() == [0.5]


@settings(max_examples=40, deadline=None)
@given(videos(), videos())
def test_iou_is_that_of_the_masks(pred: Masks, truth: Masks):
    if not len(truth):
        return
    one = case(pred, truth) if len(pred) else case(truth.replace(score=0.5), truth)
    found = measure(one, Settings())
    expected = []
    for p, t in zip(one.pairs.pred_row.tolist(), one.pairs.truth_row.tolist(), strict=True):
        if p >= 0:
            mine, other = (one.pred.row_runs(p), one.truth.row_runs(t) if t >= 0 else None)
            full = len(mine) > 1 or (other is not None and len(other) > 1)
            expected.append((iou_runs(mine, other) if other is not None else 0.0) if full else 1.0)
    np.testing.assert_allclose(found.iou[: len(expected)], expected)
    assert not found.iou[len(expected) :].any()
