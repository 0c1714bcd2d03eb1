"""Masks of a table cut into column spans, and how much they share. The engine under `overlap`.

Within one column a mask is mostly one stretch, so that two masks share `min(ends) - max(starts)`
there: four operations on whole arrays, where a merge of run lengths goes one by one.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from masklet.core.arrays import Floats, Int32s, Int64s
from masklet.core.masks import Masks
from masklet.ops.spans import Places, column_spans, table_spans

_EXACT_FLOAT32 = 1 << 24
"""Sums of whole numbers below this are exact in single precision."""
_CROWDED = 4
"""Mean number of spans in a column from which on they are not gone through one after the other."""
_BLOCK = 1 << 15
"""Entries laid against one another at a time, so that they stay in the processor's cache."""


class Columns(NamedTuple):
    """Column spans of `n` masks, sorted by mask, column and place.

    The columns of all masks' boxes are counted through; that number is a *key*.

    Args:
        column, top, bottom: `(k,) int32`; bottom is half-open.
        begin: `(keys + 1,) int64`, key `j` owns spans `begin[j]:begin[j + 1]`.
        base: `(n,) int64`, key of a mask's column 0, as if it were in its box.
        left, right: `(n,) int64`, columns of a mask's box, half-open.
    """

    column: Int32s
    top: Int32s
    bottom: Int32s
    begin: Int64s
    base: Int64s
    left: Int64s
    right: Int64s

    def ends(self) -> Int64s:
        """`(n + 1,)`: where the spans of each mask begin, and the last ones end."""
        keys = np.cumsum(self.right - self.left)
        found: Int64s = self.begin[np.concatenate([[0], keys])]
        return found

    def boxes(self) -> Int64s:
        """`(n, 4) int64`: x0, y0, x1, y1 half-open; zeros for an empty mask."""
        found = np.zeros((len(self.base), 4), np.int64)
        ends = self.ends()
        filled = np.flatnonzero(np.diff(ends))
        if len(filled):
            found[filled, 0], found[filled, 2] = self.left[filled], self.right[filled]
            found[filled, 1] = np.minimum.reduceat(self.top, ends[filled])
            found[filled, 3] = np.maximum.reduceat(self.bottom, ends[filled])
        return found


def columns_of(masks: Masks, start: int = 0, stop: int | None = None) -> Columns:
    """Cut the masks of rows `start..stop` at their columns."""
    offset = masks.offset[start : None if stop is None else stop + 1]
    runs = masks.runs[offset[0] : offset[-1]]
    starts, ends, row = table_spans(runs, offset - offset[0])
    n = len(offset) - 1
    heights = masks.video.sizes_wh(masks.frame[start : start + n])[:, 1].astype(np.uint32)
    same = n > 0 and bool(np.all(heights == heights[0]))
    column, top, bottom, source = column_spans(starts, ends, heights[0] if same else heights[row])
    row = row if source is None else row[source]
    first = np.searchsorted(row, np.arange(n + 1))
    filled = np.flatnonzero(np.diff(first))
    left, right = np.zeros(n, np.int64), np.zeros(n, np.int64)
    left[filled], right[filled] = (
        column[first[filled]],
        column[first[filled + 1] - 1].astype(np.int64) + 1,
    )
    base = np.cumsum(right - left) - right
    key = np.repeat(base, np.diff(first)) + column
    counts = np.bincount(key, minlength=int(np.sum(right - left)))
    begin = np.concatenate([[0], np.cumsum(counts)])
    column, top, bottom = (part.astype(np.int32) for part in (column, top, bottom))
    return Columns(column, top, bottom, begin, base, left, right)


def shared_by_pairs(a: Columns, b: Columns, rows_a: Int64s, rows_b: Int64s) -> Int64s:
    """Pixels shared by mask `rows_a[p]` of `a` and `rows_b[p]` of `b`, `(p,) int64`."""
    if not len(a.column) or not len(b.column):
        return np.zeros(len(rows_a), np.int64)
    left = np.maximum(a.left[rows_a], b.left[rows_b])
    width = np.maximum(np.minimum(a.right[rows_a], b.right[rows_b]) - left, 0)
    left = np.where(width > 0, left, a.left[rows_a])
    first = a.begin[a.base[rows_a] + left]
    n_spans = a.begin[a.base[rows_a] + left + width] - first
    ends = np.cumsum(n_spans)
    total = int(ends[-1]) if len(ends) else 0
    mine = np.arange(total) + np.repeat(first - (ends - n_spans), n_spans)
    column, top, bottom = a.column[mine], a.top[mine], a.bottom[mine]
    key = np.repeat(b.base[rows_b], n_spans)
    key += column
    theirs = b.begin[key]
    key += 1
    n_theirs = b.begin[key] - theirs
    if int(n_theirs.sum()) > _CROWDED * max(total, 1):
        shared = _depth_in_crowd(key - 1, top, bottom, b)
    else:
        shared = _depth(top, bottom, b, np.minimum(theirs, len(b.column) - 1))
        shared *= n_theirs > 0
        for k in range(1, int(n_theirs.max(initial=0))):
            here = np.flatnonzero(n_theirs > k)
            shared[here] += _depth(top[here], bottom[here], b, theirs[here] + k)
    sums = np.concatenate([[0], np.cumsum(shared, dtype=np.int64)])
    found: Int64s = sums[ends] - sums[ends - n_spans]
    return found


def _depth(top: Int32s, bottom: Int32s, other: Columns, spans: Int64s) -> Int32s:
    """Rows that stretches of columns share with some spans of other masks."""
    depth = np.minimum(bottom, other.bottom[spans])
    depth -= np.maximum(top, other.top[spans])
    shared: Int32s = np.maximum(depth, 0, out=depth)
    return shared


def _depth_in_crowd(key: Int64s, top: Int32s, bottom: Int32s, other: Columns) -> Int32s:
    """The same against all spans of a key at once, for masks of many small pieces.

    With every column of `other` set under the last one, the pixels of `other` before a place are a
    function of that place alone; a stretch shares the difference between its ends.
    """
    tall = int(max(bottom.max(initial=0), other.bottom.max(initial=0))) + 1
    base = np.repeat(np.arange(len(other.begin) - 1) * tall, np.diff(other.begin))
    edges = np.stack([base + other.top, base + other.bottom], axis=1).ravel()
    before = np.zeros(len(edges) + 1, np.int64)
    before[2::2] = np.cumsum(other.bottom - other.top, dtype=np.int64)
    before[1::2] = before[:-1:2]

    def pixels_before(place: Int64s) -> Int64s:
        at = np.searchsorted(edges, place, "right")
        inside = np.where(at & 1, place - edges[at - 1], 0)
        found: Int64s = before[at] + inside
        return found

    shared = pixels_before(key * tall + bottom) - pixels_before(key * tall + top)
    return shared.astype(np.int32)


def dense_pays(a: Columns, b: Columns, n_pairs: int) -> bool:
    """Is it cheaper to lay all masks out against one another than to go through `n_pairs` pairs?

    Judged by the entries that each way would touch; an entry of a pair costs about forty times as much.
    """
    if not len(a.column) or not len(b.column):
        return False
    x0 = max(int(a.column.min()), int(b.column.min()))
    x1 = min(int(a.column.max()), int(b.column.max())) + 1
    sheets = [int(np.diff(one.begin).max()) * len(one.base) for one in (a, b)]
    dense = sheets[0] * sheets[1] * (x1 - x0)
    return dense < 40 * n_pairs * len(a.column) / len(a.base)


class _Sheets(NamedTuple):
    """Masks laid out densely: one sheet = the k-th span in each column of one mask.

    Args:
        mask: `(s,)`, the mask of each sheet, rising.
        top, bottom: `(s, w)`, small whole numbers; both 0 where the sheet has nothing.
    """

    mask: Int64s
    top: Places
    bottom: Places


def _sheets(columns: Columns, x0: int, x1: int, dtype: npt.DTypeLike) -> _Sheets:
    """Columns `x0..x1` of all masks."""
    n, width = len(columns.base), x1 - x0
    counts = np.diff(columns.begin)
    deep = int(counts.max(initial=1))
    sheet = np.repeat(np.arange(n) * deep, np.diff(columns.ends()))
    if deep > 1:
        sheet += np.arange(len(sheet)) - np.repeat(columns.begin[:-1], counts)
    inside = (columns.column >= x0) & (columns.column < x1)
    present = np.bincount(sheet[inside], minlength=n * deep) > 0
    used = np.flatnonzero(present)
    place = (np.cumsum(present) - 1)[sheet] * width + (columns.column - x0)
    top: Places = np.zeros(len(used) * width, dtype)
    bottom: Places = np.zeros(len(used) * width, dtype)
    place = place[inside]
    top[place], bottom[place] = columns.top[inside], columns.bottom[inside]
    return _Sheets(used // deep, top.reshape(-1, width), bottom.reshape(-1, width))


def shared_by_all(a: Columns, b: Columns, size_wh: tuple[int, int]) -> Int64s:
    """Pixels shared by every mask of `a` and every mask of `b`, `(n, m) int64`.

    Args:
        a: masks.
        b: masks on frames of the same size.
        size_wh: that size.
    """
    shared = np.zeros((len(a.base), len(b.base)), np.int64)
    if not len(a.column) or not len(b.column):
        return shared
    x0 = max(int(a.column.min()), int(b.column.min()))
    x1 = min(int(a.column.max()), int(b.column.max())) + 1
    if x0 >= x1:
        return shared
    dtype = np.int16 if size_wh[1] < np.iinfo(np.int16).max else np.int32
    exact = np.float32 if size_wh[0] * size_wh[1] < _EXACT_FLOAT32 else np.float64
    mine, theirs = _sheets(a, x0, x1, dtype), _sheets(b, x0, x1, dtype)
    if not len(mine.mask) or not len(theirs.mask):
        return shared
    if len(mine.mask) < len(theirs.mask):
        sums = _meet(theirs, mine, exact)
    else:
        sums = _meet(mine, theirs, exact).T
    rows = _by_mask(sums, mine.mask, len(a.base))
    found = _by_mask(rows.T, theirs.mask, len(b.base)).T
    return found.astype(np.int64)


def _meet(many: _Sheets, few: _Sheets, exact: npt.DTypeLike) -> Floats:
    """Pixels shared by all sheets, `(few, many) float`.

    A block of `many` is laid against as many of `few`, going round, then moved on by one: whole
    arrays of one shape are what numpy is fastest with.
    """
    n_few, width = few.top.shape
    block = min(len(many.mask), max(1, _BLOCK // width))
    round_ = np.arange(block + n_few) % n_few
    top, bottom = few.top[round_], few.bottom[round_]
    sums = np.zeros((n_few, len(many.mask)))
    ones: Places = np.ones(width, exact)
    lower, upper = np.empty_like(top[:block]), np.empty_like(top[:block])
    for lo in range(0, len(many.mask), block):
        n = min(block, len(many.mask) - lo)
        place = np.arange(lo, lo + n)
        lower, upper, depth = lower[:n], upper[:n], np.empty((n, width), exact)
        for k in range(n_few):
            np.minimum(many.bottom[lo : lo + n], bottom[k : k + n], out=lower)
            np.maximum(many.top[lo : lo + n], top[k : k + n], out=upper)
            np.maximum(lower, upper, out=lower)
            np.subtract(lower, upper, out=lower)
            depth[...] = lower
            sums[round_[k : k + n], place] = depth @ ones
    return sums


def _by_mask(shared: Floats, mask: Int64s, n: int) -> Floats:
    """Rows of sheets added up to rows of masks, `(n, k)`."""
    if np.array_equal(mask, np.arange(n)):
        return shared
    sums = np.zeros((n, shared.shape[1]))
    if len(mask):
        first = np.flatnonzero(np.append(True, mask[1:] != mask[:-1]))
        sums[mask[first]] = np.add.reduceat(shared, first, axis=0)
    return sums
