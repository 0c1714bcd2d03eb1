"""Rings of points and polygons with holes. Plain geometry, numpy only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from masklet.core.arrays import Floats

FAR = 20_000.0
"""Beyond this many pixels outlines are cut at the frame before OpenCV's fixed point overflows."""


@dataclass(frozen=True, eq=False)
class Polygon:
    """One part of a mask.

    Args:
        outer: `(k, 2) float64`, x and y in pixels, not closed.
        holes: rings inside it, likewise.
    """

    outer: Floats
    holes: tuple[Floats, ...] = ()

    @property
    def rings(self) -> tuple[Floats, ...]:
        """The outer ring, then the holes."""
        return self.outer, *self.holes


def near(ring: Floats, size_wh: tuple[int, int]) -> Floats:
    """The ring itself, or, where it reaches very far out, its part near the frame.

    Cut by the four sides in turn (Sutherland & Hodgman, 1974), which keeps what is on the frame.
    """
    if np.abs(ring).max(initial=0) < FAR:
        return ring
    for axis, side, bound in (
        (0, 1, -2.0),
        (0, -1, size_wh[0] + 2.0),
        (1, 1, -2.0),
        (1, -1, size_wh[1] + 2.0),
    ):
        ring = _cut(ring, axis, side, bound)
    return ring


def _cut(ring: Floats, axis: int, side: int, bound: float) -> Floats:
    kept: list[Floats] = []
    for here, there in zip(ring, np.roll(ring, -1, axis=0), strict=True):
        a, b = side * (here[axis] - bound), side * (there[axis] - bound)
        if a >= 0:
            kept.append(here)
        if (a >= 0) != (b >= 0):
            kept.append(here + (there - here) * (a / (a - b)))
    return np.array(kept).reshape(-1, 2)


def ring_area(ring: Floats) -> float:
    """Area inside a ring, square pixels (Gauss's shoelace)."""
    x, y = ring[:, 0] - ring[0, 0], ring[:, 1] - ring[0, 1]
    return float(abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2)
