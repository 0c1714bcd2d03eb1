"""Does a score of 0.8 mean an IoU of 0.8, and do low scores find what is wrong?

What is judged are predicted rows with a score: those of `Case.pairs`, with their IoU (an absent true
object is an empty mask, and two empty masks have IoU 1), and on complete frames those that answer no
object of the truth, with IoU 0, but for empty ones and those of which at least half lies in a crowd of
their label.

- Reliability in ten bins of scores, and the expected calibration error: mean over rows of
  |mean score - mean IoU| of their bin. Guo et al., "On Calibration of Modern Neural Networks", ICML
  2017, with IoU in place of accuracy.
- Risk and coverage: rows are kept from the highest score down; the risk is the mean of 1 - IoU of those
  kept, AURC its mean over all numbers of rows kept. The excess is what AURC exceeds that of the best
  order, by falling IoU, by. Geifman, Uziel, El-Yaniv, "Bias-Reduced Uncertainty Estimation for Deep
  Neural Classifiers", ICLR 2019, with 1 - IoU in place of errors. Rows of equal score come in no
  order: the numbers are means over all orders among them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from masklet.core.arrays import Floats, Int64s
from masklet.core.enums import Flags
from masklet.evaluation.case import Case, Settings
from masklet.evaluation.detection import frame_and_label, same_group
from masklet.evaluation.spread import known_mean
from masklet.ops.overlap import intersections_at
from masklet.ops.table import areas

BINS = 10
COVERAGE: Floats = np.arange(1, 101) / 100
"""Shares of rows kept, at which the risk is given."""


@dataclass(frozen=True, eq=False)
class CalibrationPart:
    """`(n,) float64` each, for every row judged."""

    score: Floats
    iou: Floats


@dataclass(frozen=True)
class ReliabilityBin:
    """Rows with low <= score < high (the last bin holds 1 too), their mean score and mean IoU.

    Without rows both means are NaN.
    """

    low: float
    high: float
    rows: int
    score: float
    iou: float


@dataclass(frozen=True, eq=False)
class CalibrationScores:
    """All are NaN without rows.

    Args:
        rows: how many rows were judged.
        score, iou: their means.
        ece: expected calibration error, 0..1.
        aurc: area under risk over coverage, 0..1.
        aurc_best: that of the best order.
        aurc_excess: `aurc - aurc_best`; 0 where a higher score always means a higher IoU.
        bins: ten, by rising score.
        risk, risk_best: `(100,) float64`, risk at each share of rows kept (`COVERAGE`, rounded up to
            whole rows) by falling score, and by falling IoU.
    """

    rows: int
    score: float
    iou: float
    ece: float
    aurc: float
    aurc_best: float
    aurc_excess: float
    bins: tuple[ReliabilityBin, ...]
    risk: Floats
    risk_best: Floats


def measure(case: Case, settings: Settings) -> CalibrationPart:
    """Scores and IoU of one video; `settings` are not asked."""
    del settings
    known, size = np.isfinite(case.pred.score), areas(case.pred)
    answers = case.pairs.pred_row >= 0
    rows, true = case.pairs.pred_row[answers], case.pairs.truth_row[answers]
    loose = known & (size > 0) & np.isin(case.pred.frame, case.complete)
    loose[rows] = False
    wrong = np.flatnonzero(loose)
    wrong = wrong[2 * _in_crowds(case, wrong) < size[wrong]]
    rows, true = rows[known[rows]], true[known[rows]]
    score = case.pred.score[np.concatenate([rows, wrong])].astype(np.float64)
    return CalibrationPart(score, np.concatenate([_iou(case, rows, true, size), np.zeros(len(wrong))]))


def _iou(case: Case, rows: Int64s, true: Int64s, size: Int64s) -> Floats:
    """IoU of predicted rows with true ones; -1 is an empty one. `size`: areas of all predicted rows."""
    there = true >= 0
    shared = np.zeros(len(rows), np.int64)
    shared[there] = intersections_at(case.pred, case.truth, rows[there], true[there])
    united = size[rows] + np.append(areas(case.truth), 0)[true] - shared
    return np.where(united > 0, shared / np.maximum(united, 1), 1.0)


def _in_crowds(case: Case, rows: Int64s) -> Int64s:
    """Most pixels of each predicted row that one crowd of its frame and label holds."""
    crowds = np.flatnonzero((case.truth.flags & Flags.CROWD) != 0)
    i, j = same_group(frame_and_label(case.pred)[rows], frame_and_label(case.truth)[crowds])
    most = np.zeros(len(rows), np.int64)
    np.maximum.at(most, i, intersections_at(case.pred, case.truth, rows[i], crowds[j]))
    return most


def total(parts: Sequence[CalibrationPart]) -> CalibrationScores:
    """The numbers over the rows of all videos."""
    score, iou = (np.concatenate([getattr(part, name) for part in parts]) for name in ("score", "iou"))
    bins = reliability(score, iou)
    risk, best = risks(score, 1 - iou), risks(iou, 1 - iou)
    n = len(score)
    at = np.ceil(COVERAGE * n - 1e-9).astype(np.int64) - 1
    aurc, aurc_best = known_mean(risk), known_mean(best)
    return CalibrationScores(
        rows=n,
        score=known_mean(score),
        iou=known_mean(iou),
        ece=sum(one.rows * abs(one.score - one.iou) for one in bins if one.rows) / n if n else np.nan,
        aurc=aurc,
        aurc_best=aurc_best,
        aurc_excess=aurc - aurc_best,
        bins=bins,
        risk=risk[at] if n else np.full(len(at), np.nan),
        risk_best=best[at] if n else np.full(len(at), np.nan),
    )


def reliability(score: Floats, iou: Floats) -> tuple[ReliabilityBin, ...]:
    """Ten bins; a score that single precision put a hair below an edge belongs above it."""
    place = np.clip(np.floor(np.round(score * BINS, 5)).astype(np.int64), 0, BINS - 1)
    return tuple(
        ReliabilityBin(
            i / BINS, (i + 1) / BINS, int(mine.sum()), known_mean(score[mine]), known_mean(iou[mine])
        )
        for i in range(BINS)
        for mine in [place == i]
    )


def risks(score: Floats, loss: Floats) -> Floats:
    """`(n,)`: mean loss of the first 1, 2 ... n rows by falling score; equal scores share their loss."""
    known, place, count = np.unique(-score, return_inverse=True, return_counts=True)
    shared = np.bincount(place, weights=loss, minlength=len(known)) / np.maximum(count, 1)
    return np.cumsum(np.repeat(shared, count)) / np.arange(1, len(score) + 1)
