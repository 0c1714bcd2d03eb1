"""The size at which an engine works, and the way back to the video's own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from masklet.core import Masks
from masklet.core.arrays import Bools, Float32s, Image
from masklet.models import vision
from masklet.models.walk import decode
from masklet.models.warp import Window


@dataclass(frozen=True)
class WorkSize:
    """Sizes in pixels, (width, height): of the video and of the work frame."""

    size_wh: tuple[int, int]
    work_wh: tuple[int, int]

    @classmethod
    def of(cls, size_wh: tuple[int, int], longest: int) -> WorkSize:
        """Scaled down, never up, until the longer side is at most `longest`."""
        scale = min(1.0, longest / max(size_wh))
        return cls(size_wh, (max(1, round(size_wh[0] * scale)), max(1, round(size_wh[1] * scale))))

    def picture(self, image: Image) -> Image:
        """A frame at work size."""
        small: Image = vision.resize(image, self.work_wh)
        return small

    def coverage(self, rows: Masks, row: int) -> Float32s:
        """`(h, w) float32` on the work frame: share of every pixel that the row's mask covers."""
        small: Float32s = vision.resize(decode(rows, row).astype(np.float32), self.work_wh)
        return small

    def enlarged(self, crop: Float32s, window: Window) -> tuple[Bools, tuple[int, int]]:
        """A soft mask in a window of the work frame, as a hard crop of the full frame and its place."""
        if self.work_wh == self.size_wh:
            return crop > 0.5, (window.x0, window.y0)
        fx, fy = self.size_wh[0] / self.work_wh[0], self.size_wh[1] / self.work_wh[1]
        x0, y0 = round(window.x0 * fx), round(window.y0 * fy)
        x1, y1 = min(round(window.x1 * fx), self.size_wh[0]), min(round(window.y1 * fy), self.size_wh[1])
        big = vision.resize(np.ascontiguousarray(crop), (max(x1 - x0, 1), max(y1 - y0, 1)))
        return big > 0.5, (x0, y0)
