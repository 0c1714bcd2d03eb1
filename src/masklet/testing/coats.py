"""Fur: colours, hair texture that moves with the body, and light on it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from masklet.core.arrays import Float32s, Floats, Image
from masklet.testing import paint
from masklet.testing.solid import Solid

_TILE = 256


@dataclass(frozen=True)
class Coat:
    """Colours of one animal, RGB 0..255.

    `hood` is a second colour on head, shoulders and a stripe along the back; None = plain.
    """

    fur: tuple[int, int, int]
    hood: tuple[int, int, int] | None = None
    ear: tuple[int, int, int] = (150, 112, 104)
    skin: tuple[int, int, int] = (196, 152, 140)
    tail: tuple[int, int, int] = (150, 122, 112)
    eye: tuple[int, int, int] = (12, 10, 10)


COATS = {
    "black": Coat((44, 40, 38), ear=(112, 90, 84), tail=(104, 88, 82)),
    "brown": Coat((98, 78, 60), ear=(132, 102, 90), tail=(128, 104, 94)),
    "grey": Coat((112, 110, 110), ear=(150, 124, 118), tail=(142, 122, 116)),
    "white": Coat((226, 221, 212), ear=(222, 176, 164), tail=(206, 168, 156), eye=(150, 40, 44)),
    "hooded": Coat((224, 218, 206), (48, 43, 41), ear=(116, 92, 86), tail=(176, 142, 130)),
}
"""Named coats."""


@lru_cache(maxsize=1)
def hair() -> Float32s:
    """`(256, 256, 2) float32` wrapping noise: hairs lying along x, and soft patches; unit deviation."""
    rng = np.random.default_rng(20)
    noise = rng.standard_normal((_TILE, _TILE)).astype(np.float32)
    fine = paint.blur(noise, (2.4, 0.6), wrap=True)
    fine = fine + 1.2 * paint.blur(np.roll(noise, 91, axis=0), (5.0, 1.3), wrap=True)
    soft = paint.blur(rng.standard_normal((_TILE, _TILE)).astype(np.float32), (14, 9), wrap=True)
    both = np.stack([fine / fine.std(), soft / soft.std()], axis=-1)
    return np.ascontiguousarray(both, dtype=np.float32)


@dataclass(frozen=True, eq=False)
class Pelt:
    """One look at one animal's fur: coverage first, colour when asked."""

    solid: Solid
    strands: Float32s
    coverage: Image

    @classmethod
    def grow(cls, solid: Solid, length_px: float, shift: float) -> Pelt:
        """Fur on a body whose chain is `length_px` long; `shift` tells one animal from the next.

        `coverage` is `(h, w) uint8`; hairs roughen the outline by about a fiftieth of the length.
        """
        grain = min(1.0, 220 / length_px)
        u = solid.place * (length_px * grain) + shift
        v = (np.arcsin(np.clip(solid.side, -1, 1)) + 2) * (length_px * grain * 0.2)
        strands = paint.sample(hair(), u, v, wrap=True)
        rough = strands[..., 0] * np.float32(min(0.004 * length_px, 1.8))
        coverage = np.clip(127.5 - (solid.edge + rough) * 150, 0, 255).astype(np.uint8)
        return cls(solid, strands, coverage)

    def colour(self, coat: Coat, light: Floats, up: Floats) -> Float32s:
        """`(h, w, 3) float32` 0..255; `light`, `up`: unit vectors (right, down, to viewer)."""
        normal, strands = self.solid.normal, self.strands
        base = np.empty((*normal.shape[:2], 3), np.float32)
        base[:] = np.array(coat.fur, np.float32)
        if coat.hood is not None:
            back = normal @ up.astype(np.float32)
            wavy = self.solid.place + 0.03 * strands[..., 1]
            hooded = np.clip((wavy - 0.58) * 30, 0, 1)
            stripe = np.clip((back + 0.05 * strands[..., 1] - 0.93) * 22, 0, 1) * (wavy > 0.05)
            mix = np.maximum(hooded, stripe)[..., None]
            base += (np.array(coat.hood, np.float32) - base) * mix
        lit = np.clip(normal @ light.astype(np.float32), 0, 1)
        rim = (1 - normal[..., 2]) ** 3
        shade = 0.44 + 0.62 * lit - 0.12 * rim
        shade *= 1 + 0.09 * strands[..., 0] + 0.06 * strands[..., 1]
        sheen = (lit**8 * (9 + 5 * strands[..., 0]))[..., None]
        return np.asarray(base * shade[..., None] + sheen, np.float32)
