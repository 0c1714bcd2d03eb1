"""How much masks overlap, on run lengths alone. Values equal those of pycocotools."""

from __future__ import annotations

import numpy as np

from masklet.core.arrays import Floats, Int32s, Int64s, UInt32s
from masklet.core.errors import DataError
from masklet.core.masks import Masks
from masklet.ops.columns import columns_of, dense_pays, shared_by_all, shared_by_pairs
from masklet.ops.runs import area, intersection
from masklet.ops.table import areas

_CHUNK = 256
"""Pairs worked on at a time, so that they stay in the processor's cache."""


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
    area_a = areas(a)
    area_b = area_a if b is a else areas(b)
    return _ratio(intersections(a, b), area_a[:, None], area_b[None, :])


def iou_pairs(a: Masks, b: Masks) -> Floats:
    """Row `i` of `a` against row `i` of `b`, `(n,) float64`."""
    return _ratio(intersections_pairs(a, b), areas(a), areas(b))


def intersections(a: Masks, b: Masks) -> Int64s:
    """Shared pixels of every row of `a` with every row of `b`, `(len(a), len(b)) int64`.

    Raises `DataError` where frames differ in size.
    """
    if not len(a) or not len(b):
        return np.zeros((len(a), len(b)), np.int64)
    size_wh = _common_size(a, b)
    mine = columns_of(a)
    theirs = mine if b is a else columns_of(b)
    box_a, box_b = mine.boxes(), theirs.boxes()
    apart = np.zeros((len(a), len(b)), np.bool_)
    for low, high in ((0, 2), (1, 3)):
        apart |= box_a[:, low, None] >= box_b[None, :, high]
        apart |= box_b[None, :, low] >= box_a[:, high, None]
    meeting = np.argwhere(~apart)
    if dense_pays(mine, theirs, len(meeting)):
        return shared_by_all(mine, theirs, size_wh)
    shared = np.zeros((len(a), len(b)), np.int64)
    for part in np.array_split(meeting, 1 + len(meeting) // (4 * _CHUNK)):
        i, j = part[:, 0], part[:, 1]
        shared[i, j] = shared_by_pairs(mine, theirs, i, j)
    return shared


def intersections_pairs(a: Masks, b: Masks) -> Int64s:
    """Shared pixels of row `i` of `a` with row `i` of `b`, `(n,) int64`.

    Raises `DataError` where the tables differ in length or a pair of frames in size.
    """
    if len(a) != len(b):
        raise DataError(f"{len(a)} rows cannot be paired with {len(b)} rows; expected as many")
    wrong = np.flatnonzero(np.any(_sizes(a) != _sizes(b), axis=1))
    if len(wrong):
        (w, h), (other_w, other_h) = _sizes(a)[wrong[0]].tolist(), _sizes(b)[wrong[0]].tolist()
        raise DataError(
            f"row {wrong[0]} pairs a mask of {w}x{h} with one of {other_w}x{other_h} pixels; "
            "expected equal sizes"
        )
    shared = np.zeros(len(a), np.int64)
    for start in range(0, len(a), _CHUNK):
        stop = min(start + _CHUNK, len(a))
        rows = np.arange(stop - start)
        shared[start:stop] = shared_by_pairs(
            columns_of(a, start, stop), columns_of(b, start, stop), rows, rows
        )
    return shared


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


def _ratio(shared: Int64s, area_a: Int64s, area_b: Int64s) -> Floats:
    union = area_a + area_b - shared
    ratio: Floats = np.divide(shared, union, out=np.zeros(shared.shape), where=union > 0)
    return ratio
