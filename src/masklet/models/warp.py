"""Masks carried from one frame to the next along dense optical flow."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from masklet.core.arrays import Bools, Float32s, UInt8s
from masklet.models import vision

TOLERANCE = 1.5
"""Pixels by which flow forth and back may disagree before it loses half its trust."""


class Window(NamedTuple):
    """A part of the work frame, half-open."""

    x0: int
    y0: int
    x1: int
    y1: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """Index of this part in an array `(h, w, ...)`."""
        return slice(self.y0, self.y1), slice(self.x0, self.x1)


class Carried(NamedTuple):
    """Masks in their new place, and how far the flow can be believed there.

    soft: `(k, h, w) float32`; trust: `(h, w) float32` 0..1.
    """

    soft: Float32s
    trust: Float32s


def window_around(mask: Bools, reach: float, least: int) -> Window | None:
    """The box of `mask` grown on every side by `reach` times its longer side, at least by `least`."""
    ys, xs = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(ys):
        return None
    h, w = mask.shape
    x0, x1, y0, y1 = int(xs[0]), int(xs[-1]) + 1, int(ys[0]), int(ys[-1]) + 1
    margin = max(least, int(reach * max(x1 - x0, y1 - y0)))
    return Window(max(x0 - margin, 0), max(y0 - margin, 0), min(x1 + margin, w), min(y1 + margin, h))


def carry(soft: Float32s, before: UInt8s, now: UInt8s, flow: vision.DenseFlow) -> Carried:
    """`soft` `(k, h, w) float32` on grey picture `before`, as it lies on grey picture `now`.

    Trust falls with the distance by which a pixel misses itself on its way back and forth. Where
    trust is low the mask is blurred, so that colour decides there.
    """
    back, forth = flow(now, before), flow(before, now)
    h, w = now.shape
    x, y = np.meshgrid(np.arange(w, dtype=np.float32), np.arange(h, dtype=np.float32))
    x, y = x + back[..., 0], y + back[..., 1]
    missed = back + vision.sample(forth, x, y)
    trust = 1 / (1 + (missed**2).sum(axis=-1) / TOLERANCE**2)
    moved = []
    for one in soft:
        sharp = vision.sample(np.ascontiguousarray(one), x, y)
        moved.append(trust * sharp + (1 - trust) * vision.gaussian(sharp, 4.0))
    return Carried(np.stack(moved).astype(np.float32), trust.astype(np.float32))
