"""One mask as run lengths: column by column, background first, over the whole frame."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from pycocotools import mask as coco

from masklet.core.arrays import Bools, Int64s, UInt32s
from masklet.core.errors import DataError


def encode(mask_hw: Bools) -> UInt32s:
    """Canonical runs of a `(h, w) bool` mask."""
    flat = np.asarray(mask_hw, bool).ravel(order="F")
    edges = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    ends = np.concatenate([edges, [flat.size]])
    runs = np.diff(ends, prepend=0)
    return (np.concatenate([[0], runs]) if flat.size and flat[0] else runs).astype(np.uint32)


def encode_crop(crop: Bools, offset_xy: tuple[int, int], size_wh: tuple[int, int]) -> UInt32s:
    """Canonical runs of a full frame whose foreground is `crop`, placed at (x, y)."""
    (x, y), (width, height) = offset_xy, size_wh
    h, w = crop.shape
    if x < 0 or y < 0 or x + w > width or y + h > height:
        raise DataError(f"a crop of {w}x{h} at ({x}, {y}) does not fit into {width}x{height}")
    padded = np.zeros((w, h + 2), np.int8)
    padded[:, 1:-1] = crop.T
    step = np.diff(padded, axis=1)
    column, row = np.nonzero(step)
    where = (x + column) * height + y + row
    return from_boundaries(where, width * height)


def from_boundaries(where: Int64s, total: int) -> UInt32s:
    """Runs from rising positions at which the value flips; a pair of equal positions cancels."""
    flips, count = np.unique(where, return_counts=True)
    flips = flips[count % 2 == 1]
    inside = flips[flips < total]
    return np.diff(np.concatenate([[0], inside, [total]])).astype(np.uint32)


def boundaries(runs: UInt32s) -> Int64s:
    """Positions at which the value flips, the end of the frame left out."""
    return np.cumsum(runs[:-1], dtype=np.int64)


def decode(runs: UInt32s, size_wh: tuple[int, int]) -> Bools:
    """`(h, w) bool`."""
    width, height = size_wh
    values = np.zeros(len(runs), bool)
    values[1::2] = True
    return np.repeat(values, runs).reshape(width, height).T


def box(runs: UInt32s, size_wh: tuple[int, int]) -> tuple[int, int, int, int]:
    """(x0, y0, x1, y1) half-open; four zeros where empty."""
    height = size_wh[1]
    ends = np.cumsum(runs, dtype=np.int64)
    first, last = ends[0:-1:2], ends[1::2] - 1
    keep = last >= first[: len(last)]
    first, last = first[: len(last)][keep], last[keep]
    if not len(first):
        return 0, 0, 0, 0
    x0, x1 = int(first[0] // height), int(last[-1] // height) + 1
    if np.any(first // height != last // height):
        return x0, 0, x1, height
    return x0, int((first % height).min()), x1, int((last % height).max()) + 1


def decode_crop(
    runs: UInt32s, size_wh: tuple[int, int], box_xyxy: tuple[int, int, int, int] | None = None
) -> tuple[Bools, tuple[int, int]]:
    """(crop `(h, w) bool`, (x, y)): the mask inside a box, by default its own."""
    x0, y0, x1, y1 = box_xyxy if box_xyxy is not None else box(runs, size_wh)
    return decode(runs, size_wh)[y0:y1, x0:x1].copy(), (x0, y0)


def area(runs: UInt32s) -> int:
    """Foreground pixels."""
    return int(runs[1::2].sum(dtype=np.int64))


def complement(runs: UInt32s) -> UInt32s:
    """Everything else."""
    return runs[1:].copy() if runs[0] == 0 else np.concatenate([[0], runs]).astype(np.uint32)


def union(a: UInt32s, b: UInt32s) -> UInt32s:
    """In a or in b."""
    return _combine(a, b, np.logical_or)


def intersection(a: UInt32s, b: UInt32s) -> UInt32s:
    """In a and in b."""
    return _combine(a, b, np.logical_and)


def difference(a: UInt32s, b: UInt32s) -> UInt32s:
    """In a and not in b."""
    return _combine(a, b, lambda p, q: p & ~q)


def _combine(a: UInt32s, b: UInt32s, rule: Callable[[Bools, Bools], Bools]) -> UInt32s:
    ends_a, ends_b = np.cumsum(a, dtype=np.int64), np.cumsum(b, dtype=np.int64)
    if ends_a[-1] != ends_b[-1]:
        raise DataError(f"masks of {ends_a[-1]} and {ends_b[-1]} pixels; expected the same frame size")
    ends = np.union1d(ends_a, ends_b)
    ends = ends[ends > 0]
    starts = np.concatenate([[0], ends[:-1]])
    in_a = np.searchsorted(ends_a, starts, side="right") % 2 == 1
    in_b = np.searchsorted(ends_b, starts, side="right") % 2 == 1
    value = rule(in_a, in_b)
    flips = starts[np.flatnonzero(np.diff(value, prepend=False))]
    return np.diff(np.concatenate([[0], flips, [ends[-1]]])).astype(np.uint32)


def to_coco(runs: UInt32s, size_wh: tuple[int, int]) -> bytes:
    """COCO's compressed counts."""
    width, height = size_wh
    made: bytes = coco.frPyObjects({"size": [height, width], "counts": runs.tolist()}, height, width)["counts"]
    return made


def from_coco(counts: bytes | str | list[int], size_wh: tuple[int, int]) -> UInt32s:
    """Canonical runs of COCO counts, compressed or not."""
    width, height = size_wh
    if isinstance(counts, list):
        return np.asarray(counts, np.uint32)
    text = counts.encode() if isinstance(counts, str) else counts
    return encode(coco.decode({"size": [height, width], "counts": text}).astype(bool))
