"""Run lengths as toggles and spans: the arithmetic under `runs`, `table` and `overlap`. Numpy only.

A *toggle* is a place (column-major pixel index) where a mask changes between background and
foreground; a *span* is a stretch of foreground `[start, end)`. A *column span* is a span cut at
column borders.
"""

from __future__ import annotations

import numpy as np

from masklet.core.arrays import Int64s, UInt32s


def toggles(runs: UInt32s) -> Int64s:
    """Places where the mask changes, `(k,) int64`; rising for canonical runs."""
    return np.cumsum(runs, dtype=np.int64)[:-1]


def from_toggles(places: Int64s, total: int) -> UInt32s:
    """Canonical runs from strictly rising places in `[0, total)`."""
    edges = np.empty(len(places) + 2, np.int64)
    edges[0], edges[1:-1], edges[-1] = 0, places, total
    return np.diff(edges).astype(np.uint32)


def spans(runs: UInt32s) -> tuple[Int64s, Int64s]:
    """(starts, ends) of the foreground, `(k,) int64` each, half-open, column-major pixel indices."""
    edges = np.cumsum(runs, dtype=np.int64)
    half = len(edges) // 2
    return edges[0 : 2 * half : 2], edges[1 : 2 * half : 2]


def column_spans(starts: Int64s, ends: Int64s, height: int) -> tuple[Int64s, Int64s, Int64s, Int64s]:
    """Spans cut at column borders.

    Args:
        starts: `(k,) int64`.
        ends: `(k,) int64`, each larger than its start.
        height: rows of the frame.

    Returns:
        column, first row, end row (half-open) and index of the span it was cut from, `(m,) int64` each.
    """
    first = starts // height
    last = (ends - 1) // height
    source = np.arange(len(starts))
    if np.array_equal(first, last):
        return first, starts - first * height, ends - first * height, source
    pieces = last - first + 1
    source = np.repeat(source, pieces)
    before = np.cumsum(pieces) - pieces
    column = first[source] + np.arange(len(source)) - before[source]
    top = np.maximum(starts[source] - column * height, 0)
    bottom = np.minimum(ends[source] - column * height, height)
    return column, top, bottom, source


def ragged(lengths: Int64s) -> tuple[Int64s, Int64s]:
    """For groups of `lengths`: the group of every element, and its place inside its group."""
    group = np.repeat(np.arange(len(lengths)), lengths)
    within = np.arange(len(group)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    return group, within


def table_spans(runs: UInt32s, offset: Int64s) -> tuple[Int64s, Int64s, Int64s]:
    """Spans of all masks of a table, row after row.

    Args:
        runs: `(r,) uint32`, the column of `Masks`.
        offset: `(n + 1,) int64`.

    Returns:
        starts, ends (column-major pixel indices on the row's own frame) and row, `(k,) int64` each;
        empty spans are left out.
    """
    lengths = np.diff(offset)
    pairs = lengths >> 1
    row = np.repeat(np.arange(len(lengths)), pairs)
    if not len(row):
        nothing = np.empty(0, np.int64)
        return nothing, nothing, nothing
    edges = np.cumsum(runs, dtype=np.int64)
    base = np.concatenate([[0], edges])[offset[:-1]]
    before = np.cumsum(pairs) - pairs
    place = 2 * (np.arange(len(row)) - before[row]) + offset[row]
    starts, ends = edges[place] - base[row], edges[place + 1] - base[row]
    if np.all(ends > starts):
        return starts, ends, row
    kept = ends > starts
    return starts[kept], ends[kept], row[kept]
