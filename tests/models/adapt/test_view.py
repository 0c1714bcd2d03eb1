"""Views: to the pixel there and back, and where a tracker opens them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapt_kit import ellipse, iou
from masklet.core.arrays import Bools
from masklet.models.adapt.view import LEAST, WIDEST, View, box_of, view_around


def there_and_back(view: View, mask: Bools) -> Bools:
    high, wide = mask.shape
    crop, (x0, y0) = view.cut_out(view.values(mask.astype(np.float32)), (wide, high))
    whole = np.zeros_like(mask)
    whole[y0 : y0 + crop.shape[0], x0 : x0 + crop.shape[1]] = crop > 0.5
    return whole


PLACES = {
    "middle": ((320, 240), (160, 120), (40, 28)),
    "left border": ((320, 240), (0, 120), (40, 28)),
    "corner": ((320, 240), (319, 239), (40, 28)),
    "odd size": ((321, 241), (160, 120), (41, 27)),
    "small frame": ((47, 33), (20, 16), (12, 9)),
    "wide": ((320, 240), (160, 120), (120, 20)),
    "high": ((320, 240), (160, 120), (15, 90)),
}


@pytest.mark.parametrize("side", [320, 384])
@pytest.mark.parametrize("place", PLACES)
def test_a_mask_survives_the_way_there_and_back(place: str, side: int) -> None:
    size_wh, centre, axes = PLACES[place]
    mask = ellipse(size_wh, centre, axes)
    box = box_of(mask)
    assert box is not None
    view = view_around(box, size_wh, 1.6, side)
    assert iou(there_and_back(view, mask), mask) > 0.97


@pytest.mark.parametrize(
    "box",
    [(-60.0, -40.0, 200.0, 170.0), (-300.5, -200.25, 700.0, 500.0), (30.5, 20.25, 90.75, 77.1)],
    ids=["beyond a corner", "much larger than the frame", "less than 112 pixels"],
)
def test_views_may_lie_anywhere(box: tuple[float, float, float, float]) -> None:
    mask = ellipse((320, 240), (58, 47), (27, 26))
    assert iou(there_and_back(View(box, 320), mask), mask) > 0.97


def test_shrunk_views_keep_the_place() -> None:
    mask = ellipse((1600, 1200), (700, 600), (500, 300))
    box = box_of(mask)
    assert box is not None
    view = view_around(box, (1600, 1200), 1.6, 320)
    assert view.pixel[0] > 3
    assert iou(there_and_back(view, mask), mask) > 0.97


def test_pixel_centres_are_where_they_should_be() -> None:
    frame = np.zeros((40, 50, 3), np.uint8)
    frame[..., 0], frame[..., 1] = np.arange(50), np.arange(40)[:, None]
    view = View((10.0, 8.0, 26.0, 24.0), 16)
    seen = view.picture(frame)
    assert seen.shape == (16, 16, 3)
    assert seen[0, 0].tolist() == [10, 8, 0]
    assert seen[15, 15].tolist() == [25, 23, 0]
    x, y = view.grid()
    np.testing.assert_allclose(seen[..., 0], x, atol=0.02)
    np.testing.assert_allclose(seen[..., 1], y, atol=0.02)
    twice = View((10.0, 8.0, 26.0, 24.0), 32)
    assert twice.grid()[0][0, :2] == pytest.approx([9.75, 10.25])
    corner = view.to_frame @ [15, 0, 1]
    assert corner[:2] == pytest.approx([x[0, 15], y[0, 15]])


def test_beyond_the_border_pictures_repeat_the_edge_and_maps_are_empty() -> None:
    frame = np.full((30, 30, 3), 50, np.uint8)
    frame[0] = 200
    view = View((-10.0, -10.0, 6.0, 6.0), 16)
    assert (view.picture(frame)[:10] == 200).all()
    values = view.values(np.ones((30, 30), np.float32))
    assert (values[:9] == 0).all()
    assert (values[:, :9] == 0).all()
    assert (values[11:, 11:] == 1).all()


def test_a_view_wholly_outside_is_empty() -> None:
    view = View((100.0, 100.0, 140.0, 140.0), 16)
    assert not view.values(np.ones((30, 30), np.float32)).any()
    assert np.isfinite(view.picture(np.zeros((30, 30, 3), np.uint8))).all()


@st.composite
def boxes_in_frames(draw: st.DrawFn) -> tuple[tuple[int, int], tuple[float, float, float, float]]:
    size_wh = draw(st.integers(1, 4000)), draw(st.integers(1, 4000))
    sides = []
    for n in size_wh:
        low = draw(st.integers(0, n - 1))
        sides.append((low, draw(st.integers(low + 1, n))))
    (x0, x1), (y0, y1) = sides
    return size_wh, (float(x0), float(y0), float(x1), float(y1))


@given(boxes_in_frames(), st.floats(1.2, 3.0), st.sampled_from([320, 384]))
@settings(max_examples=150, deadline=None)
def test_a_trackers_view_holds_the_box_and_is_about_square(
    case: tuple[tuple[int, int], tuple[float, float, float, float]], reach: float, side: int
) -> None:
    size_wh, box = case
    view = view_around(box, size_wh, reach, side)
    x0, y0, x1, y1 = view.box
    assert np.isfinite(view.box).all()
    assert view.side == side
    near = 1e-6 * max(size_wh)
    assert x0 <= box[0] + near
    assert y0 <= box[1] + near
    assert x1 >= box[2] - near
    assert y1 >= box[3] - near
    wide, high = x1 - x0, y1 - y0
    assert max(wide / high, high / wide) <= WIDEST + 1e-6
    assert wide >= min(LEAST, size_wh[0]) - near
    for low, long, n in ((x0, wide, size_wh[0]), (y0, high, size_wh[1])):
        inside = low >= -near and low + long <= n + near
        assert inside or low + long / 2 == pytest.approx(n / 2), "inside, or around the whole frame"


def test_boxes_are_half_open() -> None:
    mask = np.zeros((9, 9), bool)
    assert box_of(mask) is None
    mask[2:5, 3:8] = True
    assert box_of(mask) == (3, 2, 8, 5)
