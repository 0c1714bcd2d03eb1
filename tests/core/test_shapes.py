"""The rules of vector drawings."""

from __future__ import annotations

import numpy as np
import pytest

from masklet.core import DataError, Label, Shapes, Video

VIDEO = Video("v", 100, 80, 5)


def shapes(**columns):
    given = {
        "labels": (Label("rat"),),
        "frame": (3, 0, 1),
        "track_id": (2, 2, -1),
        "points": range(12),
        "offset": (0, 6, 8, 12),
    } | columns
    return Shapes(VIDEO, **given)


def test_order_is_kept_and_rows_default():
    made = shapes()
    assert made.frame.tolist() == [3, 0, 1]
    assert made.row_points(1).tolist() == [6, 7]
    assert made.attributes == ({}, {}, {})
    assert made.kind.tolist() == [0, 0, 0]
    assert repr(made) == "Shapes(3 shapes, 1 tracks, 'v')"


def test_take_moves_points_and_texts_together():
    made = shapes(attributes=({"a": "1"}, {"a": "2"}, {"a": "3"})).take([2, 0])
    assert made.frame.tolist() == [1, 3]
    assert made.row_points(0).tolist() == [8, 9, 10, 11]
    assert [one["a"] for one in made.attributes] == ["3", "1"]
    assert len(shapes().take(np.zeros(3, bool))) == 0


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ({"offset": (0, 6, 12)}, "4 entries"),
        ({"offset": (0, 6, 8, 11)}, "number of coordinates"),
        ({"offset": (0, 8, 6, 12)}, "must not fall"),
        ({"points": [np.nan] * 12}, "not a finite number"),
        ({"label_id": 3}, "label_id must lie in 0..0"),
        ({"frame": (0, 5, 1)}, "frames 0..5; expected 0..4"),
        ({"attributes": ({},)}, "one entry for each of 3 rows"),
        ({"z_order": (1, 2)}, r"z_order has shape \(2,\)"),
    ],
)
def test_broken_rules_are_named(columns, says):
    with pytest.raises(DataError, match=says):
        shapes(**columns)
