"""Several objects: whose is a pixel, whose is what nobody has, and what lies under animals that stay."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch

from adapt_kit import BLUE, RED, Thing, film, mask_of, straight
from masklet.core.arrays import Float32s, Image
from masklet.models.adapt.claims import left_over
from masklet.models.adapt.clearing import Known, cleared
from masklet.models.adapt.coat import Coat, coat_of, foreign_share, levels_of
from masklet.models.adapt.competition import compete
from masklet.models.adapt.engine import Adapt
from masklet.models.adapt.following import Answer, Hints
from masklet.models.adapt.pool import Seen
from masklet.models.adapt.scenery import scenery_of
from masklet.models.adapt.view import View
from masklet.models.fixed import FixedView, view_of
from masklet.testing import ArraySource

SIDE = 64
BLACK, WHITE, BROWN = (25, 25, 25), (230, 230, 225), (110, 75, 40)


def plain(colour: tuple[int, int, int], side: int = SIDE) -> Float32s:
    return np.broadcast_to(np.float32(colour), (side, side, 3)).copy()


def coat(*colours: tuple[int, int, int]) -> Coat:
    made = coat_of([(plain(colour), np.ones((SIDE, SIDE), bool)) for colour in colours])
    assert made is not None
    return made


def answer(picture: Float32s, soft: Float32s, gap: float = 0.0, prior: Float32s | None = None) -> Answer:
    nothing = np.zeros((SIDE, SIDE), np.float32)
    hints = Hints(nothing if prior is None else prior, nothing, np.full_like(nothing, gap))
    none = torch.zeros(0)
    view = View((0, 0, SIDE, SIDE), SIDE)
    matched = torch.zeros((2, SIDE // 8, SIDE // 8))
    return Answer(view, picture, Seen(none, (), none), hints, matched, soft.astype(np.float32))


def test_a_coat_knows_its_own_colours() -> None:
    black, hooded = coat(BLACK), coat(BLACK, WHITE)
    own, other = (float(black.like(levels_of(plain(one))).mean()) for one in (BLACK, WHITE))
    assert own > 0.9
    assert other < 0.01
    assert black.usual > hooded.usual, "two colours share the likeness"
    assert foreign_share(hooded, (black,), 0.6) == pytest.approx(0.5)
    assert foreign_share(black, (hooded,), 0.6) == 0
    assert foreign_share(black, (), 0.6) == 0
    assert coat_of([(plain(BLACK), np.zeros((SIDE, SIDE), bool))]) is None


def test_colours_say_whose_a_contested_pixel_is() -> None:
    both = np.full((SIDE, SIDE), 0.9)
    answers = {1: answer(plain(BLACK), both), 2: answer(plain(BLACK), both)}
    compete(answers, {1: coat(BLACK, WHITE), 2: coat(BLACK)}, plate=False)
    assert (answers[2].soft > answers[1].soft).all()
    assert (answers[1].soft + answers[2].soft < 1).all()


def test_objects_of_one_coat_share_by_what_the_networks_say() -> None:
    answers = {
        1: answer(plain(BLACK), np.full((SIDE, SIDE), 0.9)),
        2: answer(plain(BLACK), np.full((SIDE, SIDE), 0.6)),
    }
    compete(answers, {1: coat(BLACK), 2: coat(BLACK)}, plate=False)
    assert (answers[1].soft > 0.5).all()
    assert (answers[2].soft < 0.5).all()


@pytest.mark.parametrize(
    ("plate", "gap", "taken"), [(True, 1.0, True), (True, 0.0, False), (False, 1.0, False)]
)
def test_what_is_not_the_empty_place_hardly_belongs_to_nobody(
    plate: bool, gap: float, taken: bool
) -> None:
    answers = {1: answer(plain(BLACK), np.full((SIDE, SIDE), 0.3), gap)}
    compete(answers, {1: coat(BLACK)}, plate)
    assert bool((answers[1].soft > 0.5).all()) is taken
    if not taken:
        assert answers[1].soft.mean() == pytest.approx(0.3, abs=1e-3)


def test_a_part_of_another_objects_colours_is_given_up() -> None:
    picture, soft = plain(WHITE), np.zeros((SIDE, SIDE))
    picture[:, 48:] = BLACK
    soft[8:56, 4:36] = soft[28:36, 52:60] = 0.99
    far = answer(picture, np.zeros((SIDE, SIDE)))
    answers = {1: answer(picture, soft), 2: far}
    compete(answers, {1: coat(WHITE), 2: coat(BLACK)}, plate=False)
    assert (answers[1].soft[10:54, 8:32] > 0.5).all()
    assert (answers[1].soft[28:36, 52:60] < 0.5).all()


def test_left_over_places_are_the_largest_that_nobody_has() -> None:
    gap = np.zeros((SIDE, SIDE), np.float32)
    gap[4:24, 4:24] = gap[36:60, 30:60] = gap[2, 30:60] = 1
    covered = np.zeros((SIDE, SIDE))
    covered[4:24, 4:24] = 1
    everything = left_over(gap, [], 100)
    assert [place.area for place in everything] == pytest.approx([24 * 30, 20 * 20], rel=0.1)
    assert everything[0].box == (30, 36, 60, 60)
    assert len(left_over(gap, [answer(plain(BLACK), covered)], 100)) == 1
    assert left_over(gap, [], 1000) == []


def test_before_a_fixed_camera_what_comes_back_is_claimed_by_its_colours() -> None:
    """Without the search by features: it goes behind nothing, is gone, and enters elsewhere."""

    def away(k: int) -> tuple[float, float] | None:
        if k < 8:
            return 220 + 14 * k, 120
        return (60 + 3 * (k - 20), 60) if k >= 20 else None

    both = film([Thing(away, colour=RED), Thing(straight((60, 190), (3, 0)), colour=BLUE)], 40, drift=0)
    engine = Adapt("fast", without=("search",))
    found = dict(engine.propagate(both.media, both.truth(0), range(1, 40)))
    assert not any(1 in found[frame].object_id for frame in range(12, 20))
    assert both.mean_iou([(frame, found[frame]) for frame in range(34, 40)]) > 0.7


def test_a_look_alike_that_nobody_annotated_is_not_claimed_for_being_near() -> None:
    pair = [
        Thing(straight((60, 100), (4, 0)), colour=RED),
        Thing(straight((60, 150), (4, 0)), colour=RED),
    ]
    both = film(pair, 30, drift=0)
    found = list(Adapt("fast").propagate(both.media, both.truth(0, objects=[1]), range(1, 30)))
    assert both.mean_iou(found) > 0.7
    for frame, rows in found:
        assert (mask_of(rows, 1) & both.seen[2][frame]).sum() < 0.1 * both.seen[2][frame].sum()


def looks(size: int = 96, n: int = 40) -> Iterator[Image]:
    """A rough floor with a black thing that never moves, and a black and a brown animal that take turns
    in the middle, which is empty on a tenth of the frames."""
    rng = np.random.default_rng(3)
    floor = np.clip(rng.normal(170, 8, (size, size, 1)) + np.zeros(3), 0, 255)
    floor[4:20, 4:20] = BLACK
    for k in range(n):
        picture = floor + rng.normal(0, 1.5, floor.shape)
        if k % 10:
            picture[40:70, 30:70] = np.array(BLACK if k % 2 else BROWN) + rng.normal(0, 2, (30, 40, 3))
        else:
            picture[75:90, 10:40] = np.array(BLACK) + rng.normal(0, 2, (15, 30, 3))
        yield np.clip(picture, 0, 255).astype(np.uint8)


def test_a_place_is_cleared_of_the_animals_that_hardly_leave_it() -> None:
    media = ArraySource(np.stack(list(looks())))
    known = Known([coat(BLACK), coat(BROWN)], coat((170, 170, 170)))
    before = view_of(media)
    first = before.place.first.copy()
    first[40:70, 30:70] = BLACK
    dirty = FixedView(_with_first(before, first).place, before.small_bars)
    after = cleared(media, dirty, known).place.first.astype(float)
    assert abs(after[44:66, 34:66].mean() - 170) < 6, "the middle is floor again"
    assert after[8:16, 8:16].mean() < 60, "what never moves stays"
    assert abs(after[:, 80:].mean() - first[:, 80:].mean()) < 0.01, "nothing else changes"


def _with_first(view: FixedView, first: Image) -> FixedView:
    from dataclasses import replace

    return FixedView(replace(view.place, first=first), view.small_bars)


@pytest.mark.parametrize(("annotated", "explained"), [((1, 2), True), ((1,), False)])
def test_the_plate_says_whose_a_pixel_is_only_where_all_that_moves_is_annotated(
    annotated: tuple[int, ...], explained: bool
) -> None:
    pair = [
        Thing(straight((60, 100), (5, 0)), colour=RED),
        Thing(straight((250, 170), (-5, 0)), colour=BLUE),
    ]
    both = film(pair, 30, drift=0)
    scenery = scenery_of(both.media, both.truth(0, objects=annotated), "as-annotated")
    assert scenery.view is not None
    assert scenery.explained is explained
