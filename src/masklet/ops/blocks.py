"""Masks of a table laid out in blocks of columns, and how much they share. The engine under `overlap`.

Within one column a mask is mostly one stretch, so that two masks share `min(ends) - max(starts)`
there. Sixteen columns that lie side by side make a block; blocks of all masks begin at the same
columns of the frame, so that two masks are compared by fetching whole blocks and laying them against
one another: a few operations on whole arrays, where a merge of run lengths goes one by one.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from masklet.core.arrays import Bools, Int64s, UInt32s
from masklet.ops.runs import canonical
from masklet.ops.spans import Places, column_spans

_SHIFT = 4
WIDE = 1 << _SHIFT
"""Columns of a block. Sums of a block are exact in single precision: 16 x height < 2^24."""
_CHUNK = 1 << 14
"""Rows laid against one another at a time, so that they stay in the processor's cache."""
_CROWDED = 1 << 10
"""Rows per block of a pair from which on its pixels are counted instead."""


class Blocks(NamedTuple):
    """`n` masks on frames of one size, cut into blocks.

    The blocks of all masks' boxes are counted through; that number is a *key*. A block has as many
    *rows* as one of its columns has stretches of foreground, at least one: row `k` holds stretch `k`
    of each column.

    Args:
        area: `(n,) int64`, pixels.
        boxes: `(n, 4) int32`: x0, y0, x1, y1 half-open; zeros for an empty mask.
        left, right: `(n,) int64`, blocks of the frame that the mask's box touches, half-open.
        base: `(n,) int64`, key of the frame's block 0, as if the mask reached there.
        begin: `(keys + 1,) int64`, key `j` owns rows `begin[j]:begin[j + 1]`.
        block: `(rows,) int64`, the block of the frame that a row lies in.
        top, bottom: `(rows, 16)`, half-open; both 0 where a column has no such stretch.
    """

    area: Int64s
    boxes: Places
    left: Int64s
    right: Int64s
    base: Int64s
    begin: Int64s
    block: Int64s
    top: Places
    bottom: Places


def blocks_of(runs: UInt32s, offset: Int64s, size_wh: tuple[int, int]) -> Blocks:
    """Lay out the masks of a table.

    Args:
        runs: `(r,) uint32`, the column of `Masks`, or a part of it.
        offset: `(n + 1,) int64`, beginning with 0.
        size_wh: the frame of all masks.
    """
    x0, x1 = _reach(runs, offset, size_wh)
    left, right = x0 // WIDE, -(-x1 // WIDE)
    base = np.cumsum(right - left) - right
    keys = int(base[-1] + right[-1]) if len(base) else 0
    edges = _edges(runs, offset, base * (WIDE * size_wh[1]), keys, size_wh)
    starts, ends = np.ascontiguousarray(edges[0::2]), np.ascontiguousarray(edges[1::2])
    lengths = ends - starts
    if not np.all(lengths):
        return blocks_of(*_canonical(runs, offset), size_wh)
    column, top, bottom, source = column_spans(starts, ends, edges.dtype.type(size_wh[1]))
    pairs = _gaps(offset) >> 1
    filled = np.flatnonzero(pairs)
    first = (np.cumsum(pairs) - pairs)[filled]
    area, boxes = np.zeros(len(pairs), np.int64), np.zeros((len(pairs), 4), np.int32)
    if len(filled):
        area[filled] = np.add.reduceat(lengths, first)
        first = first if source is None else np.searchsorted(source, first)
        boxes[:, 0], boxes[:, 2] = x0, x1
        boxes[filled, 1] = np.minimum.reduceat(top, first)
        boxes[filled, 3] = np.maximum.reduceat(bottom, first)
    begin, place = _rows(column, keys)
    block = np.repeat(np.arange(keys) - np.repeat(base, right - left), _gaps(begin))
    dtype = np.int16 if size_wh[1] < np.iinfo(np.int16).max else np.int32
    laid = (_laid(part, place, len(block), dtype) for part in (top, bottom))
    return Blocks(area, boxes, left, right, base, begin, block, *laid)


def _reach(runs: UInt32s, offset: Int64s, size_wh: tuple[int, int]) -> tuple[Int64s, Int64s]:
    """First column and end column of each mask, from its outer runs alone; zeros where it is empty."""
    w, h = size_wh
    lengths = _gaps(offset)
    left = runs[offset[:-1]].astype(np.int64) // h
    behind = np.where(lengths & 1, runs[offset[1:] - 1], 0).astype(np.int64)
    filled = lengths > 1
    return left * filled, (w - behind // h) * filled


def _canonical(runs: UInt32s, offset: Int64s) -> tuple[UInt32s, Int64s]:
    parts = [canonical(runs[a:b]) for a, b in pairwise(offset.tolist())]
    return np.concatenate(parts), np.cumsum([0, *map(len, parts)])


def _edges(runs: UInt32s, offset: Int64s, begin: Int64s, keys: int, size_wh: tuple[int, int]) -> Places:
    """Starts and ends of all foreground in turn; the frame of mask `i` counts from `begin[i]` on.

    Unsigned numbers wrap round where `begin` is below zero, and come right again.
    """
    total = size_wh[0] * size_wh[1]
    narrow = max(total, keys * WIDE * size_wh[1]) < 1 << 32
    steps: Places = runs.astype(np.uint32 if narrow else np.int64)
    move = begin.copy()
    move[1:] -= begin[:-1] + total
    steps[offset[:-1]] += move.astype(steps.dtype)
    edges: Places = np.cumsum(steps, dtype=steps.dtype)
    kept = np.ones(len(edges), np.bool_)
    kept[offset[1:] - 1] = (_gaps(offset) & 1) == 0
    found: Places = edges[kept]
    return found


def _rows(column: Places, keys: int) -> tuple[Int64s, Int64s]:
    """`Blocks.begin`, and the place of each stretch in the rows, from the (rising) columns."""
    place = column.astype(np.int64)
    later = np.flatnonzero(column[1:] == column[:-1]) + 1
    if not len(later):
        return np.arange(keys + 1), place
    group = _changes(later[1:] - later[:-1] > 1)
    nth = later - np.repeat(later.take(group) - 1, _gaps(np.append(group, len(later))))
    block = column >> column.dtype.type(_SHIFT)
    crossed = block.take(later)
    group = _changes(crossed[1:] != crossed[:-1])
    deep = np.ones(keys, np.int64)
    deep[crossed[group]] += np.maximum.reduceat(nth, group)
    begin = np.concatenate([[0], np.cumsum(deep)])
    before = (begin[:-1] - np.arange(keys)) << _SHIFT
    place += before.take(block)
    place[later] = place.take(later) + (nth << _SHIFT)
    return begin, place


def _gaps(places: Int64s) -> Int64s:
    """`np.diff`, whose care for axes takes longer than the work where there are few."""
    return places[1:] - places[:-1]


def _changes(differ: Bools) -> Int64s:
    """0 and the places of elements that differ from the one before, given for all but the first."""
    return np.flatnonzero(np.concatenate([[True], differ]))


def _laid(values: Places, place: Int64s, rows: int, dtype: npt.DTypeLike) -> Places:
    laid: Places = np.zeros(rows * WIDE, dtype)
    laid[place] = values.astype(dtype)
    return laid.reshape(rows, WIDE)


def meeting(a: Blocks, b: Blocks) -> tuple[Int64s, Int64s, Int64s]:
    """Pairs of a mask of `a` and one of `b` whose boxes share pixels.

    Returns: place in the flattened table of all pairs, number in `a`, number in `b`; `(p,)` each.
    """
    mine, theirs = np.ascontiguousarray(a.boxes.T), np.ascontiguousarray(b.boxes.T)
    meet: Bools = mine[0][:, None] < theirs[2]
    meet &= mine[2][:, None] > theirs[0]
    meet &= mine[1][:, None] < theirs[3]
    meet &= mine[3][:, None] > theirs[1]
    place = np.flatnonzero(meet)
    i, j = np.divmod(place, len(b.boxes))
    return place, i, j


def meeting_rows(a: Blocks, b: Blocks) -> Int64s:
    """Numbers of the masks whose boxes share pixels with the mask of the same number in `b`, `(p,)`."""
    low = np.maximum(a.boxes[:, :2], b.boxes[:, :2])
    high = np.minimum(a.boxes[:, 2:], b.boxes[:, 2:])
    return np.flatnonzero(np.all(low < high, axis=1))


def crowded(a: Blocks, b: Blocks, i: Int64s, j: Int64s) -> Bools | None:
    """Pairs with so many stretches in a column that their pixels are sooner counted; None if none."""
    deep_a, deep_b = _deepest(a), _deepest(b)
    if deep_a.max(initial=1) * deep_b.max(initial=1) <= _CROWDED:
        return None
    many: Bools = deep_a[i] * deep_b[j] > _CROWDED
    return many


def _deepest(blocks: Blocks) -> Int64s:
    """Most rows in a block of each mask, `(n,)`."""
    deepest = np.ones(len(blocks.base), np.int64)
    filled = np.flatnonzero(blocks.right > blocks.left)
    if len(blocks.block) >= len(blocks.begin):
        first = (blocks.base + blocks.left)[filled]
        deepest[filled] = np.maximum.reduceat(np.diff(blocks.begin), first)
    return deepest


def shared_by_pairs(a: Blocks, b: Blocks, i: Int64s, j: Int64s) -> Int64s:
    """Pixels that mask `i[p]` of `a` shares with mask `j[p]` of `b`, `(p,) int64`; boxes must meet."""
    low, high = np.maximum(a.left[i], b.left[j]), np.minimum(a.right[i], b.right[j])
    key = a.base[i]
    first = a.begin[key + low]
    n_rows = a.begin[key + high] - first
    base = b.base[j]
    work = n_rows * (len(b.block) / max(1, len(b.begin) - 1))
    cuts = np.flatnonzero(np.diff(np.cumsum(work) // _CHUNK)) + 1
    found = np.zeros(len(i), np.int64)
    for lo, hi in pairwise([0, *cuts.tolist(), len(i)]):
        part = slice(lo, hi)
        found[part] = _shared_rows(a, b, first[part], n_rows[part], base[part])
    return found


def _shared_rows(a: Blocks, b: Blocks, first: Int64s, n_rows: Int64s, base: Int64s) -> Int64s:
    """Pixels that rows `first[p]`, `first[p] + 1` ... of `a` share with a mask of `b`.

    Args:
        a, b: masks.
        first, n_rows: rows of `a`.
        base: `Blocks.base` of the mask of `b`.
    """
    ends = np.cumsum(n_rows)
    mine = _counted(first, n_rows, ends)
    theirs = a.block[mine] + np.repeat(base, n_rows)
    if len(b.block) >= len(b.begin):
        start = b.begin[theirs]
        deep = b.begin[theirs + 1] - start
        all_ends = np.cumsum(deep)
        mine, theirs = np.repeat(mine, deep), _counted(start, deep, all_ends)
        ends = all_ends[ends - 1]
    lower = a.bottom.take(mine, axis=0)
    np.minimum(lower, b.bottom.take(theirs, axis=0), out=lower)
    upper = a.top.take(mine, axis=0)
    np.maximum(upper, b.top.take(theirs, axis=0), out=upper)
    np.maximum(lower, upper, out=lower)
    lower -= upper
    sums = lower.astype(np.float32) @ np.ones(WIDE, np.float32)
    found: Int64s = np.diff(np.cumsum(sums, dtype=np.float64)[ends - 1], prepend=0).astype(np.int64)
    return found


def _counted(first: Int64s, lengths: Int64s, ends: Int64s) -> Int64s:
    """`first[p], first[p] + 1 ...`, `lengths[p]` of them, for each `p`; `ends` sums up the lengths."""
    counted: Int64s = np.repeat(first - (ends - lengths), lengths)
    counted += np.arange(len(counted))
    return counted
