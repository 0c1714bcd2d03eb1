"""Run lengths as small blobs, a whole table at once.

A blob is the row's runs, each minus the run two before it (neighbouring columns of a mask look
alike, so the differences are small: the idea of COCO's compressed strings), zigzag-folded to be
non-negative, and written in half-bytes: three bits of the number, lowest first, and one bit that
says whether more follow; the earlier half-byte is the low one. A blob with an odd number of them
ends in the half-byte 8. Where COCO spends at least a byte on each run this spends half of one, and
every step is a numpy operation over many rows, so that no Python loop visits a run.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from masklet.core.arrays import Int64s, UInt8s, UInt32s
from masklet.core.errors import DataError

_BLOCK = 1 << 17
"""Runs (or bytes) worked on at a time: keeps the temporaries in the processor's cache."""
_BITS = 3
_MORE = 8
"""The bit of a half-byte that says that its number goes on; alone at the end of a row, padding."""
_LONGEST = 11
"""Half-bytes of the largest number: 33 bits, a zigzag-folded difference of two 32-bit runs."""


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
    folded = _fold(runs, offset)
    size = np.ones(len(folded), np.int64)
    here = np.flatnonzero(folded >> _BITS)
    for k in range(2, _LONGEST + 1):
        size[here] += 1
        here = here[folded[here] >> (_BITS * k) > 0]
    ends = np.concatenate([[0], np.cumsum(size)])
    padding = np.diff(ends[offset]) & 1
    shift = np.concatenate([[0], np.cumsum(padding)])
    start = ends[:-1] + np.repeat(shift[:-1], np.diff(offset))
    halves = np.full(int(ends[-1] + shift[-1]), _MORE, np.uint8)
    here = np.arange(len(folded))
    for k in range(_LONGEST):
        last = size[here] == k + 1
        halves[start[here] + k] = ((folded[here] >> (_BITS * k)) & (_MORE - 1)) | np.where(
            last, 0, _MORE
        )
        here = here[~last]
        if not len(here):
            break
    data = (halves[0::2] | (halves[1::2] << 4)).tobytes()
    return [data[a:b] for a, b in pairwise(((ends[offset] + shift) // 2).tolist())]


def _fold(runs: UInt32s, offset: Int64s) -> Int64s:
    """Differences to the run two before in the same row, as non-negative numbers."""
    delta = runs.astype(np.int64)
    delta[2:] -= runs[:-2]
    for k in range(2):
        at = offset[:-1][np.diff(offset) > k] + k
        delta[at] = runs[at]
    return (delta << 1) ^ (delta >> 63)


def _decode_block(data: UInt8s, edges: Int64s) -> tuple[UInt32s, Int64s]:
    """Runs of a group of rows and how many each row has; `edges` are byte offsets of the rows."""
    halves = np.stack([data & 15, data >> 4], axis=1).ravel()
    stop = np.flatnonzero(halves < _MORE) + 1
    bounds = np.searchsorted(stop, 2 * edges, "right")
    lengths = np.diff(bounds)
    start = np.concatenate([[0], stop])[:-1]
    start[bounds[:-1][lengths > 0]] = 2 * edges[:-1][lengths > 0]
    size = stop - start
    _check_ends(halves, stop, bounds, edges)
    if len(size) and size.max() > _LONGEST:
        raise DataError("a mask blob holds a number of more than 33 bits")
    folded = halves[start].astype(np.int64) & (_MORE - 1)
    here = np.flatnonzero(size > 1)
    for k in range(1, _LONGEST):
        folded[here] |= (halves[start[here] + k].astype(np.int64) & (_MORE - 1)) << (_BITS * k)
        here = here[size[here] > k + 1]
    values = _undo_differences((folded >> 1) ^ -(folded & 1), lengths)
    if len(values) and (values.min() < 0 or values.max() > np.iinfo(np.uint32).max):
        raise DataError("a mask blob holds a run length out of range")
    return values.astype(np.uint32), lengths


def _check_ends(halves: UInt8s, stop: Int64s, bounds: Int64s, edges: Int64s) -> None:
    """Every row ends with a whole number, or with one and a half-byte of padding."""
    filled = np.diff(edges) > 0
    last = np.concatenate([[0], stop])[bounds[1:][filled]]
    left = 2 * edges[1:][filled] - last
    padded = (left == 1) & (halves[2 * edges[1:][filled] - 1] == _MORE)
    if not np.all((left == 0) | padded):
        raise DataError("a mask blob ends in the middle of a number")


def _undo_differences(delta: Int64s, lengths: Int64s) -> Int64s:
    """Running sums over every second number of each row."""
    sums = np.zeros(len(delta) + 2, np.int64)
    for lane in range(2):
        np.cumsum(delta[lane::2], out=sums[2 + lane :: 2])
    first = np.cumsum(lengths) - lengths
    before = np.stack([sums[first], sums[first + 1]], axis=1).ravel()
    odd = (np.arange(len(delta)) - np.repeat(first, lengths)) & 1
    values: Int64s = sums[2:] - before[2 * np.repeat(np.arange(len(lengths)), lengths) + odd]
    return values
