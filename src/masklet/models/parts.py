"""Which parts of a mask to believe: the main one, and those that were there before."""

from __future__ import annotations

import numpy as np

from masklet.core.arrays import Bools, Float32s
from masklet.models.vision import components, dilate

KNOWN = 0.3
"""Share of a smaller part that the expected mask must cover."""
CRUMB = 0.02
"""Parts below this share of the main one are dropped."""


def believed(soft: Float32s, expected: Bools) -> Float32s:
    """`soft` `(h, w) float32` without parts that came from nowhere, and without their halo.

    The main part is the one that covers most of `expected`, the mask as carried from the frame
    before.
    """
    numbers, areas = components(soft > 0.5)
    if len(areas) <= 2:
        return soft
    covered = np.bincount(numbers.ravel(), expected.ravel(), minlength=len(areas))
    covered[0] = -1
    main = int(np.argmax(covered))
    strange = (covered < KNOWN * areas) | (areas < CRUMB * areas[main])
    strange[[0, main]] = False
    if not strange.any():
        return soft
    halo = dilate(strange[numbers], 3) & (numbers != main)
    return np.where(halo, np.float32(0), soft)
