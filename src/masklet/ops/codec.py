"""COCO's compressed run lengths, many masks at once.

Each count (from the fourth on: its difference to the count two before) is written in groups of five
bits, lowest first, in two's complement; bit 5 of a character says that more follow; 48 is added.
After `rleToString`/`rleFrString` of the COCO API (Lin et al., 2014).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from masklet.core.arrays import Bools, Int64s, UInt8s, UInt32s
from masklet.core.errors import DataError
from masklet.ops.spans import ragged

Counts = bytes | str | Sequence[int]
_WIDEST = 7
"""Characters that any count of a frame below 2^34 pixels needs at most."""


def pack(runs: UInt32s, offset: Int64s) -> list[bytes]:
    """Compressed counts of every mask in a table's columns `runs` and `offset`."""
    values = runs.astype(np.int64)
    _, within = ragged(np.diff(offset))
    late = np.flatnonzero(within > 2)
    values[late] -= runs[late - 2]
    width = np.ones(len(values), np.int64)
    for k in range(1, _WIDEST):
        limit = 1 << (5 * k - 1)
        width += (values < -limit) | (values >= limit)
    ends = np.cumsum(width)
    first = ends - width
    text = np.empty(int(ends[-1]) if len(ends) else 0, np.uint8)
    for k in range(int(width.max(initial=0))):
        here = np.flatnonzero(width > k)
        more = np.where(width[here] > k + 1, 32, 0)
        text[first[here] + k] = ((values[here] >> (5 * k)) & 31) + more + 48
    cuts = np.concatenate([[0], ends])[offset]
    whole = text.tobytes()
    return [whole[a:b] for a, b in pairwise(cuts.tolist())]


def unpack(counts: Sequence[Counts], sizes_wh: Int64s) -> tuple[UInt32s, Int64s]:
    """Columns `runs` and `offset` of many masks.

    Args:
        counts: per mask, compressed (bytes, text) or plain numbers.
        sizes_wh: `(n, 2)`, the frame that each must fill.

    Raises `DataError` for the first mask that cannot be read.
    """
    texts = [_as_bytes(one) for one in counts if isinstance(one, bytes | str)]
    if len(texts) == len(counts):
        values, offset = _unpack_text(texts)
    else:
        parts = [_plain(one) for one in counts]
        offset = np.concatenate([[0], np.cumsum([len(part) for part in parts])]).astype(np.int64)
        values = np.concatenate([np.empty(0, np.int64), *parts])
    _check(values, offset, np.asarray(sizes_wh, np.int64))
    return _canonical(values, offset)


def _as_bytes(text: bytes | str) -> bytes:
    return text.encode("utf-8") if isinstance(text, str) else text


def _plain(counts: Counts) -> Int64s:
    if isinstance(counts, bytes | str):
        return _unpack_text([_as_bytes(counts)])[0]
    try:
        values = np.asarray(counts)
    except (ValueError, TypeError, OverflowError) as error:
        raise DataError("run lengths are not a list of numbers; expected whole numbers") from error
    if values.ndim != 1 or (values.dtype.kind not in "iu" and len(values)):
        raise DataError(
            f"run lengths are {values.dtype} of shape {values.shape}; expected whole numbers"
        )
    return values.astype(np.int64)


def _unpack_text(texts: Sequence[bytes]) -> tuple[Int64s, Int64s]:
    raw: UInt8s = np.frombuffer(b"".join(texts), np.uint8)
    cuts = np.concatenate([[0], np.cumsum([len(text) for text in texts])]).astype(np.int64)
    bits = raw.astype(np.int64) - 48
    if len(bits) and (bits.min() < 0 or bits.max() > 63):
        wrong = chr(int(raw[np.flatnonzero((bits < 0) | (bits > 63))[0]]))
        raise DataError(f"compressed run lengths hold {wrong!r}; expected characters '0' to 'o'")
    closing: Bools = bits < 32
    n_closed = np.concatenate([[0], np.cumsum(closing)])
    offset = n_closed[cuts]
    if np.any((np.diff(cuts) > 0) & ~closing[np.maximum(cuts[1:] - 1, 0)] if len(bits) else False):
        raise DataError("compressed run lengths end inside a number; the text was cut short")
    ends = np.flatnonzero(closing)
    first = np.concatenate([[0], ends[:-1] + 1]).astype(np.int64) if len(ends) else ends
    width = ends - first + 1
    if len(width) and width.max() > _WIDEST:
        raise DataError(
            f"a compressed run length has {width.max()} characters; expected {_WIDEST} at most"
        )
    values = np.zeros(len(ends), np.int64)
    for k in range(int(width.max(initial=0))):
        here = np.flatnonzero(width > k)
        values[here] |= (bits[first[here] + k] & 31) << (5 * k)
    negative = (bits[ends] & 16) > 0
    values[negative] -= np.int64(1) << (5 * width[negative])
    return _undo_differences(values, offset), offset


def _undo_differences(values: Int64s, offset: Int64s) -> Int64s:
    """Counts from differences: odd places sum up from the second count, even ones from the third."""
    _, within = ragged(np.diff(offset))
    out = values.copy()
    for parity, start in ((1, 1), (0, 2)):
        here = np.flatnonzero((within % 2 == parity) & (within >= start))
        sums = np.cumsum(values[here])
        fresh = np.flatnonzero(within[here] == start)
        base = np.concatenate([[0], sums])[fresh]
        lengths = np.diff(np.append(fresh, len(here)))
        out[here] = sums - np.repeat(base, lengths)
    return out


def _check(values: Int64s, offset: Int64s, sizes_wh: Int64s) -> None:
    if len(values) and (values.min() < 0 or values.max() > np.iinfo(np.uint32).max):
        raise DataError("a run length is negative or far too large; the run lengths are damaged")
    sums = np.concatenate([[0], np.cumsum(values)])[offset]
    pixels = np.diff(sums)
    wrong = np.flatnonzero(pixels != sizes_wh[:, 0] * sizes_wh[:, 1])
    if len(wrong):
        i = int(wrong[0])
        w, h = sizes_wh[i].tolist()
        raise DataError(f"run lengths cover {pixels[i]} pixels; expected {w}x{h} = {w * h}")


def _canonical(values: Int64s, offset: Int64s) -> tuple[UInt32s, Int64s]:
    """Merge runs around zeros; nothing to do for what pycocotools writes."""
    _, within = ragged(np.diff(offset))
    if not np.any((values == 0) & (within > 0)):
        return values.astype(np.uint32), offset
    parts = [_merged(values[a:b]) for a, b in pairwise(offset.tolist())]
    lengths = np.array([len(part) for part in parts])
    return np.concatenate(parts), np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)


def _merged(values: Int64s) -> UInt32s:
    edges = np.cumsum(values)
    total, edges = int(edges[-1]), edges[:-1]
    places, times = np.unique(edges[edges < total], return_counts=True)
    places = places[times % 2 == 1]
    return np.diff(np.concatenate([[0], places, [total]])).astype(np.uint32)
