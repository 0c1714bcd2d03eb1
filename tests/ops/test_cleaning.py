"""Crumbs, gaps and holes."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from masklet.core import Label, Origin, UsageError, Video
from masklet.ops import cleaning as K
from masklet.ops import runs as R
from masklet.ops import table as T
from ops.strategies import mask

quick = settings(max_examples=100, deadline=None)


def flood(array, connectivity):
    """Connected parts by plain flooding, largest first: the slow truth."""
    steps = [(0, 1), (1, 0), (0, -1), (-1, 0)]
    steps += [(1, 1), (1, -1), (-1, 1), (-1, -1)] if connectivity == 8 else []
    left, found = set(map(tuple, np.argwhere(array).tolist())), []
    while left:
        part, todo = set(), [left.pop()]
        while todo:
            y, x = todo.pop()
            part.add((y, x))
            near = [(y + dy, x + dx) for dy, dx in steps if (y + dy, x + dx) in left]
            left.difference_update(near)
            todo += near
        found.append(part)
    return sorted(found, key=len, reverse=True)


def as_array(part, shape):
    array = np.zeros(shape, bool)
    array[tuple(np.array(sorted(part)).T)] = True
    return array


@quick
@given(mask(), st.sampled_from([4, 8]))
def test_parts_are_those_of_flooding(array, connectivity):
    size_wh = array.shape[1], array.shape[0]
    found = K.parts(R.encode(array), size_wh, connectivity)
    expected = flood(array, connectivity)
    assert [R.area(part) for part in found] == [len(part) for part in expected]
    assert {part.tobytes() for part in found} == {
        R.encode(as_array(part, array.shape)).tobytes() for part in expected
    }


@quick
@given(mask())
def test_holes_are_background_that_cannot_get_out(array):
    size_wh = array.shape[1], array.shape[0]
    wide = np.pad(array, 1)
    (outside,) = [part for part in flood(~wide, 4) if (0, 0) in part]
    expected = ~as_array(outside, wide.shape)[1:-1, 1:-1]
    np.testing.assert_array_equal(R.decode(K.fill_holes(R.encode(array), size_wh), size_wh), expected)


@quick
@given(mask(), st.integers(1, 6))
def test_small_parts_go(array, least):
    size_wh = array.shape[1], array.shape[0]
    kept = [part for part in flood(array, 8) if len(part) >= least]
    expected = sum((as_array(part, array.shape) for part in kept), np.zeros(array.shape, bool))
    np.testing.assert_array_equal(
        R.decode(K.drop_small(R.encode(array), size_wh, least), size_wh), expected
    )
    largest = K.keep_largest(R.encode(array), size_wh)
    assert R.area(largest) == (len(flood(array, 8)[0]) if array.any() else 0)


@quick
@given(mask(), st.integers(1, 3))
def test_closing_is_dilation_then_erosion_by_a_disc(array, radius):
    size_wh = array.shape[1], array.shape[0]
    side = 2 * radius + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)).astype(bool)
    windows = np.lib.stride_tricks.sliding_window_view
    grown = np.any(windows(np.pad(array, 3 * radius), disc.shape) & disc, axis=(2, 3))
    shrunk = np.all(windows(grown, disc.shape) | ~disc, axis=(2, 3))
    expected = shrunk[radius:-radius, radius:-radius]
    found = R.decode(K.close(R.encode(array), size_wh, radius), size_wh)
    np.testing.assert_array_equal(found, expected)


def animal_behind_a_bar():
    """Two halves of 10x10 with a gap of 2 pixels, a hole, and a crumb elsewhere."""
    array = np.zeros((30, 50), bool)
    array[10:20, 5:15] = True
    array[10:20, 17:27] = True
    array[14, 9] = False
    array[2:4, 40:42] = True
    return array


def test_a_box_closed_stays_a_box():
    array = np.zeros((30, 50), bool)
    array[10:20, 5:15] = True
    np.testing.assert_array_equal(K.close(R.encode(array), (50, 30), 4), R.encode(array))


@pytest.mark.parametrize(
    ("policy", "area"),
    [
        (K.CleanPolicy(), 203),
        (K.CleanPolicy(fill_holes=True), 204),
        (K.CleanPolicy(min_area=5), 199),
        (K.CleanPolicy(largest_only=True), 100),
        (K.CleanPolicy(close_px=2, largest_only=True), 220),
        (K.CleanPolicy(min_area=1000), 0),
    ],
)
def test_closing_comes_before_the_largest_part_only(policy, area):
    cleaned = K.clean_runs(R.encode(animal_behind_a_bar()), (50, 30), policy)
    assert R.area(cleaned) == pytest.approx(area, abs=8 if policy.close_px else 0)
    if policy.close_px:
        assert len(K.parts(cleaned, (50, 30))) == 1


def test_each_label_has_its_policy_and_truth_is_left_alone():
    runs = R.encode(animal_behind_a_bar())
    rows = [
        T.Row(0, 1, 0, runs, origin=Origin.PROPAGATED),
        T.Row(0, 2, 1, runs, origin=Origin.PROPAGATED),
        T.Row(1, 1, 0, runs, origin=Origin.HUMAN),
    ]
    masks = T.build(Video("v", 50, 30, 2), [Label("rat"), Label("bowl")], rows)
    policies = {"rat": K.CleanPolicy(min_area=5)}
    cleaned = K.clean(masks, policies)
    assert T.areas(cleaned).tolist() == [199, 203, 203]
    assert cleaned.step.tolist() == [0, -1, -1]
    assert cleaned.steps[0].verb == "clean"
    assert '"min_area": 5' in cleaned.steps[0].arguments
    assert T.areas(K.clean(masks, policies, keep_trusted=False)).tolist() == [199, 203, 199]
    assert K.clean(masks, {}) is masks


def test_wrong_calls_are_named():
    masks = T.build(Video("v", 50, 30, 2), [Label("rat")], [])
    with pytest.raises(UsageError, match="no label 'cat'; expected one of: rat"):
        K.clean(masks, {"cat": K.CleanPolicy()})
    with pytest.raises(UsageError, match="expected 0 or more"):
        K.CleanPolicy(close_px=-1)
    with pytest.raises(UsageError, match="expected 4 or 8"):
        K.parts(R.empty((2, 2)), (2, 2), 6)
