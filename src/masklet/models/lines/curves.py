"""Open curves in the picture: even spacing, directions, a band around them, and back from a mask.

Points are `(k, 2) float64`, x and y in pixels with the origin at the centre of the top-left pixel.
"""

from __future__ import annotations

import numpy as np

from masklet.core.arrays import Bools, Floats
from masklet.models import vision
from masklet.ops.centreline import centre_line

SPACING = 3.0
"""Pixels between the points of a curve that is followed."""


def steps_of(curve: Floats) -> Floats:
    """`(k - 1,)` distances between neighbouring points."""
    steps: Floats = np.linalg.norm(np.diff(curve, axis=0), axis=1)
    return steps


def length_of(curve: Floats) -> float:
    """Length from end to end, pixels."""
    return float(steps_of(curve).sum())


def even(curve: Floats, spacing: float = SPACING) -> Floats:
    """The same curve with points about `spacing` apart, at least two, both ends kept."""
    steps = steps_of(curve)
    curve = curve[np.concatenate([[True], steps > 1e-9])]
    if len(curve) < 2:
        return np.repeat(curve[:1], 2, axis=0)
    way = np.concatenate([[0.0], np.cumsum(steps_of(curve))])
    at = np.linspace(0.0, way[-1], max(2, round(way[-1] / spacing) + 1))
    return np.stack([np.interp(at, way, curve[:, k]) for k in (0, 1)], axis=1)


def smooth(curve: Floats, times: int = 1) -> Floats:
    """Binomial smoothing along the curve; the ends stay."""
    for _ in range(times):
        if len(curve) > 2:
            inner = 0.25 * curve[:-2] + 0.5 * curve[1:-1] + 0.25 * curve[2:]
            curve = np.concatenate([curve[:1], inner, curve[-1:]])
    return curve


def normals_of(curve: Floats) -> Floats:
    """`(k, 2)` unit vectors to the left of the way along the curve (x right, y down)."""
    if len(curve) < 2:
        return np.tile([0.0, 1.0], (len(curve), 1))
    along = np.gradient(curve, axis=0)
    size = np.linalg.norm(along, axis=1, keepdims=True)
    along = np.where(size > 1e-9, along / np.maximum(size, 1e-9), np.array([1.0, 0.0]))
    return np.stack([along[:, 1], -along[:, 0]], axis=1)


def heading(curve: Floats, reach: int = 3) -> float:
    """Direction in which the curve leaves its last point, radians."""
    way = curve[-1] - curve[max(len(curve) - 1 - reach, 0)]
    return float(np.arctan2(way[1], way[0]))


def turns_of(curve: Floats, reach: int = 3) -> Floats:
    """`(k,)` radians by which the way turns between `reach` points before and after each point."""
    if len(curve) <= 2 * reach:
        return np.zeros(len(curve))
    way = curve[reach:] - curve[:-reach]
    angle = np.arctan2(way[:, 1], way[:, 0])
    turn = np.abs(np.angle(np.exp(1j * (angle[reach:] - angle[:-reach]))))
    return np.pad(turn, reach)


def unbent(curve: Floats, sharpest: float) -> Floats:
    """Without what lies beyond a bend of more than `sharpest` radians, on the shorter side of it."""
    turn = turns_of(curve)
    while len(curve) > 4 and turn.max() > sharpest:
        at = int(turn.argmax())
        part = slice(0, at) if at >= len(curve) / 2 else slice(at + 1, None)
        curve, turn = curve[part], turn[part]
    return curve


def away(points: Floats, curve: Floats) -> Floats:
    """`(n,)` distance of each of `(n, 2)` points to the nearest place on a curve."""
    if len(curve) == 1:
        alone: Floats = np.linalg.norm(points - curve, axis=1)
        return alone
    start, way = curve[:-1], np.diff(curve, axis=0)
    size = np.maximum((way**2).sum(axis=1), 1e-12)
    part = np.clip(((points[:, None] - start) * way).sum(axis=-1) / size, 0, 1)
    gap: Floats = np.linalg.norm(points[:, None] - start - part[..., None] * way, axis=-1).min(axis=1)
    return gap


def widths_along(fraction: Floats, profile: Floats) -> Floats:
    """Half widths at places 0 (root) .. 1 (tip) from an evenly spaced profile."""
    return np.interp(fraction, np.linspace(0, 1, len(profile)), profile)


def band(curve: Floats, profile: Floats, size_wh: tuple[int, int]) -> tuple[Bools, tuple[int, int]]:
    """Pixels whose centre is within the half width of the curve; crop and offset (x, y).

    The chain of pixels along the curve belongs to it however thin it is. A `(1, 1)` empty crop where
    nothing lies on the frame.
    """
    dense = even(curve, 0.5)
    half = widths_along(np.linspace(0, 1, len(dense)), profile)
    nearest = np.rint(dense).astype(int)
    far = int(np.ceil(half.max())) + 1
    y, x = np.mgrid[-far : far + 1, -far : far + 1].reshape(2, -1)
    pixels = nearest[:, None] + np.stack([x, y], axis=-1)
    near = np.linalg.norm(pixels - dense[:, None], axis=-1) <= half[:, None]
    near |= (x == 0) & (y == 0)
    chosen = pixels[near]
    chosen = chosen[((chosen >= 0) & (chosen < size_wh)).all(axis=1)]
    if not len(chosen):
        return np.zeros((1, 1), bool), (0, 0)
    low, high = chosen.min(axis=0), chosen.max(axis=0)
    crop = np.zeros(tuple((high - low + 1)[::-1]), bool)
    crop[tuple((chosen - low).T[::-1])] = True
    return crop, (int(low[0]), int(low[1]))


def curve_in(mask: Bools) -> tuple[Floats, Floats] | None:
    """The centre line of an `(h, w) bool` band and its half widths from end to end.

    Parts (a tail cut by cage bars) are joined end to end, nearest ends first. None for an empty mask.
    """
    ys, xs = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(ys):
        return None
    corner = np.array([xs[0] - 1, ys[0] - 1], float)
    crop = np.pad(mask[ys[0] : ys[-1] + 1, xs[0] : xs[-1] + 1], 1)
    numbers, areas = vision.components(crop)
    least = 0.02 * areas[1:].sum()
    parts = [numbers == k for k in range(1, len(areas)) if areas[k] >= least]
    curve = _joined([centre_line(vision.distance(part)) - 0.5 for part in parts])
    places = np.rint(curve).astype(int)
    half = vision.distance(crop)[places[:, 1], places[:, 0]] - 0.5
    return curve + corner, np.maximum(binned(half, half > 0, 0.75), 0.5)


def binned(values: Floats, known: Bools, share: float, bins: int = 8) -> Floats:
    """`(k,)` values along a curve as `(bins,)` quantiles of the known ones, lightly smoothed.

    Where a bin knows nothing its neighbours are asked; all NaN where none knows.
    """
    bin_of = np.minimum(np.arange(len(values)) * bins // max(len(values), 1), bins - 1)
    seen = [k for k in range(bins) if (known & (bin_of == k)).any()]
    if not seen:
        return np.full(bins, np.nan)
    levels = [float(np.quantile(values[known & (bin_of == k)], share)) for k in seen]
    level = np.pad(np.interp(np.arange(bins), seen, levels), 1, mode="edge")
    mild: Floats = 0.25 * level[:-2] + 0.5 * level[1:-1] + 0.25 * level[2:]
    return mild


def _joined(lines: list[Floats]) -> Floats:
    """Pieces chained into one curve, beginning with the longest, at whichever ends are nearest."""
    left = sorted(lines, key=lambda line: -len(line))
    whole = left.pop(0)
    while left:
        best: tuple[float, int, Floats] | None = None
        for k, line in enumerate(left):
            for turned in (line, line[::-1]):
                for joined, gap in (
                    (np.concatenate([whole, turned]), turned[0] - whole[-1]),
                    (np.concatenate([turned, whole]), whole[0] - turned[-1]),
                ):
                    size = float(np.linalg.norm(gap))
                    if best is None or size < best[0]:
                        best = size, k, joined
        assert best is not None
        whole = best[2]
        left.pop(best[1])
    return even(whole, 1.0)
