"""How much masks overlap, on run lengths alone. Values equal those of pycocotools."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from masklet.core.arrays import Bools, Floats, Int32s, Int64s, UInt32s
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
            shared = _shared(a, b, mine, theirs, i, i, start)
            yield _Met(i + start, shared, mine.area[i] + theirs.area[i])


def _part(masks: Masks, rows: slice, size_wh: tuple[int, int]) -> Blocks:
    offset = masks.offset[rows.start : rows.stop + 1]
    return blocks_of(masks.runs[offset[0] : offset[-1]], offset - offset[0], size_wh)


def _shared(
    a: Masks, b: Masks, mine: Blocks, theirs: Blocks, i: Int64s, j: Int64s, start: int = 0
) -> Int64s:
    """Pixels that pairs share; `mine` and `theirs` are laid out from row `start` on."""
    many = crowded(mine, theirs, i, j)
    if many is None:
        return shared_by_pairs(mine, theirs, i, j)
    found = np.zeros(len(i), np.int64)
    few = ~many
    found[few] = shared_by_pairs(mine, theirs, i[few], j[few])
    found[many] = _shared_pixels(a, b, i[many] + start, j[many] + start)
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
