"""Runs against plain arrays and against pycocotools."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycocotools import mask as coco

from masklet.core import DataError
from masklet.ops import runs as R
from ops.strategies import mask, masks

quick = settings(max_examples=150, deadline=None)


def size_of(array):
    return array.shape[1], array.shape[0]


def is_canonical(runs, size_wh):
    return runs.dtype == np.uint32 and runs.sum() == size_wh[0] * size_wh[1] and np.all(runs[1:] > 0)


@quick
@given(mask())
def test_encode_and_decode_are_inverse_and_canonical(array):
    size_wh = size_of(array)
    runs = R.encode(array)
    assert is_canonical(runs, size_wh)
    decoded = R.decode(runs, size_wh)
    assert decoded.dtype == np.bool_
    assert decoded.flags.c_contiguous
    np.testing.assert_array_equal(decoded, array)


@quick
@given(mask())
def test_counts_box_and_area_equal_pycocotools(array):
    size_wh = size_of(array)
    runs = R.encode(array)
    peer = coco.encode(np.asfortranarray(array.astype(np.uint8)))
    assert R.to_coco(runs, size_wh) == peer["counts"]
    np.testing.assert_array_equal(R.from_coco(peer["counts"], size_wh), runs)
    np.testing.assert_array_equal(R.from_coco(peer["counts"].decode(), size_wh), runs)
    np.testing.assert_array_equal(R.from_coco(runs.tolist(), size_wh), runs)
    assert R.area(runs) == coco.area(peer)
    if array.any():
        x, y, w, h = coco.toBbox(peer).tolist()
        assert R.box(runs, size_wh) == (x, y, x + w, y + h)
    else:
        assert R.box(runs, size_wh) == (0, 0, 0, 0)


@quick
@given(masks(2))
def test_set_operations_equal_those_of_arrays(arrays):
    a, b = arrays
    ra, rb = R.encode(a), R.encode(b)
    for operation, expected in (
        (R.union, a | b),
        (R.intersection, a & b),
        (R.difference, a & ~b),
    ):
        np.testing.assert_array_equal(operation(ra, rb), R.encode(expected))
    np.testing.assert_array_equal(R.complement(ra), R.encode(~a))


@quick
@given(mask(), st.tuples(*[st.integers(-3, 14)] * 4))
def test_decode_crop_equals_a_cut_of_the_frame(array, corners):
    (h, w), size_wh = array.shape, size_of(array)
    x0, x1 = sorted(corners[:2])
    y0, y1 = sorted(corners[2:])
    frame = np.zeros((h + 40, w + 40), bool)
    frame[20 : 20 + h, 20 : 20 + w] = array
    crop, offset = R.decode_crop(R.encode(array), size_wh, (x0, y0, x1, y1))
    assert offset == (x0, y0)
    np.testing.assert_array_equal(crop, frame[20 + y0 : 20 + y1, 20 + x0 : 20 + x1])


@quick
@given(mask(), st.integers(-5, 15), st.integers(-5, 15), st.integers(1, 16), st.integers(1, 16))
def test_encode_crop_cuts_at_the_frame(crop, x, y, w, h):
    frame = np.zeros((h + 60, w + 60), bool)
    frame[20 + y : 20 + y + crop.shape[0], 20 + x : 20 + x + crop.shape[1]] = crop
    np.testing.assert_array_equal(
        R.encode_crop(crop, (x, y), (w, h)), R.encode(frame[20 : 20 + h, 20 : 20 + w])
    )


def test_the_tight_box_is_the_default_crop():
    array = np.zeros((9, 8), bool)
    array[2:5, 3:7] = True
    crop, offset = R.decode_crop(R.encode(array), (8, 9))
    assert crop.shape == (3, 4)
    assert offset == (3, 2)
    assert crop.all()
    assert R.decode_crop(R.empty((8, 9)), (8, 9))[0].shape == (0, 0)


@pytest.mark.parametrize(
    ("runs", "expected"),
    [
        ([0, 0, 4], [4]),
        ([1, 0, 2, 1], [3, 1]),
        ([0, 2, 0, 2], [0, 4]),
        ([2, 2, 0], [2, 2]),
        ([4], [4]),
        ([0, 4], [0, 4]),
    ],
)
def test_superfluous_zeros_vanish(runs, expected):
    np.testing.assert_array_equal(R.canonical(np.array(runs, np.uint32)), expected)
    np.testing.assert_array_equal(R.from_coco(runs, (2, 2)), expected)


@pytest.mark.parametrize(
    ("counts", "says"),
    [
        (b"\x00", "expected characters"),
        ("ü", "expected characters"),
        (b"P", "cut short"),
        (b"PPPPPPPPPPP1", "expected 7"),
        (b"", "cover 0 pixels; expected 2x2 = 4"),
        ([], "cover 0 pixels; expected 2x2 = 4"),
        ([1, 2], "cover 3 pixels; expected 2x2 = 4"),
        ([-1, 5], "negative"),
        ([1.5, 2.5], "whole numbers"),
        ([[4]], "whole numbers"),
        (["4"], "whole numbers"),
        ([[1], [1, 2]], "list of numbers"),
    ],
)
def test_damaged_counts_are_named(counts, says):
    with pytest.raises(DataError, match=says):
        R.from_coco(counts, (2, 2))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=12) | st.lists(st.integers(-3, 2**40), max_size=6))
def test_any_counts_give_a_mask_or_an_error_of_ours(counts):
    try:
        runs = R.from_coco(counts, (3, 4))
    except DataError:
        return
    assert is_canonical(runs, (3, 4))


def test_masks_of_different_frames_do_not_combine():
    with pytest.raises(DataError, match="expected masks of one frame size"):
        R.union(R.empty((2, 2)), R.empty((3, 2)))
