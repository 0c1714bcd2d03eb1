"""Masks on other frames."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from masklet.core import UsageError
from masklet.ops import placing as P
from masklet.ops import runs as R
from ops.strategies import mask

quick = settings(max_examples=100, deadline=None)
side = st.integers(1, 15)


@quick
@given(mask(), st.integers(-6, 6), st.integers(-6, 6), side, side)
def test_placed_equals_a_paste(array, x, y, w, h):
    frame = np.zeros((60, 60), bool)
    frame[20 + y : 20 + y + array.shape[0], 20 + x : 20 + x + array.shape[1]] = array
    found = P.placed(R.encode(array), (array.shape[1], array.shape[0]), (x, y), (w, h))
    np.testing.assert_array_equal(R.decode(found, (w, h)), frame[20 : 20 + h, 20 : 20 + w])


@quick
@given(mask(), side, side)
def test_scaled_takes_the_nearest_pixel(array, w, h):
    rows = np.floor((np.arange(h) + 0.5) * array.shape[0] / h).astype(int)
    columns = np.floor((np.arange(w) + 0.5) * array.shape[1] / w).astype(int)
    found = P.scaled(R.encode(array), (array.shape[1], array.shape[0]), (w, h))
    np.testing.assert_array_equal(R.decode(found, (w, h)), array[np.ix_(rows, columns)])


@quick
@given(mask(), st.booleans(), st.booleans())
def test_flipped(array, horizontal, vertical):
    size_wh = array.shape[1], array.shape[0]
    expected = array[:: -1 if vertical else 1, :: -1 if horizontal else 1]
    found = P.flipped(R.encode(array), size_wh, horizontal, vertical)
    np.testing.assert_array_equal(R.decode(found, size_wh), expected)


@quick
@given(mask(), st.sampled_from([-90, 0, 90, 180, 270, 450]))
def test_turned_clockwise(array, degrees):
    found, size_wh = P.turned(R.encode(array), (array.shape[1], array.shape[0]), degrees)
    np.testing.assert_array_equal(R.decode(found, size_wh), np.rot90(array, -degrees // 90))


def test_only_quarter_turns():
    with pytest.raises(UsageError, match="multiple of 90"):
        P.turned(R.empty((2, 2)), (2, 2), 45)
