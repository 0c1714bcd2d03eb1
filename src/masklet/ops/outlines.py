"""The drawn kinds of `Shapes` as plain geometry: corners, ellipses, CVAT's masks. Numpy only."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from masklet.core.arrays import Bools, Floats, UInt32s
from masklet.core.enums import ShapeKind
from masklet.core.errors import DataError
from masklet.ops.runs import Box, box, decode_crop, encode

_COORDINATES = {ShapeKind.BOX: 4, ShapeKind.ELLIPSE: 4, ShapeKind.CUBOID: 16}


def check_points(kind: int, points: Floats, frame: int) -> None:
    """Raise `DataError` unless a shape has as many coordinates as its kind needs."""
    name, needed = ShapeKind(kind).name.lower(), _COORDINATES.get(ShapeKind(kind))
    if needed is not None and len(points) != needed:
        raise DataError(f"a {name} on frame {frame} has {len(points)} coordinates; expected {needed}")
    if kind in (ShapeKind.POLYGON, ShapeKind.POLYLINE) and len(points) % 2:
        raise DataError(f"a {name} on frame {frame} has {len(points)} coordinates; expected x, y pairs")


def box_corners(points: Floats, rotation: float) -> Floats:
    """The four corners of a box, `(4, 2)`, turned clockwise about its centre by `rotation` degrees.

    Args:
        points: left, top, right, bottom.
        rotation: degrees, clockwise as seen on the screen.
    """
    left, top, right, bottom = points
    corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom]])
    return turned(corners, ((left + right) / 2, (top + bottom) / 2), rotation)


def turned(points: Floats, centre_xy: tuple[float, float], rotation: float) -> Floats:
    """`(k, 2)` points turned clockwise (y points down) about a centre by `rotation` degrees."""
    if rotation == 0:
        return points
    angle = np.deg2rad(rotation)
    c, s = np.cos(angle), np.sin(angle)
    moved: Floats = (points - centre_xy) @ np.array([[c, s], [-s, c]]) + centre_xy
    return moved


def pixel_box(points: Floats, size_wh: tuple[int, int]) -> Box:
    """Whole pixels of an upright box: edges rounded half up, one pixel at least, cut at the frame."""
    left, right = sorted((points[0], points[2]))
    top, bottom = sorted((points[1], points[3]))
    x0, y0 = int(np.floor(left + 0.5)), int(np.floor(top + 0.5))
    x1, y1 = max(x0 + 1, int(np.floor(right + 0.5))), max(y0 + 1, int(np.floor(bottom + 0.5)))
    w, h = size_wh
    return min(max(x0, 0), w), min(max(y0, 0), h), min(max(x1, 0), w), min(max(y1, 0), h)


def ellipse_mask(
    points: Floats, rotation: float, size_wh: tuple[int, int]
) -> tuple[Bools, tuple[int, int]]:
    """(crop, offset) of the pixels whose centre lies in an ellipse.

    Args:
        points: centre x, centre y, right x, top y (CVAT), before rotation.
        rotation: degrees clockwise about the centre.
        size_wh: the frame.
    """
    cx, cy, right, top = points
    a, b = max(abs(right - cx), 1e-6), max(abs(cy - top), 1e-6)
    reach = max(a, b)
    x0, y0, x1, y1 = pixel_box(np.array([cx - reach, cy - reach, cx + reach, cy + reach]), size_wh)
    dx = np.arange(x0, x1)[None, :] + 0.5 - cx
    dy = np.arange(y0, y1)[:, None] + 0.5 - cy
    angle = np.deg2rad(rotation)
    along = dx * np.cos(angle) + dy * np.sin(angle)
    across = dy * np.cos(angle) - dx * np.sin(angle)
    inside: Bools = (along / a) ** 2 + (across / b) ** 2 <= 1
    return inside, (x0, y0)


def widen(canvas: Bools, line: Floats, radius: float) -> None:
    """Set the pixels of `(h, w) bool` whose centre is at most `radius` from a line, in place.

    Args:
        canvas: what to draw on.
        line: `(k, 2)` points in pixels of the canvas.
        radius: pixels.
    """
    for a, b in pairwise(line):
        x0, y0 = np.maximum(np.floor(np.minimum(a, b) - radius), 0).astype(int)
        x1, y1 = np.ceil(np.maximum(a, b) + radius).astype(int) + 1
        part = canvas[y0 : max(y1, 0), x0 : max(x1, 0)]
        x = np.arange(x0, x0 + part.shape[1])[None, :] + 0.5 - a[0]
        y = np.arange(y0, y0 + part.shape[0])[:, None] + 0.5 - a[1]
        dx, dy = b - a
        length = max(dx * dx + dy * dy, 1e-12)
        along = np.clip((x * dx + y * dy) / length, 0, 1)
        part |= (x - along * dx) ** 2 + (y - along * dy) ** 2 <= radius**2


def cvat_mask(points: Floats) -> tuple[Bools, tuple[int, int]]:
    """(crop, offset) from CVAT's mask layout: left, top, width, height, runs row by row.

    Raises `DataError` where the runs do not fill the box.
    """
    if len(points) < 4 or points[2] < 1 or points[3] < 1:
        raise DataError("a mask shape has no box; expected left, top, width, height and run lengths")
    left, top, width, height = (round(v) for v in points[:4].tolist())
    lengths = points[4:]
    if np.any(lengths < 0) or lengths.sum() != width * height:
        raise DataError(
            f"a mask shape of {width}x{height} pixels has run lengths that sum to "
            f"{lengths.sum():g}; expected {width * height}"
        )
    values = np.zeros(len(lengths), np.bool_)
    values[1::2] = True
    flat: Bools = np.repeat(values, lengths.astype(np.int64))
    return flat.reshape(height, width), (left, top)


def cvat_points(runs: UInt32s, size_wh: tuple[int, int]) -> Floats:
    """CVAT's mask layout of a mask that is not empty; `cvat_mask` turned round."""
    crop, (x, y) = decode_crop(runs, size_wh)
    height, width = crop.shape
    return np.concatenate([[x, y, width, height], encode(crop.T)]).astype(np.float64)


def box_points(runs: UInt32s, size_wh: tuple[int, int]) -> Floats:
    """left, top, right, bottom of a mask's tight box."""
    return np.array(box(runs, size_wh), np.float64)
