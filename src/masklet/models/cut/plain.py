"""Plain surroundings: where colours alone tell the object apart, they find its edge better.

The colours of what the network is sure of make two histograms (Rother et al., "GrabCut", SIGGRAPH
2004, fits mixtures in their place). Where these two hardly ever confuse what they were made of, they
decide near the edge; elsewhere, and in cluttered pictures, the network does.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from masklet.core.arrays import Bools, Float32s, Floats, Image, Int64s
from masklet.models.vision import dilate, erode, lab

BINS = (32, 16, 16)
CONFUSED = 0.02
"""Share of sure pixels that the colours may get wrong."""
BAND = 7
"""How far from the network's edge colours may decide, work pixels."""
_SURE, _LEAST = 0.8, 150


class Colours(NamedTuple):
    """How likely each pixel's colour is the object's, `(h, w)` 0..1, and how often that is wrong."""

    likely: Float32s
    confused: float


def by_colour(picture: Image, probability: Float32s, marks: Float32s) -> Float32s | None:
    """The probability with colours deciding near the edge; None where they do not tell.

    Args:
        picture: `(h, w, 3) uint8` RGB at work size.
        probability: the network's, `(h, w)`.
        marks: `(2, h, w)` what a person marked as on the object and not on it; it is left alone.
    """
    mask = probability > 0.5
    colours = learnt(picture, mask, probability)
    if colours is None or colours.confused > CONFUSED:
        return None
    band = dilate(mask, BAND) & ~erode(mask, BAND) & ~(marks > 0).any(axis=0)
    return np.where(band, colours.likely, probability).astype(np.float32)


def learnt(picture: Image, mask: Bools, probability: Float32s) -> Colours | None:
    """Colours inside against colours around; None where there is too little of either."""
    inside = erode(mask, 3) & (probability > _SURE)
    outside = ~dilate(mask, BAND) & (probability < 1 - _SURE)
    if np.count_nonzero(inside) < _LEAST or np.count_nonzero(outside) < _LEAST:
        return None
    index = _bins(picture)
    ours, theirs = _histogram(index[inside]), _histogram(index[outside])
    likely = (ours / (ours + theirs))[index]
    wrong = float(np.mean(likely[inside] < 0.5)), float(np.mean(likely[outside] > 0.5))
    return Colours(likely.astype(np.float32), max(wrong))


def _bins(picture: Image) -> Int64s:
    colours = lab(picture)
    parts = [colours[..., i].astype(np.int64) * n // 256 for i, n in enumerate(BINS)]
    found: Int64s = (parts[0] * BINS[1] + parts[1]) * BINS[2] + parts[2]
    return found


def _histogram(index: Int64s) -> Floats:
    """Shares by bin, `(bins,)`, smoothed along all three axes, nowhere 0."""
    counts = np.bincount(index, minlength=int(np.prod(BINS))).reshape(BINS).astype(np.float64)
    for axis in range(3):
        beside = np.pad(counts, [(int(i == axis),) * 2 for i in range(3)])
        size = counts.shape[axis]
        parts = [np.take(beside, range(at, at + size), axis) for at in range(3)]
        counts = 0.25 * parts[0] + 0.5 * parts[1] + 0.25 * parts[2]
    found: Floats = (counts / counts.sum() + 1e-6).ravel()
    return found
