"""Run lengths as toggles and spans: the arithmetic under `runs`, `table` and `overlap`. Numpy only.

A *toggle* is a place (column-major pixel index) where a mask changes between background and
foreground; a *span* is a stretch of foreground `[start, end)`. A *column span* is a span cut at
column borders.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from masklet.core.arrays import Int64s, UInt32s

Places = npt.NDArray[Any]
"""Whole numbers of any width."""


def toggles(runs: UInt32s) -> Int64s:
    """Places where the mask changes, `(k,) int64`; rising for canonical runs."""
    return np.cumsum(runs, dtype=np.int64)[:-1]


def from_toggles(places: Places, total: int) -> UInt32s:
    """Canonical runs from strictly rising places in `[0, total)`."""
    edges = np.empty(len(places) + 2, places.dtype)
    edges[0], edges[1:-1], edges[-1] = 0, places, total
    return (edges[1:] - edges[:-1]).astype(np.uint32, copy=False)


def spans(runs: UInt32s) -> tuple[Int64s, Int64s]:
    """(starts, ends) of the foreground, `(k,) int64` each, half-open, column-major pixel indices."""
    edges = np.cumsum(runs, dtype=np.int64)
    half = len(edges) // 2
    return edges[0 : 2 * half : 2], edges[1 : 2 * half : 2]


def column_spans(
    starts: Places, ends: Places, height: Any
) -> tuple[Places, Places, Places, Int64s | None]:
    """Spans cut at column borders.

    Args:
        starts: `(k,)` whole numbers.
        ends: likewise, each larger than its start.
        height: rows of the frame, one number or one for each span; of the same type.

    Returns:
        column, first row, end row (half-open), each `(m,)`; and the index of the span that each was
        cut from, None where no span had to be cut.
    """
    column = starts // height
    base = column * height
    top, bottom = starts - base, ends - base
    if not np.any(bottom > height):
        return column, top, bottom, None
    extra = (bottom - 1) // height
    source, within = ragged(extra.astype(np.int64) + 1)
    tall = np.broadcast_to(height, starts.shape)[source]
    last = within == extra[source]
    column = column[source] + within.astype(column.dtype)
    top = np.where(within == 0, top[source], 0).astype(column.dtype)
    bottom = np.where(last, bottom[source] - extra[source] * tall, tall).astype(column.dtype)
    return column, top, bottom, source


def ragged(lengths: Int64s) -> tuple[Int64s, Int64s]:
    """For groups of `lengths`: the group of every element, and its place inside its group."""
    group = np.repeat(np.arange(len(lengths)), lengths)
    within = np.arange(len(group)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    return group, within


def table_spans(runs: UInt32s, offset: Int64s) -> tuple[UInt32s, UInt32s, Int64s]:
    """Spans of all masks of a table, row after row.

    Args:
        runs: `(r,) uint32`, the column of `Masks`.
        offset: `(n + 1,) int64`.

    Returns:
        starts and ends (column-major pixel indices on the row's own frame), `(k,) uint32`, and row,
        `(k,) int64`; empty spans are left out.
    """
    pairs = np.diff(offset) >> 1
    row = np.repeat(np.arange(len(pairs)), pairs)
    edges = np.cumsum(runs, dtype=np.uint32)  # wraps round; differences within a frame stay right
    place = np.repeat(offset[:-1] - 2 * (np.cumsum(pairs) - pairs), pairs)
    place += np.arange(0, 2 * len(row), 2)
    before = np.zeros(len(pairs), np.uint32)
    before[1:] = edges[offset[1:-1] - 1] if len(edges) else 0
    starts = edges[place] - np.repeat(before, pairs)
    place += 1
    lengths = runs[place]
    if np.all(lengths):
        return starts, starts + lengths, row
    kept = lengths > 0
    return starts[kept], (starts + lengths)[kept], row[kept]
