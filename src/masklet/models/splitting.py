"""One patch of foreground shared out between the objects that touch in it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from masklet.core.arrays import Bools, Float32s, UInt8s
from masklet.models import vision
from masklet.models.colour import ColourModel, bins_of
from masklet.models.warp import carry, window_around

COLOUR = 1.5
"""Weight of the colours of two objects against where they were a frame ago."""
PIXELS = 6.0
"""Distance from an object's carried mask that costs as much as a factor e in probability."""


def share_out(
    patch: Bools,
    before: Sequence[Bools],
    colours: Sequence[ColourModel | None],
    grey_before: UInt8s,
    grey_now: UInt8s,
    lab_now: UInt8s,
    flow: vision.DenseFlow,
) -> list[Bools]:
    """`patch` `(h, w) bool` cut into one mask for each object.

    Each pixel goes to the object whose mask of the frame before, carried here by optical flow, is
    nearest and whose colours fit best.
    """
    whole = np.logical_or.reduce([patch, *before])
    window = window_around(whole, 0.0, 16)
    out = [np.zeros_like(patch) for _ in before]
    if window is None:
        return out
    at = window.slices
    soft = np.stack([mask[at].astype(np.float32) for mask in before])
    carried = carry(
        soft, np.ascontiguousarray(grey_before[at]), np.ascontiguousarray(grey_now[at]), flow
    ).soft
    lab = np.ascontiguousarray(lab_now[at])
    scores = [_score(carried[k], colours[k], lab) for k in range(len(before))]
    winner = np.argmax(np.stack(scores), axis=0)
    for k, mask in enumerate(out):
        mask[at] = patch[at] & (winner == k)
    return out


def _score(carried: Float32s, colours: ColourModel | None, lab: UInt8s) -> Float32s:
    inside = carried > 0.5
    away = vision.distance(~inside) if inside.any() else np.full(carried.shape, 99.0, np.float32)
    score: Float32s = np.log(np.clip(carried, 0.02, 1)) - away / np.float32(PIXELS)
    if colours is None:
        return score
    likely = np.log(colours.inside + np.float32(2e-5))[bins_of(lab)]
    smooth: Float32s = score + np.float32(COLOUR) * vision.gaussian(likely.astype(np.float32), 2.0)
    return smooth
