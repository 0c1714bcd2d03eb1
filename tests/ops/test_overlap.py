"""Overlap against arrays and against pycocotools, value for value."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycocotools import mask as coco

from masklet.core import DataError, Label, Video
from masklet.ops import blocks as B
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
    i, j = (part.ravel() for part in np.indices(expected.shape))
    assert O._shared_pixels(left, right, i, j) == expected.ravel().tolist()
    for p in range(len(i)):
        shared = O.intersection_runs(left.row_runs(i[p]), right.row_runs(j[p]))
        assert shared == expected[i[p], j[p]]
    n = min(cut, 7 - cut)
    pairs = O.intersections_pairs(left.take(slice(0, n)), right.take(slice(0, n)))
    np.testing.assert_array_equal(pairs, expected.diagonal()[:n])


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 2**31),
    st.tuples(st.integers(1, 70), st.integers(1, 40)),
    st.sampled_from([0.02, 0.3, 0.98]),
)
def test_blocks_agree_with_arrays_on_frames_of_several_blocks(seed, size_wh, share):
    rng = np.random.default_rng(seed)
    w, h = size_wh
    arrays = [np.zeros((h, w), bool) for _ in range(8)]
    for array in arrays:
        x, y = rng.integers(0, w), rng.integers(0, h)
        crop = array[y : y + rng.integers(1, 40), x : x + rng.integers(1, 40)]
        crop[...] = rng.random(crop.shape) < share
    blocks = B.blocks_of(table(arrays).runs, table(arrays).offset, size_wh)
    np.testing.assert_array_equal(blocks.area, T.areas(table(arrays)))
    np.testing.assert_array_equal(blocks.boxes, T.boxes(table(arrays)))
    place, i, j = B.meeting(blocks, blocks)
    expected = truth(arrays, arrays).ravel()
    np.testing.assert_array_equal(B.shared_by_pairs(blocks, blocks, i, j), expected[place])
    assert not np.delete(expected, place).any()


def test_runs_of_length_zero_are_passed_over():
    runs = np.array([0, 0, 5, 0, 3, 4, 0, 8, 24, 0, 0, 12, 0], np.uint32)
    blocks = B.blocks_of(runs, np.array([0, 11, 13]), (4, 11))
    clean = R.canonical(runs[:11])
    assert blocks.area.tolist() == [R.area(clean), 0]
    assert blocks.boxes.tolist() == [list(R.box(clean, (4, 11))), [0, 0, 0, 0]]


def test_many_pairs_are_gone_through_in_parts():
    arrays = [array[:, :40] for array in blobs(60, 9)]
    blocks = B.blocks_of(table(arrays).runs, table(arrays).offset, (40, 90))
    _, i, j = B.meeting(blocks, blocks)
    again = np.repeat(np.arange(len(i)), 200)
    assert len(again) > B._CHUNK
    np.testing.assert_array_equal(
        B.shared_by_pairs(blocks, blocks, i[again], j[again]), truth(arrays, arrays)[i, j][again]
    )


def test_masks_of_many_pieces_take_another_way_to_the_same_numbers():
    rng = np.random.default_rng(5)
    arrays = [rng.random((140, 9)) < share for share in (0.5, 0.5, 0.01, 0.5, 0, 1)]
    masks = table(arrays)
    blocks = B.blocks_of(masks.runs, masks.offset, (9, 140))
    _, i, j = B.meeting(blocks, blocks)
    many = B.crowded(blocks, blocks, i, j)
    assert many is not None
    assert {True, False} == set(many.tolist())
    np.testing.assert_array_equal(O.intersections(masks, masks), truth(arrays, arrays))
    np.testing.assert_array_equal(
        O.intersections_pairs(masks, table(arrays[::-1])),
        truth(arrays, arrays[::-1]).diagonal(),
    )


def test_pairs_on_frames_of_several_sizes():
    sizes = np.array([[4, 3], [4, 3], [7, 5]])
    video = Video("v", 4, 3, 3, frame_sizes=sizes)
    arrays = [np.arange(w * h).reshape(h, w) % 3 > 0 for w, h in sizes]
    rows = [T.Row(i, 1, 0, R.encode(array)) for i, array in enumerate(arrays)]
    masks = T.build(video, [Label("a")], rows)
    assert O.intersections_pairs(masks, masks).tolist() == [array.sum() for array in arrays]


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


def test_pairs_equal_the_diagonal_across_chunks(monkeypatch):
    arrays = blobs(30, 3) * 3
    a, b = table(arrays), table(arrays[7:] + arrays[:7])
    monkeypatch.setattr(O, "_CHUNK", len(a.runs) // 7)
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


@pytest.mark.parametrize("chunk", [1, 200_000])
@pytest.mark.parametrize("crowded", [0, 1 << 10])
def test_chosen_pairs_equal_the_table_of_all(monkeypatch, chunk, crowded):
    """Any pairs, in any order, some of them twice."""
    monkeypatch.setattr(O, "_CHUNK", chunk)
    monkeypatch.setattr(B, "_CROWDED", crowded)
    rng = np.random.default_rng(3)
    a, b = table(blobs(9, 1)), table(blobs(7, 2))
    i, j = rng.integers(0, len(a), 200), rng.integers(0, len(b), 200)
    assert O.intersections_at(a, b, i, j).tolist() == O.intersections(a, b)[i, j].tolist()
    assert len(O.intersections_at(a, b, i[:0], j[:0])) == 0


def test_chosen_pairs_lie_on_frames_of_one_size():
    sizes = np.array([[8, 6], [5, 4], [8, 6]], np.int32)
    video = Video("v", 8, 6, 3, frame_sizes=sizes)
    runs = [R.encode(np.ones((h, w), bool)) for w, h in sizes.tolist()]
    rows = [T.Row(frame, 0, 0, one) for frame, one in enumerate(runs)]
    masks = T.build(video, (Label("x"),), rows)
    shared = O.intersections_at(masks, masks, np.array([2, 1, 0, 0]), np.array([0, 1, 2, 0]))
    assert shared.tolist() == [48, 20, 48, 48]
    with pytest.raises(DataError, match="8x6 is paired with one of 5x4"):
        O.intersections_at(masks, masks, np.array([0]), np.array([1]))
