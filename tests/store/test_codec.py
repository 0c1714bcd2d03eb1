from __future__ import annotations

import contextlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from masklet.core import DataError
from masklet.store import codec
from masklet.store.codec import decode_runs, encode_runs

ROW = st.lists(st.one_of(st.integers(0, 20), st.integers(0, 2**32 - 1)), max_size=30)


def joined(rows: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    offset = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64)
    return np.array([run for row in rows for run in row], np.uint32), offset


@settings(max_examples=150, deadline=None)
@given(st.lists(ROW, max_size=12), st.sampled_from([1, 7, 1 << 17]))
def test_runs_come_back(rows: list[list[int]], block: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(codec, "_BLOCK", block)
        runs, offset = joined(rows)
        blobs = encode_runs(runs, offset)
        again, where = decode_runs(blobs)
    assert len(blobs) == len(rows)
    np.testing.assert_array_equal(again, runs)
    np.testing.assert_array_equal(where, offset)
    assert again.dtype == np.uint32
    assert where.dtype == np.int64


def test_layout_of_a_blob() -> None:
    """5, 3, 6, 3: differences 5, 3, 1, 0; zigzag 10, 6, 2, 0; half-bytes 2+more, 1, 6, 2, 0, padding."""
    (blob,) = encode_runs(*joined([[5, 3, 6, 3]]))
    assert blob == bytes([0x1A, 0x26, 0x80])


def test_rows_do_not_see_each_other() -> None:
    rows = [[9, 4, 9, 5], [1], [], [7, 7, 7]]
    together = encode_runs(*joined(rows))
    assert together == [encode_runs(*joined([row]))[0] for row in rows]


@pytest.mark.parametrize(
    ("blob", "why"),
    [
        (bytes([0x88]), "middle"),
        (bytes([0x12, 0x98]), "middle"),
        (bytes([0x99] * 6 + [0x11]), "33 bits"),
        (bytes([0x81]), "out of range"),
        (bytes([0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x87]), "out of range"),
    ],
)
def test_a_blob_that_nobody_wrote(blob: bytes, why: str) -> None:
    good = encode_runs(*joined([[5, 3, 6]]))[0]
    with pytest.raises(DataError, match=why):
        decode_runs([good, blob, good])


@settings(max_examples=300, deadline=None)
@given(hnp.arrays(np.uint8, st.integers(0, 20)))
def test_any_bytes_give_runs_or_an_error(data: np.ndarray) -> None:
    with contextlib.suppress(DataError):
        runs, offset = decode_runs([data.tobytes()])
        np.testing.assert_array_equal(decode_runs(encode_runs(runs, offset))[0], runs)
