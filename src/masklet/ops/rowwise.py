"""Run lengths of crops row by row, as screens and CVAT want them, from frames' column by column.

No pixel is drawn out: between two neighbouring columns a mask changes on some stretches of rows, and
each pixel of those is a place where the crop's rows change.
"""

from __future__ import annotations

import numpy as np

from masklet.core.arrays import Int32s, Int64s, UInt32s
from masklet.ops.runs import Box, box, decode_columns, encode_crop
from masklet.ops.spans import Places, column_spans, ragged, table_spans


def row_runs(runs: UInt32s, size_wh: tuple[int, int]) -> tuple[UInt32s, Box]:
    """One mask's run lengths inside its own box, row by row, and that box `(x0, y0, x1, y1)`.

    An empty mask has no runs and the box (0, 0, 0, 0).
    """
    own = box(runs, size_wh)
    boxes, offset = np.array([own], np.int32), np.array([0, len(runs)], np.int64)
    return table_row_runs(runs, offset, np.array([size_wh[1]]), boxes)[0], own


def from_row_runs(runs: UInt32s, box_xyxy: Box, size_wh: tuple[int, int]) -> UInt32s:
    """Canonical runs of a whole frame from run lengths inside a box of it, row by row.

    Args:
        runs: `(k,) uint32`, background first, together as many pixels as the box; any for an empty
            box.
        box_xyxy: half-open, inside the frame, not necessarily tight.
        size_wh: the frame.
    """
    x0, y0, x1, y1 = box_xyxy
    if x1 <= x0 or y1 <= y0:
        return encode_crop(np.zeros((0, 0), np.bool_), (0, 0), size_wh)
    rows, _ = decode_columns(runs, (y1 - y0, x1 - x0), (0, 0, y1 - y0, x1 - x0))
    return encode_crop(rows, (x0, y0), size_wh)


def table_row_runs(
    runs: UInt32s, offset: Int64s, heights: Int64s, boxes: Int32s
) -> tuple[UInt32s, Int64s]:
    """Run lengths of all masks of a table inside their boxes, row by row.

    Args:
        runs: `(r,) uint32`, whole frames column by column, as in `Masks`.
        offset: `(n + 1,) int64`, likewise.
        heights: `(n,)`, rows of each one's frame.
        boxes: `(n, 4)`, tight: `ops.table.boxes`.

    Returns: `(k,) uint32` and `(n + 1,) int64`; canonical, background first; none for an empty mask.
    """
    wide = (boxes[:, 2] - boxes[:, 0]).astype(np.int64)
    high = (boxes[:, 3] - boxes[:, 1]).astype(np.int64)
    base = _starts(wide * high + 1)
    places = _row_places(*_changes(runs, offset, heights, boxes, high), wide, high, base)
    row = np.searchsorted(base, places, "right") - 1
    places -= base[row]
    inside = places < (wide * high)[row]
    return _joined(places[inside], row[inside], wide * high)


def _changes(
    runs: UInt32s, offset: Int64s, heights: Int64s, boxes: Int32s, high: Int64s
) -> tuple[Int64s, Int64s]:
    """Where neighbouring columns differ: keys of all such pixels, and first key of every mask.

    A key counts, mask after mask, the lines between columns (as many as columns, and one more), and
    on each the rows and one more.
    """
    starts, ends, row = table_spans(runs, offset)
    tall = heights.astype(np.uint32)[row]
    column, top, bottom, source = column_spans(starts, ends, tall)
    row = row if source is None else row[source]
    step = high + 1
    first = _starts((boxes[:, 2] - boxes[:, 0] + 1) * step)
    line = first[row] + (column - boxes[row, 0]) * step[row] - boxes[row, 1]
    edges = np.stack([line + top, line + bottom], axis=1).reshape(-1)
    keys = np.concatenate([edges, edges + np.repeat(step[row], 2)])
    keys.sort(kind="stable")
    keys = _odd(keys)
    stretch, within = ragged(keys[1::2] - keys[::2])
    return keys[::2][stretch] + within, first


def _row_places(keys: Int64s, first: Int64s, wide: Int64s, high: Int64s, base: Int64s) -> Int64s:
    """The same changes counted row by row in every mask's box, sorted; those that meet cancel out."""
    mask = np.searchsorted(first, keys, "right") - 1
    line, y = np.divmod(keys - first[mask], high[mask] + 1)
    places = base[mask] + y * wide[mask] + line
    places.sort()
    return _odd(places)


def _odd(values: Places) -> Places:
    """Of sorted values, each one that occurs an odd number of times, once."""
    if not len(values):
        return values
    first = np.flatnonzero(np.append(True, values[1:] != values[:-1]))
    kept: Places = values[first[np.diff(np.append(first, len(values))) % 2 == 1]]
    return kept


def _starts(lengths: Int64s) -> Int64s:
    return np.cumsum(lengths) - lengths


def _joined(places: Int64s, row: Int64s, pixels: Int64s) -> tuple[UInt32s, Int64s]:
    """Run lengths from the places where each mask changes."""
    full = pixels > 0
    counts = np.bincount(row, minlength=len(pixels)) + full
    offset = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    ends = np.empty(offset[-1], np.int64)
    ends[np.arange(len(row)) + (np.cumsum(full) - full)[row]] = places
    ends[offset[1:][full] - 1] = pixels[full]
    before = np.empty_like(ends)
    before[1:] = ends[:-1]
    before[offset[:-1][full]] = 0
    return (ends - before).astype(np.uint32), offset
