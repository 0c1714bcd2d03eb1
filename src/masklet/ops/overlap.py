"""How much masks overlap, on run lengths alone. Values equal those of pycocotools."""

from __future__ import annotations

import numpy as np

from masklet.core.arrays import Floats, Int64s, UInt32s
from masklet.core.errors import DataError
from masklet.core.masks import Masks
from masklet.ops.runs import area, intersection
from masklet.ops.table import areas, boxes


def iou_runs(a: UInt32s, b: UInt32s) -> float:
    """Intersection over union of two masks of one frame size; 0 where both are empty."""
    shared = intersection_runs(a, b)
    total = area(a) + area(b) - shared
    return shared / total if total else 0.0


def intersection_runs(a: UInt32s, b: UInt32s) -> int:
    """Pixels in both masks."""
    return area(intersection(a, b))


def iou(a: Masks, b: Masks) -> Floats:
    """Every row of `a` against every row of `b`, `(len(a), len(b)) float64`.

    Frames and objects are not looked at; all frames must have one size. Two empty masks give 0.
    """
    return _ratio(intersections(a, b), areas(a)[:, None], areas(b)[None, :])


def iou_pairs(a: Masks, b: Masks) -> Floats:
    """Row `i` of `a` against row `i` of `b`, `(n,) float64`."""
    return _ratio(intersections_pairs(a, b), areas(a), areas(b))


def intersections(a: Masks, b: Masks) -> Int64s:
    """Shared pixels of every row of `a` with every row of `b`, `(len(a), len(b)) int64`."""
    box_a, box_b = boxes(a), boxes(b)
    low = np.maximum(box_a[:, None, :2], box_b[None, :, :2])
    high = np.minimum(box_a[:, None, 2:], box_b[None, :, 2:])
    shared = np.zeros((len(a), len(b)), np.int64)
    for i, j in np.argwhere(np.all(low < high, axis=2)):
        shared[i, j] = intersection_runs(a.row_runs(i), b.row_runs(j))
    return shared


def intersections_pairs(a: Masks, b: Masks) -> Int64s:
    """Shared pixels of row `i` of `a` with row `i` of `b`, `(n,) int64`."""
    if len(a) != len(b):
        raise DataError(f"{len(a)} rows cannot be paired with {len(b)} rows; expected as many")
    return np.array([intersection_runs(a.row_runs(i), b.row_runs(i)) for i in range(len(a))], np.int64)


def _ratio(shared: Int64s, area_a: Int64s, area_b: Int64s) -> Floats:
    union = area_a + area_b - shared
    ratio: Floats = np.divide(shared, union, out=np.zeros(shared.shape), where=union > 0)
    return ratio
