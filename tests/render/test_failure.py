"""The picture of one failure: what is shown, how large, and with which lines."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from masklet.core import DataError, Label, Masks, UsageError, Video
from masklet.ops.runs import encode
from masklet.render.failure import PREDICTION, TRUTH, failure_picture

W, H = 640, 360
GREY = np.full((H, W, 3), 128, np.uint8)


def rows(*boxes: tuple[int, int, int, int], frame: int = 3, size_wh: tuple[int, int] = (W, H)) -> Masks:
    """One filled box for each object, all on one frame."""
    runs = []
    for x0, y0, x1, y1 in boxes:
        mask = np.zeros((size_wh[1], size_wh[0]), bool)
        mask[y0:y1, x0:x1] = True
        runs.append(encode(mask))
    return Masks(
        Video("v", *size_wh, 9),
        (Label("rat"),),
        np.full(len(boxes), frame),
        np.arange(len(boxes)) + 1,
        runs=np.concatenate([*runs, np.empty(0, np.uint32)]),
        offset=np.cumsum([0, *(len(r) for r in runs)]),
    )


def opened(data: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(data)) as image:
        assert image.format == "JPEG"
        return np.array(image.convert("RGB")).astype(int)


def near(picture: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    """`(h, w) bool`: pixels of about a colour."""
    return np.abs(picture - np.array(colour)).max(axis=2) < 45


def test_width_and_shape():
    picture = opened(failure_picture(GREY, rows((200, 100, 500, 300)), rows((220, 100, 500, 310))))
    assert picture.shape[1] == 420
    assert picture.shape[0] < 420
    assert opened(failure_picture(GREY, rows(), rows(), width=320)).shape == (180, 320, 3)


def test_truth_is_solid_and_prediction_dashed():
    truth, pred = rows((150, 60, 300, 300)), rows((350, 60, 500, 300))
    picture = opened(failure_picture(GREY, truth, pred, width=W))
    solid, dashed = near(picture, TRUTH), near(picture, PREDICTION)
    sides = [np.flatnonzero(lines.sum(axis=0) > 100) for lines in (solid, dashed)]
    assert all(len(side) >= 2 for side in sides)
    filled = []
    for lines, side in zip((solid, dashed), sides, strict=True):
        column = lines[:, side[0] - 1 : side[0] + 2].any(axis=1)
        inside = np.flatnonzero(column)
        filled.append(column[inside[0] : inside[-1]].mean())
    assert filled[0] > 0.95
    assert 0.3 < filled[1] < 0.8


def test_where_both_agree_the_colours_alternate():
    same = rows((200, 100, 400, 250))
    picture = opened(failure_picture(GREY, same, same))
    assert near(picture, TRUTH).sum() > 200
    assert near(picture, PREDICTION).sum() > 200


def test_the_inside_of_a_mask_stays_as_it_was():
    picture = opened(failure_picture(GREY, rows((200, 100, 400, 250)), rows((200, 100, 400, 250))))
    h, w = picture.shape[:2]
    assert np.abs(picture[h // 2 - 20 : h // 2 + 20, w // 2 - 40 : w // 2 + 40] - 128).max() < 8


def test_a_small_object_is_enlarged_and_the_frame_inset():
    image = GREY.copy()
    image[:80, :80] = (255, 0, 0)
    small = rows((300, 200, 320, 215))
    picture = opened(failure_picture(image, small, small))
    assert near(picture, (255, 0, 0)).sum() > 60  # the red corner of the frame, seen in the inset
    large = rows((250, 150, 550, 340))
    assert near(opened(failure_picture(image, large, large)), (255, 0, 0)).sum() < 30
    xs = np.flatnonzero(near(picture, TRUTH).any(axis=0) | near(picture, PREDICTION).any(axis=0))
    assert 90 <= np.ptp(xs[xs < 300]) <= 112  # 20 pixels at 5 times


def test_the_inset_avoids_the_masks():
    truth = rows((560, 300, 640, 360), (500, 240, 510, 250))
    picture = opened(failure_picture(np.full((H, W, 3), 60, np.uint8), truth, rows()))
    h, w = picture.shape[:2]
    corner = picture[h - 40 :, :40]  # lower left, where no mask is
    assert (corner > 220).all(axis=2).any()
    assert not (picture[h - 40 :, w - 40 :] > 220).all(axis=2).any()


def test_without_an_image_the_masks_are_filled_lightly():
    picture = opened(failure_picture(None, rows((100, 50, 300, 300)), rows((300, 50, 500, 300))))
    h, w = picture.shape[:2]
    ground, left, right = picture[4, 4], picture[h // 2, w // 3], picture[h // 2, 2 * w // 3]
    assert np.ptp(ground) < 6
    assert left[2] > left[0] + 20  # bluish
    assert right[0] > right[2] + 20  # orange


def test_thin_masks_are_not_lost_when_shrunk():
    big = (3840, 2160)
    tail = rows((0, 1000, 3840, 1001), size_wh=big)
    picture = opened(failure_picture(None, tail, rows(size_wh=big), width=300))
    assert near(picture, TRUTH).any(axis=0).mean() > 0.9


@pytest.mark.parametrize(
    "box", [(0, 0, 5, 5), (635, 355, 640, 360), (0, 0, 640, 360), (0, 100, 640, 101), (320, 0, 321, 360)]
)
def test_masks_at_the_border(box):
    picture = opened(failure_picture(GREY, rows(box), rows()))
    assert picture.shape[1] == 420
    assert near(picture, TRUTH).any()


def test_a_side_without_rows_and_empty_masks():
    for truth, pred in ((rows(), rows((5, 5, 50, 50))), (rows((9, 9, 9, 9)), rows())):
        assert opened(failure_picture(GREY, truth, pred)).shape[1] == 420


def test_tall_frames_and_same_bytes():
    tall = (200, 900)
    masks = rows((20, 20, 180, 880), size_wh=tall)
    first = failure_picture(None, masks, masks)
    assert first == failure_picture(None, masks, masks)
    assert opened(first).shape[:2] == (1890, 420)


def test_what_is_refused():
    one = rows((5, 5, 9, 9))
    with pytest.raises(UsageError, match=r"frames \[2, 3\].*expected those of one frame"):
        failure_picture(GREY, one, rows((5, 5, 9, 9), frame=2))
    with pytest.raises(UsageError, match="expected at least 32"):
        failure_picture(GREY, one, one, width=8)
    with pytest.raises(DataError, match="expected one size"):
        failure_picture(GREY[:100], one, one)
    with pytest.raises(DataError, match="expected one size"):
        failure_picture(None, one, rows((5, 5, 9, 9), size_wh=(64, 48)))
