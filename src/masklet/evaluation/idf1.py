"""IDF1: Ristani et al., "Performance Measures and a Data Set for Multi-Target, Multi-Camera
Tracking", 2016. One predicted object for each true one, for the whole video."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from masklet.evaluation.similarity import Similarity, numbered


@dataclass(frozen=True)
class Idf1Part:
    """Masks of one video that the best pairing of objects gets right, misses and invents."""

    tp: int
    fn: int
    fp: int


@dataclass(frozen=True)
class Idf1:
    """F1, precision and recall of identity over all videos, 0..1; NaN where neither side has a mask."""

    idf1: float
    precision: float
    recall: float
    tp: int
    fn: int
    fp: int


def measure_idf1(pairs: Similarity, threshold: float = 0.5) -> Idf1Part:
    """Pair objects so that most masks have an IoU of `threshold` or more; each has one partner."""
    from scipy.optimize import linear_sum_assignment

    good = pairs.iou >= threshold
    true, g = numbered(pairs.true.object[pairs.i[good]])
    pred, p = numbered(pairs.pred.object[pairs.j[good]])
    counts = np.bincount(g * len(pred) + p, minlength=len(true) * len(pred))
    table = counts.reshape(len(true), len(pred))
    tp = int(table[linear_sum_assignment(table, maximize=True)].sum())
    return Idf1Part(tp, len(pairs.true) - tp, len(pairs.pred) - tp)


def total_idf1(parts: Sequence[Idf1Part]) -> Idf1:
    """Over videos: counts are summed."""
    tp, fn, fp = (sum(getattr(part, name) for part in parts) for name in ("tp", "fn", "fp"))
    if not tp + fn + fp:
        nan = float("nan")
        return Idf1(nan, nan, nan, tp, fn, fp)
    f1, precision, recall = tp / (tp + (fn + fp) / 2), tp / max(1, tp + fp), tp / max(1, tp + fn)
    return Idf1(f1, precision, recall, tp, fn, fp)
