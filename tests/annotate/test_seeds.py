"""Which truth an engine is told."""

from __future__ import annotations

from annotate_kit import Blank, Shelf, Walker, square, table
from masklet.annotate.seeds import TOLD, bounding_truth, told_truth
from masklet.annotate.track import track
from masklet.core import Flags, Masks


def told(truth: Masks, edge: int, objects: list[int]) -> Masks:
    return told_truth(truth, bounding_truth(truth, objects, edge, forward=True))


def test_all_truth_of_the_objects_where_there_is_little() -> None:
    truth = table(400, square(5, 0), square(9, 30), square(20, 30, obj=2, y=25), square(40, 300))
    assert told(truth, 30, [1]) == truth.take(truth.object_id == 1)
    assert told(truth, 30, [1, 2]) == truth


def test_the_nearest_where_there_is_much_and_always_what_bounds() -> None:
    truth = table(400, *[square(5, at) for at in range(0, 400, 10)], square(5, 0, obj=2, y=25))
    near = told(truth, 205, [1, 2])
    mine = near.take(near.object_id == 1)
    assert len(mine) == TOLD
    assert {200, 210} <= set(mine.frame.tolist()) <= set(range(170, 250))
    assert near.take(near.object_id == 2).frame.tolist() == [0]


def test_absence_is_not_told() -> None:
    gone = square(5, 50, flags=Flags.OUTSIDE)
    truth = table(100, square(5, 0), gone, square(9, 80))
    assert told(truth, 85, [1]).frame.tolist() == [0, 80]


def test_truth_farther_off_is_told_but_does_not_make_a_finished_chunk_anew() -> None:
    class Listener(Walker):
        def propagate(self, media, seeds, frames):
            heard.append((frames[0], seeds.frame[seeds.trusted].tolist()))
            return super().propagate(media, seeds, frames)

    heard: list[tuple[int, list[int]]] = []
    seeds = [square(5, 0), square(35, 30), square(60, 60)]
    shelf = Shelf(table(90, *seeds))
    track(Blank(90), shelf, shelf, Listener(), direction="forward")
    assert heard == [(1, [0, 30, 60]), (31, [0, 30, 60]), (61, [0, 30, 60])]
    heard.clear()
    shelf.rows = table(90, *seeds, square(45, 45))
    track(Blank(90), shelf, shelf, Listener(), direction="forward")
    assert heard == [(31, [0, 30, 45, 60]), (46, [0, 30, 45, 60])]
