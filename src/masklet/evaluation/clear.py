"""CLEAR MOT: Bernardin and Stiefelhagen, "Evaluating Multiple Object Tracking Performance", 2008.

Counted as `trackeval` counts: on each frame objects keep the partner of the frame before where they
still overlap enough; the rest are matched so that IoU is largest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from masklet.core.arrays import Bools, Int64s
from masklet.evaluation.similarity import Similarity, frame_starts

_EPS = float(np.finfo(np.float64).eps)
_KEEP = 1000.0
"""What an assignment gains by keeping a partner, in units of IoU."""


@dataclass(frozen=True)
class Switch:
    """A true object that another predicted object answers from now on.

    Args:
        video: its name.
        frame: where the new id first answers.
        object_id: of the true object.
        before, now: predicted ids; -1 = not tracked.
        last_right: the last frame on which `before` answered it.
    """

    video: str
    frame: int
    object_id: int
    before: int
    now: int
    last_right: int


@dataclass(frozen=True)
class ClearPart:
    """Counts of one video; they add up over videos.

    Args:
        tp, fn, fp: masks matched, true ones left, predicted ones left.
        iou: IoU of the matches, summed.
        switches: id switches.
        fragments: times that an object was found again after it was lost.
        mostly_tracked, partly_tracked, mostly_lost: true objects found on more than 80 %, on 20 to
            80 %, on less than 20 % of their frames.
    """

    tp: int
    fn: int
    fp: int
    iou: float
    switches: int
    fragments: int
    mostly_tracked: int
    partly_tracked: int
    mostly_lost: int


@dataclass(frozen=True)
class Clear:
    """CLEAR over all videos. Shares are NaN where neither side has a mask, else 0 / 0 is 0.

    Args:
        mota: (TP - FP - switches) / (TP + FN); below 0 where errors outnumber true masks.
        motp: mean IoU of matches.
        s_mota: MOTA with the IoU of matches in place of their number.
        tp, fn, fp: masks.
        switches, fragments, mostly_tracked, partly_tracked, mostly_lost: see `ClearPart`.
    """

    mota: float
    motp: float
    s_mota: float
    tp: int
    fn: int
    fp: int
    switches: int
    fragments: int
    mostly_tracked: int
    partly_tracked: int
    mostly_lost: int


def measure_clear(
    pairs: Similarity, name: str = "", threshold: float = 0.5
) -> tuple[ClearPart, tuple[Switch, ...]]:
    """Counts of one video, and its id switches in order of time.

    Args:
        pairs: all overlaps.
        name: of the video, for the switches.
        threshold: IoU from which masks may match.
    """
    at = np.flatnonzero(_chosen(pairs, threshold))
    true_object, frame = pairs.true.object[pairs.i[at]], pairs.true.frame[pairs.i[at]]
    order = np.lexsort((frame, true_object))
    at, true_object, frame = at[order], true_object[order], frame[order]
    pred_object = pairs.pred.object[pairs.j[at]]
    again = true_object[1:] == true_object[:-1]
    switched = np.flatnonzero(again & (pred_object[1:] != pred_object[:-1])) + 1
    turn = np.cumsum(_judged(pairs))[frame]
    n_frames = np.bincount(pairs.true.object)
    found = np.bincount(true_object, minlength=len(n_frames)) / n_frames
    part = ClearPart(
        tp=len(at),
        fn=len(pairs.true) - len(at),
        fp=len(pairs.pred) - len(at),
        iou=float(pairs.iou[at].sum()),
        switches=len(switched),
        fragments=int(np.count_nonzero(again & (turn[1:] > turn[:-1] + 1))),
        mostly_tracked=int(np.count_nonzero(found > 0.8)),
        partly_tracked=int(np.count_nonzero((found >= 0.2) & (found <= 0.8))),
        mostly_lost=int(np.count_nonzero(found < 0.2)),
    )
    known = zip(
        pairs.frames[frame[switched]].tolist(),
        pairs.true.names[true_object[switched]].tolist(),
        pairs.pred.names[pred_object[switched - 1]].tolist(),
        pairs.pred.names[pred_object[switched]].tolist(),
        pairs.frames[frame[switched - 1]].tolist(),
        strict=True,
    )
    return part, tuple(Switch(name, *values) for values in sorted(known))


def total_clear(parts: Sequence[ClearPart]) -> Clear:
    """Over videos: all counts are summed."""
    tp, fn, fp = (sum(getattr(part, name) for part in parts) for name in ("tp", "fn", "fp"))
    switches, iou = sum(part.switches for part in parts), sum(part.iou for part in parts)
    true, empty = max(1, tp + fn), tp + fn + fp == 0
    mota, motp, s_mota = (tp - fp - switches) / true, iou / max(1, tp), (iou - fp - switches) / true
    if empty:
        mota = motp = s_mota = float("nan")
    return Clear(
        mota,
        motp,
        s_mota,
        tp,
        fn,
        fp,
        switches,
        sum(part.fragments for part in parts),
        sum(part.mostly_tracked for part in parts),
        sum(part.partly_tracked for part in parts),
        sum(part.mostly_lost for part in parts),
    )


def _judged(pairs: Similarity) -> Bools:
    """Frames with masks on both sides; between two of them nothing is forgotten, `(t,)`."""
    n = len(pairs.frames)
    sides = (np.bincount(side.frame, minlength=n) > 0 for side in (pairs.true, pairs.pred))
    both: Bools = np.logical_and(*sides)
    return both


def _chosen(pairs: Similarity, threshold: float) -> Bools:
    """Which pairs are matched, `(k,)`. Frames where nobody has two candidates need no search."""
    frame = pairs.true.frame[pairs.i]
    candidate = pairs.iou >= max(threshold - _EPS, 2 * _EPS)
    doubt = np.zeros(len(pairs.frames), np.bool_)
    for index in (pairs.i, pairs.j):
        often = np.bincount(index[candidate], minlength=1)
        several = candidate.copy()
        several[candidate] = often[index[candidate]] > 1
        doubt[frame[several]] = True
    chosen: Bools = candidate & ~doubt[frame]
    _search(pairs, np.flatnonzero(doubt), candidate, chosen)
    return chosen


def _search(pairs: Similarity, frames: Int64s, candidate: Bools, chosen: Bools) -> None:
    """Match the frames of doubt in order of time, and put the pairs into `chosen`."""
    if not len(frames):
        return
    from scipy.optimize import linear_sum_assignment

    first = frame_starts(pairs.true.frame[pairs.i], len(pairs.frames))
    first_true = frame_starts(pairs.true.frame, len(pairs.frames))
    first_pred = frame_starts(pairs.pred.frame, len(pairs.frames))
    judged = np.flatnonzero(_judged(pairs))
    before = judged[np.searchsorted(judged, frames) - 1]
    for frame, last in zip(frames.tolist(), before.tolist(), strict=True):
        at = np.flatnonzero(candidate[first[frame] : first[frame + 1]]) + first[frame]
        partner = np.full(len(pairs.true.names), -1)
        if last < frame:
            kept = np.flatnonzero(chosen[first[last] : first[last + 1]]) + first[last]
            partner[pairs.true.object[pairs.i[kept]]] = pairs.pred.object[pairs.j[kept]]
        same = partner[pairs.true.object[pairs.i[at]]] == pairs.pred.object[pairs.j[at]]
        shape = (first_true[frame + 1] - first_true[frame], first_pred[frame + 1] - first_pred[frame])
        cost, pair = np.zeros(shape), np.full(shape, -1)
        where = pairs.i[at] - first_true[frame], pairs.j[at] - first_pred[frame]
        cost[where], pair[where] = -(_KEEP * same + pairs.iou[at]), at
        found = pair[linear_sum_assignment(cost)]
        chosen[found[found >= 0]] = True
