"""The path through the middle of a thin thing (a tail, a whisker)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from masklet.core.arrays import Float32s, Floats, Int64s

_STEPS = ((0, 1), (1, -1), (1, 0), (1, 1))
"""Rows and columns to four of a pixel's eight neighbours; the other four are reached from theirs."""


def centre_line(depth: Float32s) -> Floats:
    """From one end of a connected region to the other, along where it is deepest.

    The ends are the two pixels farthest apart inside the region (found from any pixel in two
    sweeps); the path between them is the cheapest one when a step costs more near the border
    (Dijkstra, 1959, in scipy).

    Args:
        depth: `(h, w) float32`, distance to the background, 0 outside; a margin of one pixel is empty.

    Returns:
        `(k, 2) float64`: x and y of the centres of neighbouring pixels (column + 0.5, row + 0.5).
    """
    from scipy.sparse.csgraph import dijkstra

    steps = _steps(depth)
    plain = steps.graph(np.ones(len(steps.pixel)))
    one = _farthest(dijkstra(plain, indices=0))
    other = _farthest(dijkstra(plain, indices=one))
    deep = np.maximum(depth.reshape(-1)[steps.pixel], 1e-6)
    steep = steps.graph((depth.max() / deep).astype(np.float64) ** 2)
    came = dijkstra(steep, indices=one, return_predecessors=True)[1].tolist()
    path = [other]
    while path[-1] != one:
        path.append(came[path[-1]])
    y, x = np.divmod(steps.pixel[path[::-1]], depth.shape[1])
    return np.stack([x + 0.5, y + 0.5], axis=1)


class _Steps(NamedTuple):
    """The steps between neighbouring pixels of a region, both ways.

    Args:
        pixel: `(n,) int64`, place of each pixel in the flattened array.
        start, end: `(m,) int64`, from which of these pixels to which.
        length: `(m,) float64`, 1 or the root of 2.
    """

    pixel: Int64s
    start: Int64s
    end: Int64s
    length: Floats

    def graph(self, cost: Floats) -> object:
        """Sparse `(n, n)`: the length of each step times the cost `(n,)` of the pixel it leads to."""
        from scipy.sparse import csr_array

        n = len(self.pixel)
        return csr_array((self.length * cost[self.end], (self.start, self.end)), shape=(n, n))


def _steps(depth: Float32s) -> _Steps:
    pixel = np.flatnonzero(depth > 0)
    number = np.full(depth.size, -1, np.int64)
    number[pixel] = np.arange(len(pixel))
    starts, ends, lengths = [], [], []
    for dy, dx in _STEPS:
        end = number[pixel + dy * depth.shape[1] + dx]
        start = np.flatnonzero(end >= 0)
        starts.append(start)
        ends.append(end[start])
        lengths.append(np.full(len(start), (dy * dy + dx * dx) ** 0.5))
    start, end, length = (np.concatenate(some) for some in (starts, ends, lengths))
    return _Steps(
        pixel,
        np.concatenate([start, end]),
        np.concatenate([end, start]),
        np.concatenate([length, length]),
    )


def _farthest(distance: Floats) -> int:
    """The pixel that is reached last; of several the last one. What cannot be reached does not count."""
    reached = np.where(np.isfinite(distance), distance, -1.0)
    return len(reached) - 1 - int(np.argmax(reached[::-1]))
