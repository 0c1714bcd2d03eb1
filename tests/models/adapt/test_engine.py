"""The engine without a fit: it follows, loses, finds again, and takes whatever comes in."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator

import numpy as np
import pytest

from adapt_kit import (
    BLUE,
    LABELS,
    RED,
    Film,
    Thing,
    ellipse,
    film,
    iou,
    mask_of,
    masks_on,
    straight,
)
from masklet.core import DataError, Flags, Masks, Origin, UsageError
from masklet.core.arrays import Bools
from masklet.models.adapt.engine import FITS_KEPT, Adapt
from masklet.ops.table import areas, concat
from masklet.testing import ArraySource, check_propagator

Found = list[tuple[int, Masks]]
WALK = film([Thing(straight((60, 120), (8, 2)))], 20)


def run(media: ArraySource, seeds: Masks, frames: range) -> Found:
    return list(Adapt("fast").propagate(media, seeds, frames))


def counts(found: Found) -> list[int]:
    return [len(rows) for _, rows in found]


def same(first: Found, second: Found) -> bool:
    return all(i == j and a == b for (i, a), (j, b) in zip(first, second, strict=True))


def test_it_is_a_propagator() -> None:
    media = film([Thing(straight((60, 50), (4, 1)), (16, 12))], 8, (128, 96))
    check_propagator(Adapt("fast"), media.media, media.truth(3))


@pytest.mark.parametrize(
    ("start", "frames"), [(0, range(1, 20)), (19, range(18, 9, -1))], ids=["forward", "backward"]
)
def test_it_follows_an_object(start: int, frames: range) -> None:
    found = run(WALK.media, WALK.truth(start), frames)
    assert [frame for frame, _ in found] == list(frames)
    assert WALK.mean_iou(found) > 0.8
    for _, rows in found:
        assert rows.origin.tolist() == [Origin.PROPAGATED]
        assert rows.video == WALK.media.video
        assert rows.labels == LABELS
    assert np.mean([rows.score[0] for _, rows in found]) > 0.5


def test_a_start_far_from_the_truth_is_walked_to() -> None:
    found = run(WALK.media, WALK.truth(0), range(9, 11))
    assert [frame for frame, _ in found] == [9, 10]
    assert WALK.mean_iou(found) > 0.8


def test_every_second_frame_may_be_asked_for() -> None:
    found = run(WALK.media, WALK.truth(0), range(1, 8, 3))
    assert [frame for frame, _ in found] == [1, 4, 7]
    assert WALK.mean_iou(found) > 0.8


def test_the_same_call_gives_the_same_rows_whatever_came_between() -> None:
    engine, truth = Adapt("fast"), WALK.truth(0)
    first = list(engine.propagate(WALK.media, truth, range(1, 5)))
    list(engine.propagate(WALK.media, WALK.truth(6), range(5, 3, -1)))
    assert same(first, list(engine.propagate(WALK.media, truth, range(1, 5))))
    assert same(first, run(WALK.media, truth, range(1, 5)))


def test_a_run_goes_on_from_its_own_rows_always_in_the_same_way() -> None:
    truth, engine = WALK.truth(0), Adapt("fast")
    first = list(engine.propagate(WALK.media, truth, range(1, 12)))
    context = concat([truth, *(rows for _, rows in first)])
    second = list(engine.propagate(WALK.media, context, range(12, 17)))
    assert WALK.mean_iou(second) > 0.8
    assert same(second, run(WALK.media, context, range(12, 17)))
    shorter = concat([truth, *(rows for frame, rows in first if frame > 5)])
    assert WALK.mean_iou(run(WALK.media, shorter, range(12, 14))) > 0.8


def test_a_run_goes_on_where_its_rows_are_not_where_the_truth_was() -> None:
    """Two equal things; the truth is on one, the rows just before the start lie on the other."""
    twins = film([Thing(straight((70, 60), (4, 0))), Thing(straight((70, 180), (4, 0)))], 9)
    own = twins.truth(5, objects=[2]).replace(
        object_id=1, origin=Origin.PROPAGATED, score=0.9, identity_score=0.9
    )
    found = run(twins.media, concat([twins.truth(0, objects=[1]), own]), range(6, 9))
    assert np.mean([iou(mask_of(rows, 1), twins.seen[2][f]) for f, rows in found]) > 0.8


def test_earlier_rows_of_its_own_are_remembered() -> None:
    truth = WALK.truth(0)
    own = WALK.truth(*range(3, 9)).replace(origin=Origin.PROPAGATED, score=0.9, identity_score=0.9)
    long = run(WALK.media, concat([truth, own]), range(9, 10))
    short = run(WALK.media, concat([truth, own.on(8)]), range(9, 10))
    assert WALK.mean_iou(long) > 0.8
    assert WALK.mean_iou(short) > 0.8
    assert long[0][1].score != short[0][1].score


CROSSING = film(
    [Thing(straight((60, 90), (11, 4))), Thing(straight((260, 140), (-11, 0)), colour=BLUE)], 16
)


def test_two_objects_that_cross_neither_swap_nor_overlap() -> None:
    found = run(CROSSING.media, CROSSING.truth(0), range(1, 16))
    for frame, rows in found:
        one, two = mask_of(rows, 1), mask_of(rows, 2)
        assert not (one & two).any()
        assert not (iou(one, CROSSING.seen[2][frame]) > CROSSING.iou(frame, rows, 1) + 0.1)
    assert CROSSING.mean_iou(found, 1) > 0.8
    assert CROSSING.mean_iou(found, 2) > 0.8
    flags = np.concatenate([rows.flags for _, rows in found])
    assert (flags & Flags.OVERLAP).any(), "while they touch, it is said"
    assert not found[0][1].flags.any()


def away(k: int) -> tuple[float, float] | None:
    """Out to the right by frame 6, and back from elsewhere on frame 12."""
    if k < 6:
        return 262 + 14 * k, 120
    return (90 + 6 * (k - 12), 60) if k >= 12 else None


LEAVING = film([Thing(away)], 17, seed=4)


def test_what_leaves_has_no_rows_and_is_found_again_elsewhere() -> None:
    found = dict(run(LEAVING.media, LEAVING.truth(0), range(1, 17)))
    assert LEAVING.mean_iou([(f, found[f]) for f in (1, 2)]) > 0.8
    assert found[3].flags[0] & Flags.TRUNCATED
    assert not any(len(found[frame]) for frame in range(6, 12))
    assert LEAVING.mean_iou([(f, found[f]) for f in (15, 16)]) > 0.8


def test_a_start_far_from_truth_looks_for_the_object(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("masklet.models.adapt.engine.REACHABLE", 6)
    found = run(LEAVING.media, LEAVING.truth(0), range(13, 17))
    assert [frame for frame, _ in found] == [13, 14, 15, 16]
    assert LEAVING.mean_iou(found[1:]) > 0.8


def test_without_search_it_stays_lost() -> None:
    engine = Adapt("fast", without=("search",))
    found = list(engine.propagate(LEAVING.media, LEAVING.truth(0), range(1, 17)))
    assert counts(found[11:]) == [0] * 5


def test_a_scene_cut_loses_the_object_and_the_scene_coming_back_finds_it() -> None:
    here = film([Thing(straight((80, 120), (8, 2)))], 4, seed=1)
    other = film([], 4, seed=50)
    there = film([Thing(straight((230, 80), (-8, 2)))], 4, seed=1)
    pictures = [[one.media[i] for i in range(4)] for one in (here, other, there)]
    media = ArraySource(np.concatenate([pictures[0], 255 - np.stack(pictures[1]), pictures[2]]))
    found = run(media, masks_on(media, 0, {1: here.seen[1][0]}), range(1, 12))
    assert counts(found[:3]) == [1, 1, 1]
    assert counts(found[3:7]) == [0] * 4
    again = [iou(mask_of(rows, 1), there.seen[1][frame - 8]) for frame, rows in found[8:]]
    assert np.mean(again) > 0.8


def test_black_frames_in_the_middle_have_no_rows_and_end_nothing() -> None:
    dark = film([Thing(straight((80, 120), (8, 2)))], 11, dark=range(4, 7))
    found = dict(run(dark.media, dark.truth(0), range(1, 11)))
    assert [len(found[frame]) for frame in (4, 5, 6)] == [0, 0, 0]
    assert dark.mean_iou((f, found[f]) for f in (1, 2, 3, 8, 9, 10)) > 0.8


def test_a_black_annotated_frame_is_no_trouble() -> None:
    black = ArraySource(np.zeros((4, 240, 320, 3), np.uint8))
    found = run(black, masks_on(black, 0, {1: ellipse((320, 240), (90, 90), (30, 30))}), range(1, 4))
    assert [frame for frame, _ in found] == [1, 2, 3]


@pytest.mark.parametrize("n", [1, 2, 3])
def test_videos_of_a_few_frames(n: int) -> None:
    short = film([Thing(straight((80, 120), (8, 2)))], n)
    found = run(short.media, short.truth(0), range(n))
    assert [frame for frame, _ in found] == list(range(n))
    assert short.mean_iou(found[1:] or [(0, short.truth(0))]) > 0.8


NOTHING = np.zeros((240, 320), bool)


def border_touching() -> Iterator[tuple[str, Bools]]:
    one = NOTHING.copy()
    one[120, 80] = True
    yield "one pixel", one
    corner = NOTHING.copy()
    corner[-1, -1] = True
    yield "a pixel in the corner", corner
    yield "everything", ~NOTHING
    rim = NOTHING.copy()
    rim[:12] = rim[-12:] = rim[:, :12] = rim[:, -12:] = True
    yield "the rim", rim
    thin = NOTHING.copy()
    thin[100, 10:310] = True
    yield "a line", thin


ODD_MASKS = dict(border_touching())


@pytest.mark.parametrize("name", ODD_MASKS)
def test_odd_masks_are_followed_or_lost_but_never_break(name: str) -> None:
    seeds = masks_on(WALK.media, 4, {1: ODD_MASKS[name]})
    for frames in (range(5, 8), range(3, 1, -1)):
        found = run(WALK.media, seeds, frames)
        assert [frame for frame, _ in found] == list(frames)
        for _, rows in found:
            assert np.isfinite(rows.score).all()
            assert np.isfinite(rows.identity_score).all()
            assert (areas(rows) > 0).all()
    if name == "everything":
        assert iou(mask_of(found[0][1], 1), ~NOTHING) > 0.9


def test_an_object_that_touches_all_borders() -> None:
    large = film([Thing(lambda k: (160, 120), (170, 126))], 4)
    found = run(large.media, large.truth(0), range(1, 4))
    assert large.mean_iou(found) > 0.8
    assert all(rows.flags[0] & Flags.TRUNCATED for _, rows in found)


def test_an_empty_mask_means_that_there_is_nothing() -> None:
    empty = masks_on(WALK.media, 0, {1: NOTHING})
    assert counts(run(WALK.media, empty, range(1, 4))) == [0, 0, 0]
    beside = masks_on(WALK.media, 0, {1: WALK.seen[1][0], 2: NOTHING})
    found = run(WALK.media, beside, range(1, 4))
    assert all(rows.object_id.tolist() == [1] for _, rows in found)
    assert WALK.mean_iou(found) > 0.8


@pytest.mark.parametrize("flags", [int(Flags.OUTSIDE), 0], ids=["outside", "empty mask"])
@pytest.mark.parametrize("frames", [range(1, 7), range(5, 7)], ids=["on the way", "behind it"])
def test_a_row_that_says_gone_ends_an_object(flags: int, frames: range) -> None:
    gone = masks_on(WALK.media, 3, {1: NOTHING}).replace(flags=flags)
    found = run(WALK.media, concat([WALK.truth(0), gone]), frames)
    assert [frame for frame, rows in found if len(rows)] == [f for f in frames if f < 3]


def test_what_was_gone_comes_back_where_it_is_given_again() -> None:
    gone = masks_on(WALK.media, 2, {1: NOTHING}).replace(flags=int(Flags.OUTSIDE))
    found = run(WALK.media, concat([WALK.truth(0, 5), gone]), range(1, 9))
    assert [frame for frame, rows in found if len(rows)] == [1, 6, 7, 8]
    assert WALK.mean_iou(found[5:]) > 0.8


def test_truth_on_the_way_is_taken_up() -> None:
    """The second truth lies on another thing than the first: from there on, that one is followed."""
    first, second = CROSSING.truth(0, objects=[1]), CROSSING.truth(3, objects=[2])
    found = dict(run(CROSSING.media, concat([first, second.replace(object_id=1)]), range(1, 7)))
    assert CROSSING.iou(2, found[2], 1) > 0.8
    assert iou(mask_of(found[5], 1), CROSSING.seen[2][5]) > 0.8


@pytest.mark.parametrize("size_wh", [(321, 241), (33, 47), (16, 16), (400, 20)])
def test_odd_frame_sizes(size_wh: tuple[int, int]) -> None:
    wide, high = size_wh
    odd = film([Thing(straight((wide / 2, high / 2), (1, 0)), (min(size_wh) / 4,) * 2)], 4, size_wh)
    assert odd.mean_iou(run(odd.media, odd.truth(0), range(1, 4))) > 0.8


def large_film(size_wh: tuple[int, int], n: int) -> Film:
    """Flat ground, a textured square: quick to make at any size."""
    wide, high = size_wh
    side = high // 5
    coat = np.random.default_rng(0).integers(-20, 20, (side // 8 + 1, side // 8 + 1, 3))
    coat = (np.kron(coat, np.ones((8, 8, 1)))[:side, :side] + RED).astype(np.uint8)
    frames, seen = np.full((n, high, wide, 3), 110, np.uint8), np.zeros((n, high, wide), bool)
    for k in range(n):
        at = slice(high // 3, high // 3 + side), slice(wide // 3 + 16 * k, wide // 3 + 16 * k + side)
        frames[k][at], seen[k][at] = coat, True
    return Film(ArraySource(frames, uri=f"large:{size_wh}"), {1: seen})


@pytest.mark.parametrize("size_wh", [(1920, 1080), (3840, 2160)], ids=["1080p", "4K"])
def test_large_frames_take_a_few_frames_of_memory(size_wh: tuple[int, int]) -> None:
    large = large_film(size_wh, 3)
    truth = large.truth(0)
    tracemalloc.start()
    try:
        found = run(large.media, truth, range(1, 3))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert large.mean_iou(found) > 0.8
    assert peak < 32e6 + 40 * size_wh[0] * size_wh[1], "bytes a pixel, of which one frame takes 3"


def test_more_objects_than_fits_are_kept() -> None:
    n = FITS_KEPT + 2
    things = [
        Thing(straight((40 + 60 * (i % 5), 70 + 100 * (i // 5)), (3, 1)), (20, 16), colour)
        for i, colour in enumerate([RED, BLUE] * (n // 2))
    ]
    crowd = film(things, 3)
    found = run(crowd.media, crowd.truth(0), range(1, 3))
    assert [rows.object_id.tolist() for _, rows in found] == [list(range(1, n + 1))] * 2
    assert np.mean([crowd.mean_iou(found, obj) for obj in range(1, n + 1)]) > 0.8


def test_objects_may_come_in_at_different_frames() -> None:
    seeds = concat([CROSSING.truth(0, objects=[1]), CROSSING.truth(3, objects=[2])])
    found = dict(run(CROSSING.media, seeds, range(1, 6)))
    assert found[2].object_id.tolist() == [1]
    assert found[5].object_id.tolist() == [1, 2]
    assert CROSSING.iou(5, found[5], 2) > 0.8


def test_nothing_asked_nothing_done() -> None:
    assert run(WALK.media, WALK.truth(0), range(3, 3)) == []


def test_bad_calls_are_refused() -> None:
    truth = WALK.truth(0)
    with pytest.raises(UsageError, match="annotate"):
        Adapt("fast").propagate(WALK.media, truth.take([]), range(1, 3))
    with pytest.raises(DataError, match=r"0\.\.19"):
        Adapt("fast").propagate(WALK.media, truth, range(5, 40))
    other = ArraySource(np.zeros((20, 24, 32, 3), np.uint8))
    with pytest.raises(DataError, match="32x24"):
        Adapt("fast").propagate(other, truth, range(1, 3))
