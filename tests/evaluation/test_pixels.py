"""Exactness: distances and erosion against brute force in whole numbers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation_kit import masks
from masklet.evaluation import pixels


def brute(points: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Squared distance to the nearest one, integers only, a row of pairs at a time."""
    return np.array([((others - point) ** 2).sum(axis=1).min() for point in points], np.int64)


def sprinkled(rng: np.random.Generator, n: int, size_wh: tuple[int, int]) -> np.ndarray:
    return np.unique(rng.integers(0, size_wh, (n, 2)), axis=0)


def points(size: int) -> st.SearchStrategy[np.ndarray]:
    place = st.integers(-size, size)
    lists = st.lists(st.tuples(place, place), min_size=1, max_size=30, unique=True)
    return lists.map(lambda some: np.array(some, np.int64))


@given(points(12), points(12))
def test_distances_near(some, others):
    assert np.array_equal(pixels.squared_distances(some, others), brute(some, others))


@given(points(30_000), points(30_000))
def test_distances_far(some, others):
    assert np.array_equal(pixels.squared_distances(some, others), brute(some, others))


@pytest.mark.parametrize("way", ["_mapped", "_looked_up"])
@pytest.mark.parametrize("n_others", [1, 2, 7, 200])
def test_both_ways_are_exact_up_to_the_largest_map(way, n_others):
    """Every hundredth pixel or so of a map of 1024 x 1024, few sources, so distances reach 1400."""
    rng = np.random.default_rng(n_others)
    size_wh = (1024, 1024)
    others, some = sprinkled(rng, n_others, size_wh), sprinkled(rng, 5000, size_wh)
    found = getattr(pixels, way)(some, others, *([size_wh] if way == "_mapped" else []))
    expected = brute(some, others)
    assert expected.max() > 100
    assert np.array_equal(found, expected)


@pytest.mark.parametrize("size_wh", [(1920, 1080), (3840, 2160), (16_000, 9000)])
def test_distances_far_beyond_float32(size_wh):
    """Corner to corner of large frames: squares there do not fit the 24 bits of a float32."""
    rng = np.random.default_rng(3)
    others = sprinkled(rng, 40, (size_wh[0] // 20, size_wh[1] // 20))
    some = np.array(size_wh) - 1 - sprinkled(rng, 300, (size_wh[0] // 20, size_wh[1] // 20))
    found = pixels.squared_distances(some, others)
    assert np.sqrt(found.min()) > 1500
    assert np.array_equal(found, brute(some, others))


def test_no_points():
    none = np.empty((0, 2), np.int64)
    one = np.array([[3, 4]])
    assert pixels.squared_distances(none, one).shape == (0,)
    assert pixels.count_near(none, one, 5) == pixels.count_near(one, none, 5) == 0


@given(points(20), points(20), st.integers(0, 30))
def test_count_near(some, others, reach):
    expected = int((brute(some, others) <= reach * reach).sum())
    assert pixels.count_near(some, others, reach) == expected


@settings(deadline=None)
@given(masks(), st.integers(1, 14))
def test_erosion(mask, depth):
    """Pixel by pixel, with zeros around the array: nothing is left in the margin."""
    side = 2 * depth + 1
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(mask, depth), (side, side))
    expected = windows.all(axis=(2, 3))
    for turned, wanted in ((mask, expected), (mask.T, expected.T)):
        found = pixels.eroded(turned, depth)
        inner = wanted[depth:-depth, depth:-depth]
        assert found.size == inner.size
        assert found.sum() == wanted.sum()
        assert not found.size or np.array_equal(found, inner)
