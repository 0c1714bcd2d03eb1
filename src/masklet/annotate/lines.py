"""Rows of line labels where two runs meet: a pixel beside is no disagreement, and lines may cross."""

from __future__ import annotations

import numpy as np

from masklet.core import Masks
from masklet.core.arrays import UInt32s
from masklet.ops.boundary import dilate
from masklet.ops.runs import box, decode_crop

TOLERANCE = 3
"""Pixels by which two drawings of one line may lie beside each other."""


def line_rows(masks: Masks) -> list[bool]:
    """For each row: has it a label of kind `line`?"""
    return [masks.labels[i].kind == "line" for i in masks.label_id.tolist()]


def line_overlap(a: UInt32s, b: UInt32s, size_wh: tuple[int, int]) -> float:
    """0..1: share of the pixels of two thin masks that lie within `TOLERANCE` of the other one."""
    ends = np.array([box(a, size_wh), box(b, size_wh)])
    if (ends[:, 2] == 0).any():
        return 0.0
    low = np.maximum(ends[:, :2].min(axis=0) - TOLERANCE, 0)
    high = np.minimum(ends[:, 2:].max(axis=0) + TOLERANCE, size_wh)
    x0, y0, x1, y1 = (int(v) for v in (*low, *high))
    one, other = (decode_crop(runs, size_wh, (x0, y0, x1, y1))[0] for runs in (a, b))
    shared = (one & dilate(other, TOLERANCE)).sum() + (other & dilate(one, TOLERANCE)).sum()
    return float(shared / (one.sum() + other.sum()))
