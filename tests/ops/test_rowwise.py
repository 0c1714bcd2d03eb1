"""Row by row inside a box, against the pixels themselves."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from masklet.core import Label, Video
from masklet.ops import runs
from masklet.ops.rowwise import from_row_runs, row_runs, table_row_runs
from masklet.ops.table import Row, boxes, build

Pixels = np.ndarray[Any, Any]
SHAPES = array_shapes(min_dims=2, max_dims=2, max_side=13)
MASKS = SHAPES.flatmap(lambda shape: arrays(np.bool_, shape))


def by_definition(mask: Pixels, box: runs.Box) -> list[int]:
    """Lengths of equal neighbours in reading order, the first one background."""
    x0, y0, x1, y1 = box
    flat = mask[y0:y1, x0:x1].reshape(-1).tolist()
    lengths, value = [0], False
    for one in flat:
        if one != value:
            lengths.append(0)
            value = one
        lengths[-1] += 1
    return lengths if flat else []


@given(MASKS)
def test_a_mask_reads_row_by_row_and_back(mask: Pixels) -> None:
    size_wh = mask.shape[1], mask.shape[0]
    whole = runs.encode(mask)
    found, box = row_runs(whole, size_wh)
    assert box == runs.box(whole, size_wh)
    assert found.tolist() == by_definition(mask, box)
    np.testing.assert_array_equal(from_row_runs(found, box, size_wh), whole)


@given(MASKS, st.data())
def test_a_box_need_not_be_tight(mask: Pixels, data: st.DataObject) -> None:
    height, width = mask.shape
    x, y, right, below = (data.draw(st.integers(0, 3)) for _ in range(4))
    frame = np.zeros((height + y + below, width + x + right), np.bool_)
    frame[y : y + height, x : x + width] = mask
    box = (x, y, x + width, y + height)
    lengths = np.array(by_definition(frame, box), np.uint32)
    np.testing.assert_array_equal(from_row_runs(lengths, box, frame.shape[::-1]), runs.encode(frame))


@given(st.lists(arrays(np.bool_, (7, 5)), max_size=6))
def test_a_table_is_each_of_its_rows(masks: list[Pixels]) -> None:
    rows = [Row(0, i, 0, runs.encode(mask)) for i, mask in enumerate(masks)]
    table = build(Video("v", 5, 7, 1), [Label("a")], rows)
    found, offset = table_row_runs(table.runs, table.offset, np.full(len(masks), 7), boxes(table))
    apart = [row_runs(runs.encode(mask), (5, 7))[0].tolist() for mask in masks]
    assert [found[a:b].tolist() for a, b in pairwise(offset)] == apart


def test_frames_of_different_heights_stay_apart() -> None:
    sizes = np.array([[4, 3], [3, 5]], np.int32)
    video = Video("v", 4, 5, 2, frame_sizes=sizes)
    first, second = np.eye(3, 4, dtype=np.bool_), np.ones((5, 3), np.bool_)
    rows = [Row(0, 1, 0, runs.encode(first)), Row(1, 1, 0, runs.encode(second))]
    table = build(video, [Label("a")], rows)
    found, offset = table_row_runs(table.runs, table.offset, sizes[:, 1].astype(np.int64), boxes(table))
    assert found[: offset[1]].tolist() == [0, 1, 3, 1, 3, 1]
    assert found[offset[1] :].tolist() == [0, 15]


def test_a_mask_as_large_as_the_largest_picture() -> None:
    size_wh = (40_000, 40_000)
    runs_of_all = np.array([0, 1_600_000_000], np.uint32)
    found, box = row_runs(runs_of_all, size_wh)
    assert (found.tolist(), box) == ([0, 1_600_000_000], (0, 0, 40_000, 40_000))
