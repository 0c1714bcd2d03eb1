"""Flicker: each frame brought to the light of the plate, channel by channel."""

from __future__ import annotations

import numpy as np

from masklet.core.arrays import Bools, Image
from masklet.models.vision import apply_table

STRIDE = 6
"""Every so many pixels, both ways, are looked at."""


def in_light_of(image: Image, plate: Image, known: Bools | None = None) -> Image:
    """`image` with gain and offset per channel such that most of it equals `plate`.

    Both `(h, w, 3) uint8`. A line is fitted through pairs of grey levels three times, each time
    without the third of the pixels that fits worst: objects and their shadows.
    """
    table = np.empty((256, 3), np.uint8)
    use = known[::STRIDE, ::STRIDE].ravel() if known is not None else slice(None)
    for c in range(3):
        x = image[::STRIDE, ::STRIDE, c].ravel()[use].astype(np.float64)
        y = plate[::STRIDE, ::STRIDE, c].ravel()[use].astype(np.float64)
        gain, offset = _line(x, y)
        table[:, c] = np.clip(np.rint(gain * np.arange(256) + offset), 0, 255)
    return apply_table(image, table)


def _line(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    gain, offset = 1.0, float(np.median(y - x)) if len(x) else 0.0
    for _ in range(3):
        error = np.abs(gain * x + offset - y)
        good = error <= np.quantile(error, 0.67) if len(x) else error > 0
        u, v = x[good], y[good]
        if len(u) < 20 or u.var() < 9:
            break
        slope = float(((u - u.mean()) * (v - v.mean())).mean() / u.var())
        gain = float(np.clip(slope, 0.7, 1.4))
        offset = float(v.mean() - gain * u.mean())
    return gain, offset
