"""Objects that were not found for long: where a row says so, and how little it weighs."""

from __future__ import annotations

import numpy as np
import pytest

from annotate_kit import Blank, Shelf, Walker, square, table
from masklet.annotate.gone import close
from masklet.annotate.track import track
from masklet.core import Flags, Masks, Origin
from masklet.ops.table import areas, upsert

N = 60


class Blinking(Walker):
    """Finds nothing on some frames."""

    def __init__(self, *hidden: range) -> None:
        super().__init__(name=f"blinking {hidden}")
        self._hidden = hidden

    def _rows(self, frame, start):
        if not any(frame in part for part in self._hidden):
            yield from super()._rows(frame, start)


def run(shelf: Shelf, engine: Walker, after: int, direction: str = "forward", frames=None) -> Masks:
    track(Blank(N), shelf, shelf, engine, direction=direction, frames=frames)
    return close(shelf, frames or [range(N)], after, direction)


def closings(rows: Masks) -> list[int]:
    return rows.frame[(rows.flags & Flags.OUTSIDE) != 0].tolist()


def test_the_first_frame_of_a_long_absence_says_so() -> None:
    shelf = Shelf(table(N, square(20, 0)))
    rows = run(shelf, Blinking(range(10, 14), range(20, 30), range(50, N)), 10)
    assert closings(rows) == [20, 50]
    said = rows.on(20)
    assert not said.trusted.any()
    assert said.origin.tolist() == [Origin.PROPAGATED]
    assert areas(said).tolist() == [0]
    assert rows.steps[said.step[0]].verb == "gone"
    assert closings(run(shelf, Blinking(range(10, 14), range(20, 30), range(50, N)), 4)) == [10, 20, 50]


def test_running_again_changes_nothing_and_better_masks_take_it_away() -> None:
    shelf = Shelf(table(N, square(20, 0)))
    once = run(shelf, Blinking(range(20, 30)), 10)
    assert run(shelf, Blinking(range(20, 30)), 10) == once
    assert closings(run(shelf, Blinking(range(20, 25)), 10)) == []
    assert closings(run(shelf, Walker(), 10)) == []


def test_it_ends_no_run_and_a_correction_goes_over_it() -> None:
    shelf = Shelf(table(N, square(20, 0)))
    run(shelf, Blinking(range(20, N)), 10)
    assert closings(shelf.rows) == [20]
    shelf.rows = upsert(shelf.rows, table(N, square(40, 20)), keep_trusted=False)
    rows = run(shelf, Walker(), 10)
    assert closings(rows) == []
    assert rows.frames.tolist() == list(range(N))


def test_an_engine_is_not_told_of_it() -> None:
    class Curious(Walker):
        def propagate(self, media, seeds, frames):
            told.append(seeds.flags & Flags.OUTSIDE)
            return super().propagate(media, seeds, frames)

    told: list[np.ndarray] = []

    shelf = Shelf(table(N, square(20, 0)))
    run(shelf, Blinking(range(20, N)), 10)
    track(Blank(N), shelf, shelf, Curious(), direction="forward", frames=[range(21, 40)])
    assert told
    assert not np.concatenate(told).any()


@pytest.mark.parametrize(("after", "direction"), [(0, "both"), (5, "backward")])
def test_nothing_is_said_unless_it_is_asked_and_known(after: int, direction: str) -> None:
    shelf = Shelf(table(N, square(20, 30)))
    assert closings(run(shelf, Blinking(range(40, N), range(10)), after, direction)) == []


def test_only_frames_that_were_looked_at_count() -> None:
    shelf = Shelf(table(N, square(20, 0)))
    rows = run(shelf, Blinking(range(20, N)), 10, frames=[range(25)])
    assert closings(rows) == []
    assert closings(run(shelf, Blinking(range(20, N)), 10, frames=[range(31)])) == [20]


def test_where_a_person_spoke_nothing_is_added() -> None:
    shelf = Shelf(table(N, square(20, 0), checked=[20]))
    assert closings(run(shelf, Walker(), 10)) == []
    assert np.array_equal(shelf.rows.frames, np.arange(20))
