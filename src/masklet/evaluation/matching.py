"""Predictions matched to true objects by falling score, as COCO and YouTube-VIS do.

Lin et al., "Microsoft COCO: Common Objects in Context", ECCV 2014, with the rules of its published
evaluation (cocodataset.org/#detection-eval), which YouTube-VIS took over (Yang, Fan, Xu, "Video
Instance Segmentation", ICCV 2019). What is matched are masks of one image, or tracks of one video;
only those of one *group* (one class there) can match.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from masklet.core.arrays import Bools, Floats, Int64s

THRESHOLDS: Floats = np.linspace(0.5, 0.95, 10)
"""IoU from which a prediction is right: 0.5, 0.55 ... 0.95."""
SLACK = 1e-10
"""A threshold is never above 1 - `SLACK`, so that equal masks match at a threshold of 1."""

Ranges = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Rules:
    """What is matched how.

    Args:
        thresholds: `(t,)`, IoU from which on a pair can match.
        ranges: areas (least, most), both included: true objects beyond them are not asked for,
            predictions beyond them that match nothing are not counted.
        max_dets: only so many predictions of a group, those of the highest scores, are looked at.
    """

    thresholds: Floats
    ranges: Ranges
    max_dets: int


class Sides(NamedTuple):
    """Predictions `(n,)` and true objects `(g,)`; groups are numbers that both sides share.

    Args:
        pred_group, true_group: int64.
        score: of predictions, without NaN.
        pred_area, true_area: pixels, of a track the mean over its frames.
        crowd: true objects that stand for many: not asked for, and any number of predictions matches.
    """

    pred_group: Int64s
    score: Floats
    pred_area: Floats
    true_group: Int64s
    true_area: Floats
    crowd: Bools


class Overlaps(NamedTuple):
    """IoU of pairs `(p,)` of one group: index of the prediction, of the true object, IoU.

    Pairs that are not there have IoU 0. For a crowd COCO takes the share of the prediction that lies in
    it instead of the IoU.
    """

    pred: Int64s
    true: Int64s
    iou: Floats


class Matches(NamedTuple):
    """What became of the predictions, `n` of them, at each threshold and area range.

    Args:
        rank: `(n,) int64`, place in the group by falling score, of equal ones the earlier first.
        matched: `(n, t, a) bool`.
        ignored: `(n, t, a) bool`, neither right nor wrong: matched to what is not asked for, or
            matched to nothing and of an area beyond the range.
        asked: `(g, a) bool`, the true objects that are asked for.
    """

    rank: Int64s
    matched: Bools
    ignored: Bools
    asked: Bools


def match(sides: Sides, overlaps: Overlaps, rules: Rules) -> Matches:
    """Match greedily: by falling score, each prediction takes the free true object of greatest IoU.

    One that is asked for goes before one that is not, whatever their IoU; of equal ones the later is
    taken. Predictions beyond `Rules.max_dets` match nothing; leave them out by `Matches.rank`.
    """
    rank = group_rank(sides.pred_group, sides.score)
    outside = _outside(sides.pred_area, rules.ranges)
    asked = ~(sides.crowd[:, None] | _outside(sides.true_area, rules.ranges))
    shape = len(rank), len(rules.thresholds), len(rules.ranges)
    kept = (overlaps.iou >= min(rules.thresholds.min(initial=1), 1 - SLACK)) & (
        rank[overlaps.pred] < rules.max_dets
    )
    pairs = Overlaps(*(column[kept] for column in overlaps))
    matched, on_ignored = _greedy(sides, pairs, rank, asked, rules.thresholds)
    matched, on_ignored = matched.reshape(shape), on_ignored.reshape(shape)
    ignored = on_ignored | (~matched & outside[:, None])
    return Matches(rank, matched, ignored, asked)


def group_rank(group: Int64s, score: Floats) -> Int64s:
    """Place of each element in its group by falling score, `(n,) int64`; equal ones keep their order."""
    order = np.lexsort((-score, group))
    rank = np.empty(len(order), np.int64)
    rank[order] = _place_in_run(group[order])
    return rank


def _place_in_run(sorted_values: Int64s) -> Int64s:
    """0, 1, 2 ... within each stretch of equal values."""
    place = np.arange(len(sorted_values))
    first = np.concatenate([[True], sorted_values[1:] != sorted_values[:-1]])[: len(place)]
    found: Int64s = place - np.maximum.accumulate(np.where(first, place, 0))
    return found


def _outside(area: Floats, ranges: Ranges) -> Bools:
    """`(n, a) bool`."""
    low, high = np.array(ranges, np.float64).reshape(-1, 2).T
    found: Bools = (area[:, None] < low) | (area[:, None] > high)
    return found


def _greedy(
    sides: Sides, pairs: Overlaps, rank: Int64s, asked: Bools, thresholds: Floats
) -> tuple[Bools, Bools]:
    """(matched, matched to what is not asked for), `(n, t * a) bool` each.

    In turn `r` the prediction of place `r` in each group chooses, all groups and settings at once.
    """
    turn = _turns(sides.pred_group, pairs.pred, rank)
    order = np.lexsort((pairs.true, pairs.iou, pairs.pred, turn))
    turn = turn[order]
    pred, true, iou = (column[order] for column in pairs)
    asked_of = np.tile(asked, (1, len(thresholds)))
    needed = np.repeat(np.minimum(thresholds, 1 - SLACK), asked.shape[1])
    free = np.ones(asked_of.shape, np.bool_)
    matched = np.zeros((len(rank), asked_of.shape[1]), np.bool_)
    on_ignored = matched.copy()
    turns = np.arange(turn[-1] + 2) if len(turn) else turn
    for start, stop in pairwise(np.searchsorted(turn, turns).tolist()):
        part = slice(start, stop)
        among = true[part]
        usable = (iou[part, None] >= needed) & (free[among] | sides.crowd[among, None])
        preference = np.where(asked_of[among], len(order), 0) + np.arange(start, stop)[:, None]
        preference[~usable] = -1
        first = np.flatnonzero(np.diff(pred[part], prepend=-1))
        best = np.maximum.reduceat(preference, first, axis=0)
        mine = pred[part][first]
        matched[mine] = best >= 0
        on_ignored[mine] = (best >= 0) & (best < len(order))
        counts = np.diff(first, append=stop - start)
        free[among] &= ~(usable & (preference == np.repeat(best, counts, axis=0)))
    return matched, on_ignored


def _turns(group: Int64s, pred: Int64s, rank: Int64s) -> Int64s:
    """The turn of each pair, `(p,)`: the place of its prediction among those of its group with pairs."""
    chosen, of_pair = np.unique(pred, return_inverse=True)
    found: Int64s = group_rank(group[chosen], -rank[chosen].astype(np.float64))[of_pair]
    return found
