"""What colours an object has: the cue that tells animals of different coats apart when they pile up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from masklet.core.arrays import Bools, Float32s
from masklet.models import vision

BITS = 2
"""Of each 8-bit channel that are dropped: 64 levels are left."""
LEVELS = 256 >> BITS
SPREAD = (9.0, 6.0, 6.0)
"""By how much colours of one coat differ, in 8-bit Lab units."""
SMOOTH = 2.0
"""Picture pixels over which colours are averaged first."""
UNLIKE = 1e-3
"""Likeness of a colour that the object never had."""


@dataclass(frozen=True, eq=False)
class Coat:
    """Likeness by colour.

    Args:
        density: `(64, 64, 64) float32`, 0..1, a kernel density in CIE Lab.
        own: `(64, 64, 64) float32`, share of the object's pixels of each colour.
    """

    density: Float32s
    own: Float32s

    @cached_property
    def usual(self) -> float:
        """Mean likeness of the object's own pixels."""
        return float((self.density * self.own).sum())

    def like(self, levels: tuple[np.ndarray, ...]) -> Float32s:
        """How like the object's own colours, `UNLIKE` and more; `levels` as `levels_of` gives them."""
        found: Float32s = self.density[levels] + np.float32(UNLIKE)
        return found


@lru_cache(maxsize=16)
def foreign_share(coat: Coat, others: tuple[Coat, ...], factor: float) -> float:
    """Share of an object's own pixels whose colour is so many times likelier another's.

    Kept for the last few objects: it is asked for on every frame.
    """
    if not others:
        return 0.0
    best = np.max([other.density for other in others], axis=0)
    return float(coat.own[coat.density < factor * best].sum())


def coat_of(pictures: Sequence[tuple[Float32s, Bools]]) -> Coat | None:
    """Learnt from pictures `(h, w, 3)` RGB 0..255 and masks `(h, w)`; None where there are no pixels."""
    counts = np.zeros((LEVELS,) * 3, np.float32)
    for rgb, mask in pictures:
        inner = vision.erode(mask, 2)
        inner = inner if inner.any() else mask
        np.add.at(counts, tuple(level[inner] for level in levels_of(rgb)), np.float32(1))
    total = counts.sum()
    if not total:
        return None
    density = own = counts / total
    for axis, spread in enumerate(SPREAD):
        density = _smeared(density, spread / (1 << BITS), axis)
    return Coat(density, own)


def levels_of(rgb: Float32s) -> tuple[np.ndarray, ...]:
    """Lab levels of a picture `(h, w, 3)` RGB 0..255, one `(h, w)` array a channel."""
    smooth = np.clip(vision.gaussian(rgb, SMOOTH), 0, 255).astype(np.uint8)
    lab = vision.lab(np.ascontiguousarray(smooth)) >> BITS
    return lab[..., 0], lab[..., 1], lab[..., 2]


def _smeared(values: Float32s, sigma: float, axis: int) -> Float32s:
    """Along an axis, with a Gaussian of height 1."""
    reach = int(np.ceil(3 * sigma))
    out = np.zeros_like(values)
    here = np.moveaxis(values, axis, 0)
    there = np.moveaxis(out, axis, 0)
    for step in range(-reach, reach + 1):
        weight = np.float32(np.exp(-(step**2) / (2 * sigma**2)))
        start, stop = max(step, 0), LEVELS + min(step, 0)
        there[start:stop] += weight * here[start - step : stop - step]
    return out
