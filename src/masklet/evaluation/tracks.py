"""YouTube-VIS's average precision and recall: whole tracks are matched, not masks of frames.

Yang, Fan, Xu, "Video Instance Segmentation", ICCV 2019 (arXiv 1905.04804), with the rules of its
published evaluation:

- IoU of two tracks: shared pixels over all frames by united pixels over all frames; a frame without a
  mask counts as an empty one. So it is for crowds, unlike COCO's images. Two tracks without a pixel: 0.
- Area of a track: mean over the frames where it has pixels; 0 where it has none anywhere. Small is up
  to 128², medium up to 256².
- Score of a track: mean over its rows of those that have one, in single precision, so that rows of one
  score give that score; 1 where none has. Of tracks with equal scores the lower object id goes first.
- Label of a track: the one of most rows, of equally many the first of the labels. A true track is a
  crowd where most of its rows are flagged `Flags.CROWD`.
- Objects without id (-1) are no tracks and are left out.
- Frames are those on which the truth is complete.
- Labels without true track do not count, wherever predicted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from masklet.core.arrays import Bools, Floats, Int32s, Int64s
from masklet.core.enums import Flags
from masklet.core.masks import Masks
from masklet.evaluation.case import Case, Settings
from masklet.evaluation.detection import same_group
from masklet.evaluation.matching import THRESHOLDS, Overlaps, Ranges, Rules, Sides, match
from masklet.evaluation.pieces import complete_pieces
from masklet.evaluation.precision import MOST, AveragePrecision, Matched, average, matched_of
from masklet.ops.overlap import intersections_at
from masklet.ops.table import areas

TracksScores = AveragePrecision
AREAS: Ranges = ((0, 1e10), (0, 128**2), (128**2, 256**2), (256**2, 1e10))
"""All, small, medium, large, in pixels."""


class Tracks(NamedTuple):
    """The objects of one side.

    Args:
        ids: `(t,) int32`, sorted.
        label: `(t,) int64`, index into the labels.
        score: `(t,) float64`.
        crowd: `(t,) bool`.
    """

    ids: Int32s
    label: Int64s
    score: Floats
    crowd: Bools


def measure(case: Case, settings: Settings) -> Matched:
    """Match the tracks of one video; `settings` are not asked."""
    del settings
    pred, truth = (tracks_of(side, case) for side in (case.pred, case.truth))
    shared, pred_size, true_size = _sums(case, pred, truth)
    sides = Sides(
        pred.label, pred.score, _mean_area(pred_size), truth.label, _mean_area(true_size), truth.crowd
    )
    i, j = same_group(pred.label, truth.label)
    overlaps = Overlaps(i, j, _iou(shared, pred_size, true_size)[i, j])
    matches = match(sides, overlaps, Rules(THRESHOLDS, AREAS, MOST[-1]))
    return matched_of(case.labels, sides, (pred.label, truth.label), matches, MOST[-1])


def total(parts: Sequence[Matched]) -> TracksScores:
    """The twelve numbers over all videos; YouTube-VIS reports `ap`, `ap50`, `ap75`, `ar1`, `ar10`."""
    return average(parts)


def tracks_of(masks: Masks, case: Case) -> Tracks:
    """The tracks of one side on the complete frames of the case."""
    rows = np.flatnonzero((masks.object_id >= 0) & np.isin(masks.frame, case.complete))
    ids, track = np.unique(masks.object_id[rows], return_inverse=True)
    n, k = len(ids), max(1, len(case.labels))
    length = np.bincount(track, minlength=n)
    votes = np.bincount(track * k + masks.label_id[rows], minlength=n * k).reshape(n, k)
    known = np.isfinite(masks.score[rows])
    sums = np.bincount(track[known], weights=masks.score[rows][known].astype(np.float64), minlength=n)
    count = np.bincount(track[known], minlength=n)
    mean = np.where(count > 0, sums / np.maximum(count, 1), 1.0)
    crowds = np.bincount(track, weights=(masks.flags[rows] & Flags.CROWD) != 0, minlength=n)
    return Tracks(
        ids,
        np.argmax(votes, axis=1),
        mean.astype(np.float32).astype(np.float64),
        2 * crowds > length,
    )


def track_iou(case: Case, pred: Tracks, truth: Tracks) -> Floats:
    """IoU of every pair of tracks over the complete frames, `(p, t)`; 0 where labels differ."""
    return _iou(*_sums(case, pred, truth))


def _iou(shared: Int64s, pred_size: Int64s, true_size: Int64s) -> Floats:
    """From what `_sums` found; 0 for two tracks without a pixel."""
    united = pred_size[:, :1] + true_size[:, 0] - shared
    found: Floats = shared / np.maximum(united, 1)
    return found


class _Placed(NamedTuple):
    """Rows of a piece that belong to tracks and have pixels, `(r,)` each; groups are (frame, label)."""

    rows: Int64s
    track: Int64s
    group: Int64s


def _sums(case: Case, pred: Tracks, truth: Tracks) -> tuple[Int64s, Int64s, Int64s]:
    """Shared pixels of tracks of one label, `(p, t) int64`, and the `_placed` sizes of both sides."""
    shared = np.zeros((len(pred.ids), len(truth.ids)), np.int64)
    pred_size, true_size = (np.zeros((len(side.ids), 2), np.int64) for side in (pred, truth))
    for piece in complete_pieces(case):
        mine = _placed(piece.pred, pred, pred_size)
        theirs = _placed(piece.truth, truth, true_size)
        i, j = same_group(mine.group, theirs.group)
        found = intersections_at(piece.pred, piece.truth, mine.rows[i], theirs.rows[j])
        np.add.at(shared, (mine.track[i], theirs.track[j]), found)
    return shared, pred_size, true_size


def _placed(masks: Masks, tracks: Tracks, size: Int64s) -> _Placed:
    """Where the rows belong; their pixels and frames are added to `size`, `(t, 2)`."""
    area = areas(masks)
    rows = np.flatnonzero((area > 0) & (masks.object_id >= 0))
    track = np.searchsorted(tracks.ids, masks.object_id[rows])
    np.add.at(size, track, np.stack([area[rows], np.ones_like(rows)], axis=1))
    return _Placed(rows, track, masks.frame[rows].astype(np.int64) << 16 | tracks.label[track])


def _mean_area(size: Int64s) -> Floats:
    """Mean over the frames with pixels."""
    return size[:, 0] / np.maximum(size[:, 1], 1)
