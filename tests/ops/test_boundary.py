"""Growing by a disc, against the definition."""

from __future__ import annotations

import numpy as np
import pytest

from masklet.ops.boundary import boundary, dilate


@pytest.mark.parametrize("seed", range(12))
def test_dilate_equals_distances(seed):
    rng = np.random.default_rng(seed)
    h, w, radius = rng.integers(1, 40), rng.integers(1, 40), rng.integers(0, 25)
    mask = rng.random((h, w)) < 0.02
    y, x = np.nonzero(mask)
    v, u = np.mgrid[:h, :w]
    squares = (v[..., None] - y) ** 2 + (u[..., None] - x) ** 2
    assert np.array_equal(dilate(mask, int(radius)), (squares <= radius**2).any(axis=2))


def test_boundary_of_a_block():
    """Above and to the left of a block the line lies outside it, below and to the right inside."""
    mask = np.zeros((6, 7), bool)
    mask[2:4, 2:5] = True
    expected = ["       ", " ####  ", " #  #  ", " ####  ", "       ", "       "]
    assert ["".join(" #"[v] for v in row) for row in boundary(mask).astype(int)] == expected


def test_a_full_frame_has_no_boundary():
    assert not boundary(np.ones((5, 5), bool)).any()
