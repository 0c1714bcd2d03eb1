"""RGB pictures to JPEG, for screens."""

from __future__ import annotations

import cv2

from masklet.core import DataError
from masklet.core.arrays import Image

QUALITY = 85
LONGEST = 65_500
"""The longest side that JPEG can hold, a little below 2^16."""


def to_jpeg(image: Image, width: int | None = None, quality: int = QUALITY) -> bytes:
    """A picture as JPEG (baseline, 4:2:0).

    Args:
        image: `(h, w, 3) uint8` RGB.
        width: pixels to scale down to, the height following; None or a greater one leaves the size.
        quality: 1..100.

    Raises `DataError` for pictures that JPEG cannot hold.
    """
    height, own = image.shape[:2]
    most = min(width or own, LONGEST * own // max(height, own))
    if most < own:
        size = (max(most, 1), max(round(height * most / own), 1))
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    done, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise DataError(f"a picture of {own}x{height} pixels does not go into a JPEG; ask for a width")
    return data.tobytes()
