"""Study: one object on one annotated frame, with as much around it as tracking will look at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from masklet.core.arrays import Bools, Float32s, Image
from masklet.models import vision
from masklet.models.adapt.view import Box, View, box_of, view_around

AROUND = 2.4
"""A study reaches this many times further than the view that a tracker opens."""


@dataclass(frozen=True, eq=False)
class Study:
    """Pixels and truth around an object; at most a few views large whatever the video's size.

    Args:
        layers: `(h, w, 4) float32`: RGB 0..255 and the difference from the empty place 0..255 (all 0
            where no plate is known).
        mask: `(h, w) float32` 0..1, the object.
        others: `(h, w) float32` 0..1, other annotated objects.
    """

    layers: Float32s
    mask: Float32s
    others: Float32s

    @property
    def box(self) -> Box:
        """The object's box."""
        found = box_of(self.mask > 0.5)
        assert found is not None
        return found


def study_of(
    image: Image,
    mask: Bools,
    others: Bools,
    difference: Float32s | None,
    side: int,
    reach: float,
) -> Study | None:
    """Cut from a frame, `(h, w)` arrays all, and scaled down until a view of it is `side` pixels.

    A thing too thin for that scale keeps the pixels of which it covers most. None where the mask is
    empty.
    """
    box = box_of(mask)
    if box is None:
        return None
    high, wide = mask.shape
    view = view_around(box, (wide, high), reach, side)
    area = _wider(view, (wide, high))
    scale = 1.0 / max(1.0, *view.pixel)
    x0, y0, x1, y1 = area
    size = max(round((x1 - x0) * scale), 8), max(round((y1 - y0) * scale), 8)

    def part(values: np.ndarray) -> Float32s:
        cut = np.ascontiguousarray(values[y0:y1, x0:x1]).astype(np.float32)
        shrunk: Float32s = vision.resize(cut, size)
        return shrunk

    gap = np.zeros(mask.shape, np.float32) if difference is None else difference * np.float32(255)
    layers = np.dstack([part(image), part(gap)]).astype(np.float32)
    seen = part(mask)
    if not (seen > 0.5).any():
        seen = seen / seen.max()
    return Study(layers, seen, part(others))


def _wider(view: View, size_wh: tuple[int, int]) -> tuple[int, int, int, int]:
    x0, y0, x1, y1 = view.box
    dx, dy = (x1 - x0) * (AROUND - 1) / 2, (y1 - y0) * (AROUND - 1) / 2
    return (
        max(int(x0 - dx), 0),
        max(int(y0 - dy), 0),
        min(int(np.ceil(x1 + dx)), size_wh[0]),
        min(int(np.ceil(y1 + dy)), size_wh[1]),
    )
