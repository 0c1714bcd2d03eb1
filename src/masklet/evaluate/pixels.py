"""Distances and erosion on pixels, exact to the last one. The only file of this room that uses cv2."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np

from masklet.core.arrays import Bools, Floats, Int64s

_SIDE = 1024
"""Longest side for which the distance map of `_mapped` is exact, see there."""
_POINT = 30
"""A point looked up in a tree takes as long as so many pixels of a distance map."""


def eroded(mask: Bools, depth: int) -> Bools:
    """Pixels whose whole window of (2 depth + 1)^2 pixels lies in `mask`, `(h, w) bool`.

    What lies outside the array counts as background, so this is `depth` erosions by 3x3 with a border
    of zeros.
    """
    side = 2 * depth + 1
    if depth == 0 or min(mask.shape) < side:
        return mask.copy() if depth == 0 else np.zeros_like(mask)
    pixels = np.ascontiguousarray(mask).view(np.uint8)
    sums = cv2.boxFilter(
        pixels, cv2.CV_32S, (side, side), normalize=False, borderType=cv2.BORDER_CONSTANT
    )
    return cast(Bools, sums == side * side)


def squared_distances(points: Int64s, others: Int64s) -> Int64s:
    """From each point to the nearest of the others: the squared Euclidean distance, exact.

    Args:
        points: `(n, 2) int64`, x and y.
        others: `(m, 2) int64`, at least one.

    Returns:
        `(n,) int64`, squared pixels.
    """
    if not len(points):
        return np.empty(0, np.int64)
    low = np.minimum(points.min(axis=0), others.min(axis=0))
    size_wh = np.maximum(points.max(axis=0), others.max(axis=0)) - low + 1
    area = int(size_wh[0]) * int(size_wh[1])
    if max(size_wh) > _SIDE or area > _POINT * (len(points) + len(others)):
        return _looked_up(points, others)
    return _mapped(points - low, others - low, (int(size_wh[0]), int(size_wh[1])))


def count_near(points: Int64s, others: Int64s, reach: int) -> int:
    """How many points have one of the others at most `reach` pixels away (Euclidean, inclusive).

    Both `(n, 2) int64`, x and y; either may be empty.
    """
    points, others = _around(points, others, reach), _around(others, points, reach)
    if not len(points) or not len(others):
        return 0
    return int(np.count_nonzero(squared_distances(points, others) <= reach * reach))


def _around(points: Int64s, others: Int64s, reach: int) -> Int64s:
    """Those points that lie in the box of the others, grown by `reach`."""
    if not len(points) or not len(others):
        return points[:0]
    inside = (points >= others.min(axis=0) - reach) & (points <= others.max(axis=0) + reach)
    return cast(Int64s, points[inside[:, 0] & inside[:, 1]])


def _mapped(points: Int64s, others: Int64s, size_wh: tuple[int, int]) -> Int64s:
    """By a distance map of the box (Felzenszwalb & Huttenlocher, 2012, as OpenCV has it).

    OpenCV computes in float32. Up to sides of 1024 pixels that is enough: squares stay below 2^24;
    two parabolas cross at least 1 / 2048 from any pixel at which they differ, while a crossing is off
    by 1.3e-4 at most; and the root's error moves a squared distance below 2^21 by less than a half.
    """
    free = np.ones(size_wh[::-1], np.uint8)
    free[others[:, 1], others[:, 0]] = 0
    distance = cv2.distanceTransform(free, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    found: Floats = distance[points[:, 1], points[:, 0]].astype(np.float64)
    return np.rint(found * found).astype(np.int64)


def _looked_up(points: Int64s, others: Int64s) -> Int64s:
    """By a k-d tree, in float64."""
    from scipy.spatial import cKDTree

    tree = cKDTree(others, compact_nodes=False, balanced_tree=False)
    found: Floats = tree.query(points)[0]
    return np.rint(found * found).astype(np.int64)
