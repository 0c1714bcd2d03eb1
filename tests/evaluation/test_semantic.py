"""The confusion matrix and what is read from it, beside the definition written out on pixels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import masklet
import panoptic_oracle as oracle
from evaluation_kit import LABELS, H, W, block, table, videos
from evaluation_kit import unpaired as case
from masklet.core import Flags, Label, Masks, Video
from masklet.evaluation.case import Settings
from masklet.evaluation.semantic import SemanticScores, measure, total
from masklet.ops.overlap import iou_pairs
from masklet.ops.runs import encode
from masklet.ops.table import renumbered

BACKGROUND = Settings()
VOID = Settings(unlabelled_is_void=True)


def written_out(confusion: np.ndarray[tuple[int, int], np.dtype[np.int64]]) -> list[float]:
    """mIoU with and without background, pixel accuracy, mean accuracy, weighted IoU; by loops."""
    ious, accuracies, weighted = {}, {}, 0.0
    everything = int(confusion.sum())
    for c in range(len(confusion)):
        right, true, pred = confusion[c, c], confusion[c].sum(), confusion[:, c].sum()
        if true + pred - right:
            ious[c] = right / (true + pred - right)
        if true:
            accuracies[c] = right / true
            weighted += true / everything * ious[c]
    labels = [value for c, value in ious.items() if c]
    return [
        np.mean(list(ious.values())) if ious else np.nan,
        np.mean(labels) if labels else np.nan,
        np.trace(confusion) / everything if everything else np.nan,
        np.mean(list(accuracies.values())) if accuracies else np.nan,
        weighted if everything else np.nan,
    ]


def numbers(scores: SemanticScores) -> list[float]:
    return [
        scores.miou,
        scores.miou_labels,
        scores.pixel_accuracy,
        scores.mean_accuracy,
        scores.frequency_weighted_iou,
    ]


@settings(max_examples=30, deadline=None)
@given(videos(length=2), videos(length=2), st.booleans(), st.booleans())
def test_equals_the_definition(pred: Masks, truth: Masks, void: bool, crowd: bool) -> None:
    if crowd:
        truth = truth.replace(flags=np.where(truth.object_id == 1, int(Flags.CROWD), 0))
    one = case(pred, truth)
    scores = total([measure(one, VOID if void else BACKGROUND)])
    confusion = oracle.confusion(oracle.maps(one), len(LABELS), void)
    assert np.array_equal(scores.confusion, confusion)
    assert numbers(scores) == pytest.approx(written_out(confusion), nan_ok=True)


@settings(max_examples=30, deadline=None)
@given(videos(), videos(), st.permutations([1, 2, 3]))
def test_properties(pred: Masks, truth: Masks, order: list[int]) -> None:
    """Itself gives 1, both sides are worth the same, names of single objects do not matter."""
    same, here, there = (
        total([measure(case(*sides), BACKGROUND)])
        for sides in ((truth, truth), (pred, truth), (truth, pred))
    )
    ones = (same.miou, same.pixel_accuracy, same.frequency_weighted_iou)
    assert ones == pytest.approx((1, 1, 1))
    assert here.miou == pytest.approx(there.miou)
    assert np.array_equal(here.confusion, there.confusion.T)
    single = pred.take(np.unique(pred.frame, return_index=True)[1])
    ids = dict(zip([1, 2, 3], order, strict=True))
    a, b = (measure(case(m, truth), BACKGROUND) for m in (single, renumbered(single, ids)))
    assert np.array_equal(a.confusion, b.confusion)


def test_smaller_masks_score_less() -> None:
    truth = table({(0, 1): block(4, 4, 20, 20)})
    values = [
        total(
            [measure(case(table({(0, 1): block(4, 4, 20 - d, 20)}), truth, frames=[0]), BACKGROUND)]
        ).miou
        for d in range(0, 14, 2)
    ]
    assert values == sorted(values, reverse=True)
    assert values[0] == 1 > values[-1]


def test_classes_absent_on_one_side() -> None:
    truth, pred = table({(0, 1): block(0, 0, 8, 8)}), table({(0, 1): block(0, 0, 8, 8)}, label_of={1: 1})
    scores = total([measure(case(pred, truth, frames=[0]), BACKGROUND)])
    background, rat, tail = scores.per_label
    assert (background.label, rat.label, tail.label) == (None, *LABELS)
    assert (background.iou, rat.iou, tail.iou) == (1, 0, 0)
    assert (rat.accuracy, rat.pixels, tail.pixels) == (0, 64, 0)
    assert np.isnan(tail.accuracy)
    assert scores.miou == pytest.approx(1 / 3)
    assert scores.mean_accuracy == 0.5
    assert scores.pixel_accuracy == pytest.approx(1 - 64 / (H * W))


def test_nothing_judged_is_no_number() -> None:
    empty = table({})
    assert np.isnan(numbers(total([measure(case(empty, empty), VOID)]))).all()
    assert total([measure(case(empty, empty), BACKGROUND)]).miou == 1


def test_frames_of_many_sizes() -> None:
    sizes = np.array([[8, 6], [32, 24]], np.int32)
    video = Video("v", 8, 6, 2, frame_sizes=sizes, files=("a.png", "b.png"))
    runs = [encode(np.ones((h, w), bool)) for w, h in sizes.tolist()]
    truth = Masks(
        video,
        LABELS,
        frame=[0, 1],
        object_id=[1, 1],
        runs=np.concatenate(runs),
        offset=np.cumsum([0, *map(len, runs)]),
    )
    scores = total([measure(case(truth.take([1]), truth), BACKGROUND)])
    assert scores.confusion.tolist() == [[0, 0, 0], [48, 768, 0], [0, 0, 0]]


def test_labels_of_videos_are_one_by_name() -> None:
    truth = table({(0, 1): block(0, 0, 6, 6)})
    other = truth.replace(labels=(Label("tail"), Label("rat")))
    scores = total([measure(case(m, m, frames=[0]), BACKGROUND) for m in (truth, other)])
    assert scores.confusion.tolist() == [[2 * (H * W - 36), 0, 0], [0, 36, 0], [0, 0, 36]]


def test_one_object_is_its_iou(shared_data: Path) -> None:
    """With one label and one frame, the label's IoU is J."""
    folder = shared_data / "davis2016_val"
    truth = masklet.read(folder / "Annotations/480p/dog")
    pred = masklet.read(folder / "results/osvos/dog").replace(video=truth.video, labels=truth.labels)
    pred, truth = (one.take(one.frame == 7) for one in (pred, truth))
    scores = total([measure(case(pred, truth, frames=[7]), BACKGROUND)])
    assert scores.per_label[1].iou == pytest.approx(float(iou_pairs(pred, truth)[0]))


def test_no_complete_frame_gives_no_number() -> None:
    truth = table({(0, 1): block(0, 0, 6, 6)})
    for parts in ([], [measure(case(truth, truth, frames=[]), BACKGROUND)]):
        assert np.isnan(numbers(total(parts))).all()
