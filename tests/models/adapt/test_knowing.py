"""Matching, parts, searching and evidence: each moves in the right direction."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from adapt_kit import BLUE, GROUND, RED, ellipse, texture
from masklet.core.arrays import Bools, Float32s, Image
from masklet.models.adapt.evidence import WEIGHTS, Evidence, certainty_of, evidence_of
from masklet.models.adapt.matching import (
    CELL,
    NEAR,
    Entry,
    Memory,
    entry,
    keys_of,
    match,
    places,
    strangers,
)
from masklet.models.adapt.motion import Motion
from masklet.models.adapt.pieces import OLD, cleaned
from masklet.models.adapt.pool import look
from masklet.models.adapt.search import candidates, votes_inside
from masklet.models.adapt.view import View
from masklet.models.features.backbone import backbone

CELLS = 16


def coded(where: dict[tuple[int, int], int]) -> Tensor:
    """Keys `(8, CELLS, CELLS)`: the same ground everywhere, other codes at some (row, column)."""
    keys = torch.zeros(8, CELLS, CELLS)
    keys[0] = 1
    for (row, column), code in where.items():
        keys[:, row, column] = functional.one_hot(torch.tensor(code), 8).float()
    return keys


def cells(*where: tuple[int, int]) -> Tensor:
    """A mask `(s, s)` of whole places."""
    mask = torch.zeros(CELLS, CELLS)
    for row, column in where:
        mask[row, column] = 1
    return mask.repeat_interleave(CELL, 0).repeat_interleave(CELL, 1)


NOTHING = cells()


def block(row: int, column: int) -> list[tuple[int, int]]:
    """3 x 3 places: more than there are neighbours in a vote."""
    return [(row + i, column + j) for i in range(3) for j in range(3)]


def test_a_shifted_copy_is_found_where_it_went() -> None:
    before, after = block(6, 6), block(7, 8)
    known = entry(coded(dict.fromkeys(before, 3)), cells(*before), NOTHING, 1.5)
    vote = match(coded(dict.fromkeys(after, 3)), [known])
    assert vote.shape == (2, CELLS, CELLS)
    assert torch.allclose(vote[0], places(cells(*after)[None]).reshape(CELLS, CELLS), atol=0.01)
    assert vote[1].max() < 0.01


@pytest.mark.parametrize(("reach", "found"), [(1.0, False), (3.0, True), (0.0, True)])
def test_comparisons_reach_as_far_as_they_are_told(reach: float, found: bool) -> None:
    before, after = block(2, 2), block(2, 11)
    assert NEAR * CELLS < 9
    known = entry(coded(dict.fromkeys(before, 3)), cells(*before), NOTHING, reach)
    vote = match(coded(dict.fromkeys(after, 3)), [known])[0]
    assert (vote[3, 12] > 0.9) == found


def test_strangers_win_where_things_look_like_them() -> None:
    mine, theirs = block(6, 6), block(6, 11)
    now = coded(dict.fromkeys(mine, 3) | dict.fromkeys(theirs, 4))
    known = entry(coded(dict.fromkeys(mine, 3)), cells(*mine), NOTHING, 1.5)
    other = strangers(coded(dict.fromkeys(block(1, 1), 4)), cells(*block(1, 1)))
    assert other is not None
    assert other.keys.shape == (8, 9)
    vote = match(now, [known, other])
    assert vote[1, 7, 12] > 0.9
    assert vote[0, 7, 12] < 0.1
    assert vote[0, 7, 7] > 0.9
    assert vote[1, 7, 7] < 0.1
    assert match(now, [known])[1].max() < 0.01


def test_there_are_no_strangers_where_nothing_is_covered() -> None:
    assert strangers(coded({}), NOTHING) is None
    thin = torch.zeros(CELLS * CELL, CELLS * CELL)
    thin[:, 3] = 1
    assert strangers(coded({}), thin) is None


def test_memory_forgets_recent_views_and_keeps_annotated_ones() -> None:
    memory = Memory()
    first = entry(coded({}), NOTHING, NOTHING, 1.5)
    memory.annotated.append(first)
    later = [replace(first, reach=1.0) for _ in range(10)]
    reach = memory.entries()[0].reach
    memory.recent.extend(later)
    found = memory.entries()
    assert found[0].keys is first.keys
    assert found[0].reach > reach, "by now the object may be far away from there"
    assert found[1:] == later[-len(memory.recent) :]
    assert len(memory.recent) < 10


def test_keys_have_unit_length() -> None:
    stages = backbone()(torch.rand(1, 3, 64, 64) * 2 - 1, 5)
    keys = keys_of(stages)
    assert keys.shape == (1, 152, 8, 8)
    assert torch.allclose(keys.float().norm(dim=1), torch.ones(1, 8, 8), atol=0.02)


SIDE = 128


def soft_of(*masks: Bools) -> Float32s:
    total = np.zeros((SIDE, SIDE), np.float32)
    for mask in masks:
        total[mask] = 0.95
    return total


MAIN = ellipse((SIDE, SIDE), (50, 64), (25, 20))
CLOSE = ellipse((SIDE, SIDE), (84, 64), (6, 6))
DISTANT = ellipse((SIDE, SIDE), (118, 20), (7, 7))
BIT = ellipse((SIDE, SIDE), (82, 64), (4, 5))
NO_AGES = np.zeros((SIDE, SIDE), np.float32)


def test_the_near_part_stays_and_the_far_one_goes() -> None:
    prior = soft_of(MAIN, CLOSE)
    soft, ages = cleaned(soft_of(MAIN, CLOSE, DISTANT), prior, NO_AGES, scattered=False)
    assert (soft[MAIN] > 0.5).all()
    assert (soft[CLOSE] > 0.5).all()
    assert not soft[DISTANT].any()
    assert set(np.unique(ages[CLOSE])) == {1}
    assert not ages[MAIN].any()


def test_the_halo_of_a_dropped_part_goes_with_it() -> None:
    full = soft_of(MAIN, DISTANT)
    halo = ellipse((SIDE, SIDE), (118, 20), (10, 10)) & ~DISTANT
    full[halo] = 0.3
    soft, _ = cleaned(full, soft_of(MAIN), NO_AGES, scattered=False)
    assert not soft[halo].any()


@pytest.mark.parametrize(("age", "stays"), [(0, True), (OLD - 1, True), (OLD, False)])
def test_a_part_is_given_up_when_it_has_been_apart_for_long(age: int, stays: bool) -> None:
    ages = np.where(CLOSE, np.float32(age), np.float32(0))
    soft, new = cleaned(soft_of(MAIN, CLOSE), soft_of(MAIN, CLOSE), ages, scattered=False)
    assert bool((soft[CLOSE] > 0.5).all()) == stays
    assert new[CLOSE].max() == (age + 1 if stays else 0)


def test_all_of_a_scattered_object_stays() -> None:
    prior = soft_of(MAIN, DISTANT)
    ages = np.where(DISTANT, np.float32(40), np.float32(0))
    soft, _ = cleaned(soft_of(MAIN, DISTANT), prior, ages, scattered=True)
    assert (soft[DISTANT] > 0.5).all()
    soft, _ = cleaned(soft_of(MAIN, DISTANT), prior, ages, scattered=False)
    assert not soft[DISTANT].any()


def test_one_part_is_left_as_it_is() -> None:
    soft = soft_of(MAIN)
    kept, ages = cleaned(soft, soft_of(DISTANT), NO_AGES, scattered=False)
    assert kept is soft
    assert not ages.any()


def test_the_main_part_is_the_known_one_not_the_largest() -> None:
    large = ellipse((SIDE, SIDE), (100, 100), (26, 26))
    small = ellipse((SIDE, SIDE), (20, 20), (10, 10))
    soft, _ = cleaned(soft_of(large, small), soft_of(small), NO_AGES, scattered=False)
    assert (soft[small] > 0.5).all()
    assert not (soft[large] > 0.5).any()


FRAME = (320, 240)


def frame_with(*things: tuple[tuple[int, int], tuple[int, int, int]]) -> Image:
    image = texture(FRAME, GROUND, 1)
    for (x, y), colour in things:
        inside = ellipse(FRAME, (x, y), (26, 20))
        coat = texture((53, 41), colour, 2)
        ys, xs = np.nonzero(inside)
        image[ys, xs] = coat[ys - y + 20, xs - x + 26]
    return image


def remembered(x: int, y: int, colour: tuple[int, int, int]) -> Entry:
    view = View((x - 64.0, y - 64.0, x + 64.0, y + 64.0), 320)
    mask = ellipse(FRAME, (x, y), (26, 20))
    seen = look([view.picture(frame_with(((x, y), colour)))], backbone())[0]
    values = torch.from_numpy(view.values(mask.astype(np.float32)))
    return entry(seen.keys, values.to(seen.keys.device), torch.zeros(320, 320), 1.5)


def test_an_object_is_found_elsewhere_on_the_frame() -> None:
    area = float(np.pi * 26 * 20)
    memory = [remembered(80, 70, RED)]
    boxes = candidates(frame_with(((230, 160), RED)), memory, area, backbone())
    assert boxes
    x0, y0, x1, y1 = boxes[0]
    assert abs((x0 + x1) / 2 - 230) < 16
    assert abs((y0 + y1) / 2 - 160) < 16
    assert 30 < x1 - x0 < 80


def test_nothing_is_found_where_the_object_is_not() -> None:
    memory = [remembered(80, 70, RED)]
    area = float(np.pi * 26 * 20)
    assert candidates(frame_with(), memory, area, backbone()) == []
    assert candidates(np.zeros((240, 320, 3), np.uint8), memory, area, backbone()) == []


def test_of_two_the_one_that_was_known_is_found_first() -> None:
    image = frame_with(((80, 180), BLUE), ((240, 60), RED))
    for colour, x in ((RED, 240), (BLUE, 80)):
        boxes = candidates(image, [remembered(160, 120, colour)], 1600.0, backbone())
        assert abs((boxes[0][0] + boxes[0][2]) / 2 - x) < 16


def test_votes_are_means_over_the_mask() -> None:
    matched = torch.zeros(2, CELLS, CELLS)
    matched[0, 4:8, 4:8], matched[1, 8:12, 4:8] = 0.8, 0.4
    inside = np.asarray(cells(*[(r, c) for r in range(4, 12) for c in range(4, 8)])) > 0
    assert votes_inside(matched, inside) == pytest.approx((0.4, 0.2))
    assert votes_inside(matched, np.zeros_like(inside)) == (0.0, 0.0)


def test_certainty_is_the_iou_to_expect_of_the_probabilities() -> None:
    soft = np.zeros((8, 8), np.float32)
    assert certainty_of(soft) == 0.0
    soft[2:4, 2:4] = 1.0
    assert certainty_of(soft) == 1.0
    soft[2:4, 2:4] = 0.75
    assert certainty_of(soft) == 0.75
    soft[5:7, 5:7] = 0.25
    assert certainty_of(soft) == pytest.approx(3 / 5)


PLAIN = Evidence(certainty=0.8, vote=0.6, rivals=0.1, agreement=0.6, kept=0.7, jump=0.2, expected=0.8)


@pytest.mark.parametrize("name", WEIGHTS)
def test_the_score_rises_with_what_speaks_for_a_mask(name: str) -> None:
    more = replace(PLAIN, **{name: getattr(PLAIN, name) + 0.1})
    assert 0 < PLAIN.score < 1
    if name == "jump":
        assert more.score <= PLAIN.score
    else:
        assert more.score >= PLAIN.score


def test_good_masks_score_high_and_bad_ones_low() -> None:
    good = replace(PLAIN, certainty=0.97, vote=0.95, agreement=0.9, kept=0.95, jump=0.02, expected=0.95)
    bad = replace(PLAIN, certainty=0.4, vote=0.1, agreement=0.1, kept=0.1, jump=1.5, expected=0.5)
    assert good.score > 0.75
    assert bad.score < 0.25


def test_identity_falls_with_the_votes_for_others() -> None:
    assert replace(PLAIN, rivals=0.0).identity == 1.0
    assert PLAIN.identity > replace(PLAIN, rivals=0.5).identity > replace(PLAIN, rivals=0.9).identity
    assert replace(PLAIN, vote=0.0, rivals=0.9).identity < 0.1


def test_evidence_is_measured_on_the_mask() -> None:
    inside = cells(*block(6, 6))
    mask = np.asarray(inside) > 0
    matched = torch.stack([places(inside[None]).reshape(CELLS, CELLS), torch.zeros(CELLS, CELLS)])
    soft = np.where(mask, np.float32(0.9), np.float32(0))
    area = float(mask.sum())
    same = evidence_of(soft, matched, soft, area, area, 0.8)
    assert (same.vote, same.rivals, same.agreement, same.kept, same.jump) == (1, 0, 1, 1, 0)
    assert same.certainty == pytest.approx(0.9)
    assert same.expected == 0.8
    away = np.roll(soft, 12, axis=1)
    moved = evidence_of(away, matched, soft, area / 2, area, 0.8)
    assert moved.vote < same.vote
    assert moved.agreement < 0.7
    assert moved.kept < 0.7
    assert moved.jump == pytest.approx(np.log(2))
    nothing = evidence_of(np.zeros_like(soft), matched, soft, 0.0, area, 0.8)
    assert nothing.certainty == nothing.vote == nothing.kept == 0
    assert np.isfinite(nothing.score)


def test_motion_says_where_pixels_were_and_where_a_cut_is() -> None:
    ground = texture((360, 240), GROUND, 1)
    motion = Motion((320, 240))
    motion.see(np.ascontiguousarray(ground[:, :320]))
    x, y = np.float32([[100.0]]), np.float32([[120.0]])
    assert motion.before(x, y) == (x, y)
    motion.see(np.ascontiguousarray(ground[:, 6:326]))
    u, v = motion.before(x, y)
    assert abs(u.item() - 106) < 0.7
    assert abs(v.item() - 120) < 0.7
    assert not motion.cut
    motion.see(np.zeros((240, 320, 3), np.uint8))
    assert motion.cut
