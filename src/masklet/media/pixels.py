"""Between pictures of video and RGB: the one place where colours of video are converted."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from masklet.core.arrays import Image, UInt8s

_LIMITED_CHROMA = np.clip(np.rint((np.arange(256) - 128) * (224 / 255) + 128), 0, 255).astype(np.uint8)
"""From chroma over all of 0..255 to the 16..240 of limited range (ITU-R BT.601)."""


def rgb(frame: Any, size_wh: tuple[int, int], turns: int = 0, mirrored: bool = False) -> Image:
    """`(h, w, 3) uint8` RGB of an `av.VideoFrame`, turned `turns` quarters counter-clockwise.

    The stream's own matrix (BT.601, BT.709, ...) and range are honoured; where it names none,
    FFmpeg's rule holds: BT.601, limited range. Deeper pixels are reduced to 8 bit. `size_wh` is the
    stored size of the video: a picture of another size, in the middle of a stream, is scaled to it.
    """
    width, height = size_wh
    picture = _pixels(frame, frame.reformat(width=width, height=height, format="rgb24", threads=1))
    if turns % 4:
        picture = np.rot90(picture, turns)
    if mirrored:
        picture = picture[:, ::-1]
    return np.ascontiguousarray(picture)


def _pixels(source: Any, converted: Any) -> Image:
    """Pixels of an RGB picture, without a copy where its memory is fresh and has no padding."""
    plane = converted.planes[0]
    if converted is source or plane.line_size != converted.width * 3:
        return np.asarray(converted.to_ndarray())
    pixels = np.frombuffer(plane, np.uint8, converted.height * plane.line_size)
    return pixels.reshape(converted.height, converted.width, 3)


class Yuv420:
    """RGB of one size to planes Y, U, V: BT.601, limited range, as encoders take it.

    Each chroma sample is the mean of its four pixels, so that thin coloured outlines keep their hue.
    Buffers are used again and again: asking the system for fresh ones costs more than the arithmetic.

    Args:
        size_wh: (width, height) in pixels, both even.
    """

    def __init__(self, size_wh: tuple[int, int]) -> None:
        width, height = size_wh
        self._height = height
        self._planes = np.empty((height * 3 // 2, width), np.uint8)
        self._half = np.empty((height // 2, width // 2, 3), np.uint8)
        self._chroma = np.empty_like(self._half)
        self._channel = np.empty((height // 2, width // 2), np.uint8)

    def __call__(self, image: Image) -> UInt8s:
        """`(h * 3 / 2, w) uint8` planes of `(h, w, 3)` RGB; they last until the next call."""
        height, width = self._height // 2, self._half.shape[1]
        cv2.cvtColor(image, cv2.COLOR_RGB2YUV_I420, dst=self._planes)
        cv2.resize(image, (width, height), dst=self._half, interpolation=cv2.INTER_AREA)
        cv2.cvtColor(self._half, cv2.COLOR_RGB2YCrCb, dst=self._chroma)
        u_and_v = self._planes[self._height :].reshape(2, height, width)
        for plane, channel in ((0, 2), (1, 1)):
            cv2.extractChannel(self._chroma, channel, dst=self._channel)
            u_and_v[plane] = cv2.LUT(self._channel, _LIMITED_CHROMA)
        return self._planes


def upright(frame: Any) -> tuple[int, bool, str]:
    """(quarter turns counter-clockwise, then mirror?, note) from a frame's display matrix.

    Matrix as in ISO/IEC 14496-12 8.2.2: (x, y) -> (a x + c y, b x + d y) with y down.
    """
    matrix = next((item for item in frame.side_data if "DISPLAYMATRIX" in str(item.type)), None)
    if matrix is None:
        return 0, False, ""
    m = np.frombuffer(bytes(matrix), "<i4").reshape(3, 3)[:2, :2].astype(float)
    scale = np.abs(m).max() or 1.0
    a, b, c, d = (int(value) for value in np.rint(m / scale).ravel())
    if abs(a * d - b * c) != 1 or np.abs(m / scale - np.rint(m / scale)).max() > 0.02:
        degrees = float(np.degrees(np.arctan2(m[0, 1], m[0, 0])))
        return 0, False, f"it asks to be turned by {degrees:.0f} degrees; only quarter turns are applied"
    mirrored = a * d - b * c < 0
    if mirrored:  # matrix = turn, then flip x: undo the flip to find the turn
        a, c = -a, -c
    turns = {(1, 0): 0, (0, -1): 1, (-1, 0): 2, (0, 1): 3}[a, b]
    return turns, mirrored, ""
