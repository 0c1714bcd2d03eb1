"""Run lengths as small blobs, a whole table at once.

A blob is the row's runs, each minus the run two before it (neighbouring columns of a mask look
alike, so the differences are small), zigzag-folded to be non-negative and written as
little-endian base-128 numbers (LEB128). The differencing is that of COCO's compressed strings;
seven payload bits a byte instead of five make it smaller, and every step is a numpy operation over
many rows, so that no Python loop visits a run.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from masklet.core.arrays import Int64s, UInt8s, UInt32s
from masklet.core.errors import DataError

_BLOCK = 1 << 20
"""Runs (or bytes) worked on at a time: keeps the temporaries in the processor's cache."""
_LONGEST = 5
"""Bytes of the largest number: 33 bits, a zigzag-folded difference of two 32-bit runs."""


def encode_runs(runs: UInt32s, offset: Int64s) -> list[bytes]:
    """One blob a row.

    Args:
        runs: `(r,) uint32`, run lengths of all rows one after the other.
        offset: `(n + 1,) int64`, row `i` owns `runs[offset[i]:offset[i + 1]]`.
    """
    blobs: list[bytes] = []
    for first, last in _blocks(offset):
        part = offset[first : last + 1]
        blobs += _encode_block(runs[part[0] : part[-1]], part - part[0])
    return blobs


def decode_runs(blobs: Sequence[bytes]) -> tuple[UInt32s, Int64s]:
    """`runs` and `offset` of the rows behind `blobs`; the inverse of `encode_runs`.

    Raises `DataError` for a blob that `encode_runs` cannot have written.
    """
    ends = np.cumsum([0, *map(len, blobs)], dtype=np.int64)
    parts: list[UInt32s] = []
    counts: list[Int64s] = []
    for first, last in _blocks(ends):
        data = np.frombuffer(b"".join(blobs[first:last]), np.uint8)
        runs, lengths = _decode_block(data, ends[first : last + 1] - ends[first])
        parts.append(runs)
        counts.append(lengths)
    offset = np.zeros(len(blobs) + 1, np.int64)
    if counts:
        np.cumsum(np.concatenate(counts), out=offset[1:])
    return np.concatenate(parts) if parts else np.empty(0, np.uint32), offset


def _blocks(offset: Int64s) -> Iterator[tuple[int, int]]:
    """(first, last) row of consecutive groups that hold about `_BLOCK` items, at least one row."""
    first, n = 0, len(offset) - 1
    while first < n:
        last = int(np.searchsorted(offset, offset[first] + _BLOCK, "right")) - 1
        last = min(max(last, first + 1), n)
        yield first, last
        first = last


def _encode_block(runs: UInt32s, offset: Int64s) -> list[bytes]:
    delta = runs.astype(np.int64)
    later = np.arange(len(runs)) - np.repeat(offset[:-1], np.diff(offset)) >= 2
    delta[2:] -= np.where(later[2:], runs[:-2], 0)
    folded = ((delta << 1) ^ (delta >> 63)).astype(np.uint64)
    size = np.ones(len(folded), np.int64)
    for k in range(1, _LONGEST):
        size += folded >= np.uint64(1 << (7 * k))
    start = np.concatenate([[0], np.cumsum(size)])
    out = np.empty(int(start[-1]), np.uint8)
    for k in range(_LONGEST):
        here = np.flatnonzero(size > k) if k else np.arange(len(size))
        if not len(here):
            break
        more = (size[here] > k + 1).astype(np.uint8) << 7
        out[start[here] + k] = ((folded[here] >> np.uint64(7 * k)) & np.uint64(127)).astype(
            np.uint8
        ) | more
    edges = start[offset].tolist()
    data = out.tobytes()
    return [data[a:b] for a, b in pairwise(edges)]


def _decode_block(data: UInt8s, edges: Int64s) -> tuple[UInt32s, Int64s]:
    """Runs of a group of rows and how many each row has; `edges` are byte offsets of the rows."""
    final = data < 128
    done = np.concatenate([[0], np.cumsum(final)])
    lengths = np.diff(done[edges])
    filled = edges[1:][edges[1:] > edges[:-1]]
    if not np.all(final[filled - 1]):
        raise DataError("a mask blob ends in the middle of a number")
    stop = np.flatnonzero(final) + 1
    start = np.concatenate([[0], stop[:-1]])
    size = stop - start
    if len(size) and size.max() > _LONGEST:
        raise DataError("a mask blob holds a number of more than 33 bits")
    folded = data[start].astype(np.int64) & 127
    for k in range(1, _LONGEST):
        here = np.flatnonzero(size > k)
        folded[here] |= (data[start[here] + k].astype(np.int64) & 127) << (7 * k)
    values = _undo_differences((folded >> 1) ^ -(folded & 1), lengths)
    if len(values) and (values.min() < 0 or values.max() > np.iinfo(np.uint32).max):
        raise DataError("a mask blob holds a run length out of range")
    return values.astype(np.uint32), lengths


def _undo_differences(delta: Int64s, lengths: Int64s) -> Int64s:
    """Running sums over every second number of each row, in place."""
    offset = np.concatenate([[0], np.cumsum(lengths)])
    odd = (np.arange(len(delta)) - np.repeat(offset[:-1], lengths)) & 1
    for parity, count in ((0, (lengths + 1) // 2), (1, lengths // 2)):
        at = np.flatnonzero(odd == parity)
        sums = np.concatenate([[0], np.cumsum(delta[at])])
        before = sums[np.concatenate([[0], np.cumsum(count)])[:-1]]
        delta[at] = sums[1:] - np.repeat(before, count)
    return delta
