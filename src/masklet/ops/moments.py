"""Area, centre, spread and extent of every mask, straight from its run lengths."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from masklet.core.arrays import Floats, Int64s
from masklet.core.masks import Masks

_ROWS_AT_ONCE = 1024
_DIRECTIONS = 90


@dataclass(frozen=True, eq=False)
class Moments:
    """One entry a row; `n` rows. An empty mask has area 0 and NaN elsewhere.

    Pixels are little squares: the pixel in the top-left corner covers 0..1 in x and y and has its
    centre at (0.5, 0.5).

    Args:
        area: `(n,) int64`, pixels.
        centroid_xy: `(n, 2) float64`, pixels.
        xx, yy, xy: `(n,) float64`, second central moments per area, squared pixels.
        feret: `(n,) float64`, largest distance between two points of the mask, pixels
            (never too large, at most 0.016 % too small).
    """

    area: Int64s
    centroid_xy: Floats
    xx: Floats
    yy: Floats
    xy: Floats
    feret: Floats

    @property
    def axes(self) -> Floats:
        """`(n, 2)`: major and minor axis, px, of the ellipse with the same second moments."""
        mean, half = (self.xx + self.yy) / 2, np.hypot((self.xx - self.yy) / 2, self.xy)
        axes: Floats = 4 * np.sqrt(np.maximum(np.stack([mean + half, mean - half], axis=1), 0))
        return axes

    @property
    def orientation(self) -> Floats:
        """`(n,)`: angle of the major axis, degrees in (-90, 90], 0 = along x, clockwise on screen."""
        degrees: Floats = np.degrees(np.arctan2(2 * self.xy, self.xx - self.yy)) / 2
        return degrees


def moments(masks: Masks) -> Moments:
    """Moments of every row of `masks`, without decoding a mask."""
    parts = [
        _some(masks.take(slice(at, at + _ROWS_AT_ONCE)))
        for at in range(0, max(len(masks), 1), _ROWS_AT_ONCE)
    ]
    names = ("area", "centroid_xy", "xx", "yy", "xy", "feret")
    return Moments(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def centroids(masks: Masks) -> Floats:
    """Centres of mass, `(n, 2)` x and y, px; NaN for an empty mask."""
    found = np.full((len(masks), 2), np.nan)
    for at in range(0, len(masks), _ROWS_AT_ONCE):
        part = masks.take(slice(at, at + _ROWS_AT_ONCE))
        _, cx, cy = _centres(_pieces(part), len(part))
        found[at : at + len(part)] = np.stack([cx, cy], axis=1)
    return found


@dataclass(frozen=True, eq=False)
class _Pieces:
    """Foreground as upright pieces: row of the table, column x, from y0 up to y1 (half-open)."""

    row: Int64s
    x: Int64s
    y0: Int64s
    y1: Int64s


def _pieces(masks: Masks) -> _Pieces:
    """Foreground runs cut at the ends of columns."""
    counts = np.diff(masks.offset)
    row = np.repeat(np.arange(len(masks)), counts)
    within = np.arange(len(masks.runs)) - np.repeat(masks.offset[:-1], counts)
    ends: Int64s = np.cumsum(masks.runs, dtype=np.int64)
    before = np.concatenate([[0], ends])[masks.offset[:-1]]
    ends -= np.repeat(before, counts)
    on = (within % 2 == 1) & (masks.runs > 0)
    row, end = row[on], ends[on]
    start = end - masks.runs[on]
    height = masks.video.sizes_wh(masks.frame)[:, 1].astype(np.int64)[row]
    first, last = start // height, (end - 1) // height
    columns = last - first + 1
    back = np.repeat(np.cumsum(columns) - columns, columns)
    x = np.repeat(first, columns) + np.arange(len(back)) - back
    top = np.repeat(start, columns) - x * np.repeat(height, columns)
    bottom = np.repeat(end, columns) - x * np.repeat(height, columns)
    tall = np.repeat(height, columns)
    return _Pieces(np.repeat(row, columns), x, np.maximum(top, 0), np.minimum(bottom, tall))


def _some(masks: Masks) -> Moments:
    pieces, n = _pieces(masks), len(masks)
    length = (pieces.y1 - pieces.y0).astype(np.float64)
    area, cx, cy = _centres(pieces, n)
    with np.errstate(invalid="ignore", divide="ignore"):
        dx = pieces.x + 0.5 - cx[pieces.row]
        top, bottom = pieces.y0 - cy[pieces.row], pieces.y1 - cy[pieces.row]
        xx = _sums(pieces.row, length * (dx**2 + 1 / 12), n) / area
        yy = _sums(pieces.row, (bottom**3 - top**3) / 3, n) / area
        xy = _sums(pieces.row, dx * (bottom**2 - top**2) / 2, n) / area
    centroid = np.stack([cx, cy], axis=1)
    return Moments(area.astype(np.int64), centroid, xx, yy, xy, _feret(pieces, n))


def _centres(pieces: _Pieces, n: int) -> tuple[Floats, Floats, Floats]:
    """Area and centre of mass (x, y) of each row, `(n,)`; the centre is NaN where the area is 0."""
    length = (pieces.y1 - pieces.y0).astype(np.float64)
    area = _sums(pieces.row, length, n)
    with np.errstate(invalid="ignore", divide="ignore"):
        cx = _sums(pieces.row, length * (pieces.x + 0.5), n) / area
        cy = _sums(pieces.row, length * (pieces.y0 + pieces.y1) / 2, n) / area
    return area, cx, cy


def _sums(row: Int64s, values: Floats, n: int) -> Floats:
    sums: Floats = np.asarray(np.bincount(row, weights=values, minlength=n), np.float64)
    return sums


def _feret(pieces: _Pieces, n: int) -> Floats:
    """Largest extent over directions two degrees apart, between the corners of outermost pixels."""
    feret = np.full(n, np.nan)
    if not len(pieces.row):
        return feret
    new = np.flatnonzero(np.diff(pieces.row * (pieces.x.max() + 1) + pieces.x, prepend=-1))
    row, x = pieces.row[new], pieces.x[new].astype(np.float64)
    top = pieces.y0[new].astype(np.float64)
    bottom = pieces.y1[np.append(new[1:], len(pieces.row)) - 1].astype(np.float64)
    starts = np.flatnonzero(np.diff(row, prepend=-1))
    widest = np.zeros(len(starts))
    for angle in np.arange(_DIRECTIONS) * (np.pi / _DIRECTIONS):
        along, across = np.cos(angle), np.sin(angle)
        left, right = (x, x + 1) if along >= 0 else (x + 1, x)
        far = np.maximum.reduceat(right * along + bottom * across, starts)
        near = np.minimum.reduceat(left * along + top * across, starts)
        np.maximum(widest, far - near, out=widest)
    feret[row[starts]] = widest
    return feret
