"""Where masks meet OpenCV."""

from __future__ import annotations

import cv2
import numpy as np

from masklet.core.arrays import Bools, Floats, UInt32s
from masklet.ops.runs import box, decode_crop, encode_crop


def signed_distance(crop: Bools) -> Floats:
    """`(h, w) float64`: distance to the outline in pixels, positive inside."""
    inside = cv2.distanceTransform(crop.astype(np.uint8), cv2.DIST_L2, 5)
    outside = cv2.distanceTransform((~crop).astype(np.uint8), cv2.DIST_L2, 5)
    distance: Floats = inside.astype(np.float64) - outside
    return distance


def blend(a: UInt32s, b: UInt32s, weight_b: float, size_wh: tuple[int, int]) -> UInt32s:
    """The mask between two: signed distances averaged with weights `1 - weight_b` and `weight_b`."""
    boxes = np.array([box(a, size_wh), box(b, size_wh)])
    low, high = np.maximum(boxes[:, :2].min(0) - 1, 0), np.minimum(boxes[:, 2:].max(0) + 1, size_wh)
    joint = int(low[0]), int(low[1]), int(high[0]), int(high[1])
    crop_a, corner = decode_crop(a, size_wh, joint)
    crop_b, _ = decode_crop(b, size_wh, joint)
    mixed = (1 - weight_b) * signed_distance(crop_a) + weight_b * signed_distance(crop_b)
    return encode_crop(mixed > 0, corner, size_wh)
