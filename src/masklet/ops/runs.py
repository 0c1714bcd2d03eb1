"""One mask as run lengths: made, combined, measured and drawn out again.

Runs are `(k,) uint32`, column by column from the top-left pixel, background first (COCO's order),
and sum to width x height. They are *canonical*: no run is zero, except the first one where the
top-left pixel is foreground. An empty mask is `[width * height]`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from masklet.core.arrays import Bools, Int64s, UInt32s
from masklet.core.errors import DataError
from masklet.ops import codec
from masklet.ops.spans import Places, column_spans, from_toggles, spans, toggles

Box = tuple[int, int, int, int]


def empty(size_wh: tuple[int, int]) -> UInt32s:
    """Runs of a mask without foreground."""
    return np.array([size_wh[0] * size_wh[1]], np.uint32)


def encode(mask: Bools) -> UInt32s:
    """Runs of a whole frame, `(h, w) bool` (anything non-zero is foreground)."""
    h, w = mask.shape
    mask = np.asarray(mask, np.bool_)
    rows = np.flatnonzero(mask.any(axis=1))
    if not len(rows):
        return empty((w, h))
    y0, y1 = int(rows[0]), int(rows[-1]) + 1
    columns = np.flatnonzero(mask[y0:y1].any(axis=0))
    x0, x1 = int(columns[0]), int(columns[-1]) + 1
    return encode_crop(mask[y0:y1, x0:x1], (x0, y0), (w, h))


def encode_crop(crop: Bools, offset_xy: tuple[int, int], size_wh: tuple[int, int]) -> UInt32s:
    """Runs of a mask that is known inside a crop and background elsewhere.

    Args:
        crop: `(ch, cw) bool`.
        offset_xy: the crop's top-left pixel on the frame; parts beyond the frame are cut off.
        size_wh: the frame.
    """
    (x, y), (w, h) = offset_xy, size_wh
    if x < 0 or y < 0 or x + crop.shape[1] > w or y + crop.shape[0] > h:
        crop = crop[max(0, -y) : max(0, h - y), max(0, -x) : max(0, w - x)]
        x, y = max(x, 0), max(y, 0)
    ch, cw = crop.shape
    if ch == 0 or cw == 0:
        return empty(size_wh)
    crop = np.asarray(crop, np.bool_)
    edge = np.empty((ch + 1, cw), np.bool_)
    edge[0], edge[-1] = crop[0], crop[-1]
    np.not_equal(crop[1:], crop[:-1], out=edge[1:-1])
    found: Places = edge.reshape(-1).nonzero()[0].astype(np.uint32 if w * h < 1 << 32 else np.uint64)
    kind = found.dtype.type
    places: Places = found // kind(cw)  # the row; place = column * h + row, modulo the type's range
    places *= kind((1 - cw * h) % (1 << 8 * found.itemsize))
    places += found * kind(h)
    places.sort()
    places += kind(x * h + y)
    if ch == h:
        places = _without_pairs(places)
    if len(places) and places[-1] == w * h:
        places = places[:-1]
    return from_toggles(places, w * h)


def _without_pairs(places: Places) -> Places:
    """Sorted places without those that occur twice (one column's foot is the next one's head)."""
    same = np.flatnonzero(places[1:] == places[:-1])
    return np.delete(places, np.concatenate([same, same + 1])) if len(same) else places


def decode(runs: UInt32s, size_wh: tuple[int, int]) -> Bools:
    """The whole frame, `(h, w) bool`, C order."""
    w, h = size_wh
    crop, (x, y) = decode_crop(runs, size_wh)
    frame = np.zeros((h, w), np.bool_)
    frame[y : y + crop.shape[0], x : x + crop.shape[1]] = crop
    return frame


def decode_crop(
    runs: UInt32s, size_wh: tuple[int, int], box_xyxy: Box | None = None
) -> tuple[Bools, tuple[int, int]]:
    """The part of a mask inside a box.

    Args:
        runs: `(k,) uint32`.
        size_wh: the frame.
        box_xyxy: half-open, may reach beyond the frame (background there); None = the mask's own box.

    Returns:
        `(y1 - y0, x1 - x0) bool`, C order, and (x0, y0). An empty mask without a box gives `(0, 0)`.
    """
    columns, offset = decode_columns(runs, size_wh, box_xyxy)
    return np.ascontiguousarray(columns.T), offset


def decode_columns(
    runs: UInt32s, size_wh: tuple[int, int], box_xyxy: Box | None = None
) -> tuple[Bools, tuple[int, int]]:
    """What `decode_crop` gives, column by column, `(x1 - x0, y1 - y0) bool` in C order.

    For those who can turn it faster than numpy, or need not.
    """
    x0, y0, x1, y1 = box_xyxy if box_xyxy is not None else box(runs, size_wh)
    ch, cw = max(0, y1 - y0), max(0, x1 - x0)
    starts, ends = spans(runs)
    keep = (ends > starts) & (ends > x0 * size_wh[1]) & (starts < x1 * size_wh[1])
    column, top, bottom, _ = column_spans(starts[keep], ends[keep], size_wh[1])
    column, top, bottom = column - x0, np.maximum(top - y0, 0), np.minimum(bottom - y0, ch)
    inside = (top < bottom) & (column >= 0) & (column < cw)
    column, top, bottom = column[inside], top[inside], bottom[inside]
    return _paint(column, top, bottom, (cw, ch)), (x0, y0)


def _paint(column: Int64s, top: Int64s, bottom: Int64s, size_wh: tuple[int, int]) -> Bools:
    """`(w, h) bool`, columns, from column spans that are sorted and apart."""
    w, h = size_wh
    edges = np.empty(2 * len(column) + 2, np.int64)
    edges[0], edges[-1] = 0, w * h
    edges[1:-1:2] = column * h + top
    edges[2:-1:2] = column * h + bottom
    values = np.zeros(len(edges) - 1, np.bool_)
    values[1::2] = True
    flat: Bools = np.repeat(values, np.diff(edges))
    return flat.reshape(w, h)


def area(runs: UInt32s) -> int:
    """Foreground pixels."""
    return int(runs[1::2].sum(dtype=np.int64))


def box(runs: UInt32s, size_wh: tuple[int, int]) -> Box:
    """(x0, y0, x1, y1), half-open; (0, 0, 0, 0) for an empty mask."""
    starts, ends = spans(runs)
    if len(starts) and not np.all(ends > starts):
        kept = ends > starts
        starts, ends = starts[kept], ends[kept]
    if not len(starts):
        return 0, 0, 0, 0
    h = size_wh[1]
    first, last = starts // h, (ends - 1) // h
    x0, x1 = int(first[0]), int(last[-1]) + 1
    if np.any(first != last):
        return x0, 0, x1, h
    return x0, int((starts - first * h).min()), x1, int((ends - last * h).max())


def union(a: UInt32s, b: UInt32s) -> UInt32s:
    """Pixels in either mask; both on one frame."""
    return _combine(a, b, np.logical_or)


def intersection(a: UInt32s, b: UInt32s) -> UInt32s:
    """Pixels in both masks."""
    return _combine(a, b, np.logical_and)


def difference(a: UInt32s, b: UInt32s) -> UInt32s:
    """Pixels of `a` that are not in `b`."""
    return _combine(a, b, np.greater)


def complement(runs: UInt32s) -> UInt32s:
    """Background and foreground exchanged."""
    total = int(runs.sum(dtype=np.int64))
    places = toggles(runs)
    if len(places) and places[0] == 0:
        return from_toggles(places[1:], total)
    return from_toggles(np.concatenate([[0], places]), total)


def canonical(runs: UInt32s) -> UInt32s:
    """The same mask without superfluous runs of length zero."""
    if len(runs) and np.all(runs[1:] != 0):
        return np.asarray(runs, np.uint32)
    return union(runs, empty((int(runs.sum(dtype=np.int64)), 1)))


def _combine(a: UInt32s, b: UInt32s, rule: Callable[[Bools, Bools], Bools]) -> UInt32s:
    total = int(a.sum(dtype=np.int64))
    if total != int(b.sum(dtype=np.int64)):
        raise DataError(
            f"masks of {total} and {int(b.sum(dtype=np.int64))} pixels cannot be combined; "
            "expected masks of one frame size"
        )
    in_a, in_b = toggles(a), toggles(b)
    places = np.sort(np.concatenate([in_a, in_b]), kind="stable")
    places = places[np.append(places[1:] != places[:-1], True)] if len(places) else places
    odd_a = (np.searchsorted(in_a, places, "right") & 1).astype(np.bool_)
    odd_b = (np.searchsorted(in_b, places, "right") & 1).astype(np.bool_)
    inside = rule(odd_a, odd_b)
    before = np.concatenate([[False], inside[:-1]]) if len(inside) else inside
    kept = places[inside != before]
    return from_toggles(kept[kept < total], total)


def to_coco(runs: UInt32s, size_wh: tuple[int, int]) -> bytes:
    """COCO's compressed counts (`rleToString` of pycocotools, byte for byte)."""
    del size_wh
    return codec.pack(runs, np.array([0, len(runs)]))[0]


def from_coco(counts: bytes | str | Sequence[int], size_wh: tuple[int, int]) -> UInt32s:
    """Canonical runs from COCO counts, compressed (bytes, text) or plain numbers.

    Raises `DataError` where the counts are not of COCO's alphabet or do not fill the frame.
    """
    runs, _ = codec.unpack([counts], np.array([size_wh], np.int64))
    return runs
