"""Distances and erosion on pixels, exact to the last one. The only file of this room that uses cv2."""

from __future__ import annotations

from math import isqrt
from typing import cast

import cv2
import numpy as np

from masklet.core.arrays import Bools, Floats, Int64s, UInt8s

_SIDE = 1024
"""Longest side for which the distance map of `_mapped` is exact, see there."""
_POINT = 30
"""A point looked up in a tree takes as long as so many pixels of a distance map."""


def turned(mask: Bools) -> Bools:
    """Rows for columns: `(h, w) bool` of `(w, h)`, not empty; several times faster than numpy."""
    found: Bools = cv2.transpose(mask.view(np.uint8)).view(np.bool_)
    return found


def eroded(mask: Bools, depth: int) -> Bools:
    """Pixels whose whole window of (2 depth + 1)^2 pixels lies in `mask`.

    The same as `depth` erosions by 3x3 where the array is set in zeros.

    Args:
        mask: `(h, w) bool`.
        depth: pixels, at least 1.

    Returns:
        `(h - 2 depth, w - 2 depth) bool`, all but the margin, where nothing is left; no pixel where
        the mask is smaller than the window.
    """
    side = 2 * depth + 1
    down = _all_along(np.packbits(mask, axis=1), side)
    if not down.size or mask.shape[1] < side:
        return np.zeros((len(down), max(mask.shape[1] - 2 * depth, 0)), np.bool_)
    turned = cv2.transpose(np.unpackbits(down, axis=1, count=mask.shape[1]))
    both = _all_along(np.packbits(turned, axis=1), side)
    found: Bools = cv2.transpose(np.unpackbits(both, axis=1, count=len(down))).view(np.bool_)
    return found


def _all_along(mask: UInt8s, length: int) -> UInt8s:
    """Bits of row `i` are set where those of rows `i` to `i + length - 1` all are: windows double."""
    if len(mask) < length:
        return mask[:0]
    width = 1
    while width < length:
        step = min(width, length - width)
        mask = mask[:-step] & mask[step:]
        width += step
    return mask


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
    sure, rest, rivals = _sorted_out(points, others, reach)
    if not len(rest) or not len(rivals):
        return sure
    return sure + int(np.count_nonzero(squared_distances(rest, rivals) <= reach * reach))


def _sorted_out(points: Int64s, others: Int64s, reach: int) -> tuple[int, Int64s, Int64s]:
    """What a coarse grid can tell: how many points are near, which are open, and near what.

    The frame is parted into cells of such a side that pixels of two cells at most two apart are
    within reach of one another.
    """
    side = (isqrt(reach * reach // 2) + 1) // 3
    if not side:
        return 0, points, others
    low = np.minimum(points.min(axis=0), others.min(axis=0))
    mine, theirs = (points - low) // side, (others - low) // side
    size = np.maximum(mine.max(axis=0), theirs.max(axis=0)) + 1
    at, there = mine[:, 1] * size[0] + mine[:, 0], theirs[:, 1] * size[0] + theirs[:, 0]
    taken = np.zeros(size[::-1], np.bool_)
    taken.reshape(-1)[there] = True
    unsure = ~_any_around(taken, 2).reshape(-1)[at]
    rest = points[unsure]
    wanted = np.zeros_like(taken)
    wanted.reshape(-1)[at[unsure]] = True
    rivals = others[_any_around(wanted, -(-reach // side)).reshape(-1)[there]] if len(rest) else rest
    return len(points) - len(rest), rest, rivals


def _any_around(cells: Bools, reach: int) -> Bools:
    """Cells with a true one at most `reach` cells away along both axes."""
    h, w = cells.shape
    free = np.ones((h + 2 * reach, w + 2 * reach), np.uint8)
    free[reach : reach + h, reach : reach + w] = ~cells
    taken: Bools = _all_along(_all_along(free, 2 * reach + 1).T, 2 * reach + 1).T == 0
    return np.ascontiguousarray(taken)


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
