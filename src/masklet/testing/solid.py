"""A chain of spheres seen by a camera: where it covers the picture, and which skin each pixel shows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from masklet.core.arrays import Float32s, Floats
from masklet.testing import paint

_COARSE_PIXELS = 5000


@dataclass(frozen=True, eq=False)
class Solid:
    """A crop of the picture with the nearest skin under every pixel.

    Args:
        corner: (x, y) of the crop in the picture, whole pixels.
        edge: `(h, w) float32`, pixels outside (+) or inside (-) of the outline.
        normal: `(h, w, 3) float32`, unit normal: right, down, towards the viewer.
        place: `(h, w) float32`, 0..1 along the chain.
        side: `(h, w) float32`, -1..1 across it.
    """

    corner: tuple[int, int]
    edge: Float32s
    normal: Float32s
    place: Float32s
    side: Float32s


def crop_box(points: Floats, radii: Floats, size_wh: tuple[int, int]) -> tuple[int, int, int, int]:
    """(x0, y0, x1, y1) around discs, whole pixels, cut at the picture; may be empty (x1 <= x0)."""
    reach = (radii * 1.15 + 3)[:, None]
    low = np.floor((points - reach).min(axis=0)).astype(int)
    high = np.ceil((points + reach).max(axis=0)).astype(int)
    x0, y0 = np.maximum(low, 0).tolist()
    x1, y1 = np.minimum(high, size_wh).tolist()
    return x0, y0, max(x0, x1), max(y0, y1)


def chain(points: Floats, radii: Floats, depth: Floats, size_wh: tuple[int, int]) -> Solid | None:
    """The chain of `(k, 2)` points with `(k,)` radii and depths, in pixels; None = out of sight.

    Worked out on a coarse grid of at most about 5,000 points and interpolated: the skin is smooth.
    """
    x0, y0, x1, y1 = crop_box(points, radii, size_wh)
    if x1 - x0 < 2 or y1 - y0 < 2:
        return None
    step = max(1.0, ((x1 - x0) * (y1 - y0) / _COARSE_PIXELS) ** 0.5)
    rows, columns = max(2, round((y1 - y0) / step)), max(2, round((x1 - x0) / step))
    x = x0 + (np.arange(columns, dtype=np.float32) + 0.5) * ((x1 - x0) / columns)
    y = y0 + (np.arange(rows, dtype=np.float32) + 0.5) * ((y1 - y0) / rows)
    grid = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    coarse = _nearest(grid, *(a.astype(np.float32) for a in (points, radii, depth)))
    segment = np.linalg.norm(np.diff(points, axis=0), axis=1).mean() / step
    skin = paint.blur(coarse[:, 1:].reshape(rows, columns, 5), max(0.5, 0.55 * float(segment)))
    coarse[:, 1:] = skin.reshape(-1, 5)
    fine = paint.resize(coarse[:, :4].reshape(rows, columns, 4), (y1 - y0, x1 - x0))
    more = paint.resize(coarse[:, 4:].reshape(rows, columns, 2), (y1 - y0, x1 - x0))
    return Solid((x0, y0), fine[..., 0], fine[..., 1:4], more[..., 0], more[..., 1])


def _nearest(grid: Float32s, points: Float32s, radii: Float32s, depth: Float32s) -> Float32s:
    """`(n, 6)`: edge, normal x, y, z, place, side of the nearest skin for `(n, 2)` pixels."""
    start, along = points[:-1], np.diff(points, axis=0)
    length2 = np.maximum((along**2).sum(axis=1), 1e-3)
    unit = along / np.sqrt(length2)[:, None]
    # projections on every segment: (n, k - 1)
    t = np.clip((grid @ along.T - (start * along).sum(axis=1)) / length2, 0, 1)
    off_x = grid[:, :1] - start[:, 0] - t * along[:, 0]
    off_y = grid[:, 1:] - start[:, 1] - t * along[:, 1]
    away2 = off_x**2 + off_y**2
    r = radii[:-1] + t * np.diff(radii)
    edge = np.sqrt(away2) - r
    rise = np.sqrt(np.maximum(r * r - away2, 0))
    nearer = np.where(edge < 0, rise - depth[:-1] - t * np.diff(depth), -1e6 - edge)
    best = nearer.argmax(axis=1)
    row = np.arange(len(grid))
    r, off_x, off_y = r[row, best], off_x[row, best], off_y[row, best]
    scale = np.maximum(np.hypot(off_x, off_y), r)
    side = (unit[best, 0] * off_y - unit[best, 1] * off_x) / scale
    place = (best + t[row, best]) / len(along)
    columns = [edge.min(axis=1), off_x / scale, off_y / scale, rise[row, best] / r, place, side]
    return np.stack(columns, axis=1).astype(np.float32)
