"""Pictures as video keeps them: brightness and half-size colour, without the way through RGB."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np

from masklet.core import MediaSource
from masklet.core.arrays import Floats, UInt8s

Matrix = Literal["bt601", "bt709"]

_WEIGHTS: dict[str, tuple[float, float]] = {"bt601": (0.299, 0.114), "bt709": (0.2126, 0.0722)}
_BT709, _FULL = 1, 2
_KNOWN = (1, 2, 5, 6)
"""BT.709, unspecified, BT.601 of 625 and of 525 lines (ITU-T H.273, matrix coefficients)."""


@dataclass(frozen=True, eq=False)
class Planes:
    """An upright picture of even sides in 8 bit Y'CbCr 4:2:0.

    Args:
        data: `(h * 3 / 2, w) uint8`: the Y plane `(h, w)`, then Cb and Cr, `(h / 2, w / 2)` each, one
            after the other without gaps; the owner may write to it.
        matrix: how colours were mixed, ITU-R BT.601 or BT.709.
        full_range: Y runs 0..255 rather than 16..235.
    """

    data: UInt8s
    matrix: Matrix = "bt709"
    full_range: bool = False

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width)."""
        return self.data.shape[0] * 2 // 3, self.data.shape[1]

    @property
    def planes(self) -> tuple[UInt8s, UInt8s, UInt8s]:
        """Y `(h, w)`, Cb and Cr `(h / 2, w / 2)`: views."""
        h, w = self.shape
        chroma = self.data.reshape(-1)[h * w :].reshape(2, h // 2, w // 2)
        return self.data[:h], chroma[0], chroma[1]

    @property
    def from_rgb(self) -> Floats:
        """`(3, 4) float64`: Y, Cb, Cr from (R, G, B, 1), all 0..255."""
        return from_rgb(self.matrix, self.full_range)


@runtime_checkable
class PlanarSource(MediaSource, Protocol):
    """A `MediaSource` that can give its pictures as `Planes` too."""

    @property
    def planar(self) -> bool:
        """Whether it can, for this file."""
        ...

    def planes(
        self, start: int = 0, stop: int | None = None, step: int = 1
    ) -> Iterator[tuple[int, Planes]]:
        """(index, picture); as `frames`, in another shape."""
        ...


def from_rgb(matrix: Matrix, full_range: bool) -> Floats:
    """`(3, 4) float64`: Y, Cb, Cr from (R, G, B, 1), all 0..255 (ITU-R BT.601-7, BT.709-6)."""
    red, blue = _WEIGHTS[matrix]
    y = np.array([red, 1 - red - blue, blue])
    cb = (np.array([0, 0, 1]) - y) / (2 * (1 - blue))
    cr = (np.array([1, 0, 0]) - y) / (2 * (1 - red))
    bright, tint, floor = (255, 255, 0) if full_range else (219, 224, 16)
    mixed = np.stack([y * bright, cb * tint, cr * tint]) / 255
    return np.hstack([mixed, [[floor], [128], [128]]])


def planes_of(frame: Any, size_wh: tuple[int, int]) -> Planes:
    """The planes of an `av.VideoFrame`, a copy; other pixel formats and sizes are converted."""
    width, height = size_wh
    matrix: Matrix = "bt709" if frame.colorspace not in _KNOWN or frame.colorspace == _BT709 else "bt601"
    full = frame.color_range == _FULL or frame.format.name == "yuvj420p"
    if frame.format.name not in ("yuv420p", "yuvj420p") or (frame.width, frame.height) != size_wh:
        space = "ITU709" if matrix == "bt709" else "ITU601"
        frame = frame.reformat(width, height, "yuv420p", dst_colorspace=space, threads=1)
        full = False
    return Planes(frame.to_ndarray(), matrix, full)
