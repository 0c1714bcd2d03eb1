"""What an engine is given to go on from: its own rows on the last frames, and no others."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from annotate_kit import Blank, Shelf, Walker, square, table
from masklet.annotate.ranges import parse_ranges
from masklet.annotate.stretches import CHUNK
from masklet.annotate.sweep import CONTEXT
from masklet.annotate.track import track
from masklet.core import Flags, Masks, MediaSource, Review


class Listener(Walker):
    """Remembers the untrusted rows that it is given: for each call, object -> frames."""

    def __init__(self, name: str = "walker") -> None:
        super().__init__(name)
        self.told: dict[tuple[int, int], dict[int, list[int]]] = {}

    def propagate(self, media: MediaSource, seeds: Masks, frames: range) -> Iterator[tuple[int, Masks]]:
        own = seeds.take(~seeds.trusted)
        self.told[(frames[0], frames[-1])] = {int(o): own.of(o).frame.tolist() for o in own.objects}
        return super().propagate(media, seeds, frames)


def run(shelf: Shelf, n: int, engine: Listener | None = None, **how) -> Listener:
    engine = engine or Listener()
    track(Blank(n), shelf, shelf, engine, **how)
    return engine


def test_the_last_frames_in_running_direction() -> None:
    n = 2 * CHUNK + 11
    forward = run(Shelf(table(n, square(20, 0))), n).told
    assert forward[(1, CHUNK)] == {}
    assert forward[(CHUNK + 1, 2 * CHUNK)] == {1: list(range(CHUNK + 1 - CONTEXT, CHUNK + 1))}
    backward = run(Shelf(table(n, square(190, n - 1))), n).told
    first = 2 * CHUNK  # chunks are cut rising, so the first one backward is the short one
    assert backward[(n - 2, first)] == {}
    assert backward[(first - 1, CHUNK)] == {1: list(range(first, min(first + CONTEXT, n - 1)))}


def test_a_chunk_shorter_than_the_context_is_not_the_end_of_it() -> None:
    n = CHUNK + 60
    seeds = table(n, square(20, 0), *(square(60, f, obj=2, y=25) for f in range(20, 26)))
    told = run(Shelf(seeds), n, direction="forward").told
    assert told[(23, 23)] == {1: list(range(23 - CONTEXT, 23))}  # object 2 has truth on 22
    assert told[(26, 26 + CHUNK - 1)] == {1: list(range(26 - CONTEXT, 26))}


def test_never_across_truth_of_the_same_object() -> None:
    told = run(Shelf(table(40, square(20, 0), square(35, 15), square(50, 30))), 40).told
    assert told == {call: {} for call in told}
    assert {(16, 29), (29, 16), (31, 39)} <= told.keys()


def test_never_across_a_checked_frame() -> None:
    seeds = table(40, square(20, 0), square(60, 12, obj=2, y=25), square(75, 25, obj=2, y=25))
    told = run(Shelf(seeds.replace(checked=np.array([12], np.int32))), 40, direction="forward").told
    assert told[(13, 24)] == {}
    assert told[(26, 39)] == {}


def test_never_across_a_declared_absence() -> None:
    gone = square(20, 10)._replace(flags=int(Flags.OUTSIDE), runs=np.array([8000], np.uint32))
    back = square(40, 20)
    told = run(Shelf(table(40, square(20, 0), gone, back)), 40, direction="forward").told
    assert told[(21, 39)] == {}


def test_an_object_that_begins_later_brings_its_own_rows_only() -> None:
    seeds = table(60, square(20, 0), square(60, 30, obj=2, y=25), square(70, 40, obj=3, y=0))
    told = run(Shelf(seeds), 60, direction="forward").told
    assert told[(31, 39)] == {1: list(range(31 - CONTEXT, 31))}
    assert told[(41, 59)] == {1: list(range(25, 41)), 2: list(range(31, 41))}


def test_chosen_frames_go_on_from_what_is_stored() -> None:
    shelf = Shelf(table(100, square(20, 0)))
    run(shelf, 100)
    chosen = parse_ranges("50-55,60-62", 100)
    told = run(shelf, 100, Listener("other"), frames=chosen).told
    assert told[(50, 55)] == {1: list(range(50 - CONTEXT, 50))}
    assert told[(60, 62)] == {1: [*range(60 - CONTEXT, 50), *range(56, 60)]}  # 50-55 are being redone


def test_stored_rows_that_a_person_rejected_are_not_gone_on_from() -> None:
    shelf = Shelf(table(60, square(20, 0)))
    run(shelf, 60)
    review = np.where(np.isin(shelf.rows.frame, [45, 46]), Review.REJECTED, shelf.rows.review)
    shelf.rows = shelf.rows.replace(review=review)
    told = run(shelf, 60, Listener("other"), frames=[range(50, 55)], direction="forward").told
    assert told[(50, 54)] == {1: [f for f in range(50 - CONTEXT, 50) if f not in (45, 46)]}


@pytest.mark.parametrize("direction", ["forward", "backward", "both"])
def test_a_correction_is_not_felt_behind_the_neighbouring_human_frames(direction: str) -> None:
    seeds = [square(20, 0), square(30, 10), square(50, 30)]
    shelf = Shelf(table(60, *seeds))
    run(shelf, 60, direction=direction)
    shelf.rows = table(60, *seeds, square(41, 20))
    redone = {frame for call in run(shelf, 60, direction=direction).calls for frame in call}
    assert redone == set(range(11, 30)) - {20}
