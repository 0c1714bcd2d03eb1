"""Where a moving window lies on the frame: whole pixels, never scaled, never beyond the border."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from masklet.core.arrays import Floats, Int32s

ROOM = 1.5
"""A window is at least so many times as wide as the object's box."""
TIGHT = 1.15
"""Below so many times the object's box a window is too small and a larger one is taken."""
GRAIN = 32
"""Sides of windows are multiples of so many pixels, so that a slight growth changes nothing."""

Size = tuple[int, int]


def window_size(side: int, boxes: Int32s, frame_wh: Size) -> Size:
    """(width, height) of a window: `side`, or more where a box needs it, or the frame where it is less.

    Args:
        side: pixels.
        boxes: `(n, 4)`, x0, y0, x1, y1, half-open, of everything that has to fit with room around it.
        frame_wh: the frame.
    """
    longest = int((boxes[:, 2:] - boxes[:, :2]).max()) if len(boxes) else 0
    if (needed := ROOM * longest) > side:
        side = int(np.ceil(needed / GRAIN)) * GRAIN
    return min(side, frame_wh[0]), min(side, frame_wh[1])


def outgrown(box: Int32s, window_wh: Size, frame_wh: Size) -> bool:
    """Is a window that could be larger too small for a box `(4,)`?"""
    sides = box[2:] - box[:2]
    small = np.array(window_wh) < np.array(frame_wh)
    return bool(np.any(small & (TIGHT * sides > window_wh)))


def around(box: Int32s, window_wh: Size, frame_wh: Size) -> Size:
    """Top-left pixel of the window whose middle is that of a box `(4,)`, kept within the frame."""
    return _kept((box[:2] + box[2:] - np.array(window_wh)) / 2, window_wh, frame_wh)


@dataclass
class Following:
    """A window that goes with an object: it stands still while there is room on all sides, and moves
    no further than it must where there is not.

    Args:
        window_wh, frame_wh: sizes, pixels.
        corner: top-left pixel of the window.
    """

    window_wh: Size
    frame_wh: Size
    corner: Size
    _box: Floats | None = None
    _pace: tuple[float, float] = (0.0, 0.0)
    _lost: bool = False

    def saw(self, box: Int32s | None) -> None:
        """The object's box on the latest frame, `(4,)`; None = it was not found, the window stays."""
        if box is None:
            self._pace, self._lost = (0.0, 0.0), True
            return
        now = box.astype(np.float64)
        if self._box is not None and not self._lost:
            moved = (now[:2] + now[2:] - self._box[:2] - self._box[2:]) / 2
            pace = (np.array(self._pace) + moved) / 2
            self._pace = float(pace[0]), float(pace[1])
        self._box, self._lost = now, False

    def ahead(self, frames: int) -> Size:
        """Top-left pixel of the window `frames` frames after the latest."""
        if self._box is None:
            return self.corner
        box = self._box + np.tile(self._pace, 2) * frames
        free = np.maximum((np.array(self.window_wh) - (box[2:] - box[:2])) / 4, 0)
        low, high = box[2:] + free - self.window_wh, box[:2] - free
        corner = np.clip(np.array(self.corner, np.float64), np.minimum(low, high), np.maximum(low, high))
        return _kept(corner, self.window_wh, self.frame_wh)

    def moved(self, corner: Size) -> None:
        """The window lies here on the latest frame."""
        self.corner = corner


def _kept(corner: Floats, window_wh: Size, frame_wh: Size) -> Size:
    most = np.array(frame_wh) - window_wh
    x, y = np.clip(np.rint(corner).astype(int), 0, most).tolist()
    return x, y
