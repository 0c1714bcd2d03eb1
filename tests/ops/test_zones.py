"""Zones: which points lie inside, and files that are not zones."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from masklet.core import DataError
from masklet.ops.zones import Zone, read_zones

U_SHAPE = [[0, 0], [9, 0], [9, 9], [6, 9], [6, 3], [3, 3], [3, 9], [0, 9]]


def test_a_concave_zone():
    zone = Zone("u", U_SHAPE)
    inside = zone.contains(np.array([[1, 8], [4.5, 1], [4.5, 8], [8, 8], [-1, 1], [np.nan, 1]]))
    assert inside.tolist() == [True, True, False, True, False, False]


@settings(max_examples=50, deadline=None)
@given(st.floats(-2, 12), st.floats(-2, 12))
def test_neighbours_share_no_point(x, y):
    left, right = (
        Zone("l", [[0, 0], [5, 0], [5, 9], [0, 9]]),
        Zone("r", [[5, 0], [9, 0], [9, 9], [5, 9]]),
    )
    point = np.array([[x, y]])
    both = left.contains(point)[0] + right.contains(point)[0]
    assert both == (0 <= x < 9 and 0 <= y < 9)


def test_read_back(tmp_path):
    path = tmp_path / "zones.json"
    path.write_text(json.dumps({"zones": [{"name": "nest", "polygon": U_SHAPE}]}))
    (zone,) = read_zones(path)
    assert zone.name == "nest"
    assert zone.polygon.tolist() == U_SHAPE


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("[]", "holds no list of zones"),
        ('{"zones": {}}', "holds no list of zones"),
        ('{"zones": []}', "holds no list of zones"),
        ('{"zones": [1]}', "zone 0 has no name"),
        ('{"zones": [{"name": 3}]}', "zone 0 has no name"),
        ('{"zones": [{"name": " ", "polygon": [[0,0],[1,0],[1,1]]}]}', "empty name"),
        ('{"zones": [{"name": "a"}]}', "shape"),
        ('{"zones": [{"name": "a", "polygon": "abc"}]}', "no polygon of numbers"),
        ('{"zones": [{"name": "a", "polygon": [[0,0],[1]]}]}', "no polygon of numbers"),
        ('{"zones": [{"name": "a", "polygon": [[0,0],[1,1]]}]}', "three or more"),
        ('{"zones": [{"name": "a", "polygon": [[0,0],[1,0],[NaN,1]]}]}', "not a finite number"),
        (
            '{"zones": [{"name": "a", "polygon": [[0,0],[1,0],[1,1]]},'
            ' {"name": "a", "polygon": [[0,0],[1,0],[1,1]]}]}',
            "two zones are called 'a'",
        ),
    ],
)
def test_files_that_are_no_zones(tmp_path, content, message):
    path = tmp_path / "zones.json"
    path.write_text(content)
    with pytest.raises(DataError, match=message) as caught:
        read_zones(path)
    assert "\n" not in str(caught.value)


def test_a_folder_and_nothing_at_all(tmp_path):
    for path in (tmp_path, tmp_path / "none.json"):
        with pytest.raises(DataError, match="cannot read zones"):
            read_zones(path)
