"""Fewer points for the same picture: a long series keeps the extremes of every bin."""

from __future__ import annotations

import numpy as np

from masklet.core.arrays import Floats, Int64s, UInt8s
from masklet.render.page.nouns import State

LIMIT = 1500
"""Points of a curve, or columns of a strip, above which it is thinned: more than a screen can show."""


def kept_points(y: Floats, limit: int = LIMIT) -> Int64s:
    """Indices, rising, of at most `limit` points of `y` `(n,) float64`, NaN = gap; all where they fit.

    The series is cut into bins of equal length; each keeps its least and its largest value, and
    one gap where it has any, so no dip, peak or gap is lost.
    """
    n = len(y)
    if n <= limit:
        return np.arange(n)
    edges = bin_edges(n, limit // 3)
    low = _first_by_bin(np.where(np.isnan(y), np.inf, y), edges)
    high = _first_by_bin(np.where(np.isnan(y), np.inf, -y), edges)
    gap = _first_by_bin(np.where(np.isnan(y), 0.0, 1.0), edges)
    kept = np.unique(np.concatenate([low, high, gap[np.isnan(y[gap])]]))
    return kept.astype(np.int64)


def bin_edges(n: int, bins: int) -> Int64s:
    """`(bins + 1,) int64` from 0 to n: bins of equal length, up to one."""
    edges: Int64s = (np.arange(bins + 1, dtype=np.int64) * n) // max(bins, 1)
    return edges


def worst_columns(value: Floats, state: UInt8s, edges: Int64s) -> tuple[Floats, UInt8s]:
    """The worst of every bin of a strip: (value `(b,)`, state `(b,)`).

    Missing is worse than false, then comes the least value, then absent; unknown says least.
    """
    state = np.where((state == State.VALUE) & np.isnan(value), State.UNKNOWN, state).astype(np.uint8)
    rank = np.select(
        [state == s for s in (State.MISSING, State.FALSE, State.VALUE, State.ABSENT)],
        [0.0, 1.0, 2.0 + np.clip(np.nan_to_num(value), 0, 1), 4.0],
        5.0,
    )
    at = _first_by_bin(rank, edges)
    return value[at], state[at]


def _first_by_bin(key: Floats, edges: Int64s) -> Int64s:
    """Index of the least key of every bin, the first of equals."""
    least = np.minimum.reduceat(key, edges[:-1])
    length = np.diff(edges)
    hit = np.flatnonzero(key == np.repeat(least, length))
    of_bin = np.searchsorted(edges, hit, side="right") - 1
    _, first = np.unique(of_bin, return_index=True)
    found: Int64s = hit[first]
    return found
