"""Masks carried to another frame: cropped, pasted, scaled, flipped and turned. Crops only."""

from __future__ import annotations

import numpy as np

from masklet.core.arrays import UInt32s
from masklet.core.errors import UsageError
from masklet.ops.runs import box, decode_crop, encode_crop


def placed(
    runs: UInt32s, size_wh: tuple[int, int], offset_xy: tuple[int, int], new_size_wh: tuple[int, int]
) -> UInt32s:
    """A mask moved by whole pixels onto a frame of another size.

    Pastes the answer for a crop back into its frame (`offset_xy` = where the crop began), cuts a
    crop out (`offset_xy` negative), or moves a mask on one frame. What falls off is lost.
    """
    crop, (x, y) = decode_crop(runs, size_wh)
    return encode_crop(crop, (x + offset_xy[0], y + offset_xy[1]), new_size_wh)


def scaled(runs: UInt32s, size_wh: tuple[int, int], new_size_wh: tuple[int, int]) -> UInt32s:
    """A mask on the frame resized to `new_size_wh`, by nearest neighbour at pixel centres."""
    if size_wh == new_size_wh:
        return runs
    x0, y0, x1, y1 = box(runs, size_wh)
    crop, _ = decode_crop(runs, size_wh)
    columns = (2 * np.arange(new_size_wh[0]) + 1) * size_wh[0] // (2 * new_size_wh[0])
    rows = (2 * np.arange(new_size_wh[1]) + 1) * size_wh[1] // (2 * new_size_wh[1])
    first_x, last_x = np.searchsorted(columns, [x0, x1])
    first_y, last_y = np.searchsorted(rows, [y0, y1])
    picked = crop[np.ix_(rows[first_y:last_y] - y0, columns[first_x:last_x] - x0)]
    return encode_crop(picked, (int(first_x), int(first_y)), new_size_wh)


def flipped(
    runs: UInt32s, size_wh: tuple[int, int], horizontal: bool = True, vertical: bool = False
) -> UInt32s:
    """A mask on the frame mirrored left to right, top to bottom, or both."""
    (w, h), (crop, (x, y)) = size_wh, decode_crop(runs, size_wh)
    if horizontal:
        crop, x = crop[:, ::-1], w - x - crop.shape[1]
    if vertical:
        crop, y = crop[::-1], h - y - crop.shape[0]
    return encode_crop(crop, (x, y), size_wh)


def turned(runs: UInt32s, size_wh: tuple[int, int], degrees: int) -> tuple[UInt32s, tuple[int, int]]:
    """A mask on the frame turned clockwise by a multiple of 90 degrees, and the new frame's size."""
    if degrees % 90:
        raise UsageError(f"cannot turn by {degrees} degrees; expected a multiple of 90")
    (w, h), (crop, (x, y)) = size_wh, decode_crop(runs, size_wh)
    for _ in range(degrees // 90 % 4):
        crop, x, y = np.rot90(crop, -1), h - y - crop.shape[0], x
        w, h = h, w
    return encode_crop(crop, (x, y), (w, h)), (w, h)
