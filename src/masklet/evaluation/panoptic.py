"""PQ, VPQ and STQ: every pixel has one owner, and owners are matched.

PQ, SQ, RQ: Kirillov et al., "Panoptic Segmentation", CVPR 2019. VPQ: Kim et al., "Video Panoptic
Segmentation", CVPR 2020: PQ of tubes in windows of k = 1, 2, 4, 6 judged frames (every window, one
frame apart), mean over k. STQ: `masklet.evaluation.stq`.

- Judged on `Case.complete` frames. Things and stuff are treated alike: each row is a segment, and
  rows of one object and label are one tube. An untracked row is a tube of its own.
- Overlapping masks are resolved as `masklet.evaluation.shared` says, and the pixels are counted.
- Pixels that nobody has in the truth are background on a complete frame: a prediction there is wrong.
  With `Settings.unlabelled_is_void` they are void, as in the papers: taken out of unions, and a
  predicted segment with more than half of its area there is not counted.
- Crowds: a predicted segment with more than half in crowds of its label (and void) is not counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from masklet.core.arrays import Floats, Int64s
from masklet.core.labels import Label
from masklet.evaluation.case import Case, Settings
from masklet.evaluation.naming import merged_labels, places
from masklet.evaluation.pieces import frame_pieces
from masklet.evaluation.semantic import confused, summed_confusion
from masklet.evaluation.shared import shared
from masklet.evaluation.spread import known_mean
from masklet.evaluation.stq import Associating, Association
from masklet.evaluation.tubes import counted, joined, owners, tally, windows

LENGTHS = (1, 2, 4, 6)
"""Frames of the windows of VPQ."""


@dataclass(frozen=True, eq=False)
class PanopticPart:
    """Counts of one video; they add up over videos.

    Args:
        labels: of the video, `c`.
        tp, fp, fn: `(4, c) int64`, tubes by window length and label.
        iou: `(4, c) float64`, of the matches, summed.
        windows: `(4,) int64`, how many there were.
        association: for STQ.
        confusion: `(c + 1, c + 1) int64`, as in `masklet.evaluation.semantic`.
        true_overlap, pred_overlap: pixels that several masks claimed.
        tracked: whether there are tubes, `Case.tracked`.
    """

    labels: tuple[Label, ...]
    tp: Int64s
    fp: Int64s
    fn: Int64s
    iou: Floats
    windows: Int64s
    association: Association
    confusion: Int64s
    true_overlap: int
    pred_overlap: int
    tracked: bool = True


@dataclass(frozen=True)
class LabelQuality:
    """One label. `pq`, `sq`, `rq` of single frames; NaN where neither side has the label.

    Args:
        label: which.
        pq: sum of the IoU of matches / (TP + FP / 2 + FN / 2).
        sq: mean IoU of matches; 0 where nothing matches.
        rq: TP / (TP + FP / 2 + FN / 2).
        vpq: PQ of tubes, mean over window lengths.
        tp, fp, fn: segments.
    """

    label: Label
    pq: float
    sq: float
    rq: float
    vpq: float
    tp: int
    fp: int
    fn: int


@dataclass(frozen=True)
class PanopticScores:
    """Over all videos, 0..1; NaN where neither side has a mask.

    Args:
        pq, sq, rq: means over the labels that either side has.
        vpq: mean over window lengths of PQ of tubes; lengths that no video reaches are left out. It,
            `aq` and `stq` are NaN where a video's objects are not tracked.
        vpq_by_length: the same for 1, 2, 4 and 6 frames.
        stq: sqrt(aq * semantic_quality).
        aq: association quality, mean over true tubes of all videos; NaN where there are none.
        semantic_quality: STQ's SQ, mean IoU of labels over all pixels, without background.
        true_overlap, pred_overlap: pixels that several masks of that side claimed.
        per_label: each label by itself.
    """

    pq: float
    sq: float
    rq: float
    vpq: float
    vpq_by_length: tuple[float, ...]
    stq: float
    aq: float
    semantic_quality: float
    true_overlap: int
    pred_overlap: int
    per_label: tuple[LabelQuality, ...]


def measure(case: Case, settings: Settings) -> PanopticPart:
    """Match the segments and tubes of one video, some frames at a time."""
    n, void = len(case.labels), settings.unlabelled_is_void
    true, pred = owners(case.truth, True), owners(case.pred, False)
    association = Associating(case, np.flatnonzero(true.crowd), void)
    found, confusion = np.zeros((4, len(LENGTHS), n)), np.zeros((n + 1, n + 1), np.int64)
    overlaps, kept = np.zeros(2, np.int64), None
    for start, stop in frame_pieces(case):
        some = shared(case, start, stop)
        association.add(some)
        confusion += confused(case, some, void)
        overlaps += some.true_overlap, some.pred_overlap
        fresh = counted(some, true, pred, case.complete)
        counts = fresh if kept is None else joined([kept, fresh])
        for turn, length in enumerate(LENGTHS):
            found[:, turn] += tally(windows(counts, length, start, stop), n, void)
        kept = counts.take(counts.window > stop - max(LENGTHS))
    tp, fp, fn = found[:3].astype(np.int64)
    n_windows = np.maximum(0, len(case.complete) + 1 - np.array(LENGTHS))
    both = int(overlaps[0]), int(overlaps[1])
    return PanopticPart(
        case.labels,
        tp,
        fp,
        fn,
        found[3],
        n_windows,
        association.result(),
        confusion,
        *both,
        case.tracked,
    )


def total(parts: Sequence[PanopticPart]) -> PanopticScores:
    """Over videos: counts are summed, labels of the same name and kind are one."""
    labels = merged_labels([part.labels for part in parts])
    table = np.zeros((4, len(LENGTHS), len(labels)))
    for part in parts:
        place = places(part.labels, labels)
        table[:, :, place] += np.stack([part.tp, part.fp, part.fn, part.iou])
    tp, fp, fn, iou = table
    with np.errstate(invalid="ignore"):
        judged = np.where(tp + fp + fn > 0, tp + (fp + fn) / 2, np.nan)
        pq, sq, rq = iou / judged, np.where(tp > 0, iou / np.maximum(tp, 1), 0 * judged), tp / judged
    tubes = pq if all(part.tracked for part in parts) else np.full_like(pq, np.nan)
    by_length = tuple(known_mean(row) for row in tubes)
    aq, semantic = _association(parts), _semantic(parts, labels)
    counts = (rows[0].astype(np.int64).tolist() for rows in (tp, fp, fn))
    vpq = [known_mean(column) for column in tubes.T]
    each = zip(labels, *(rows[0].tolist() for rows in (pq, sq, rq)), vpq, *counts, strict=True)
    return PanopticScores(
        known_mean(pq[0]),
        known_mean(sq[0]),
        known_mean(rq[0]),
        known_mean(np.array(by_length)),
        by_length,
        float(np.sqrt(aq * semantic)),
        aq,
        semantic,
        sum(part.true_overlap for part in parts),
        sum(part.pred_overlap for part in parts),
        tuple(LabelQuality(*one) for one in each),
    )


def _association(parts: Sequence[PanopticPart]) -> float:
    if not all(part.tracked for part in parts):
        return float("nan")
    tubes = sum(part.association.tubes for part in parts)
    return sum(part.association.quality for part in parts) / tubes if tubes else float("nan")


def _semantic(parts: Sequence[PanopticPart], labels: tuple[Label, ...]) -> float:
    """Mean IoU of the labels that either side has."""
    confusion = summed_confusion([(part.labels, part.confusion) for part in parts], labels)
    right = np.diag(confusion)
    with np.errstate(invalid="ignore"):
        iou = right / (confusion.sum(axis=0) + confusion.sum(axis=1) - right)
    return known_mean(iou[1:])
