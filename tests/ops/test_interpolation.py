"""What tracks show between keyframes."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import numpy as np
import pytest

from masklet.core import DataError, Flags, Label, ShapeKind, Shapes, Video
from masklet.ops.curves import between
from masklet.ops.interpolation import fill_gaps
from masklet.ops.overlap import iou_pairs
from masklet.ops.raster import shapes_to_masks

KEY, OUT = int(Flags.KEYFRAME), int(Flags.OUTSIDE)


def track(*rows, n_frames=20, **columns):
    """Shapes from (frame, flags, kind, points) rows of track 1."""
    points = [np.asarray(row[3], float).ravel() for row in rows]
    return Shapes(
        Video("v", 100, 100, n_frames),
        (Label("a"),),
        frame=[row[0] for row in rows],
        track_id=columns.pop("track_id", 1),
        flags=[row[1] for row in rows],
        kind=[row[2] for row in rows],
        points=np.concatenate(points),
        offset=np.cumsum([0, *map(len, points)]),
        **columns,
    )


def at(shapes, frame):
    (row,) = np.flatnonzero(shapes.frame == frame)
    return shapes.row_points(row).tolist()


BOX = ShapeKind.BOX


@pytest.mark.parametrize(
    ("kind", "left", "right", "middle"),
    [
        (BOX, [0, 0, 10, 10], [4, 8, 20, 30], [2, 4, 15, 20]),
        (ShapeKind.ELLIPSE, [5, 5, 9, 1], [9, 5, 15, 1], [7, 5, 12, 1]),
        (ShapeKind.CUBOID, range(16), range(2, 18), range(1, 17)),
        (ShapeKind.POINTS, [0, 0], [4, 8], [2, 4]),
        (ShapeKind.POINTS, [0, 0, 1, 1], [4, 8, 5, 9], [0, 0, 1, 1]),
        (ShapeKind.MASK, [0, 0, 2, 1, 1, 1], [4, 0, 2, 1, 1, 1], [0, 0, 2, 1, 1, 1]),
        (ShapeKind.POLYLINE, [0, 0, 10, 0], [0, 8, 10, 4], [0, 4, 10, 2]),
        (ShapeKind.POLYGON, [0, 0, 10, 0, 10, 10], [4, 0, 14, 0, 14, 10], [2, 0, 12, 0, 12, 10]),
    ],
)
def test_every_kind_has_its_rule(kind, left, right, middle):
    filled = fill_gaps(track((2, KEY, kind, left), (6, KEY, kind, right), (7, KEY | OUT, kind, right)))
    assert filled.frame.tolist() == [2, 3, 4, 5, 6, 7]
    assert filled.flags.tolist() == [KEY, 0, 0, 0, KEY, KEY | OUT]
    assert at(filled, 4) == pytest.approx(list(middle))


@pytest.mark.parametrize(
    ("left", "right", "middle"), [(0, 90, 45), (350, 10, 0), (10, 350, 0), (90, 0, 45), (0, 180, 270)]
)
def test_rotation_takes_the_shorter_way(left, right, middle):
    rows = ((0, KEY, BOX, [0, 0, 9, 9]), (2, KEY | OUT, BOX, [0, 0, 9, 9]))
    filled = fill_gaps(track(*rows, rotation=[left, right]))
    assert filled.rotation[1] % 360 == pytest.approx(middle % 360)


def test_outside_is_a_gap_and_a_track_without_end_goes_on():
    square = [0, 0, 9, 9]
    filled = fill_gaps(
        track((1, KEY, BOX, square), (3, KEY | OUT, BOX, square), (6, KEY, BOX, square), n_frames=9)
    )
    assert filled.frame.tolist() == [1, 2, 3, 6, 7, 8]
    endless = fill_gaps(track((1, KEY, BOX, square), n_frames=-1))
    assert endless.frame.tolist() == [1]


def test_rows_that_are_there_stay_and_end_the_track():
    rows = (
        (0, KEY, BOX, [0, 0, 9, 9]),
        (2, 0, BOX, [50, 0, 59, 9]),
        (4, KEY, BOX, [8, 0, 17, 9]),
        (5, 0, BOX, [8, 0, 17, 9]),
    )
    filled = fill_gaps(track(*rows))
    assert filled.frame.tolist() == [0, 1, 2, 3, 4, 5]
    assert [at(filled, frame)[0] for frame in range(6)] == [0, 2, 50, 6, 8, 8]
    assert fill_gaps(filled) is filled


def test_facts_hold_from_the_left_keyframe():
    rows = ((0, KEY | Flags.OCCLUDED, BOX, [0, 0, 9, 9]), (2, KEY, BOX, [0, 0, 9, 9]))
    filled = fill_gaps(
        track(*rows, n_frames=3, z_order=[5, 6], group=[7, 8], attributes=({"a": "1"}, {"a": "2"}))
    )
    assert filled.flags.tolist() == [KEY | Flags.OCCLUDED, Flags.OCCLUDED, KEY]
    assert filled.z_order.tolist() == [5, 5, 6]
    assert filled.group.tolist() == [7, 7, 8]
    assert [dict(one) for one in filled.attributes] == [{"a": "1"}, {"a": "1"}, {"a": "2"}]


def test_tracks_do_not_mix_and_single_shapes_stay():
    square = [0, 0, 9, 9]
    rows = [(0, KEY, BOX, square), (0, KEY, BOX, square), (2, KEY, BOX, square), (2, KEY, BOX, square)]
    filled = fill_gaps(track(*rows, n_frames=3, track_id=[1, 2, 2, -1]))
    pairs = list(zip(filled.track_id.tolist(), filled.frame.tolist(), strict=True))
    assert pairs == [(1, 0), (1, 1), (1, 2), (2, 0), (2, 1), (2, 2), (-1, 2)]


@pytest.mark.parametrize(
    ("second", "says"),
    [
        (
            (4, KEY, ShapeKind.POLYGON, [0, 0, 1, 1, 2, 0]),
            "is a box on frame 0 and a polygon on frame 4",
        ),
        ((0, KEY, BOX, [0, 0, 1, 1]), "two keyframes on frame 0"),
    ],
)
def test_what_cannot_be_interpolated_is_named(second, says):
    with pytest.raises(DataError, match=says):
        fill_gaps(track((0, KEY, BOX, [0, 0, 1, 1]), second))


def test_kinds_may_change_while_the_object_is_away():
    rows = ((0, KEY | OUT, BOX, [0, 0, 1, 1]), (4, KEY, ShapeKind.POLYGON, [0, 0, 1, 1, 2, 0]))
    assert len(fill_gaps(track(*rows, n_frames=5))) == 2


def test_curves_meet_their_ends():
    rng = np.random.default_rng(2)
    left, right = rng.random((9, 2)) * 50, rng.random((14, 2)) * 50
    curve = between(left, right, closed=True)
    assert set(map(tuple, curve.at(0.0))) <= set(map(tuple, left))
    far = [np.abs(right - point).sum(axis=1).min() for point in curve.at(1.0)]
    assert np.median(far) < 1e-9
    assert 3 <= len(curve.at(0.5)) <= 23
    assert len(between(left[:1], left[:1], closed=True).at(0.3)) >= 1


@pytest.fixture(scope="module")
def rat(shared_data):
    points, frames, flags = [], [], []
    for _, element in ET.iterparse(shared_data / "rat_cage" / "annotations_cvat_video_1.1.xml"):
        if element.tag == "polygon":
            text = element.get("points").replace(";", ",")
            points.append(np.array(text.split(","), float))
            frames.append(int(element.get("frame")))
            flags.append(KEY if element.get("keyframe") == "1" else 0)
    return Shapes(
        Video("rat", 1920, 1080, 6075),
        (Label("rat"),),
        frame=frames,
        track_id=0,
        flags=flags,
        points=np.concatenate(points),
        offset=np.cumsum([0, *map(len, points)]),
    )


def test_the_real_rat_track_comes_back_from_its_keyframes(rat):
    """Keyframes in the file are rounded to 0.01 px, so that ties between neighbours may flip."""
    kept = rat.take((rat.flags & KEY > 0) & (rat.frame < 2500))
    last = int(kept.frame[-1])
    truth = rat.take(rat.frame <= last)
    filled = fill_gaps(kept)
    filled = filled.take(filled.frame <= last)
    np.testing.assert_array_equal(filled.frame, truth.frame)
    far = [
        i
        for i in range(len(truth))
        if len(truth.row_points(i)) != len(filled.row_points(i))
        or np.abs(truth.row_points(i) - filled.row_points(i)).max() > 0.0101
    ]
    between_keys = int(np.count_nonzero(truth.flags & KEY == 0))
    assert len(far) < 0.06 * between_keys
    likeness = iou_pairs(shapes_to_masks(truth.take(far)), shapes_to_masks(filled.take(far)))
    assert likeness.min() > 0.98
    assert np.median(likeness) > 0.998
