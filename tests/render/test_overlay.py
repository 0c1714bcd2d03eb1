"""Overlay frames: which come, what is on them, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from masklet.core import DataError, UsageError, palette_colour
from masklet.media.planes import Planes, from_rgb
from masklet.render.drawing import draw, frame_caption, row_text
from masklet.render.overlay import overlay
from masklet.render.style import OverlayStyle, rgb


def test_every_frame_comes_once(media, masks):
    shown = list(overlay(media, masks))
    assert [index for index, _ in shown] == list(range(20))
    for index, image in shown:
        assert image.shape == (120, 160, 3)
        assert (image[110, 5] == 100 + index).all()


@pytest.mark.parametrize("frames", [range(3, 12, 4), [3, 4, 5, 11], [9, 2, 3], (), [5, 5]])
def test_frames_come_in_the_order_asked_for(media, masks, frames):
    assert [index for index, _ in overlay(media, masks, frames)] == list(frames)


def test_frames_without_masks_come_as_they_are(media, masks):
    few = masks.take(masks.frame == 3)
    for index, image in overlay(media, few):
        assert np.array_equal(image, media[index]) == (index != 3)


def test_colours_by_object_and_by_label(media, masks):
    rows = masks.on(0)
    style = OverlayStyle(fill=1, outline=0, names=False)
    image = media[0]
    draw(image, rows, style)
    assert tuple(image[55, 40]) == rgb(palette_colour(0))
    assert tuple(image[45, 120]) == rgb(palette_colour(1))
    draw(image, rows, OverlayStyle(fill=1, outline=0, names=False, colour_by="label"))
    assert tuple(image[55, 40]) == rgb(palette_colour(0))
    assert tuple(image[45, 120]) == rgb("#123456")


def test_row_text(masks):
    doubted = masks.on(7)
    style = OverlayStyle(scores=True)
    assert [row_text(doubted, row, style) for row in (0, 1)] == ["1 rat 0.95", "! 2 mouse 0.95"]
    assert row_text(doubted, 1, OverlayStyle(doubts=False)) == "2 mouse"
    assert row_text(doubted, 1, OverlayStyle(names=False)) == "!"
    assert row_text(doubted, 0, OverlayStyle(names=False)) == ""
    assert row_text(doubted.replace(object_id=-1), 0, OverlayStyle()) == "rat"


def test_captions(media, masks):
    assert frame_caption(masks, 12) == "frame 12   1.20 s"
    (_, plain), (_, captioned) = (
        next(overlay(media, masks, [12], OverlayStyle(frame_number=flag))) for flag in (False, True)
    )
    different = (plain != captioned).any(axis=2)
    assert different[:20, :60].any()
    assert not different[25:].any()


def test_names_do_not_cover_each_other(masks):
    """Two objects at one place: their plates are stacked."""
    rows = masks.on(0)
    same = rows.replace(
        runs=np.concatenate([rows.row_runs(0)] * 2), offset=np.array([0, 1, 2]) * len(rows.row_runs(0))
    )
    image, alone = (np.full((120, 160, 3), 100, np.uint8) for _ in range(2))
    style = OverlayStyle(fill=0, outline=0)
    draw(image, same, style)
    draw(alone, same.take([0]), style)
    plate = (alone != 100).any(axis=2)
    assert plate.any()
    assert np.array_equal(image[plate], alone[plate])
    assert (image != 100).any(axis=2).sum() > 1.8 * plate.sum()


def test_another_size_is_refused(masks, small_media):
    with pytest.raises(DataError, match=r"the masks are 160x120 and still is 64x48"):
        next(overlay(small_media, masks))


@pytest.mark.parametrize("frames", [[0, 20], range(15, 25), [-1]])
def test_frames_that_are_not_there(media, masks, frames):
    with pytest.raises(DataError, match=r"still has no frame (20|-1); expected 0..19"):
        list(overlay(media, masks, frames))


def test_a_picture_of_another_size_is_refused(masks):
    with pytest.raises(DataError, match="masks of frame 0 are 160x120, the picture is 160x121"):
        draw(np.zeros((121, 160, 3), np.uint8), masks.on(0))


@pytest.mark.parametrize(
    "arguments", [{"fill": 1.5}, {"fill": -0.1}, {"outline": -2}, {"colour_by": "mood"}]
)
def test_styles_that_make_no_sense(arguments):
    with pytest.raises(UsageError, match="expected"):
        OverlayStyle(**arguments)


def test_look_alikes_are_dashed(masks):
    style = OverlayStyle()
    assert not style.dashed(masks, 0)
    far = masks.on(0).replace(object_id=[1, 9])
    assert style.colour(far, 0) == style.colour(far, 1)
    assert [style.dashed(far, row) for row in (0, 1)] == [False, True]


@pytest.mark.parametrize("matrix", ["bt601", "bt709"])
@pytest.mark.parametrize("full", [False, True])
def test_drawing_on_planes_equals_drawing_on_rgb(masks, matrix, full):
    """The same pixels, within what half-size colour and rounding change."""
    rows = masks.on(3)
    rows = rows.replace(object_id=[1, 10])
    image = np.full((120, 160, 3), (90, 140, 170), np.uint8)
    mix = from_rgb(matrix, full)
    planes = Planes(np.zeros((180, 160), np.uint8), matrix, full)
    for plane, row in zip(planes.planes, mix, strict=True):
        plane[...] = round(float(row @ [90, 140, 170, 1]))
    draw(image, rows)
    draw(planes, rows)
    mixed = image @ mix[:, :3].T + mix[:, 3]
    y, cb, cr = planes.planes
    assert np.abs(y - mixed[..., 0]).max() < 3
    for plane, expected in ((cb, mixed[..., 1]), (cr, mixed[..., 2])):
        halved = expected.reshape(60, 2, 80, 2).mean(axis=(1, 3))
        assert np.abs(plane - halved).mean() < 2
        assert np.median(np.abs(plane - halved)) < 1
