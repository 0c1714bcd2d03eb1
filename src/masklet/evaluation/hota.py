"""HOTA and its parts: Luiten et al., "HOTA: A Higher Order Metric for Evaluating Multi-object
Tracking", IJCV 2021.

Numbers equal those of `trackeval`. The assignment of most frames is plain: where the best partner of
each mask is nobody else's best, no other assignment scores as much. All such frames are solved in one
go, and only the rest by the Hungarian algorithm.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from masklet.core.arrays import Bools, Floats, Int64s
from masklet.evaluation.similarity import Similarity, frame_starts, numbered

ALPHAS: Floats = np.arange(0.05, 0.99, 0.05)
"""The 19 localisation thresholds, 0.05 to 0.95."""

_EPS = float(np.finfo(np.float64).eps)
_MARGIN = 1e-9
"""A best score that leads by less than this is settled by the Hungarian algorithm."""
_CELLS = 1 << 20
"""Cells of the matrices laid out at a time."""


@dataclass(frozen=True, eq=False)
class HotaPart:
    """Sums over one video for each threshold, `(19,)` each; they add up over videos.

    Args:
        tp, fn, fp: masks matched, true ones left, predicted ones left.
        iou: IoU of the matches, summed.
        association, recall, precision: of the matches, summed: A(c), Ass-Re and Ass-Pr of the paper.
    """

    tp: Int64s
    fn: Int64s
    fp: Int64s
    iou: Floats
    association: Floats
    recall: Floats
    precision: Floats


@dataclass(frozen=True)
class Hota:
    """Means over the 19 thresholds, 0..1.

    NaN where neither side has a mask. With masks and no match all are 0, but `loc_a` is 1 for that
    threshold, as `trackeval` has it.

    Args:
        hota: mean over thresholds of sqrt(DetA * AssA).
        det_a, det_re, det_pr: detection: TP / (TP + FN + FP), recall, precision.
        ass_a, ass_re, ass_pr: association, means over matches.
        loc_a: mean IoU of matches.
    """

    hota: float
    det_a: float
    ass_a: float
    loc_a: float
    det_re: float
    det_pr: float
    ass_re: float
    ass_pr: float


def measure_hota(pairs: Similarity) -> HotaPart:
    """The sums of one video."""
    n_true, n_pred = np.bincount(pairs.true.object), np.bincount(pairs.pred.object)
    objects, which = numbered(
        pairs.true.object[pairs.i] * max(1, len(n_pred)) + pairs.pred.object[pairs.j]
    )
    g, p = np.divmod(objects, max(1, len(n_pred)))
    together = np.bincount(which, _alignment(pairs), len(objects))
    score = (together / (n_true[g] + n_pred[p] - together))[which] * pairs.iou
    matched = _matched(pairs, score)
    level = np.searchsorted(ALPHAS - _EPS, pairs.iou[matched], "right")
    steps = len(ALPHAS) + 1
    counts = np.bincount(which[matched] * steps + level, minlength=len(objects) * steps)
    hits = _at_least(counts.reshape(-1, steps))
    tp = hits.sum(axis=0)
    true, pred = n_true[g][:, None], n_pred[p][:, None]
    return HotaPart(
        tp,
        len(pairs.true) - tp,
        len(pairs.pred) - tp,
        _at_least(np.bincount(level, pairs.iou[matched], steps)[None])[0],
        (hits * (hits / np.maximum(1, true + pred - hits))).sum(axis=0),
        (hits * (hits / true)).sum(axis=0),
        (hits * (hits / pred)).sum(axis=0),
    )


def total_hota(parts: Iterable[HotaPart]) -> Hota:
    """Over videos: counts are summed, association is weighted by matches."""
    table = np.array(
        [
            (part.tp, part.fn, part.fp, part.iou, part.association, part.recall, part.precision)
            for part in parts
        ]
    )
    tp, fn, fp, iou, *association = table.reshape(-1, 7, len(ALPHAS)).sum(axis=0)
    if not np.any(tp + fn + fp):
        return Hota(*[float("nan")] * 8)
    ass_a, ass_re, ass_pr = (sums / np.maximum(1, tp) for sums in association)
    det_a = tp / np.maximum(1, tp + fn + fp)
    loc_a = np.maximum(1e-10, iou) / np.maximum(1e-10, tp)
    det_re, det_pr = tp / np.maximum(1, tp + fn), tp / np.maximum(1, tp + fp)
    means = (np.sqrt(det_a * ass_a), det_a, ass_a, loc_a, det_re, det_pr, ass_re, ass_pr)
    return Hota(*(float(np.mean(values)) for values in means))


def _at_least(counts: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """From numbers by level `(k, 20)`: how much reaches each threshold, `(k, 19)`."""
    reached: npt.NDArray[Any] = np.cumsum(counts[:, ::-1], axis=1)[:, ::-1][:, 1:]
    return reached


def _alignment(pairs: Similarity) -> Floats:
    """IoU of each pair, over what both masks overlap with anything on that frame, `(k,)`."""
    found = np.empty(len(pairs.iou))
    for at, where, shape in _by_shape(pairs, np.unique(pairs.true.frame[pairs.i])):
        block = np.zeros(shape)
        block.reshape(-1)[where] = pairs.iou[at]
        reach = block.sum(1)[:, None, :] + block.sum(2)[:, :, None] - block
        found[at] = pairs.iou[at] / reach.reshape(-1)[where]
    return found


def _by_shape(
    pairs: Similarity, frames: Int64s
) -> Iterable[tuple[Int64s, Int64s, tuple[int, int, int]]]:
    """Frames laid out as matrices, those of equal shape together, so that sums keep their order.

    Yields the pairs of those frames, their places in the flattened block, and its shape
    (frames, true masks, predicted masks).
    """
    n = len(pairs.frames)
    first_true, first_pred = frame_starts(pairs.true.frame, n), frame_starts(pairs.pred.frame, n)
    tall, wide = np.diff(first_true), np.diff(first_pred)
    pair_frame = pairs.true.frame[pairs.i]
    first_pair = frame_starts(pair_frame, n)
    kinds, kind = numbered(tall[frames] * (1 << 32) + wide[frames])
    for number, shape in enumerate(kinds.tolist()):
        g, p = divmod(shape, 1 << 32)
        alike = frames[kind == number]
        step = max(1, _CELLS // (g * p))
        for start in range(0, len(alike), step):
            chosen = alike[start : start + step]
            turn = np.zeros(n, np.int64)
            turn[chosen] = np.arange(len(chosen))
            counts = first_pair[chosen + 1] - first_pair[chosen]
            begin = np.cumsum(counts) - counts
            at = np.repeat(first_pair[chosen] - begin, counts) + np.arange(counts.sum())
            t = pair_frame[at]
            row, column = pairs.i[at] - first_true[t], pairs.j[at] - first_pred[t]
            yield at, (turn[t] * g + row) * p + column, (len(chosen), g, p)


def _matched(pairs: Similarity, score: Floats) -> Int64s:
    """Pairs of the assignment that maximises the score of each frame, `(m,)`."""
    frame = pairs.true.frame[pairs.i]
    plain_true, doubt_true = _plain(pairs.i, pairs.j, frame, score, pairs)
    plain_pred, doubt_pred = _plain(pairs.j, pairs.i, frame, score, pairs)
    taken = np.where(doubt_true[frame], plain_pred & ~doubt_pred[frame], plain_true)
    hard = np.flatnonzero(doubt_true & doubt_pred)
    return np.concatenate([np.flatnonzero(taken), *_hungarian(pairs, score, hard)])


def _plain(
    mine: Int64s, other: Int64s, frame: Int64s, score: Floats, pairs: Similarity
) -> tuple[Bools, Bools]:
    """The best pair of each mask of a side `(k,)`, and the frames where that settles nothing `(t,)`."""
    best = np.zeros(int(mine.max(initial=-1)) + 1)
    np.maximum.at(best, mine, score)
    near = score >= best[mine] - _MARGIN
    doubt = np.zeros(len(pairs.frames), np.bool_)
    doubt[frame[best[mine] <= 2 * _MARGIN]] = True
    for index in (mine, other):
        often = np.bincount(index[near])
        doubt[frame[near][often[index[near]] > 1]] = True
    return near, doubt


def _hungarian(pairs: Similarity, score: Floats, frames: Int64s) -> Iterable[Int64s]:
    """The pairs that the Hungarian algorithm takes, frame by frame."""
    if not len(frames):
        return
    from scipy.optimize import linear_sum_assignment

    for at, where, shape in _by_shape(pairs, frames):
        cost, pair = np.zeros(shape), np.full(shape, -1)
        cost.reshape(-1)[where] = -score[at]
        pair.reshape(-1)[where] = at
        for one, index in zip(cost, pair, strict=True):
            found = index[linear_sum_assignment(one)]
            yield found[found >= 0]
