"""What a person points at, drawn as the maps that the network reads.

Coordinates are (x, y) of the window that is looked at, the origin at the centre of its top-left pixel.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from masklet.core.arrays import Float32s
from masklet.models.cut.network import PROMPTS
from masklet.models.vision import draw_ellipse, draw_line

POSITIVE, NEGATIVE, BOX, OUTLINE, BEFORE = range(PROMPTS)
RADIUS = 5
_HALF_OUTLINE = 1


def blank(size_wh: tuple[int, int]) -> Float32s:
    """`(PROMPTS, h, w) float32`: nothing was pointed at."""
    return np.zeros((PROMPTS, size_wh[1], size_wh[0]), np.float32)


def mark(maps: Float32s, points: Any, positive: bool) -> None:
    """A click, `(2,)`, or a scribble, `(k, 2)`."""
    canvas = maps[POSITIVE if positive else NEGATIVE]
    path = [(round(float(x)), round(float(y))) for x, y in np.reshape(points, (-1, 2))]
    draw_ellipse(canvas, path[0], (RADIUS, RADIUS), 0.0, 1.0)
    for start, end in pairwise(path):
        draw_line(canvas, start, end, 2 * RADIUS + 1, 1.0)


def mark_box(maps: Float32s, box_xyxy: tuple[float, float, float, float]) -> None:
    """A box by its first and last pixels, (x0, y0, x1, y1) inclusive; what lies outside is cut off."""
    high, wide = maps.shape[1:]
    x0, y0, x1, y1 = (round(v) for v in box_xyxy)
    e = _HALF_OUTLINE

    def fill(channel: int, left: int, top: int, right: int, bottom: int, value: float) -> None:
        rows = slice(max(top, 0), min(max(bottom + 1, 0), high))
        columns = slice(max(left, 0), min(max(right + 1, 0), wide))
        maps[channel, rows, columns] = value

    fill(BOX, x0, y0, x1, y1, 1.0)
    fill(OUTLINE, x0 - e, y0 - e, x1 + e, y1 + e, 1.0)
    if x1 - x0 > 2 * e and y1 - y0 > 2 * e:
        fill(OUTLINE, x0 + e + 1, y0 + e + 1, x1 - e - 1, y1 - e - 1, 0.0)
