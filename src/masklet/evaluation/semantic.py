"""Semantic segmentation: which label each pixel has, whoever's it is.

Every judged frame is a map of labels, background included (Long, Shelhamer and Darrell, "Fully
Convolutional Networks for Semantic Segmentation", CVPR 2015, for the four scores). Where masks of one
side overlap, see `masklet.evaluation.shared`. A crowd's pixels have its label.
Pixels without a mask are background, or not judged with `Settings.unlabelled_is_void`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from masklet.core.arrays import Int64s
from masklet.core.labels import Label
from masklet.core.masks import Masks
from masklet.evaluation.case import Case, Settings
from masklet.evaluation.naming import merged_labels, places
from masklet.evaluation.pieces import frame_pieces
from masklet.evaluation.shared import Shared, shared
from masklet.evaluation.spread import known_mean


@dataclass(frozen=True, eq=False)
class SemanticPart:
    """Pixels of one video.

    Args:
        labels: of the video.
        confusion: `(c + 1, c + 1) int64`, true class by predicted class; 0 = background,
            i + 1 = label i.
        true_overlap, pred_overlap: pixels that several masks claimed.
    """

    labels: tuple[Label, ...]
    confusion: Int64s
    true_overlap: int
    pred_overlap: int


@dataclass(frozen=True)
class ClassScore:
    """One class; `label` None = background.

    Args:
        label: which.
        iou: TP / (TP + FP + FN) in pixels; NaN where neither side has the class.
        accuracy: share of its true pixels that are right; NaN where the truth lacks it.
        pixels: true pixels.
    """

    label: Label | None
    iou: float
    accuracy: float
    pixels: int


@dataclass(frozen=True, eq=False)
class SemanticScores:
    """Over all videos, from one confusion matrix of all pixels.

    Args:
        miou: mean IoU of the classes that either side has, background among them.
        miou_labels: the same without background.
        pixel_accuracy: share of pixels that are right.
        mean_accuracy: mean over the classes that the truth has.
        frequency_weighted_iou: IoU of classes weighted by their share of true pixels.
        true_overlap, pred_overlap: pixels that several masks of that side claimed.
        per_label: background first, then labels.
        confusion: `(c + 1, c + 1) int64`, rows true, columns predicted, in the order of `per_label`.
    """

    miou: float
    miou_labels: float
    pixel_accuracy: float
    mean_accuracy: float
    frequency_weighted_iou: float
    true_overlap: int
    pred_overlap: int
    per_label: tuple[ClassScore, ...]
    confusion: Int64s


def measure(case: Case, settings: Settings) -> SemanticPart:
    """The confusion matrix of one video's complete frames."""
    n = len(case.labels) + 1
    confusion = np.zeros((n, n), np.int64)
    overlaps = np.zeros(2, np.int64)
    for start, stop in frame_pieces(case):
        some = shared(case, start, stop)
        confusion += confused(case, some, settings.unlabelled_is_void)
        overlaps += some.true_overlap, some.pred_overlap
    return SemanticPart(case.labels, confusion, int(overlaps[0]), int(overlaps[1]))


def total(parts: Sequence[SemanticPart]) -> SemanticScores:
    """Over videos: confusion is summed, labels of the same name and kind are one."""
    labels = merged_labels([part.labels for part in parts])
    confusion = summed_confusion([(part.labels, part.confusion) for part in parts], labels)
    right, true, pred = np.diag(confusion), confusion.sum(axis=1), confusion.sum(axis=0)
    with np.errstate(invalid="ignore"):
        iou, accuracy = right / (true + pred - right), right / true
        weight = true / true.sum()
    each = zip((None, *labels), iou.tolist(), accuracy.tolist(), true.tolist(), strict=True)
    return SemanticScores(
        known_mean(iou),
        known_mean(iou[1:]),
        float(right.sum() / true.sum()) if true.sum() else float("nan"),
        known_mean(accuracy),
        float((weight * iou)[true > 0].sum()) if true.sum() else float("nan"),
        sum(part.true_overlap for part in parts),
        sum(part.pred_overlap for part in parts),
        tuple(ClassScore(*one) for one in each),
        confusion,
    )


def confused(case: Case, some: Shared, void: bool) -> Int64s:
    """Pixels of some frames, `(c + 1, c + 1) int64`: true class by predicted class.

    Where `void`, pixels that nobody has in the truth are left out.
    """
    n = len(case.labels) + 1
    cell = _classes(case.truth, some.true) * n + _classes(case.pred, some.pred)
    found = np.bincount(cell, some.pixels, n * n).astype(np.int64).reshape(n, n)
    found[0] *= not void
    return found


def _classes(masks: Masks, rows: Int64s) -> Int64s:
    """Class of each row: its label + 1, 0 for row -1."""
    found: Int64s = np.append(masks.label_id.astype(np.int64) + 1, 0)[rows]
    return found


def summed_confusion(
    parts: Sequence[tuple[tuple[Label, ...], Int64s]], labels: tuple[Label, ...]
) -> Int64s:
    """Matrices `(c + 1, c + 1)` over their own labels, added up over common ones."""
    found = np.zeros((len(labels) + 1, len(labels) + 1), np.int64)
    for own, confusion in parts:
        place = np.concatenate([[0], places(own, labels) + 1])
        np.add.at(found, (place[:, None], place[None, :]), confusion)
    return found
