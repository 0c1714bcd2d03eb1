"""From matches to average precision and recall, as COCO and YouTube-VIS count them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from masklet.core.arrays import Bools, Float32s, Floats, Int16s, Int32s, Int64s, UInt8s
from masklet.core.labels import Label
from masklet.evaluation.matching import THRESHOLDS, Matches, Sides
from masklet.evaluation.naming import merged_labels, places
from masklet.evaluation.spread import known_mean

RECALLS: Floats = np.linspace(0.0, 1.0, 101)
"""Recalls at which precision is read off: 0, 0.01 ... 1."""
MOST = (1, 10, 100)
"""Predictions of an image (video) and label that count, for the three recalls."""
_ALL, _SMALL, _MEDIUM, _LARGE = range(4)


@dataclass(frozen=True, eq=False)
class Matched:
    """The matches of one video: 23 bytes a prediction with ten thresholds and four ranges.

    Args:
        labels: names of the groups.
        label_id: `(n,) int16`, predictions in the order of their images and scores.
        score: `(n,) float32`.
        rank: `(n,) int32`, place by falling score in its image (video) and label.
        matched, ignored: `(n, bytes) uint8`, `Matches.matched` and `Matches.ignored`, eight a byte.
        asked: `(labels, a) int64`, true objects that are asked for.
    """

    labels: tuple[Label, ...]
    label_id: Int16s
    score: Float32s
    rank: Int32s
    matched: UInt8s
    ignored: UInt8s
    asked: Int64s


@dataclass(frozen=True)
class LabelPrecision:
    """One label alone: AP over all ten IoU, at 0.5 and at 0.75, and AR of 100 predictions; 0..1.

    NaN where the truth has no object of this label.
    """

    label: Label
    objects: int
    predictions: int
    ap: float
    ap50: float
    ap75: float
    ar100: float


@dataclass(frozen=True, eq=False)
class AveragePrecision:
    """The twelve numbers, each a mean over labels (those with true objects) and IoU 0.5, 0.55 ... 0.95.

    A number is NaN where no label has a true object of that size (the reference codes print -1).

    Args:
        ap, ap50, ap75: average precision over all ten IoU, at 0.5 and at 0.75.
        ap_small, ap_medium, ap_large: over all ten IoU, objects of one range of areas.
        ar1, ar10, ar100: recall when 1, 10, 100 predictions of an image (video) and label count.
        ar_small, ar_medium, ar_large: `ar100` for objects of one range of areas.
        per_label: of every label, in the order of the labels.
        curves: `(10, 101) float64`, precision at each IoU and recall (`RECALLS`), mean over labels.
        objects, predictions: how many were counted; crowds are none.
    """

    ap: float
    ap50: float
    ap75: float
    ap_small: float
    ap_medium: float
    ap_large: float
    ar1: float
    ar10: float
    ar100: float
    ar_small: float
    ar_medium: float
    ar_large: float
    per_label: tuple[LabelPrecision, ...]
    curves: Floats
    objects: int
    predictions: int


class Tables(NamedTuple):
    """`precision (t, recalls, labels, a)` and `recall (t, labels, a, most)`; NaN: nothing asked for."""

    precision: Floats
    recall: Floats


def matched_of(
    labels: tuple[Label, ...], sides: Sides, label_of: tuple[Int64s, Int64s], found: Matches, most: int
) -> Matched:
    """Matches made small.

    Args:
        labels: of the case.
        sides, found: what was matched, and how it came out.
        label_of: label id of each prediction, and of each true object.
        most: predictions of a group that are kept.
    """
    order = np.lexsort((found.rank, sides.pred_group))
    order = order[found.rank[order] < most]
    asked = np.zeros((len(labels), found.asked.shape[1]), np.int64)
    np.add.at(asked, label_of[1], found.asked)
    matched, ignored = (
        np.packbits(flags[order].reshape(len(order), flags.shape[1] * flags.shape[2]), axis=1)
        for flags in (found.matched, found.ignored)
    )
    return Matched(
        labels,
        label_of[0][order].astype(np.int16),
        sides.score[order].astype(np.float32),
        found.rank[order].astype(np.int32),
        matched,
        ignored,
        asked,
    )


def joined(parts: Sequence[Matched]) -> Matched:
    """All parts as one, in their order, at least one; labels are the same where name and kind are."""
    labels = merged_labels([part.labels for part in parts])
    own = [places(part.labels, labels).astype(np.int16) for part in parts]
    asked = np.zeros((len(labels), parts[0].asked.shape[1]), np.int64)
    for part, ids in zip(parts, own, strict=True):
        np.add.at(asked, ids, part.asked)
    columns = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in ("score", "rank", "matched", "ignored")
    }
    label_id = np.concatenate([ids[part.label_id] for part, ids in zip(parts, own, strict=True)])
    return Matched(labels, label_id, asked=asked, **columns)


def flag(packed: UInt8s, place: int) -> Bools:
    """`(n,) bool`: one flag of `(bytes, n)` packed ones, threshold by threshold, in each its ranges."""
    found: Bools = (packed[place >> 3] & (128 >> (place & 7))) != 0
    return found


def tables(part: Matched, thresholds: int = len(THRESHOLDS), most: Sequence[int] = MOST) -> Tables:
    """Recall, and the precision at each recall: the greatest that is reached there or beyond.

    Predictions of a label are gone through by falling score over all images; equal ones in the order
    of their images and places there.
    """
    k, ranges = part.asked.shape
    order = np.lexsort((-part.score, part.label_id))
    label, rank = part.label_id[order].astype(np.int64), part.rank[order]
    starts = np.searchsorted(label, np.arange(k + 1))
    matched, ignored = (np.ascontiguousarray(bits[order].T) for bits in (part.matched, part.ignored))
    precision = np.full((thresholds, len(RECALLS), k, ranges), np.nan)
    recall = np.full((thresholds, k, ranges, len(most)), np.nan)
    for a in range(ranges):
        there = part.asked[:, a] > 0
        asked = part.asked[there, a]
        needed = _needed(part.asked[:, a])
        for t in range(thresholds):
            counted = ~flag(ignored, t * ranges + a)
            right = np.flatnonzero(flag(matched, t * ranges + a) & counted)
            precision[t, :, there, a] = _envelope(right, counted, label, starts, needed)[there]
            for m, limit in enumerate(most):
                hits = np.bincount(label[right[rank[right] < limit]], minlength=k)
                recall[t, there, a, m] = hits[there] / asked
    return Tables(precision, recall)


def _needed(asked: Int64s) -> Int64s:
    """Right predictions from which on each recall is reached, `(labels, recalls)`, at least one."""
    total = np.maximum(asked, 1)[:, None].astype(np.float64)
    count = np.ceil(RECALLS * total)
    count = np.where((count - 1) / total >= RECALLS, count - 1, count)
    count = np.where(count / total < RECALLS, count + 1, count)
    found: Int64s = np.maximum(count, 1).astype(np.int64)
    return found


def _envelope(right: Int64s, counted: Bools, label: Int64s, starts: Int64s, needed: Int64s) -> Floats:
    """`(labels, recalls)`; `right` are the places of right predictions, sorted by label and score.

    Precision only falls between two right predictions, so the right ones alone are looked at.
    """
    before = np.concatenate([[0], np.cumsum(counted)])
    first = np.searchsorted(right, starts)
    of = label[right]
    hits = np.arange(1, len(right) + 1) - first[of]
    precision = hits / (before[right + 1] - before[starts[of]] + np.spacing(1))
    reached = needed <= np.diff(first)[:, None]
    found = np.zeros(needed.shape)
    if len(right):
        place = (first[:-1, None] + needed - 1)[reached]
        found[reached] = np.maximum.reduceat(precision, place)
    best: Floats = np.maximum.accumulate(found[:, ::-1], axis=1)[:, ::-1]
    return best


def average(parts: Sequence[Matched]) -> AveragePrecision:
    """The numbers over all videos."""
    part = joined(parts)
    precision, recall = tables(part)
    at50, at75 = (int(np.argmin(np.abs(THRESHOLDS - iou))) for iou in (0.5, 0.75))
    return AveragePrecision(
        ap=known_mean(precision[..., _ALL]),
        ap50=known_mean(precision[at50, ..., _ALL]),
        ap75=known_mean(precision[at75, ..., _ALL]),
        ap_small=known_mean(precision[..., _SMALL]),
        ap_medium=known_mean(precision[..., _MEDIUM]),
        ap_large=known_mean(precision[..., _LARGE]),
        ar1=known_mean(recall[:, :, _ALL, 0]),
        ar10=known_mean(recall[:, :, _ALL, 1]),
        ar100=known_mean(recall[:, :, _ALL, 2]),
        ar_small=known_mean(recall[:, :, _SMALL, 2]),
        ar_medium=known_mean(recall[:, :, _MEDIUM, 2]),
        ar_large=known_mean(recall[:, :, _LARGE, 2]),
        per_label=_per_label(part, precision[..., _ALL], recall[:, :, _ALL, 2], (at50, at75)),
        curves=_mean_curves(precision[..., _ALL]),
        objects=int(part.asked[:, _ALL].sum()),
        predictions=len(part.score),
    )


def _per_label(
    part: Matched, precision: Floats, recall: Floats, at: tuple[int, int]
) -> tuple[LabelPrecision, ...]:
    predictions = np.bincount(part.label_id, minlength=len(part.labels))
    return tuple(
        LabelPrecision(
            label,
            int(part.asked[i, _ALL]),
            int(predictions[i]),
            known_mean(precision[:, :, i]),
            known_mean(precision[at[0], :, i]),
            known_mean(precision[at[1], :, i]),
            known_mean(recall[:, i]),
        )
        for i, label in enumerate(part.labels)
    )


def _mean_curves(precision: Floats) -> Floats:
    """`(t, recalls)`: mean over the labels with true objects."""
    there = ~np.isnan(precision[0, 0])
    if not there.any():
        return np.full(precision.shape[:2], np.nan)
    found: Floats = precision[:, :, there].mean(axis=2)
    return found
