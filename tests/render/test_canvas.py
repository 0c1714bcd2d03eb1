"""What the brush leaves on pixels, and what it leaves alone."""

from __future__ import annotations

import numpy as np
import pytest

from masklet.render.canvas import (
    fitted,
    ink_for,
    paint_mask,
    paint_plate,
    plate_size,
    resized,
    write_png,
)

ORANGE = (230, 159, 0)


def grey(h: int = 60, w: int = 80) -> np.ndarray:
    return np.full((h, w, 3), 120, np.uint8)


def test_inside_is_tinted_outside_is_untouched():
    image = grey()
    paint_mask(image, np.ones((30, 40), bool), (20, 15), ORANGE, fill=0.5, outline_px=2)
    assert image[30, 40] == pytest.approx([175, 140, 60], abs=2)
    far = np.ones((60, 80), bool)
    far[12:48, 17:63] = False
    assert (image[far] == 120).all()


def test_the_outline_is_a_line_of_colour_with_a_dark_halo():
    image = grey()
    paint_mask(image, np.ones((30, 40), bool), (20, 15), ORANGE, fill=0.2, outline_px=3)
    across = image[30, 12:30].astype(int)
    assert across.sum(axis=1).min() < 200  # darker than the background (360): the halo
    assert np.abs(across - ORANGE).sum(axis=1).min() < 12  # the line itself
    assert np.abs(across - ORANGE).sum(axis=1).argmin() > across.sum(axis=1).argmin()


def test_no_outline_no_halo():
    image = grey()
    crop = np.eye(20, dtype=bool)
    paint_mask(image, crop, (5, 5), ORANGE, fill=1.0, outline_px=0)
    touched = (image != 120).any(axis=2)
    assert np.array_equal(touched[5:25, 5:25], crop)
    assert touched.sum() == 20


def test_a_thin_mask_keeps_its_colour():
    image = grey()
    paint_mask(image, np.ones((1, 50), bool), (10, 30), ORANGE, outline_px=3)
    assert image[30, 30] == pytest.approx(ORANGE, abs=3)


def test_dashes_alternate_with_white():
    plain, dashed = grey(), grey()
    for image, flag in ((plain, False), (dashed, True)):
        paint_mask(image, np.ones((30, 60), bool), (10, 15), ORANGE, outline_px=2, dashed=flag)
    white = (dashed > 240).all(axis=2)
    assert white.sum() > 20
    assert not (plain > 240).all(axis=2).any()
    inner = (slice(22, 38), slice(20, 60))
    assert np.array_equal(plain[inner], dashed[inner])


@pytest.mark.parametrize("offset", [(-20, -10), (70, 50), (-200, 0), (0, 900), (75, -20)])
def test_masks_may_reach_over_the_border(offset):
    image, wide = grey(), grey(460, 480)
    crop = np.random.default_rng(0).random((30, 40)) < 0.7
    paint_mask(image, crop, offset, ORANGE, outline_px=0)
    paint_mask(wide, crop, (offset[0] + 200, offset[1] + 200), ORANGE, outline_px=0)
    assert np.array_equal(image, wide[200:260, 200:280])


@pytest.mark.parametrize("corner", [(10, 30), (-50, -50), (500, 500)])
def test_a_plate_lies_in_the_image(corner):
    image = grey()
    x0, y0, x1, y1 = paint_plate(image, "7 rat", corner, 10)
    assert (x1 - x0, y1 - y0) == plate_size("7 rat", 10)
    assert 0 <= x0 < x1 <= 80
    assert 0 <= y0 < y1 <= 60
    changed = (image != 120).any(axis=2)
    assert changed[y0:y1, x0:x1].mean() > 0.9
    changed[y0:y1, x0:x1] = False
    assert not changed.any()
    assert image.max() > 220  # letters
    assert image.min() < 40  # plate


def test_a_plate_larger_than_the_image_is_cut():
    image = grey(12, 20)
    assert paint_plate(image, "a long text indeed", (0, 12), 20) == (0, 0, 20, 12)


@pytest.mark.parametrize(
    ("plate", "ink"),
    [((240, 228, 66), (16, 16, 16)), ((0, 0, 0), (255, 255, 255)), ((0, 114, 178), (255, 255, 255))],
)
def test_ink_is_legible(plate, ink):
    assert ink_for(plate) == ink


def test_png_round_trip(tmp_path):
    from PIL import Image

    image = np.random.default_rng(1).integers(0, 255, (9, 7, 3), np.uint8)
    write_png(image, tmp_path / "a" / "b.png")
    with Image.open(tmp_path / "a" / "b.png") as found:
        assert np.array_equal(np.array(found), image)


def test_resized_keeps_the_mean():
    image = np.random.default_rng(1).integers(0, 255, (40, 80, 3), np.uint8)
    small = resized(image, (20, 10))
    assert small.shape == (10, 20, 3)
    assert small.mean() == pytest.approx(image.mean(), abs=1)


@pytest.mark.parametrize(("size", "inner"), [((80, 60), (0, 0, 80, 60)), ((40, 60), (0, 15, 40, 45))])
def test_fitted(size, inner):
    frame = fitted(grey(), size)
    x0, y0, x1, y1 = inner
    assert frame.shape == (size[1], size[0], 3)
    assert (frame[y0:y1, x0:x1] == 120).all()
    assert frame.sum() == 3 * 120 * (x1 - x0) * (y1 - y0)
