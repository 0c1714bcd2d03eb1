"""The path through the middle of a thin thing (a tail, a whisker). Numpy and a heap."""

from __future__ import annotations

import heapq

import numpy as np

from masklet.core.arrays import Float32s, Floats

_STEPS = tuple(
    (dy, dx, (dy * dy + dx * dx) ** 0.5) for dy in (-1, 0, 1) for dx in (-1, 0, 1) if (dy, dx) != (0, 0)
)


def centre_line(depth: Float32s) -> Floats:
    """From one end of a connected region to the other, along where it is deepest.

    The ends are the two pixels farthest apart inside the region (found from any pixel in two
    sweeps); the path between them is the cheapest one when a step costs more near the border.

    Args:
        depth: `(h, w) float32`, distance to the background, 0 outside; a margin of one pixel is empty.

    Returns:
        `(k, 2) float64`: x and y of the centres of neighbouring pixels (column + 0.5, row + 0.5).
    """
    inside = depth > 0
    flat = np.where(inside, np.float64(1), np.inf)
    start = tuple(np.argwhere(inside)[0].tolist())
    far, _ = _farthest(flat, start)
    other, _ = _farthest(flat, far)
    steep = np.where(inside, (depth.max() / np.maximum(depth, 1e-6)).astype(np.float64) ** 2, np.inf)
    _, came = _farthest(steep, far, goal=other)
    path = [other]
    while path[-1] != far:
        path.append(came[path[-1]])
    return np.array([(x + 0.5, y + 0.5) for y, x in reversed(path)])


Place = tuple[int, int]


def _farthest(cost: Floats, start: Place, goal: Place | None = None) -> tuple[Place, dict[Place, Place]]:
    """The last pixel reached from `start` (or `goal`), and whence each was reached (Dijkstra, 1959)."""
    best: dict[Place, float] = {start: 0.0}
    came: dict[Place, Place] = {}
    heap: list[tuple[float, Place]] = [(0.0, start)]
    done: set[Place] = set()
    last = start
    while heap:
        so_far, here = heapq.heappop(heap)
        if here in done:
            continue
        done.add(here)
        last = here
        if here == goal:
            break
        for dy, dx, length in _STEPS:
            there = here[0] + dy, here[1] + dx
            new = so_far + length * cost[there]
            if new < best.get(there, np.inf):
                best[there], came[there] = new, here
                heapq.heappush(heap, (new, there))
    return last, came
