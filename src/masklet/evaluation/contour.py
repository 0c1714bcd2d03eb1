"""Contour accuracy F: how much of two outlines lies close to one another.

Perazzi et al., "A Benchmark Dataset and Evaluation Methodology for Video Object Segmentation",
CVPR 2016, after Martin et al., "Learning to Detect Natural Image Boundaries", PAMI 2004.
"""

from __future__ import annotations

import numpy as np

from masklet.core.arrays import Int64s
from masklet.evaluation.crops import Crop, places
from masklet.evaluation.pixels import count_near
from masklet.ops.boundary import boundary


def reach_px(tolerance: float, size_wh: tuple[int, int]) -> int:
    """`tolerance` as whole pixels: a share of the frame's diagonal rounded up, or pixels where >= 1."""
    return int(tolerance if tolerance >= 1 else np.ceil(tolerance * np.hypot(*size_wh)))


def crop_f(pred: Crop, truth: Crop, reach: int) -> float:
    """F of two masks whose contours match within `reach` pixels (a disc), 0..1.

    Precision is the share of the predicted boundary (`masklet.ops.boundary.boundary`) that lies within
    reach of the true one, recall the other way round, F their harmonic mean. Without any boundary on
    both sides F is 1, on one side 0; a mask that fills the frame has none.
    """
    mine, theirs = _contour(pred), _contour(truth)
    if not len(mine) or not len(theirs):
        return float(len(mine) == len(theirs))
    precision = count_near(mine, theirs, reach) / len(mine)
    recall = count_near(theirs, mine, reach) / len(theirs)
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _contour(crop: Crop) -> Int64s:
    return places(crop._replace(mask=boundary(crop.mask)))
