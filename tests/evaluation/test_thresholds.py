"""Precision and recall over scores, against a count by hand and a slow one from the definition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from coco_peer import official
from evaluation_kit import block, case, table, videos
from masklet.core import Flags, Masks
from masklet.evaluation.case import Case, Settings
from masklet.evaluation.pairs import Pairs
from masklet.evaluation.thresholds import SCORES, ThresholdScores, measure, total

NO_PAIRS = Pairs(*(np.empty(0, kind) for kind in (np.int32, np.int32, np.int64, np.int64)))
LEFT, LOWER, FAR = block(0, 0, 10, 10), block(0, 0, 10, 9), block(20, 0, 30, 10)


def curves(pred: Masks, truth: Masks, iou: float = 0.5) -> ThresholdScores:
    frames = np.arange(truth.video.n_frames, dtype=np.int32)
    whole = Case("v", pred, truth, frames, frames, NO_PAIRS)
    return total([measure(whole, Settings(match_iou=iou))])


def slow(pred: Masks, truth: Masks, label: int, score: float) -> tuple[int, int]:
    """(right, wrong) of one label: only what scores enough is there at all, then COCO's own matching."""
    kept = pred.take(np.where(np.isnan(pred.score), 1, pred.score) >= np.float32(score))
    run = official(kept, truth, np.arange(truth.video.n_frames))
    right = wrong = 0
    for one in run.evalImgs:
        if one and one["category_id"] == label + 1 and one["aRng"] == [0, 1e10]:
            matched, ignored = one["dtMatches"][0] > 0, one["dtIgnore"][0].astype(bool)
            right, wrong = right + (matched & ~ignored).sum(), wrong + (~matched & ~ignored).sum()
    return int(right), int(wrong)


@settings(max_examples=15, deadline=None)
@given(videos(), videos())
def test_every_threshold_is_what_the_rest_alone_would_give(pred, truth):
    ours = curves(pred, truth)
    counted = {one.label.name: one.curve for one in ours.per_label}
    right, wrong = np.zeros(9, int), np.zeros(9, int)
    for label, name in ((0, "rat"), (1, "tail")):
        expected = np.array([slow(pred, truth, label, score) for score in SCORES])
        if name in counted:
            assert counted[name].right.tolist() == expected[:, 0].tolist()
            assert counted[name].wrong.tolist() == expected[:, 1].tolist()
        right, wrong = right + expected[:, 0], wrong + expected[:, 1]
    assert ours.all.right.tolist() == right.tolist()
    assert ours.all.wrong.tolist() == wrong.tolist()
    assert ours.all.objects == len(truth)


def test_by_hand():
    """A good one of 0.7, a wrong one of 0.3, a good one of unknown score, one object missed."""
    truth = table({(0, 1): LEFT, (0, 2): FAR, (1, 1): LEFT})
    score = np.array([0.7, 0.3, np.nan], np.float32)
    pred = table({(0, 1): LOWER, (1, 2): FAR, (1, 3): LEFT}, score=score)
    ours = curves(pred, truth)
    np.testing.assert_array_equal(ours.thresholds, [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9])
    assert ours.all.right.tolist() == [2] * 7 + [1] * 2
    assert ours.all.wrong.tolist() == [1] * 3 + [0] * 6
    np.testing.assert_allclose(ours.all.precision, [2 / 3] * 3 + [1] * 6)
    np.testing.assert_allclose(ours.all.recall, [2 / 3] * 7 + [1 / 3] * 2)
    np.testing.assert_allclose(ours.all.f1, [2 / 3] * 3 + [0.8] * 4 + [0.5] * 2)
    assert [one.label.name for one in ours.per_label] == ["rat"]


@pytest.mark.parametrize(("iou", "right"), [(0.5, 1), (0.9, 1), (0.91, 0)])
def test_the_iou_that_counts(iou, right):
    assert curves(table({(0, 1): LOWER}), table({(0, 1): LEFT}), iou).all.right[0] == right


@pytest.mark.parametrize(
    ("pred", "truth", "crowd", "precision", "recall", "f1"),
    [
        ({}, {}, (), np.nan, np.nan, np.nan),
        ({}, {(0, 1): LEFT}, (), np.nan, 0, 0),
        ({(0, 1): LEFT}, {}, (), 0, np.nan, 0),
        ({(0, 1): LEFT, (0, 2): LOWER}, {(0, 1): LEFT}, (1,), np.nan, np.nan, np.nan),
        ({(0, 1): LEFT, (0, 2): FAR}, {(0, 1): LEFT, (0, 2): FAR}, (1,), 1, 1, 1),
    ],
)
def test_nothing_by_nothing(pred, truth, crowd, precision, recall, f1):
    flags = np.array([Flags.CROWD if key in crowd else 0 for _, key in truth], np.uint16)
    ours = curves(table(pred), table(truth, flags=flags)).all
    np.testing.assert_equal([ours.precision[0], ours.recall[0], ours.f1[0]], [precision, recall, f1])


def test_videos_are_counted_together():
    near = case(table({(0, 1): LEFT}), table({(0, 1): LEFT}))
    off = case(table({(0, 1): FAR}), table({(0, 1): LEFT}))
    ours = total([measure(one, Settings()) for one in (near, off, near)])
    assert (ours.all.objects, ours.all.right[0], ours.all.wrong[0]) == (3, 2, 1)
