"""How much true and predicted objects overlap on every judged frame: the ground of all identity metrics.

Computed from run lengths, some frames at a time; what is kept is one number for each pair of masks
that touch, so that an hour of video stays small.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import NamedTuple

import numpy as np

from masklet.core.arrays import Bools, Floats, Int16s, Int32s, Int64s
from masklet.core.enums import Flags
from masklet.core.masks import Masks
from masklet.evaluation.case import Case
from masklet.evaluation.pieces import frame_pieces
from masklet.ops.overlap import intersections_at
from masklet.ops.runs import union
from masklet.ops.spans import ragged
from masklet.ops.table import Row, areas, build

_IGNORED = 0.5
"""Share of a predicted mask in a crowd above which it is not counted."""
_FOUND = 0.5
"""IoU with a true object from which a predicted mask counts even in a crowd."""


@dataclass(frozen=True, eq=False)
class Side:
    """The masks of one side on the judged frames, rising by (frame, object id); empty masks left out.

    Args:
        frame: `(n,) int64`, place of the frame among the judged ones.
        object: `(n,) int64`, number of the object, 0..; an untracked mask is an object of its own.
        names: `(objects,) int32`, object id of each number; -1 = not tracked.
        label: `(n,) int16`.
        ignored: `(n, 2) bool`: lies mostly in a crowd, of any label and of its own.
    """

    frame: Int64s
    object: Int64s
    names: Int32s
    label: Int16s
    ignored: Bools

    def __len__(self) -> int:
        return len(self.frame)

    def take(self, rows: Bools) -> Side:
        """Chosen masks; objects without any are numbered no more."""
        known, number = np.unique(self.object[rows], return_inverse=True)
        return Side(self.frame[rows], number, self.names[known], self.label[rows], self.ignored[rows])


@dataclass(frozen=True, eq=False)
class Similarity:
    """All pairs of a true and a predicted mask of one frame that share pixels.

    Args:
        frames: `(t,) int32`, the judged frames.
        true, pred: the masks of both sides.
        i, j: `(k,) int64`, indices into `true` and `pred`; rising by i, then j.
        iou: `(k,) float64`, more than 0.
    """

    frames: Int32s
    true: Side
    pred: Side
    i: Int64s
    j: Int64s
    iou: Floats

    def of(self, label: int | None) -> Similarity:
        """What is judged together: the masks of one label, or of all (None).

        Predicted masks that lie mostly in a crowd and do not find a true object are left out.
        """
        kept_true = np.ones(len(self.true), np.bool_) if label is None else self.true.label == label
        kept = np.ones(len(self.pred), np.bool_) if label is None else self.pred.label == label
        found = np.zeros(len(self.pred), np.bool_)
        found[self.j[(self.iou >= _FOUND) & kept_true[self.i]]] = True
        kept &= found | ~self.pred.ignored[:, 0 if label is None else 1]
        if kept.all() and kept_true.all():
            return self
        pairs = kept_true[self.i] & kept[self.j]
        i, j = (np.cumsum(kept_true) - 1)[self.i[pairs]], (np.cumsum(kept) - 1)[self.j[pairs]]
        return Similarity(
            self.frames, self.true.take(kept_true), self.pred.take(kept), i, j, self.iou[pairs]
        )


class _Piece(NamedTuple):
    """Rows of some frames: their table, and the indices that they have in it."""

    masks: Masks
    rows: Int64s


def similarity(case: Case) -> Similarity:
    """IoU of all true and predicted masks of each frame in `case.complete`.

    Empty masks on either side count as absent. Rows flagged CROWD are no objects; they say which
    predicted masks are `ignored`: those with more than half of their area in a crowd.
    """
    crowd = (case.truth.flags & Flags.CROWD) != 0
    true_rows, pred_rows, i, j, found, ignored = [], [], [], [], [], []
    before_true = before_pred = 0
    for start, stop in frame_pieces(case):
        frames = case.complete[start:stop]
        true, pred = _piece(case.truth, frames, ~crowd), _piece(case.pred, frames)
        mine, theirs, iou = _touching(true.masks, pred.masks)
        true_rows.append(true.rows)
        pred_rows.append(pred.rows)
        i.append(mine + before_true)
        j.append(theirs + before_pred)
        found.append(iou)
        ignored.append(_ignored(pred.masks, _piece(case.truth, frames, crowd).masks))
        before_true, before_pred = before_true + len(true.rows), before_pred + len(pred.rows)
    none, no = np.empty(0, np.int64), np.empty((0, 2), np.bool_)
    rows = np.concatenate([none, *true_rows])
    true_side = _side(case, case.truth, rows, np.zeros((len(rows), 2), np.bool_))
    pred_side = _side(
        case, case.pred, np.concatenate([none, *pred_rows]), np.concatenate([no, *ignored])
    )
    pairs = np.concatenate([none, *i]), np.concatenate([none, *j])
    return Similarity(case.complete, true_side, pred_side, *pairs, np.concatenate([np.empty(0), *found]))


def _piece(masks: Masks, frames: Int32s, wanted: Bools | None = None) -> _Piece:
    """The rows on `frames` that are wanted and not empty."""
    low, high = np.searchsorted(masks.frame, [frames[0], frames[-1] + 1]).tolist()
    rows = np.arange(low, high)
    kept = np.isin(masks.frame[low:high], frames)
    rows = rows[kept if wanted is None else kept & wanted[low:high]]
    part = masks.take(rows)
    filled = areas(part) > 0
    return _Piece(part, rows) if filled.all() else _Piece(part.take(filled), rows[filled])


def _touching(true: Masks, pred: Masks) -> tuple[Int64s, Int64s, Floats]:
    """Pairs of one frame that share pixels: index in `true`, in `pred`, IoU; `(k,)` each."""
    first = np.searchsorted(pred.frame, true.frame)
    i, within = ragged(np.searchsorted(pred.frame, true.frame, "right") - first)
    j = first[i] + within
    shared = intersections_at(true, pred, i, j)
    touch = shared > 0
    i, j, shared = i[touch], j[touch], shared[touch]
    return i, j, shared / (areas(true)[i] + areas(pred)[j] - shared)


def _ignored(pred: Masks, crowds: Masks) -> Bools:
    """Which predicted masks lie mostly in the crowds of any label, and of their own; `(n, 2)`."""
    found = np.zeros((len(pred), 2), np.bool_)
    for frame in crowds.frames.tolist():
        regions = crowds.on(frame)
        rows = np.flatnonzero(pred.frame == frame)
        found[rows, 0] = _mostly_in(pred.take(rows), regions)
        for label in np.unique(regions.label_id).tolist():
            own = rows[pred.label_id[rows] == label]
            found[own, 1] = _mostly_in(pred.take(own), regions.take(regions.label_id == label))
    return found


def _mostly_in(masks: Masks, regions: Masks) -> Bools:
    """Masks of one frame of which more than half lies in the regions together, `(n,)`."""
    runs = reduce(union, [regions.row_runs(row) for row in range(len(regions))])
    joined = build(regions.video, regions.labels, [Row(int(regions.frame[0]), 0, 0, runs)])
    shared = intersections_at(masks, joined, np.arange(len(masks)), np.zeros(len(masks), np.int64))
    mostly: Bools = shared > _IGNORED * areas(masks)
    return mostly


def _side(case: Case, masks: Masks, rows: Int64s, ignored: Bools) -> Side:
    ids = masks.object_id[rows].astype(np.int64)
    alone = np.flatnonzero(ids < 0)
    ids[alone] = np.iinfo(np.int32).max + 1 + np.arange(len(alone))
    known, number = np.unique(ids, return_inverse=True)
    names = np.where(known > np.iinfo(np.int32).max, -1, known).astype(np.int32)
    place = np.searchsorted(case.complete, masks.frame[rows])
    return Side(place, number, names, masks.label_id[rows], ignored)


def numbered(ids: Int64s) -> tuple[Int64s, Int64s]:
    """Distinct values, and the place among them of each element."""
    known, place = np.unique(ids, return_inverse=True)
    return known, place


def frame_starts(frame: Int64s, n_frames: int) -> Int64s:
    """`(n_frames + 1,)`: the masks of frame t are `starts[t]:starts[t + 1]`."""
    return np.searchsorted(frame, np.arange(n_frames + 1))


def from_frames(true_ids: list[Int64s], pred_ids: list[Int64s], scores: list[Floats]) -> Similarity:
    """A `Similarity` from one matrix a frame, for similarities that were computed elsewhere.

    Args:
        true_ids, pred_ids: per frame, `(g,)` and `(p,)`, each id once.
        scores: per frame, `(g, p) float64` in 0..1.
    """
    true, pred = _listed(true_ids), _listed(pred_ids)
    wide = np.array([len(ids) for ids in pred_ids], np.int64)
    first = np.cumsum(wide) - wide
    flat = np.concatenate([np.empty(0), *(np.ravel(block) for block in scores)])
    i, within = ragged(wide[true.frame])
    j = first[true.frame][i] + within
    kept = flat > 0
    return Similarity(np.arange(len(scores), dtype=np.int32), true, pred, i[kept], j[kept], flat[kept])


def _listed(ids: list[Int64s]) -> Side:
    lengths = np.array([len(one) for one in ids], np.int64)
    known, number = numbered(np.concatenate([np.empty(0, np.int64), *ids]))
    n = int(lengths.sum())
    return Side(
        np.repeat(np.arange(len(ids)), lengths),
        number,
        known.astype(np.int32),
        np.zeros(n, np.int16),
        np.zeros((n, 2), np.bool_),
    )
