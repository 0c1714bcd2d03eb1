"""Made pictures: the same seed the same shot, truth that fits the pixels, nothing broken at extremes."""

from __future__ import annotations

from dataclasses import astuple

import numpy as np
import pytest

from adapt_kit import BLUE, GROUND, RED, ellipse, iou, texture
from masklet.core.arrays import Bools, Image
from masklet.models.adapt.disturb import affine, blurred, elastic, recoloured, resampled, wrong_prior
from masklet.models.adapt.render import Renderer, Shot, empty_places
from masklet.models.adapt.study import Study, study_of

SIZE = (320, 240)
SIDE = 160


def picture(mask: Bools, colour: tuple[int, int, int] = RED) -> Image:
    high, wide = mask.shape
    return np.where(
        mask[..., None], texture((wide, high), colour, 2), texture((wide, high), GROUND, 1)
    ).astype(np.uint8)


def study(mask: Bools, colour: tuple[int, int, int] = RED, others: Bools | None = None) -> Study:
    others = np.zeros_like(mask) if others is None else others
    found = study_of(picture(mask, colour), mask, others, None, SIDE, 1.6)
    assert found is not None
    return found


def renderer(mask: Bools, company: tuple[Study, ...] = ()) -> Renderer:
    return Renderer(study(mask), SIDE, 1.6, company)


MIDDLE = ellipse(SIZE, (160, 120), (40, 28))


def whole(columns: slice, rows: slice) -> Bools:
    mask = np.zeros(SIZE[::-1], bool)
    mask[rows, columns] = True
    return mask


EXTREMES = {
    "middle": MIDDLE,
    "corner": ellipse(SIZE, (0, 0), (30, 20)),
    "right border": ellipse(SIZE, (319, 120), (30, 60)),
    "everything": whole(slice(None), slice(None)),
    "3x3": whole(slice(100, 103), slice(50, 53)),
    "one pixel": whole(slice(319, 320), slice(239, 240)),
    "line": whole(slice(10, 310), slice(100, 101)),
}


def sound(shot: Shot) -> None:
    for one in (shot.rgb, shot.difference, shot.mask, shot.others):
        assert one.shape[:2] == (SIDE, SIDE)
        assert one.dtype == np.float32
        assert np.isfinite(one).all()
    assert shot.rgb.shape == (SIDE, SIDE, 3)
    assert shot.rgb.min() >= 0
    assert shot.rgb.max() <= 255
    assert set(np.unique(shot.mask)) | set(np.unique(shot.others)) <= {0.0, 1.0}
    assert not (shot.mask * shot.others).any(), "a pixel belongs to one object"


@pytest.mark.parametrize("name", EXTREMES)
def test_shots_of_any_object_are_sound(name: str) -> None:
    made = renderer(EXTREMES[name], (study(MIDDLE, BLUE),))
    shots = [made.shoot(seed, nudged=seed % 2 == 1) for seed in range(8)]
    for shot in shots:
        sound(shot)
    assert any(shot.mask.any() for shot in shots)


def test_the_same_seed_makes_the_same_shot_and_another_seed_another() -> None:
    first, second = renderer(MIDDLE), renderer(MIDDLE)
    second.shoot(9)
    for seed in (3, 4):
        for one, other in zip(astuple(first.shoot(seed)), astuple(second.shoot(seed)), strict=True):
            np.testing.assert_array_equal(one, other)
    assert np.abs(first.shoot(3).rgb - first.shoot(4).rgb).mean() > 3
    assert (first.shoot(3).mask != first.shoot(4).mask).any()


def test_a_nudged_shot_is_the_same_moment_a_little_earlier() -> None:
    made = renderer(MIDDLE)
    pairs = [(made.shoot(seed).mask > 0, made.shoot(seed, nudged=True).mask > 0) for seed in range(12)]
    near = [iou(now, before) for now, before in pairs]
    assert max(near) < 1
    assert np.median(near) > 0.6
    strangers = [iou(pairs[i][0], pairs[i - 1][1]) for i in range(len(pairs))]
    assert np.median(strangers) < np.median(near)


def test_the_mask_is_where_the_objects_colour_is() -> None:
    made = renderer(MIDDLE)
    for seed in range(12):
        shot = made.shoot(seed)
        redder = shot.rgb[..., 0] - shot.rgb[..., 1]
        inside, outside = redder[shot.mask > 0], redder[shot.mask == 0]
        assert inside.mean() > outside.mean() + 40
        middle = (inside.mean() + outside.mean()) / 2
        assert iou(redder > middle, shot.mask > 0) > 0.8


def test_company_comes_into_the_others_and_looks_like_itself() -> None:
    made = renderer(MIDDLE, (study(MIDDLE, BLUE),))
    shots = [made.shoot(seed) for seed in range(24)]
    with_company = [shot for shot in shots if shot.others.any()]
    assert 4 <= len(with_company) < len(shots)
    for shot in with_company:
        bluer = shot.rgb[..., 2] - shot.rgb[..., 0]
        assert bluer[shot.others > 0].mean() > bluer[shot.others == 0].mean() + 40
    assert not any(renderer(MIDDLE).shoot(seed).others.any() for seed in range(8))


def test_annotated_neighbours_are_others_from_the_start() -> None:
    neighbour = ellipse(SIZE, (215, 120), (14, 30))
    made = Renderer(study(MIDDLE, others=neighbour), SIDE, 1.6)
    assert sum(made.shoot(seed).others.any() for seed in range(8)) >= 6


def test_empty_places_hold_nothing_of_the_object() -> None:
    lesson = study(MIDDLE)
    inside = lesson.mask > 0.5
    redder = lesson.layers[..., 0] - lesson.layers[..., 1]
    assert redder[inside].mean() > 80
    places = empty_places(lesson)
    assert len(places) > 1
    for place in places:
        assert np.isfinite(place).all()
        assert (place[..., 0] - place[..., 1])[inside].mean() < 20


def test_a_study_of_a_huge_object_is_as_large_as_a_view_needs() -> None:
    mask = ellipse((2400, 1800), (1200, 900), (700, 500))
    flat = np.zeros((*mask.shape, 3), np.uint8)
    lesson = study_of(flat, mask, np.zeros_like(mask), None, SIDE, 1.6)
    assert lesson is not None
    assert max(lesson.mask.shape) <= 3 * SIDE
    assert lesson.layers.shape == (*lesson.mask.shape, 4)
    x0, y0, x1, y1 = lesson.box
    assert (x1 - x0) / (y1 - y0) == pytest.approx(1.4, abs=0.1)


def test_there_is_no_study_of_nothing() -> None:
    nothing = np.zeros(SIZE[::-1], bool)
    assert study_of(picture(MIDDLE), nothing, nothing, None, SIDE, 1.6) is None


def test_affine_scales_turns_and_shifts_about_its_centre() -> None:
    move = affine((10, 20), (2.0, 1.0), np.pi / 2, (3.0, -1.0))
    np.testing.assert_allclose(move @ [10, 20, 1], [13, 19, 1])
    np.testing.assert_allclose(move @ [11, 20, 1], [13, 21, 1], atol=1e-12)
    np.testing.assert_allclose(move @ [10, 21, 1], [12, 19, 1], atol=1e-12)


def test_bending_moves_as_far_as_it_is_told() -> None:
    values = np.tile(np.arange(64, dtype=np.float32), (64, 1))
    flat = np.zeros((64, 64, 2), np.float32)
    np.testing.assert_allclose(resampled(values, np.eye(3), 64, flat, "edge"), values, atol=1e-3)
    flat[..., 0] = 5
    moved = resampled(values, np.eye(3), 64, flat, "edge")
    np.testing.assert_allclose(moved[:, :58], values[:, :58] + 5, atol=0.05)
    field = elastic(64, 5, 2.0, np.random.default_rng(0))
    assert field.shape == (64, 64, 2)
    assert 0.5 < field.std() < 3


def test_colours_and_blur_stay_in_range_and_change_something() -> None:
    rgb = texture((64, 48), RED, 3).astype(np.float32)
    for change in (recoloured, blurred):
        made = [change(rgb, np.random.default_rng(seed)) for seed in range(12)]
        for one in made:
            assert one.shape == rgb.shape
            assert np.isfinite(one).all()
            assert one.min() >= 0
            assert one.max() <= 255
        assert max(float(np.abs(one - rgb).mean()) for one in made) > 1


def test_wrong_priors_are_near_the_mask_but_wrong_and_sometimes_dropped() -> None:
    mask = ellipse((SIDE, SIDE), (80, 80), (40, 25)).astype(np.float32)
    priors = [wrong_prior(mask, np.random.default_rng(seed), 0.3) for seed in range(40)]
    given = [prior for prior in priors if prior.any()]
    assert 4 <= len(priors) - len(given) <= 22
    near = [iou(prior > 0.5, mask > 0.5) for prior in given]
    assert 0.6 < np.median(near) < 0.97
    assert all(
        np.isfinite(prior).all() and prior.min() >= 0 and prior.max() <= 1.001 for prior in priors
    )
    nothing = np.zeros_like(mask)
    assert not wrong_prior(nothing, np.random.default_rng(0), 0.0).any()
    speck = nothing.copy()
    speck[0, 0] = 1
    assert np.isfinite(wrong_prior(speck, np.random.default_rng(0), 0.0)).all()
