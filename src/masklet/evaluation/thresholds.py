"""Precision, recall and F1 of the predictions that score at least so much.

On each complete frame the predictions of a label choose by falling score, as COCO has it
(`masklet.evaluation.matching`), at the one IoU `Settings.match_iou`. Whom a prediction gets depends on
higher scores alone, so that leaving out low scores changes nothing among the others: one matching serves
all thresholds. There is no limit to the predictions of a frame. What matches a crowd is not counted;
a prediction without score has score 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from masklet.core.arrays import Bools, Floats, Int64s
from masklet.core.labels import Label
from masklet.evaluation.case import Case, Settings
from masklet.evaluation.detection import match_rows
from masklet.evaluation.matching import Rules
from masklet.evaluation.precision import Matched, flag, joined

SCORES: Floats = np.arange(1, 10) / 10
"""0.1, 0.2 ... 0.9."""
_EVERYTHING = ((0.0, float("inf")),)


@dataclass(frozen=True, eq=False)
class ThresholdCurve:
    """Numbers at each threshold, `(9,)` each.

    Args:
        objects: true ones.
        right, wrong: `int64`, predictions at or above the threshold.
        precision: right by right and wrong; NaN where nothing scores so much.
        recall: right by objects; NaN where there is no object.
        f1: 2 right by (right, wrong and objects), the harmonic mean of both; NaN where that is 0 by 0.
    """

    objects: int
    right: Int64s
    wrong: Int64s
    precision: Floats
    recall: Floats
    f1: Floats


@dataclass(frozen=True, eq=False)
class LabelThresholds:
    """One label alone."""

    label: Label
    curve: ThresholdCurve


@dataclass(frozen=True, eq=False)
class ThresholdScores:
    """Of all labels, counted together, and of each label that was predicted or is true.

    Args:
        thresholds: `(9,)`, the scores from which predictions count.
        all: every label.
        per_label: in the order of the labels.
    """

    thresholds: Floats
    all: ThresholdCurve
    per_label: tuple[LabelThresholds, ...]


def measure(case: Case, settings: Settings) -> Matched:
    """Match the rows of every complete frame at one IoU."""
    rules = Rules(np.array([settings.match_iou]), _EVERYTHING, np.iinfo(np.int32).max)
    return match_rows(case, rules)


def total(parts: Sequence[Matched]) -> ThresholdScores:
    """The curves over all videos."""
    part = joined(parts)
    counted, right = ~flag(part.ignored.T, 0), flag(part.matched.T, 0)
    labels = [
        LabelThresholds(label, _curve(part, part.label_id == i, counted, right, int(part.asked[i, 0])))
        for i, label in enumerate(part.labels)
        if part.asked[i, 0] or np.any(part.label_id == i)
    ]
    every = np.ones(len(right), np.bool_)
    return ThresholdScores(
        SCORES, _curve(part, every, counted, right, int(part.asked.sum())), tuple(labels)
    )


def _curve(part: Matched, mine: Bools, counted: Bools, right: Bools, objects: int) -> ThresholdCurve:
    """Of some predictions. Thresholds are as precise as scores, so that 0.7 is at least 0.7."""
    good, bad = mine & counted & right, mine & counted & ~right
    hits, errors = (_at_least(part.score[rows].astype(np.float64)) for rows in (good, bad))
    return ThresholdCurve(
        objects,
        hits,
        errors,
        _ratio(hits, hits + errors),
        _ratio(hits, np.full_like(hits, objects)),
        _ratio(2 * hits, hits + errors + objects),
    )


def _at_least(scores: Floats) -> Int64s:
    """How many scores reach each threshold."""
    least = SCORES.astype(np.float32).astype(np.float64)
    found: Int64s = len(scores) - np.searchsorted(np.sort(scores), least, "left")
    return found


def _ratio(part: Int64s, whole: Int64s) -> Floats:
    """NaN for 0 by 0."""
    found: Floats = np.where(whole > 0, part / np.maximum(whole, 1), np.nan)
    return found
