"""View: a part of a frame, resampled to a square of fixed side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from masklet.core.arrays import Bools, Float32s, Image
from masklet.models import vision
from masklet.models.warp import window_around

LEAST = 112.0
"""Frame pixels below which a view does not shrink."""
WIDEST = 1.8
"""Greatest ratio of a view's sides."""
SOFTEN = 1.3
"""From this many frame pixels a view pixel on, the picture is blurred before it is sampled."""

Box = tuple[float, float, float, float]
"""x0, y0, x1, y1 half-open, frame pixels."""


@dataclass(frozen=True)
class View:
    """The rectangle `box` of a frame, seen as `side` x `side` pixels. It may reach beyond the frame."""

    box: Box
    side: int

    @property
    def pixel(self) -> tuple[float, float]:
        """Width and height of one view pixel in frame pixels."""
        x0, y0, x1, y1 = self.box
        return (x1 - x0) / self.side, (y1 - y0) / self.side

    @property
    def to_frame(self) -> np.ndarray:
        """`(3, 3) float64`: (x, y, 1) of the view to the frame's, pixel centres at integers."""
        (wide, high), (x0, y0, _, _) = self.pixel, self.box
        return np.array(
            [[wide, 0, x0 + wide / 2 - 0.5], [0, high, y0 + high / 2 - 0.5], [0, 0, 1]], np.float64
        )

    def picture(self, image: Image) -> Float32s:
        """`(h, w, c) uint8` frame to `(side, side, c) float32`, edges repeated beyond the border."""
        part, shift = self._part(image)
        coarse = max(self.pixel)
        if coarse > SOFTEN:
            part = vision.gaussian(part, 0.35 * coarse)
        seen: Float32s = vision.warp(part, shift @ self.to_frame, (self.side, self.side), "edge")
        return seen.astype(np.float32)

    def values(self, frame: Float32s) -> Float32s:
        """`(h, w) float32` frame to `(side, side) float32`, 0 beyond the border."""
        part, shift = self._part(frame)
        coarse = max(self.pixel)
        if coarse > SOFTEN:
            part = vision.gaussian(part, 0.35 * coarse)
        seen: Float32s = vision.warp(part, shift @ self.to_frame, (self.side, self.side))
        return seen

    def area_of(self, inside: Bools) -> float:
        """Area of True pixels `(side, side)` of the view, frame pixels."""
        return float(inside.sum()) * self.pixel[0] * self.pixel[1]

    def grid(self) -> tuple[Float32s, Float32s]:
        """Frame x and y of every view pixel, each `(side, side) float32`."""
        (wide, high), (x0, y0, _, _) = self.pixel, self.box
        steps = np.arange(self.side, dtype=np.float32) + np.float32(0.5)
        x, y = np.meshgrid(x0 + steps * wide - 0.5, y0 + steps * high - 0.5)
        return x.astype(np.float32), y.astype(np.float32)

    def look_up(self, seen: Float32s, x: Float32s, y: Float32s) -> Float32s:
        """What `seen` `(side, side)`, a picture of this view, shows at frame positions; 0 outside."""
        (wide, high), (x0, y0, _, _) = self.pixel, self.box
        found: Float32s = vision.sample(
            seen,
            ((x - x0 + 0.5) / wide - 0.5).astype(np.float32),
            ((y - y0 + 0.5) / high - 0.5).astype(np.float32),
        )
        return found

    def cut_out(self, seen: Float32s, size_wh: tuple[int, int]) -> tuple[Float32s, tuple[int, int]]:
        """`seen` at the frame's own resolution, and the (x, y) at which it begins there."""
        x0, y0 = max(int(np.floor(self.box[0])), 0), max(int(np.floor(self.box[1])), 0)
        x1 = min(int(np.ceil(self.box[2])), size_wh[0])
        y1 = min(int(np.ceil(self.box[3])), size_wh[1])
        x, y = np.meshgrid(np.arange(x0, x1, dtype=np.float32), np.arange(y0, y1, dtype=np.float32))
        return self.look_up(seen, x, y), (x0, y0)

    def _part(self, frame: Any) -> tuple[Any, np.ndarray]:
        """The part of a frame that this view needs, and the shift to its coordinates."""
        high, wide = frame.shape[:2]
        x0, y0 = (int(np.clip(self.box[i] - 8, 0, (wide, high)[i] - 1)) for i in (0, 1))
        x1 = int(np.clip(self.box[2] + 9, x0 + 1, wide))
        y1 = int(np.clip(self.box[3] + 9, y0 + 1, high))
        shift = np.array([[1, 0, -x0], [0, 1, -y0], [0, 0, 1]], np.float64)
        return np.ascontiguousarray(frame[y0:y1, x0:x1]), shift


def view_around(box: Box, size_wh: tuple[int, int], reach: float, side: int) -> View:
    """The view that a tracker opens on an object: `reach` times its box, never narrow, kept inside."""
    x0, y0, x1, y1 = box
    wide, high = x1 - x0, y1 - y0
    margin = 0.25 * float(np.sqrt(wide * high))
    w = max(wide * reach, LEAST, wide + margin)
    h = max(high * reach, LEAST, high + margin)
    w, h = max(w, h / 1.4), max(h, w / 1.4)
    w, h = min(w, size_wh[0]), min(h, size_wh[1])
    w, h = max(w, h / WIDEST), max(h, w / WIDEST)
    cx, cy = (
        float(np.clip(c, s / 2, n - s / 2)) if s <= n else n / 2
        for c, s, n in (((x0 + x1) / 2, w, size_wh[0]), ((y0 + y1) / 2, h, size_wh[1]))
    )
    return View((cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2), side)


def box_of(mask: Bools) -> tuple[int, int, int, int] | None:
    """x0, y0, x1, y1 half-open of the True pixels; None where there is none."""
    return window_around(mask, 0.0, 0)
