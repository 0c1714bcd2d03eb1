"""Intersection over union on run lengths."""

from __future__ import annotations

import numpy as np

from masklet.core import Masks
from masklet.core.arrays import Floats, UInt32s
from masklet.ops.runs import area, intersection


def iou_runs(a: UInt32s, b: UInt32s) -> float:
    """IoU of two masks; 0 where both are empty."""
    common = area(intersection(a, b))
    joint = area(a) + area(b) - common
    return common / joint if joint else 0.0


def iou_pairs(a: Masks, b: Masks) -> Floats:
    """`(n,) float64`: IoU of row i of `a` with row i of `b`."""
    return np.array([iou_runs(a.row_runs(i), b.row_runs(i)) for i in range(len(a))], np.float64)


def iou(a: Masks, b: Masks) -> Floats:
    """`(len(a), len(b)) float64`."""
    rows = [[iou_runs(a.row_runs(i), b.row_runs(j)) for j in range(len(b))] for i in range(len(a))]
    return np.array(rows, np.float64).reshape(len(a), len(b))
