"""What the camera's chip, the lamps and the recorder do to an ideal picture."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from masklet.core.arrays import Image
from masklet.testing import paint

_TILES = 4
_SPARE = 48


@lru_cache(maxsize=4)
def _grain(size_wh: tuple[int, int], sigma: float) -> np.ndarray:
    """`(4, h + 48, w + 48, 3) int8`: noise, mostly the same in all colours."""
    w, h = size_wh[0] + _SPARE, size_wh[1] + _SPARE
    rng = np.random.default_rng(7)
    tiles = []
    for _ in range(_TILES):
        grey = rng.standard_normal((h, w, 1), np.float32)
        tint = rng.standard_normal((h, w, 3), np.float32)
        tiles.append(np.clip(sigma * (0.85 * grey + 0.5 * tint), -127, 127).astype(np.int8))
    return np.stack(tiles)


def expose(
    image: Image, rng: np.random.Generator, noise: float, flicker: float, seconds: float, quality: int
) -> Image:
    """The recorded frame.

    Args:
        image: `(h, w, 3) uint8`, ideal.
        rng: this frame's own.
        noise: standard deviation of the sensor noise, grey levels; 0 = none.
        flicker: relative change of the light, e.g. 0.02; 0 = none.
        seconds: presentation time, drives the slow part of the flicker.
        quality: of the compression, 1..100; 0 = none.
    """
    h, w = image.shape[:2]
    image = np.asarray(paint.blur(image, 0.45 + w / 4000), np.uint8)
    if flicker > 0:
        slow = 0.6 * np.sin(2 * np.pi * 0.21 * seconds) + 0.4 * np.sin(2 * np.pi * 6.3 * seconds)
        image = paint.gain(image, 1 + flicker * float(slow + 0.3 * rng.standard_normal()))
    if noise > 0:
        tile, y, x = (int(rng.integers(n)) for n in (_TILES, _SPARE, _SPARE))
        image = paint.add(image, _grain((w, h), noise)[tile, y : y + h, x : x + w])
    if quality > 0:
        image = paint.compress(image, quality)
    return image
