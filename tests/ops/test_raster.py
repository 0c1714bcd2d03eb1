"""Outlines to pixels and back."""

from __future__ import annotations

import warnings
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from masklet.core import (
    DataError,
    Flags,
    Label,
    LossWarning,
    Origin,
    ShapeKind,
    Shapes,
    UsageError,
    Video,
)
from masklet.ops import raster as X
from masklet.ops import runs as R
from masklet.ops import table as T
from masklet.ops.overlap import iou_pairs, iou_runs
from ops.strategies import mask

VIDEO = Video("v", 60, 40, 20)
LABELS = (Label("rat"), Label("tail", "line"))


def shapes(*rows, video=VIDEO, **columns):
    """`Shapes` from (frame, track, kind, points) and whole columns."""
    points = [np.asarray(row[3], float).ravel() for row in rows]
    return Shapes(
        video,
        LABELS,
        frame=[row[0] for row in rows],
        track_id=[row[1] for row in rows],
        kind=[row[2] for row in rows],
        points=np.concatenate([np.empty(0), *points]),
        offset=np.cumsum([0, *map(len, points)]),
        **columns,
    )


def drawn(kind, points, **columns):
    """The frame that one shape covers, `(40, 60) bool`."""
    masks = X.shapes_to_masks(shapes((0, 1, kind, points), **columns))
    return R.decode(masks.row_runs(0), (60, 40))


@settings(max_examples=150, deadline=None)
@given(mask())
def test_polygons_give_the_very_mask_back(array):
    size_wh = array.shape[1], array.shape[0]
    runs = R.encode(array)
    parts = X.polygons(runs, size_wh)
    np.testing.assert_array_equal(X.polygon_runs(parts, size_wh), runs)
    assert bool(parts) == array.any()


def ring(n, radius, centre=(30.0, 20.0)):
    angle = np.linspace(0, 2 * np.pi, n, endpoint=False)
    return np.stack([np.cos(angle), np.sin(angle)], 1) * radius + centre


def test_holes_and_parts_are_kept():
    array = np.zeros((40, 60), bool)
    array[5:30, 5:30] = True
    array[10:20, 10:20] = False
    array[14:16, 14:16] = True
    array[35, 50] = True
    parts = X.polygons(R.encode(array), (60, 40))
    assert [len(part.holes) for part in parts] == [1, 0, 0]
    assert X.polygons(R.empty((60, 40)), (60, 40)) == []


def test_a_real_polygon_covers_the_pixels_of_its_mask_image(shared_data):
    folder = shared_data / "rat_cage"
    for _, element in ET.iterparse(folder / "annotations_cvat_video_1.1.xml"):
        if element.tag == "polygon":
            break
    points = [[float(v) for v in pair.split(",")] for pair in element.get("points").split(";")]
    crop, offset = X.polygon_mask([np.array(points)], (1920, 1080))
    truth = np.asarray(Image.open(folder / "frame_000000_1920x1080_mask.png").convert("L")) > 127
    found = R.encode_crop(crop, offset, (1920, 1080))
    assert iou_runs(found, R.encode(truth)) > 0.999


@pytest.mark.parametrize(
    ("points", "pixels"),
    [
        ([], 0),
        ([[5.5, 5.5]], 1),
        ([[5.5, 5.5], [9.5, 5.5]], 5),
        ([[5.5, 5.5], [9.5, 5.5], [7.5, 5.5]], 5),
        ([[-9, -9], [-5, -9], [-5, -5]], 0),
        ([[-100, -100], [200, -100], [200, 200], [-100, 200]], 2400),
        ([[-1e12, -1e12], [1e12, -1e12], [1e12, 1e12], [-1e12, 1e12]], 2400),
        ([[-1e9, 10], [1e9, 10], [1e9, 12], [-1e9, 12]], 180),
        ([[1e9, 1e9], [2e9, 1e9], [2e9, 2e9]], 0),
    ],
)
def test_odd_polygons_do_no_harm(points, pixels):
    crop, offset = X.polygon_mask([np.array(points)], (60, 40))
    assert R.area(R.encode_crop(crop, offset, (60, 40))) == pixels


@example([0.0, 0.0, -0.0], int(ShapeKind.CUBOID))
@settings(max_examples=150, deadline=None)
@given(st.lists(st.floats(-1e13, 1e13) | st.floats(-80, 80), max_size=16), st.integers(0, 6))
def test_no_coordinates_break_the_rasteriser(numbers, kind):
    kind = ShapeKind(kind)
    fixed = {ShapeKind.BOX: 4, ShapeKind.ELLIPSE: 4, ShapeKind.CUBOID: 16}.get(kind)
    points = (numbers * 16)[:fixed] if fixed and numbers else numbers[: len(numbers) // 2 * 2]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LossWarning)
        try:
            masks = X.shapes_to_masks(shapes((0, 1, kind, points)))
        except DataError:
            return
    assert len(masks) <= 1


@pytest.mark.parametrize("max_points", [3, 8, 20])
def test_simplify_states_its_loss(max_points):
    polygon = X.Polygon(ring(200, 18), (ring(100, 6),))
    simple, likeness = X.simplify(polygon, max_points)
    assert all(3 <= len(one) <= max_points for one in simple.rings)
    runs = [X.polygon_runs([one], (60, 40)) for one in (polygon, simple)]
    assert likeness == pytest.approx(iou_runs(*runs))
    assert likeness > {3: 0.3, 8: 0.8, 20: 0.93}[max_points]
    with pytest.raises(UsageError, match="3 or more"):
        X.simplify(polygon, 2)


def test_simplify_leaves_what_is_simple_enough():
    polygon = X.Polygon(ring(12, 10))
    simple, likeness = X.simplify(polygon)
    assert likeness == 1.0
    np.testing.assert_array_equal(simple.outer, polygon.outer)


@pytest.mark.parametrize("turn", [0, 90, 180, 360])
def test_an_upright_box_covers_exactly_its_pixels(turn):
    found = drawn(ShapeKind.BOX, [20, 10, 40, 30], rotation=float(turn))
    expected = np.zeros((40, 60), bool)
    expected[10:30, 20:40] = True
    # a turned box is drawn as a polygon, whose outline belongs to it
    assert np.count_nonzero(found ^ expected) <= (0 if turn % 360 == 0 else 2 * 41)
    assert not np.any(expected & ~found)


@pytest.mark.parametrize(("turn", "along"), [(0, "x"), (90, "y"), (180, "x")])
def test_an_ellipse_turns(turn, along):
    found = drawn(ShapeKind.ELLIPSE, [30, 20, 48, 11], rotation=float(turn))
    height, width = (int(np.ptp(axis)) + 1 for axis in np.nonzero(found))
    assert (width, height) == ((36, 18) if along == "x" else (18, 36))
    assert np.count_nonzero(found) == pytest.approx(np.pi * 18 * 9, rel=0.01)


def test_rotation_is_clockwise():
    found = drawn(ShapeKind.ELLIPSE, [30, 20, 48, 17], rotation=45.0)
    y, x = np.nonzero(found)
    assert np.corrcoef(x, y)[0, 1] > 0.5  # y points down, so clockwise leans this way


@pytest.mark.parametrize(("width", "rows"), [(1, 1), (3, 3), (5, 5)])
def test_a_polyline_has_a_width(width, rows):
    crop, offset = X.polyline_mask(np.array([[10.5, 20.5], [30.5, 20.5]]), width, (60, 40))
    array = R.decode(R.encode_crop(crop, offset, (60, 40)), (60, 40))
    assert np.count_nonzero(array[:, 20]) == rows
    assert array[20, 10:31].all()
    assert np.count_nonzero(X.polyline_mask(np.array([[10.5, 20.5]]), width, (60, 40))[0]) >= 1


def test_a_cuboid_covers_its_silhouette():
    corners = [[10, 10], [10, 30], [20, 10], [20, 30], [25, 5], [25, 25], [15, 5], [15, 25]]
    found = drawn(ShapeKind.CUBOID, corners)
    assert found[20, 15]
    assert found[10, 23]
    assert not found[7, 11]


def test_cvat_masks_are_row_major_inside_their_box():
    found = drawn(ShapeKind.MASK, [3, 2, 3, 2, 1, 2, 1, 2])
    assert np.argwhere(found).tolist() == [[2, 4], [2, 5], [3, 4], [3, 5]]
    with pytest.raises(DataError, match="3x2 pixels has run lengths that sum to 4; expected 6"):
        drawn(ShapeKind.MASK, [3, 2, 3, 2, 1, 3])
    with pytest.raises(DataError, match="has no box"):
        drawn(ShapeKind.MASK, [3, 2])


SQUARE = [[5, 5], [15, 5], [15, 15], [5, 15]]


def test_tracks_become_objects_and_outside_becomes_absence():
    key = Flags.KEYFRAME
    given_shapes = shapes(
        (0, 3, ShapeKind.POLYGON, SQUARE),
        (1, 3, ShapeKind.POLYGON, SQUARE),
        (2, 3, ShapeKind.POLYGON, SQUARE),
        (1, -1, ShapeKind.POLYGON, SQUARE),
        flags=[key | Flags.OCCLUDED, 0, key | Flags.OUTSIDE, 0],
    )
    masks = X.shapes_to_masks(given_shapes)
    rows = list(zip(masks.frame.tolist(), masks.object_id.tolist(), masks.origin.tolist(), strict=True))
    assert rows == [(0, 3, Origin.HUMAN), (1, -1, Origin.HUMAN), (1, 3, Origin.INTERPOLATED)]
    assert masks.flags.tolist() == [key | Flags.OCCLUDED, 0, 0]
    assert T.areas(masks).tolist() == [121] * 3


@pytest.mark.parametrize(
    ("groups", "attributes", "expected"),
    [
        ([0, 0], [{}, {}], [-1, -1]),
        ([4, 5], [{}, {}], [4, 5]),
        ([4, 4], [{}, {}], [-1, -1]),
        ([4, 4], [{"track_id": "7"}, {}], [4, 7]),
        ([0, 0], [{"track_id": "7"}, {"track_id": "7"}], [-1, -1]),
        ([0, 0], [{"track_id": "0"}, {"track_id": "no"}], [-1, 0]),
        ([0, 0], [{"track_id": "99999999999"}, {"track_id": "-3"}], [-1, -1]),
    ],
)
def test_single_shapes_find_their_object(groups, attributes, expected):
    rows = [(0, -1, ShapeKind.POLYGON, SQUARE)] * 2
    masks = X.shapes_to_masks(shapes(*rows, group=groups, attributes=attributes))
    assert masks.object_id.tolist() == expected


def test_a_track_keeps_its_number_where_a_single_shape_claims_it():
    rows = [(0, 4, ShapeKind.POLYGON, SQUARE), (0, -1, ShapeKind.POLYGON, SQUARE)]
    masks = X.shapes_to_masks(shapes(*rows, group=[0, 4]))
    assert masks.object_id.tolist() == [-1, 4]


def test_what_has_no_area_is_named():
    rows = [
        (0, 1, ShapeKind.POINTS, [3, 3]),
        (1, 1, ShapeKind.TAG, []),
        (2, 1, ShapeKind.POLYGON, SQUARE),
    ]
    with pytest.warns(LossWarning, match="2 points and tags have no area"):
        assert len(X.shapes_to_masks(shapes(*rows))) == 1
    with pytest.warns(LossWarning, match="1 shapes lie off the frame"):
        assert not len(X.shapes_to_masks(shapes((0, 1, ShapeKind.POLYGON, np.add(SQUARE, 500)))))


def table(*rows, label_id=0):
    return T.build(VIDEO, LABELS, [T.Row(f, i, label_id, R.encode(a)) for f, i, a in rows])


def block(x0=5, y0=5, x1=15, y1=15):
    array = np.zeros((40, 60), bool)
    array[y0:y1, x0:x1] = True
    return array


@pytest.mark.parametrize("kind", ["polygon", "box", "mask"])
def test_masks_to_shapes_and_back(kind):
    masks = table(
        (0, 1, block()),
        (1, 1, block(6, 5, 18, 15)),
        (0, 2, block(30, 5, 40, 15)),
        (19, 2, block(30, 5, 40, 15)),
    )
    back = X.shapes_to_masks(X.masks_to_shapes(masks, kind=kind))
    np.testing.assert_array_equal(back.frame, masks.frame)
    np.testing.assert_array_equal(back.object_id, masks.object_id)
    np.testing.assert_array_equal(back.runs, masks.runs)


def test_tracks_are_closed_after_every_stay():
    nothing = np.zeros((40, 60), bool)
    masks = table(
        (0, 1, block()),
        (1, 1, block()),
        (5, 1, block()),
        (6, 1, nothing),
        (19, 1, block()),
        (3, -1, block()),
    )
    made = X.masks_to_shapes(masks)
    outside = (made.flags & Flags.OUTSIDE) > 0
    rows = list(zip(made.track_id.tolist(), made.frame.tolist(), outside.tolist(), strict=True))
    assert rows == [
        (1, 0, False),
        (1, 1, False),
        (1, 2, True),
        (1, 5, False),
        (1, 6, True),
        (1, 19, False),
        (-1, 3, False),
    ]
    assert np.all((made.flags & Flags.KEYFRAME > 0) == (made.track_id >= 0))


def test_losses_of_polygons_are_named_and_masks_lose_nothing():
    array = block(5, 5, 30, 30)
    array[10:12, 10:12] = False
    array[35:37, 50:52] = True
    masks = table((0, 1, array), (1, 1, block()))
    with pytest.warns(LossWarning) as caught:
        filled = X.shapes_to_masks(X.masks_to_shapes(masks))
    texts = sorted(str(one.message) for one in caught)
    assert [text.split(",")[0] for text in texts] == ["1 masks have holes", "1 masks have several parts"]
    assert T.areas(filled).tolist() == [25 * 25, 100]
    lossless = X.masks_to_shapes(masks, kind="mask")
    assert lossless.attributes == ({"track_id": "1"}, {"track_id": "1"})
    np.testing.assert_array_equal(X.shapes_to_masks(lossless).runs, masks.runs)


def test_fewer_points_on_request():
    crop, offset = X.polygon_mask([ring(300, 18)], (60, 40))
    masks = table((0, 1, R.decode(R.encode_crop(crop, offset, (60, 40)), (60, 40))))
    made = X.masks_to_shapes(masks, max_points=15)
    assert 3 <= len(made.row_points(0)) // 2 <= 15
    assert iou_pairs(X.shapes_to_masks(made), masks)[0] > 0.93


def test_a_tail_becomes_a_line_and_a_line_a_tail():
    bend = np.array([[5.5, 30.5], [20.5, 10.5], [50.5, 15.5]])
    crop, offset = X.polyline_mask(bend, 3, (60, 40))
    tail = table((0, 1, R.decode(R.encode_crop(crop, offset, (60, 40)), (60, 40))), label_id=1)
    with pytest.warns(LossWarning, match="only their centre line"):
        made = X.masks_to_shapes(tail)
    line = made.row_points(0).reshape(-1, 2)
    assert made.kind[0] == ShapeKind.POLYLINE
    ends = line[[0, -1]] if line[0, 0] < line[-1, 0] else line[[-1, 0]]
    assert np.abs(ends - bend[[0, -1]]).max() <= 2.5
    assert np.abs(line - bend[1]).sum(axis=1).min() <= 3
    assert iou_pairs(X.shapes_to_masks(made), tail)[0] > 0.75
    assert X.skeleton_line(R.empty((60, 40)), (60, 40)).shape == (0, 2)


def test_unknown_kind():
    with pytest.raises(UsageError, match="'oval'; expected 'polygon', 'mask' or 'box'"):
        X.masks_to_shapes(table(), kind="oval")


@pytest.mark.parametrize("weight", [0.0, 0.25, 0.5, 0.75, 1.0])
def test_blend_lies_between(weight):
    a, b = R.encode(block(10, 10, 20, 20)), R.encode(block(6, 6, 24, 24))
    mixed = X.blend(a, b, weight, (60, 40))
    side = 10 + 8 * weight
    assert R.area(mixed) == pytest.approx(side**2, rel=0.15)
    assert R.area(R.difference(a, mixed)) == 0
    assert R.area(R.difference(mixed, b)) == 0
    if weight in (0, 1):
        np.testing.assert_array_equal(mixed, b if weight else a)


def test_blend_of_masks_apart():
    a, b = R.encode(block(2, 2, 12, 12)), R.encode(block(42, 22, 52, 32))
    assert R.area(X.blend(a, b, 0.5, (60, 40))) == 0
    np.testing.assert_array_equal(
        X.blend(a, b, 0.5, (60, 40), align=True), R.encode(block(22, 12, 32, 22))
    )
    np.testing.assert_array_equal(X.blend(a, R.empty((60, 40)), 0.3, (60, 40)), a)
