"""Time: does the prediction flicker, drop out or drift more than the truth moves.

There is no standard for these; the definitions stand in `ObjectStability`. Each measure of motion is
taken of prediction and truth over the same rows, so that an animal that runs is not blamed on the
engine. Measures of a prediction alone: `masklet.evaluation.steadiness`. VC: see
`masklet.evaluation.consistency`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from masklet.core.arrays import Bools, Floats, Int64s
from masklet.evaluation.case import Case, Settings
from masklet.evaluation.consistency import Consistency, consistency
from masklet.evaluation.pairs import Pairs
from masklet.evaluation.spread import known_mean
from masklet.evaluation.steadiness import Motion, median, motion
from masklet.ops.overlap import iou_pairs

_ROWS_AT_ONCE = 4000
_POINTS = 3
"""A slope needs as many frames."""


@dataclass(frozen=True)
class ObjectStability:
    """One object over the judged frames of one video.

    "Excess" is prediction minus truth, over rows where both have the object on all frames that the
    measure looks at; above 0 the prediction is less steady. NaN where there is no such row.

    Args:
        object_id, label_id: of the true object.
        area_jitter: median relative change of area from frame to frame, and its excess.
        centroid_jerk: median third difference of the centroid, px, and its excess.
        temporal_iou: mean IoU with the mask one frame before, and its excess (below 0 is less steady).
        dropouts: times the prediction lacks the object on one frame between two on which it has it,
            while the truth has it.
        gaps: frames without the object between the first and the last on which it is predicted, while
            the truth has it.
        span: frames between these two on which the truth has it.
        drift: least-squares slope of IoU over the frames since the last prompt (since the first judged
            frame where prompts are unknown), in IoU per 100 frames; below 0 the masks get worse.
    """

    object_id: int
    label_id: int
    area_jitter: float
    area_jitter_excess: float
    centroid_jerk: float
    centroid_jerk_excess: float
    temporal_iou: float
    temporal_iou_excess: float
    dropouts: int
    gaps: int
    span: int
    drift: float


@dataclass(frozen=True)
class StabilityPart:
    """One video."""

    name: str
    objects: tuple[ObjectStability, ...]
    consistency: Consistency


@dataclass(frozen=True)
class StabilityScores:
    """Over all videos: means over objects (each of each video counts once), sums of what is counted.

    Args:
        area_jitter, area_jitter_excess, centroid_jerk, centroid_jerk_excess, temporal_iou,
            temporal_iou_excess, drift: means over the objects where they are known.
        dropouts: in all.
        gap_rate: all gaps by all spans; NaN where nothing was predicted.
        vc8, vc16, vc8_objects, vc16_objects: means over videos, see `masklet.evaluation.consistency`.
    """

    area_jitter: float
    area_jitter_excess: float
    centroid_jerk: float
    centroid_jerk_excess: float
    temporal_iou: float
    temporal_iou_excess: float
    drift: float
    dropouts: int
    gap_rate: float
    vc8: float
    vc16: float
    vc8_objects: float
    vc16_objects: float


def measure(case: Case, settings: Settings) -> StabilityPart:
    """Every true object of a video."""
    del settings
    mine, theirs = motion(case.pred, case.frames), motion(case.truth, case.frames)
    since = _since_prompt(case)
    overlap = _iou(case)
    objects = np.unique(case.pairs.object_id)
    found = tuple(
        _object(case, np.flatnonzero(case.pairs.object_id == one), mine, theirs, (overlap, since))
        for one in objects
    )
    return StabilityPart(case.name, found, consistency(case))


def total(parts: Sequence[StabilityPart]) -> StabilityScores:
    """All objects of all videos."""
    objects = [one for part in parts for one in part.objects]

    def over_objects(name: str) -> float:
        return known_mean(np.array([getattr(one, name) for one in objects], np.float64))

    def over_videos(name: str) -> float:
        return known_mean(np.array([getattr(part.consistency, name) for part in parts], np.float64))

    span = sum(one.span for one in objects)
    return StabilityScores(
        over_objects("area_jitter"),
        over_objects("area_jitter_excess"),
        over_objects("centroid_jerk"),
        over_objects("centroid_jerk_excess"),
        over_objects("temporal_iou"),
        over_objects("temporal_iou_excess"),
        over_objects("drift"),
        sum(one.dropouts for one in objects),
        sum(one.gaps for one in objects) / span if span else float("nan"),
        over_videos("vc8"),
        over_videos("vc16"),
        over_videos("vc8_objects"),
        over_videos("vc16_objects"),
    )


def _object(
    case: Case, at: Int64s, mine: Motion, theirs: Motion, quality: tuple[Floats, Floats]
) -> ObjectStability:
    """The object of the pairs `at`, which are sorted by frame."""
    pairs = case.pairs
    pred, truth = pairs.pred_row[at], pairs.truth_row[at]
    both = (pred >= 0) & (truth >= 0)
    drops, gaps, span = _gaps(case, pairs, at)
    known = truth[truth >= 0]
    jitter = _excess(mine.area_change, theirs.area_change, pred[both], truth[both])
    jerk = _excess(mine.jerk, theirs.jerk, pred[both], truth[both])
    same = _excess(mine.temporal_iou, theirs.temporal_iou, pred[both], truth[both])
    overlap, since = quality[0][at], quality[1][at]
    return ObjectStability(
        int(pairs.object_id[at[0]]),
        int(case.truth.label_id[known[0]]) if len(known) else 0,
        median(jitter[0]),
        median(jitter[0]) - median(jitter[1]),
        median(jerk[0]),
        median(jerk[0]) - median(jerk[1]),
        known_mean(same[0]),
        known_mean(same[0]) - known_mean(same[1]),
        drops,
        gaps,
        span,
        _slope(since[truth >= 0], overlap[truth >= 0]),
    )


def _excess(mine: Floats, theirs: Floats, pred: Int64s, truth: Int64s) -> tuple[Floats, Floats]:
    """Values of both sides at paired rows, where both are known."""
    a, b = mine[pred], theirs[truth]
    known = ~np.isnan(a) & ~np.isnan(b)
    return a[known], b[known]


def _gaps(case: Case, pairs: Pairs, at: Int64s) -> tuple[int, int, int]:
    """(one-frame dropouts, frames in gaps, frames of the truth) between first and last prediction."""
    position = np.searchsorted(case.frames, pairs.frame[at])
    has, true = pairs.pred_row[at] >= 0, pairs.truth_row[at] >= 0
    there = np.flatnonzero(has)
    if not len(there):
        return 0, 0, 0
    inside = np.zeros(len(at), np.bool_)
    inside[there[0] : there[-1] + 1] = True
    missing = inside & true & ~has
    return _single(missing, has, position), int(missing.sum()), int((inside & true).sum())


def _single(missing: Bools, has: Bools, position: Int64s) -> int:
    """Missing frames whose neighbours on both sides are there."""
    at = np.flatnonzero(missing[1:-1]) + 1
    near = (position[at] - position[at - 1] == 1) & (position[at + 1] - position[at] == 1)
    return int(np.count_nonzero(has[at - 1] & has[at + 1] & near))


def _iou(case: Case) -> Floats:
    """IoU of every pair, 0 where one side lacks the object."""
    found = np.zeros(len(case.pairs))
    both = np.flatnonzero((case.pairs.pred_row >= 0) & (case.pairs.truth_row >= 0))
    for start in range(0, len(both), _ROWS_AT_ONCE):
        at = both[start : start + _ROWS_AT_ONCE]
        pred = case.pred.take(case.pairs.pred_row[at])
        found[at] = iou_pairs(pred, case.truth.take(case.pairs.truth_row[at]))
    return found


def _since_prompt(case: Case) -> Floats:
    """Frames from the last prompt to each pair's frame."""
    starts = np.union1d(case.prompts, case.frames[:1])
    frame = case.pairs.frame
    last = starts[np.maximum(np.searchsorted(starts, frame, "right") - 1, 0)]
    return (frame - last).astype(np.float64)


def _slope(x: Floats, y: Floats) -> float:
    """Least-squares slope, per 100 of `x`; NaN without spread in `x`."""
    spread = x - x.mean() if len(x) else x
    if len(x) < _POINTS or not spread.any():
        return float("nan")
    return 100 * float((spread * (y - y.mean())).sum() / (spread**2).sum())
