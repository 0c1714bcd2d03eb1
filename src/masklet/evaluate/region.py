"""J and F: region similarity and contour accuracy, as DAVIS defines them.

Perazzi et al., "A Benchmark Dataset and Evaluation Methodology for Video Object Segmentation",
CVPR 2016; per-object means as in Pont-Tuset et al., "The 2017 DAVIS Challenge", 2017.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from masklet.core.arrays import Bools, Floats, Int32s, Int64s
from masklet.core.masks import Masks
from masklet.evaluate.pairs import Pairs, pair
from masklet.ops.boundary import boundary, dilate
from masklet.ops.overlap import iou_pairs
from masklet.ops.runs import decode_crop
from masklet.ops.table import areas, boxes

TOLERANCE = 0.008
"""How far a contour may be off and still count, as a share of the frame's diagonal."""

Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class ObjectScore:
    """One object's means over the frames compared. J, F in 0..1."""

    object_id: int
    frames: int
    mean_j: float
    mean_f: float


@dataclass(frozen=True, eq=False)
class JF:
    """J and F of every (frame, object) compared, and their means.

    Args:
        frame: `(k,) int32`.
        object_id: `(k,) int32`.
        j: `(k,) float64` in 0..1, intersection over union.
        f: `(k,) float64` in 0..1, harmonic mean of contour precision and recall.
    """

    frame: Int32s
    object_id: Int32s
    j: Floats
    f: Floats

    @property
    def per_object(self) -> tuple[ObjectScore, ...]:
        """Means of every object of the truth, by rising id."""
        scores = []
        for object_id in np.unique(self.object_id):
            rows = self.object_id == object_id
            j, f = float(self.j[rows].mean()), float(self.f[rows].mean())
            scores.append(ObjectScore(int(object_id), int(rows.sum()), j, f))
        return tuple(scores)

    @property
    def mean_j(self) -> float:
        """Mean over objects of their mean over frames."""
        return float(np.mean([score.mean_j for score in self.per_object]))

    @property
    def mean_f(self) -> float:
        """Mean over objects of their mean over frames."""
        return float(np.mean([score.mean_f for score in self.per_object]))

    @property
    def mean_jf(self) -> float:
        """The mean of `mean_j` and `mean_f`, the number that DAVIS ranks by."""
        return (self.mean_j + self.mean_f) / 2


def evaluate_jf(
    pred: Masks, truth: Masks, skip_frames: Iterable[int] = (), tolerance: float = TOLERANCE
) -> JF:
    """J and F of `pred` against `truth`.

    What is compared is told in `masklet.evaluate.pairs.pair`. An object that is absent in both
    scores 1, in one of them 0. DAVIS leaves out the first and the last frame of its sequences:
    pass them as `skip_frames` to get its numbers. Raises `DataError`, see `pair`.
    """
    pairs = pair(pred, truth, skip_frames)
    j = _region(pred, truth, pairs)
    f = _contour(pred, truth, pairs, tolerance)
    return JF(pairs.frame, pairs.object_id, j, f)


def region_similarity(
    pred: Masks, truth: Masks, skip_frames: Iterable[int] = ()
) -> tuple[Int32s, Int32s, Floats]:
    """J alone: (frame `(k,)`, object_id `(k,)`, j `(k,)`); rules as in `evaluate_jf`."""
    pairs = pair(pred, truth, skip_frames)
    return pairs.frame, pairs.object_id, _region(pred, truth, pairs)


def contour_accuracy(
    pred: Masks, truth: Masks, skip_frames: Iterable[int] = (), tolerance: float = TOLERANCE
) -> tuple[Int32s, Int32s, Floats]:
    """F alone: (frame `(k,)`, object_id `(k,)`, f `(k,)`); rules as in `evaluate_jf`.

    `tolerance` is a share of the frame's diagonal (rounded up to pixels), or pixels where >= 1.
    """
    pairs = pair(pred, truth, skip_frames)
    return pairs.frame, pairs.object_id, _contour(pred, truth, pairs, tolerance)


def _region(pred: Masks, truth: Masks, pairs: Pairs) -> Floats:
    pred_area = _areas(pred, pairs.pred_row)
    truth_area = _areas(truth, pairs.truth_row)
    j = np.where((pred_area == 0) & (truth_area == 0), 1.0, 0.0)
    both = (pred_area > 0) & (truth_area > 0)
    if both.any():
        j[both] = iou_pairs(pred.take(pairs.pred_row[both]), truth.take(pairs.truth_row[both]))
    return j


def _areas(masks: Masks, rows: Int64s) -> Int64s:
    """Area of each row, 0 for -1."""
    all_areas = np.append(areas(masks), 0)
    chosen: Int64s = all_areas[rows]
    return chosen


def _contour(pred: Masks, truth: Masks, pairs: Pairs, tolerance: float) -> Floats:
    pred_boxes, truth_boxes = _boxes(pred, pairs.pred_row), _boxes(truth, pairs.truth_row)
    f = np.empty(len(pairs))
    for i in range(len(pairs)):
        size_wh = truth.video.size_wh(int(pairs.frame[i]))
        box = _joint(pred_boxes[i], truth_boxes[i], size_wh)
        reach = tolerance if tolerance >= 1 else np.ceil(tolerance * np.hypot(*size_wh))
        f[i] = contour_f(
            _crop(pred, int(pairs.pred_row[i]), size_wh, box),
            _crop(truth, int(pairs.truth_row[i]), size_wh, box),
            int(reach),
        )
    return f


def contour_f(pred: Bools, truth: Bools, reach_px: int) -> float:
    """F of two masks `(h, w) bool`, whose contours match within `reach_px` pixels (a disc).

    Precision is the share of the predicted boundary that lies within reach of the true one, recall
    the other way round. Without any boundary on both sides F is 1, on one side 0.
    """
    pred_edge, truth_edge = boundary(pred), boundary(truth)
    n_pred, n_truth = np.count_nonzero(pred_edge), np.count_nonzero(truth_edge)
    if not n_pred or not n_truth:
        return float(n_pred == n_truth)
    precision = np.count_nonzero(pred_edge & dilate(truth_edge, reach_px)) / n_pred
    recall = np.count_nonzero(truth_edge & dilate(pred_edge, reach_px)) / n_truth
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _boxes(masks: Masks, rows: Int64s) -> Int32s:
    """`(k, 4)` box of each row, zeros for -1."""
    chosen: Int32s = np.vstack([boxes(masks), np.zeros((1, 4), np.int32)])[rows]
    return chosen


def _joint(a: Int32s, b: Int32s, size_wh: tuple[int, int]) -> Box:
    """The box around both, a pixel wider (boundaries lie there), within the frame."""
    known = np.array([box for box in (a, b) if box[2] > box[0]]).reshape(-1, 4)
    if not len(known):
        return (0, 0, 1, 1)
    x0, y0 = np.maximum(known[:, :2].min(axis=0) - 1, 0)
    x1, y1 = np.minimum(known[:, 2:].max(axis=0) + 1, size_wh)
    return int(x0), int(y0), int(x1), int(y1)


def _crop(masks: Masks, row: int, size_wh: tuple[int, int], box: Box) -> Bools:
    if row < 0:
        return np.zeros((box[3] - box[1], box[2] - box[0]), np.bool_)
    return decode_crop(masks.row_runs(row), size_wh, box)[0]
