"""Names for the array types that cross room borders, and one way to freeze them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

Bools = npt.NDArray[np.bool_]
Image = npt.NDArray[np.uint8]
"""`(h, w, 3) uint8`, RGB, upright; or `(h, w) uint8` where a docstring says grey."""
Int16s = npt.NDArray[np.int16]
Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]
UInt8s = npt.NDArray[np.uint8]
UInt16s = npt.NDArray[np.uint16]
UInt32s = npt.NDArray[np.uint32]
Floats = npt.NDArray[np.float64]
Float32s = npt.NDArray[np.float32]


def frozen(values: Any, dtype: Any, shape: tuple[int, ...] | None = None) -> npt.NDArray[Any]:
    """`values` as a contiguous read-only array of `dtype`; a scalar is repeated to `shape`."""
    array = np.asarray(values, dtype=dtype, order="C")
    if shape is not None and array.ndim == 0:
        array = np.full(shape, array, dtype=dtype)
    if array.flags.writeable:
        array = array.view()
        array.flags.writeable = False
    return array


def gathered(
    values: npt.NDArray[Any], offset: Int64s, rows: npt.NDArray[Any]
) -> tuple[npt.NDArray[Any], Int64s]:
    """The pieces `values[offset[i]:offset[i + 1]]` of `rows`, joined, and their own offsets."""
    lengths = np.diff(offset)[rows]
    starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    found = np.empty(starts[-1], values.dtype)
    for some in blocks(starts):
        first, last = starts[some.start], starts[some.stop]
        place = np.repeat(offset[rows[some]] - starts[:-1][some], lengths[some])
        place += np.arange(first, last)
        found[first:last] = values[place]
    return found, starts


def blocks(offset: Int64s, at_once: int = 1 << 18) -> Iterator[slice]:
    """Rows in order, about `at_once` values at a time, so that working memory stays small.

    `offset` `(n + 1,)`: row `i` owns the values `offset[i]` to `offset[i + 1]`.
    """
    n, start = len(offset) - 1, 0
    while start < n:
        stop = int(np.searchsorted(offset, offset[start] + at_once, "right")) - 1
        stop = min(max(stop, start + 1), n)
        yield slice(start, stop)
        start = stop
