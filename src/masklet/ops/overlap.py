"""How much masks overlap, on run lengths alone. Values equal those of pycocotools."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from masklet.core.arrays import Bools, Floats, Int32s, Int64s, UInt32s, gathered
from masklet.core.errors import DataError
from masklet.core.masks import Masks
from masklet.ops.blocks import (
    Blocks,
    blocks_of,
    crowded,
    meeting,
    meeting_rows,
    shared_by_pairs,
)
from masklet.ops.runs import area, intersection

_CHUNK = 200_000
"""Runs laid out at a time, so that they stay in the processor's cache."""


def iou_runs(a: UInt32s, b: UInt32s) -> float:
    """Intersection over union of two masks of one frame size; 0 where both are empty."""
    shared = intersection_runs(a, b)
    total = area(a) + area(b) - shared
    return shared / total if total else 0.0


def intersection_runs(a: UInt32s, b: UInt32s) -> int:
    """Pixels in both masks."""
    return area(intersection(a, b))


def iou(a: Masks, b: Masks) -> Floats:
    """Every row of `a` against every row of `b`, `(len(a), len(b)) float64`.

    Frames and objects are not looked at; all frames must have one size. Two empty masks give 0.
    """
    found = np.zeros((len(a), len(b)))
    met = _all(a, b)
    found.reshape(-1)[met.place] = met.shared / (met.total - met.shared)
    return found


def iou_pairs(a: Masks, b: Masks) -> Floats:
    """Row `i` of `a` against row `i` of `b`, `(n,) float64`."""
    found = np.zeros(len(a))
    for met in _pairs(a, b):
        found[met.place] = met.shared / (met.total - met.shared)
    return found


def intersections(a: Masks, b: Masks) -> Int64s:
    """Shared pixels of every row of `a` with every row of `b`, `(len(a), len(b)) int64`.

    Raises `DataError` where frames differ in size.
    """
    found = np.zeros((len(a), len(b)), np.int64)
    met = _all(a, b)
    found.reshape(-1)[met.place] = met.shared
    return found


def intersections_pairs(a: Masks, b: Masks) -> Int64s:
    """Shared pixels of row `i` of `a` with row `i` of `b`, `(n,) int64`.

    Raises `DataError` where the tables differ in length or a pair of frames in size.
    """
    found = np.zeros(len(a), np.int64)
    for met in _pairs(a, b):
        found[met.place] = met.shared
    return found


def intersections_at(a: Masks, b: Masks, i: Int64s, j: Int64s) -> Int64s:
    """Shared pixels of row `i[p]` of `a` with row `j[p]` of `b`, `(p,) int64`.

    For tables on common frames, of which only rows of one frame (or one label) are to be compared: each
    row is laid out once, however many pairs it is in. Raises `DataError` where a pair of frames
    differs in size.
    """
    found = np.zeros(len(i), np.int64)
    sizes, other = _sizes(a)[i], _sizes(b)[j]
    if np.any(sizes != other):
        at = int(np.argmax(np.any(sizes != other, axis=1)))
        (w, h), (other_w, other_h) = sizes[at].tolist(), other[at].tolist()
        raise DataError(
            f"a mask of {w}x{h} is paired with one of {other_w}x{other_h} pixels; expected equal sizes"
        )
    key = sizes[:, 0].astype(np.int64) << 32 | sizes[:, 1]
    order = np.lexsort((i, key))
    lengths = np.diff(a.offset)[i[order]]
    lengths[1:][i[order[1:]] == i[order[:-1]]] = 0
    change = np.diff(np.cumsum(lengths) // _CHUNK, prepend=0) + np.diff(
        key[order], prepend=key[order[:1]]
    )
    for part in np.split(order, np.flatnonzero(change)):
        if len(part):
            found[part] = _shared_at(
                a, b, i[part], j[part], (int(sizes[part[0], 0]), int(sizes[part[0], 1]))
            )
    return found


def _shared_at(a: Masks, b: Masks, i: Int64s, j: Int64s, size_wh: tuple[int, int]) -> Int64s:
    """The same for pairs on frames of one size, all at once."""
    a_rows, mine_at = np.unique(i, return_inverse=True)
    b_rows, theirs_at = np.unique(j, return_inverse=True)
    mine, theirs = _laid_out(a, a_rows, size_wh), _laid_out(b, b_rows, size_wh)
    boxes, other = mine.boxes[mine_at], theirs.boxes[theirs_at]
    meet = np.all(np.maximum(boxes, other)[:, :2] < np.minimum(boxes, other)[:, 2:], axis=1)
    found = np.zeros(len(i), np.int64)
    found[meet] = _shared(a, b, mine, theirs, mine_at[meet], theirs_at[meet], a_rows, b_rows)
    return found


class _Met(NamedTuple):
    """Pairs of masks whose boxes meet: where they belong in the answer, and their pixels, `(p,)` each.

    Args:
        place: index into the flat answer.
        shared: pixels in both masks.
        total: the areas of both, added up; more than 0.
    """

    place: Int64s
    shared: Int64s
    total: Int64s


def _all(a: Masks, b: Masks) -> _Met:
    """Every row with every row."""
    if not len(a) or not len(b):
        return _Met(*np.zeros((3, 0), np.int64))
    size_wh = _common_size(a, b)
    mine = blocks_of(a.runs, a.offset, size_wh)
    theirs = mine if b is a else blocks_of(b.runs, b.offset, size_wh)
    place, i, j = meeting(mine, theirs)
    return _Met(place, _shared(a, b, mine, theirs, i, j), mine.area[i] + theirs.area[j])


def _pairs(a: Masks, b: Masks) -> Iterator[_Met]:
    """Row by row; some rows at a time."""
    if len(a) != len(b):
        raise DataError(f"{len(a)} rows cannot be paired with {len(b)} rows; expected as many")
    sizes = _sizes(a)
    wrong = np.flatnonzero(np.any(sizes != _sizes(b), axis=1))
    if len(wrong):
        (w, h), (other_w, other_h) = sizes[wrong[0]].tolist(), _sizes(b)[wrong[0]].tolist()
        raise DataError(
            f"row {wrong[0]} pairs a mask of {w}x{h} with one of {other_w}x{other_h} pixels; "
            "expected equal sizes"
        )
    step = 1 + len(a) * _CHUNK // max(len(a.runs), len(b.runs), 1)
    changes = np.flatnonzero(np.any(sizes[1:] != sizes[:-1], axis=1)) + 1
    for begin, end in pairwise([0, *changes.tolist(), len(a)]):
        for start in range(begin, end, step):
            rows = slice(start, min(start + step, end))
            w, h = sizes[start].tolist()
            mine, theirs = _part(a, rows, (w, h)), _part(b, rows, (w, h))
            i = meeting_rows(mine, theirs)
            shared = _shared(a, b, mine, theirs, i, i, np.arange(start, rows.stop))
            yield _Met(i + start, shared, mine.area[i] + theirs.area[i])


def _laid_out(masks: Masks, rows: Int64s, size_wh: tuple[int, int]) -> Blocks:
    """Some rows, sorted; those that follow one another are not copied."""
    if rows[-1] - rows[0] + 1 == len(rows):
        return _part(masks, slice(int(rows[0]), int(rows[-1]) + 1), size_wh)
    return blocks_of(*gathered(masks.runs, masks.offset, rows), size_wh)


def _part(masks: Masks, rows: slice, size_wh: tuple[int, int]) -> Blocks:
    offset = masks.offset[rows.start : rows.stop + 1]
    return blocks_of(masks.runs[offset[0] : offset[-1]], offset - offset[0], size_wh)


def _shared(
    a: Masks,
    b: Masks,
    mine: Blocks,
    theirs: Blocks,
    i: Int64s,
    j: Int64s,
    a_rows: Int64s | None = None,
    b_rows: Int64s | None = None,
) -> Int64s:
    """Pixels that pairs share.

    `mine` lays out the rows `a_rows` of `a`, `theirs` the rows `b_rows` of `b`: all where None is
    given, and `b_rows` those of `a_rows`.
    """
    many = crowded(mine, theirs, i, j)
    if many is None:
        return shared_by_pairs(mine, theirs, i, j)
    found = np.zeros(len(i), np.int64)
    few = ~many
    found[few] = shared_by_pairs(mine, theirs, i[few], j[few])
    i, j = i[many], j[many]
    if a_rows is not None:
        i, j = a_rows[i], (a_rows if b_rows is None else b_rows)[j]
    found[many] = _shared_pixels(a, b, i, j)
    return found


def _shared_pixels(a: Masks, b: Masks, i: Int64s, j: Int64s) -> list[int]:
    """The same from the pixels of whole frames, for masks of very many small pieces."""
    found, last = [], -1
    pixels = np.empty(0, np.bool_)
    for row, other in zip(i.tolist(), j.tolist(), strict=True):
        if row != last:
            pixels, last = _pixels(a.row_runs(row)), row
        found.append(int(np.count_nonzero(pixels & _pixels(b.row_runs(other)))))
    return found


def _pixels(runs: UInt32s) -> Bools:
    """`(w * h,) bool`, column by column."""
    return np.repeat((np.arange(len(runs)) & 1).astype(np.bool_), runs)


def _common_size(a: Masks, b: Masks) -> tuple[int, int]:
    """The one frame size of all rows; `DataError` where there are several."""
    plain = a.video.frame_sizes is None and b.video.frame_sizes is None
    rows = slice(0, 1) if plain else slice(None)
    sizes = np.concatenate([one.video.sizes_wh(one.frame[rows]) for one in (a, b)])
    wrong = np.flatnonzero(np.any(sizes != sizes[0], axis=1))
    (w, h), (other_w, other_h) = sizes[0].tolist(), sizes[wrong[0] if len(wrong) else 0].tolist()
    if len(wrong):
        raise DataError(
            f"masks of {w}x{h} and {other_w}x{other_h} pixels cannot be compared; "
            "expected one frame size"
        )
    return w, h


def _sizes(masks: Masks) -> Int32s:
    return masks.video.sizes_wh(masks.frame)
