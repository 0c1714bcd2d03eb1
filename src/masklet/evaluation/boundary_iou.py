"""Boundary IoU: overlap of the bands inside both outlines.

Cheng et al., "Boundary IoU: Improving Object-Centric Image Segmentation Evaluation", CVPR 2021.
"""

from __future__ import annotations

import numpy as np

from masklet.evaluation.crops import Crop
from masklet.evaluation.pixels import eroded


def band_width(share: float, size_wh: tuple[int, int]) -> int:
    """The band in pixels: `share` of the frame's diagonal, rounded (half to even), at least 1."""
    return max(1, round(share * float(np.hypot(*size_wh))))


def boundary_iou(pred: Crop, truth: Crop, width: int) -> float:
    """IoU of two bands, 0..1.

    A mask's band is what `width` erosions by 3x3 take away from it; beyond the frame there is
    background, so the frame's own edge has a band, too. A mask without room for more than its band is
    its own band. 1 where both masks are empty, 0 where one is.
    """
    one, other = _band(pred, width), _band(truth, width)
    total = np.count_nonzero(one.mask) + np.count_nonzero(other.mask)
    if not total:
        return 1.0
    shared = _shared(one, other)
    return shared / (total - shared)


def _band(crop: Crop, width: int) -> Crop:
    band, inner = crop.mask.copy(), eroded(crop.mask, width)
    if inner.size:
        middle = band[width:-width, width:-width]
        np.greater(middle, inner, out=middle)
    return crop._replace(mask=band)


def _shared(one: Crop, other: Crop) -> int:
    """Pixels in both."""
    x0, y0 = max(one.x, other.x), max(one.y, other.y)
    x1 = min(crop.x + crop.mask.shape[1] for crop in (one, other))
    y1 = min(crop.y + crop.mask.shape[0] for crop in (one, other))
    if x1 <= x0 or y1 <= y0:
        return 0
    mine, theirs = (
        crop.mask[y0 - crop.y : y1 - crop.y, x0 - crop.x : x1 - crop.x] for crop in (one, other)
    )
    return int(np.count_nonzero(mine & theirs))
