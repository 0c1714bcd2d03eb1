"""Which predicted object answers which true one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from masklet.core.arrays import Floats, Int32s, Int64s
from masklet.core.errors import DataError
from masklet.core.masks import Masks
from masklet.evaluation.terms import Objects
from masklet.formats.losses import PLAIN_LABEL
from masklet.ops.overlap import intersections_at
from masklet.ops.runs import union
from masklet.ops.table import Row, areas, boxes, build

_PAIRS_AT_ONCE = 20000
_TELLING = 1.2
"""By overlap, tracks must meet this many times better than by number to be worth a word."""


class Aligned(NamedTuple):
    """Both sides with common ids, the rule that was applied, and what a reader should know."""

    pred: Masks
    truth: Masks
    rule: Objects
    note: str
    own: Mapping[int, int] = MappingProxyType({})
    """The number that the prediction itself gives an object, by that which it has here."""


class TrackOverlap(NamedTuple):
    """IoU of whole tracks: shared pixels over all frames by united pixels over all frames.

    Args:
        pred_ids, truth_ids: `(p,)` and `(t,) int32`, sorted.
        iou: `(p, t) float64`.
    """

    pred_ids: Int32s
    truth_ids: Int32s
    iou: Floats


def align(pred: Masks, truth: Masks, rule: Objects, all_told: bool = True) -> Aligned:
    """Give each predicted object that answers a true one the number of that one.

    `auto` takes, in this order: `frame` where a side does not track (no row has a number); `joined`
    where the truth tells only foreground (one object without a class) and the prediction has several;
    `id` where one side's numbers are among the other's; else `overlap`. Predicted objects that answer
    none get numbers that the truth does not use. `all_told`: whether these are all masks of the truth;
    where it has crowds as well, it tells more than foreground.

    Raises `DataError` where `id` or `overlap` is asked for and a side has no ids, and for a truth of
    which only some masks have one.
    """
    _check_truth(truth, rule)
    chosen = _rule(pred, truth, all_told) if rule == "auto" else rule
    untracked = _untracked(pred, truth)
    if chosen in ("id", "overlap") and untracked:
        raise DataError(
            f"no mask of the {untracked} has an object id, so objects cannot be compared by "
            f"{chosen}; expected tracked objects; use --objects frame"
        )
    if chosen == "joined":
        label = int(truth.label_id[0]) if len(truth) else 0
        return Aligned(_joined(pred, label), _joined(truth, label), chosen, "")
    if chosen == "frame":
        return Aligned(*_by_frame(pred, truth), chosen, "")
    if chosen == "id":
        return Aligned(pred, truth, chosen, _doubt(pred, truth))
    tracks = track_overlap(pred, truth)
    rows, columns = best_pairs(tracks.iou)
    answers = {
        int(tracks.pred_ids[i]): int(tracks.truth_ids[j]) for i, j in zip(rows, columns, strict=True)
    }
    table = _table(pred, answers, truth.objects)
    own = {here: there for there, here in table.items()}
    return Aligned(_renamed(pred, table), truth, chosen, "", own)


def track_overlap(pred: Masks, truth: Masks) -> TrackOverlap:
    """Track IoU of every predicted with every true object; rows without an object are passed over."""
    pred_ids, truth_ids = (np.unique(one.object_id[one.object_id >= 0]) for one in (pred, truth))
    shared = np.zeros((len(pred_ids), len(truth_ids)))
    mine, theirs = boxes(pred), boxes(truth)
    for i, j in meetings(pred, truth):
        low, high = np.maximum(mine[i, :2], theirs[j, :2]), np.minimum(mine[i, 2:], theirs[j, 2:])
        met = (pred.object_id[i] >= 0) & (truth.object_id[j] >= 0) & np.all(low < high, axis=1)
        i, j = i[met], j[met]
        place = (
            np.searchsorted(pred_ids, pred.object_id[i]),
            np.searchsorted(truth_ids, truth.object_id[j]),
        )
        np.add.at(shared, place, intersections_at(pred, truth, i, j))
    united = _pixels(pred, pred_ids)[:, None] + _pixels(truth, truth_ids)[None] - shared
    return TrackOverlap(pred_ids, truth_ids, np.divide(shared, united, where=united > 0, out=shared * 0))


def meetings(a: Masks, b: Masks, at_once: int = _PAIRS_AT_ONCE) -> Iterator[tuple[Int64s, Int64s]]:
    """Every pair of rows of one frame: `(k,)` rows of `a` and of `b`, about `at_once` at a time."""
    low, high = np.searchsorted(b.frame, a.frame), np.searchsorted(b.frame, a.frame, "right")
    upto = np.cumsum(high - low)
    start = 0
    while start < len(a):
        done = int(upto[start - 1]) if start else 0
        stop = max(int(np.searchsorted(upto, done + at_once, "right")), start + 1)
        count = (high - low)[start:stop]
        i = np.repeat(np.arange(start, stop), count)
        first = np.repeat(np.cumsum(count) - count, count)
        yield i, np.repeat(low[start:stop], count) + np.arange(len(i)) - first
        start = stop


def best_pairs(iou: Floats) -> tuple[list[int], list[int]]:
    """The assignment with the greatest sum (Kuhn, 1955), without pairs that share nothing."""
    from scipy.optimize import linear_sum_assignment

    rows, columns = linear_sum_assignment(iou, maximize=True)
    real = iou[rows, columns] > 0
    return rows[real].tolist(), columns[real].tolist()


def _rule(pred: Masks, truth: Masks, all_told: bool) -> Objects:
    if _untracked(pred, truth):
        return "frame"
    mine, theirs = set(pred.objects.tolist()), set(truth.objects.tolist())
    names = {label.name for label in truth.labels}
    if all_told and len(theirs) == 1 and len(mine) > 1 and names <= {PLAIN_LABEL}:
        return "joined"
    return "id" if mine <= theirs or theirs <= mine else "overlap"


def _untracked(pred: Masks, truth: Masks) -> str:
    """Which side has no row with an object, `""` where both have some, or nothing."""
    for name, side in (("truth", truth), ("prediction", pred)):
        if len(side) and side.object_id.max() < 0:
            return name
    return ""


def _check_truth(truth: Masks, rule: Objects) -> None:
    loose = np.flatnonzero(truth.object_id < 0)
    if rule != "frame" and len(loose) and len(loose) < len(truth):
        raise DataError(
            f"{len(loose)} of {len(truth)} masks of the truth have no object id (the first on frame "
            f"{truth.frame[loose[0]]}); expected one for each, or none; --objects frame asks for none"
        )


def _joined(masks: Masks, label_id: int) -> Masks:
    """One object a frame: all masks of the frame together, with the best score."""
    rows = []
    for frame, on in masks.each_frame():
        runs = on.row_runs(0)
        for i in range(1, len(on)):
            runs = union(runs, on.row_runs(i))
        best = int(np.argmax(np.nan_to_num(on.score, nan=2.0)))
        rows.append(Row(frame, 1, label_id, runs, score=float(on.score[best]), origin=int(on.origin[0])))
    return build(masks.video, masks.labels, rows, checked=masks.checked)


def _by_frame(pred: Masks, truth: Masks) -> tuple[Masks, Masks]:
    """Every true row becomes an object of its own, and the predicted row that answers it too."""
    ids = np.full(len(pred), -1, np.int32)
    for frame in np.intersect1d(pred.frames, truth.frames):
        mine, theirs = (np.flatnonzero(one.frame == frame) for one in (pred, truth))
        i, j = (np.repeat(mine, len(theirs)), np.tile(theirs, len(mine)))
        shared = intersections_at(pred, truth, i, j).reshape(len(mine), len(theirs))
        total = areas(pred.take(mine))[:, None] + areas(truth.take(theirs))[None] - shared
        rows, columns = best_pairs(np.divide(shared, total, where=total > 0, out=np.zeros(total.shape)))
        ids[mine[rows]] = theirs[columns]
    return pred.replace(object_id=ids), truth.replace(object_id=np.arange(len(truth), dtype=np.int32))


def _table(masks: Masks, answers: Mapping[int, int], taken: Int32s) -> dict[int, int]:
    """New numbers by old ones: those of `answers`; for all others numbers beyond `taken`."""
    free = int(max([-1, *taken.tolist(), *masks.objects.tolist()])) + 1
    others = [one for one in masks.objects.tolist() if one >= 0 and one not in answers]
    return dict(answers) | {one: free + i for i, one in enumerate(others)}


def _renamed(masks: Masks, table: Mapping[int, int]) -> Masks:
    ids = np.array([table.get(one, -1) for one in masks.object_id.tolist()], np.int32)
    return masks.replace(object_id=ids)


def _doubt(pred: Masks, truth: Masks) -> str:
    """A hint where numbers hardly meet although the objects do."""
    if max(len(pred.objects), len(truth.objects)) < 2 or not len(pred):
        return ""
    tracks = track_overlap(pred, truth)
    common = np.intersect1d(tracks.pred_ids, tracks.truth_ids)
    by_id = tracks.iou[
        np.searchsorted(tracks.pred_ids, common), np.searchsorted(tracks.truth_ids, common)
    ]
    best = tracks.iou[best_pairs(tracks.iou)].sum()
    if best < _TELLING * by_id.sum() + 1e-9:
        return ""
    n = len(tracks.truth_ids)
    return (
        f"objects are compared by number: mean track IoU {by_id.sum() / n:.2f}; by overlap it would be "
        f"{best / n:.2f}: if the prediction's numbers mean nothing, use --objects overlap"
    )


def _pixels(masks: Masks, ids: Int32s) -> Floats:
    tracked = np.flatnonzero(masks.object_id >= 0)
    place = np.searchsorted(ids, masks.object_id[tracked])
    sums: Floats = np.bincount(place, areas(masks)[tracked], len(ids)).astype(np.float64)
    return sums
