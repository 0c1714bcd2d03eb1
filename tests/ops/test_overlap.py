"""Overlap against arrays and against pycocotools, value for value."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycocotools import mask as coco

from masklet.core import DataError, Label, Video
from masklet.ops import columns as C
from masklet.ops import overlap as O
from masklet.ops import runs as R
from masklet.ops import table as T
from ops.strategies import masks as some_masks


def table(arrays, size_wh=None):
    w, h = size_wh or (arrays[0].shape[1], arrays[0].shape[0])
    rows = [T.Row(i, 1, 0, R.encode(array)) for i, array in enumerate(arrays)]
    return T.build(Video("v", w, h, 1000), [Label("a")], rows)


def truth(a, b):
    return np.array([[np.count_nonzero(x & y) for y in b] for x in a]).reshape(len(a), len(b))


@settings(max_examples=120, deadline=None)
@given(some_masks(7), st.integers(0, 7))
def test_all_ways_of_counting_agree_with_arrays(arrays, cut):
    a, b = arrays[:cut], arrays[cut:]
    size_wh = arrays[0].shape[1], arrays[0].shape[0]
    expected = truth(a, b)
    left, right = table(a, size_wh), table(b, size_wh)
    np.testing.assert_array_equal(O.intersections(left, right), expected)
    cols_a, cols_b = C.columns_of(left), C.columns_of(right)
    np.testing.assert_array_equal(C.shared_by_all(cols_a, cols_b, size_wh), expected)
    i, j = (part.ravel() for part in np.indices(expected.shape))
    pairs = C.shared_by_pairs(cols_a, cols_b, i, j)
    np.testing.assert_array_equal(pairs, expected.ravel())
    for p in range(len(i)):
        assert O.intersection_runs(left.row_runs(i[p]), right.row_runs(j[p])) == pairs[p]


def test_masks_of_many_pieces_take_another_way_to_the_same_numbers():
    rng = np.random.default_rng(5)
    arrays = [rng.random((70, 9)) < 0.5 for _ in range(6)]
    columns = C.columns_of(table(arrays))
    assert len(columns.column) > C._CROWDED * (len(columns.begin) - 1)
    i, j = (part.ravel() for part in np.indices((6, 6)))
    np.testing.assert_array_equal(
        C.shared_by_pairs(columns, columns, i, j), truth(arrays, arrays).ravel()
    )


def blobs(n, seed):
    """Discs with a bite and a hole on a 160x90 frame, some far from one another."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:90, :160]
    found = []
    for _ in range(n):
        cx, cy, r = rng.uniform(0, 160), rng.uniform(0, 90), rng.uniform(1, 30)
        disc = (x - cx) ** 2 + (y - cy) ** 2 < r**2
        found.append(disc & ((x - cx - r / 3) ** 2 + (y - cy) ** 2 > (r / 3) ** 2))
    return found


@pytest.mark.parametrize(("n", "m"), [(40, 30), (3, 300), (1, 1), (0, 4)])
def test_iou_equals_pycocotools(n, m):
    a, b = table(blobs(n, 1), (160, 90)), table(blobs(m, 2), (160, 90))
    size = [90, 160]
    peer_a = [{"size": size, "counts": counts} for counts in T.to_coco(a)]
    peer_b = [{"size": size, "counts": counts} for counts in T.to_coco(b)]
    expected = coco.iou(peer_a, peer_b, [0] * m) if n else np.zeros((0, m))
    found = O.iou(a, b)
    assert found.dtype == np.float64
    np.testing.assert_array_equal(found, expected)


def test_pairs_equal_the_diagonal_across_chunks():
    arrays = blobs(30, 3) * 20
    a, b = table(arrays), table(arrays[7:] + arrays[:7])
    assert len(a) > 2 * O._CHUNK
    expected = [O.iou_runs(a.row_runs(i), b.row_runs(i)) for i in range(len(a))]
    np.testing.assert_array_equal(O.iou_pairs(a, b), expected)


def test_two_empty_masks_share_nothing():
    none = table([np.zeros((3, 4), bool)])
    assert O.iou(none, none).tolist() == [[0.0]]
    assert O.iou_pairs(none, none).tolist() == [0.0]
    assert O.iou_runs(none.row_runs(0), none.row_runs(0)) == 0.0


def test_tables_that_do_not_fit_are_refused():
    a, b = table([np.ones((3, 4), bool)]), table([np.ones((4, 3), bool)])
    for compare in (O.iou, O.iou_pairs):
        with pytest.raises(DataError, match="4x3"):
            compare(a, b)
    with pytest.raises(DataError, match="1 rows cannot be paired with 2"):
        O.iou_pairs(a, table([np.ones((3, 4), bool)] * 2))
