"""Where a pixel was on the frame before: one dense flow a frame, shared by all objects."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from masklet.core.arrays import Float32s, Image, UInt8s
from masklet.models import vision
from masklet.models.adapt.stirring import boxes_on, stirring_of
from masklet.models.adapt.view import Box, View

LONGEST = 432
"""Flow is computed on frames no larger than this."""
CUT = 0.35
"""Mean difference of two frames' histograms, 0..1, from which they are taken for different scenes."""


class Motion:
    """Backward flow between the last two frames."""

    def __init__(self, size_wh: tuple[int, int], preset: str = "medium") -> None:
        self._wh = field_size(size_wh)
        self.scale = size_wh[0] / self._wh[0], size_wh[1] / self._wh[1]
        self._flow = vision.DenseFlow(preset)
        self._now: UInt8s | None = None
        self._field: Float32s | None = None
        self.cut = False

    def see(self, image: Image) -> None:
        """Go on to the next frame."""
        grey = vision.grey(np.ascontiguousarray(vision.resize(image, self._wh)))
        before, self._now = self._now, grey
        self._field, self.cut = None, False
        if before is not None:
            self.cut = _unlike(before, grey) > CUT
            self._field = self._flow(grey, before)

    def before(self, x: Float32s, y: Float32s) -> tuple[Float32s, Float32s]:
        """Positions on the frame before of positions on this one, frame pixels."""
        if self._field is None:
            return x, y
        fx, fy = self.scale
        u, v = (x + 0.5) / fx - 0.5, (y + 0.5) / fy - 0.5
        shift = vision.sample(self._field, u.astype(np.float32), v.astype(np.float32), "edge")
        return x + shift[..., 0] * np.float32(fx), y + shift[..., 1] * np.float32(fy)

    def stirring(self, objects: Sequence[Box]) -> Float32s | None:
        """What moves on its own, `(h, w) float32` on the flow field; None on the first frame.

        `objects`: boxes on this frame that do not tell how the camera moves.
        """
        if self._field is None or self.cut:
            return None
        return stirring_of(self._field, boxes_on(self._wh, objects, self.scale))

    def on_view(self, values: Float32s, view: View) -> Float32s:
        """`(s, s)`: values on the flow field as a view shows them."""
        x, y = view.grid()
        fx, fy = self.scale
        u, v = (x + 0.5) / fx - 0.5, (y + 0.5) / fy - 0.5
        seen: Float32s = vision.sample(values, u.astype(np.float32), v.astype(np.float32))
        return seen

    def coarse_grid(self) -> tuple[Float32s, Float32s]:
        """Frame x and y of every pixel of the flow field."""
        x, y = np.meshgrid(
            (np.arange(self._wh[0], dtype=np.float32) + 0.5) * self.scale[0] - 0.5,
            (np.arange(self._wh[1], dtype=np.float32) + 0.5) * self.scale[1] - 0.5,
        )
        return x.astype(np.float32), y.astype(np.float32)


def _unlike(a: UInt8s, b: UInt8s) -> float:
    """Half the L1 distance of two grey histograms of 32 levels, 0..1."""
    first, second = (np.bincount((one >> 3).ravel(), minlength=32) / one.size for one in (a, b))
    return float(np.abs(first - second).sum() / 2)


def field_size(size_wh: tuple[int, int]) -> tuple[int, int]:
    """(width, height) of the flow field of a frame."""
    scale = min(1.0, LONGEST / max(size_wh))
    return max(16, round(size_wh[0] * scale)), max(16, round(size_wh[1] * scale))
