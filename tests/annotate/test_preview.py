"""Quick rows while an engine fits: what is shown, and that nothing of it stays."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from annotate_kit import Blank, Shelf, Walker, lefts, square, table
from masklet.annotate.sweep import CONTEXT
from masklet.annotate.track import track
from masklet.core import Flags, Masks, MediaSource, Review
from masklet.core.protocols import Preparing


class Sketch(Walker):
    """The quick relative: as the walker, with lower scores."""

    def _rows(self, frame: int, start: dict) -> Iterator:
        for row in super()._rows(frame, start):
            yield row._replace(score=0.4)


class Fitter(Walker):
    """A walker that may only walk once it was prepared; preparing lasts until `enough` is set."""

    def __init__(self, enough: threading.Event | None = None, fails: bool = False) -> None:
        super().__init__("fitter")
        self.prepared: list[list[int]] = []
        self._enough, self._fails = enough, fails
        self.told: list[list[int]] = []

    def prepare(self, media: MediaSource, seeds: Masks) -> None:
        assert seeds.trusted.all()
        self.prepared.append(seeds.frame.tolist())
        if self._fails:
            raise ValueError("the fit went wrong")
        if self._enough is not None:
            assert self._enough.wait(20)

    def preview(self) -> Sketch:
        return Sketch("sketch")

    def propagate(self, media: MediaSource, seeds: Masks, frames: range) -> Iterator[tuple[int, Masks]]:
        self.told.append(seeds.frame[~seeds.trusted].tolist())
        return super().propagate(media, seeds, frames)


class Watched(Shelf):
    """A shelf that lists what is written provisionally, and calls `seen` after each such write."""

    def __init__(self, rows: Masks, seen: Callable[[Watched], None] = lambda _: None) -> None:
        super().__init__(rows)
        self.shown: list[int] = []
        self._seen = seen

    def replace(self, frames: range, objects: list[int], rows: Masks) -> None:
        super().replace(frames, objects, rows)
        if np.any(rows.flags & Flags.PROVISIONAL):
            self.shown += rows.frame.tolist()
            self._seen(self)


def watched(seeds: Masks, at_least: int) -> tuple[Watched, Fitter]:
    """A shelf and an engine whose preparing ends after so many frames were shown."""
    enough = threading.Event()

    def seen(shelf: Watched) -> None:
        if len(shelf.shown) >= at_least:
            enough.set()

    return Watched(seeds, seen), Fitter(enough)


def run(shelf: Shelf, engine: Walker, n: int, **how) -> Masks:
    return track(Blank(n), shelf, shelf, engine, **how)


def plain(rows: Masks) -> Masks:
    return rows.replace(steps=(), step=-1)


SEEDS = (square(60, 40), square(90, 70), square(20, 50, obj=2, y=25))


def test_the_result_is_that_of_a_run_without() -> None:
    seeds = table(150, *SEEDS)
    shelf, engine = watched(seeds, 10)
    assert isinstance(engine, Preparing)
    rows = run(shelf, engine, 150, preview=True)
    alone = Shelf(seeds)
    assert plain(rows) == plain(run(alone, Fitter(), 150))
    assert shelf.chunks.keys() == alone.chunks.keys()
    assert len(shelf.shown) >= 10
    assert not np.any(rows.flags & Flags.PROVISIONAL)


def test_frames_nearest_to_truth_come_first_from_both_sides() -> None:
    shelf, engine = watched(table(60, square(60, 20)), 8)
    run(shelf, engine, 60, preview=True)
    assert shelf.shown[:8] == [19, 21, 18, 22, 17, 23, 16, 24]
    shelf, engine = watched(table(60, square(60, 20), square(80, 27)), 6)
    run(shelf, engine, 60, preview=True, frames=[range(20, 28)])
    assert shelf.shown == [21, 26, 22, 25, 23, 24]  # each once, until the two meet


def test_it_stops_when_the_engine_is_ready() -> None:
    class Slow(Sketch):
        def propagate(self, media, seeds, frames) -> Iterator[tuple[int, Masks]]:
            for answer in super().propagate(media, seeds, frames):
                yield answer
                ready.join()

    class Ready(Fitter):
        def prepare(self, media: MediaSource, seeds: Masks) -> None:
            nonlocal ready
            ready = threading.current_thread()
            started.set()

        def preview(self) -> Slow:
            assert started.wait(20)
            return Slow("slow")

    started, ready = threading.Event(), threading.current_thread()
    shelf = Watched(table(60, square(60, 0)))
    run(shelf, Ready(), 60, preview=True)
    assert 1 <= len(shelf.shown) <= 2


def test_truth_is_not_written_over() -> None:
    accepted = square(99, 21, review=Review.ACCEPTED)
    seeds = table(40, square(60, 20), accepted, square(30, 20, obj=2, y=25))
    seen: list[Masks] = []
    enough = threading.Event()

    def look(shelf: Watched) -> None:
        seen.append(shelf.rows)
        if len(seen) == 8:
            enough.set()

    run(Watched(seeds, look), Fitter(enough), 40, preview=True)
    assert len(seen) >= 8
    for rows in seen:
        assert plain(rows.take(rows.trusted)) == seeds
    shown = [lefts(rows, 2) for rows in seen]
    assert {21: 31}.items() <= shown[-1].items()  # object 2 is shown beside the truth of object 1


def test_one_fit_for_all_spans_that_are_told_the_same() -> None:
    engine = Fitter()
    shelf = Watched(table(200, square(20, 0), square(60, 100)))
    run(shelf, engine, 200, preview=True)
    assert engine.prepared == [[0, 100]]
    again = Fitter()
    run(shelf, again, 200, preview=True)
    assert again.prepared == []  # nothing is to be computed


def test_a_failing_fit_is_raised() -> None:
    with pytest.raises(ValueError, match="the fit went wrong"):
        run(Watched(table(30, square(20, 0))), Fitter(fails=True), 30, preview=True)


def test_without_being_asked_and_without_an_engine_that_can() -> None:
    shelf, engine = Watched(table(30, square(20, 0))), Fitter()
    run(shelf, engine, 30)
    assert engine.prepared == []
    run(Watched(table(30, square(20, 0))), Walker(), 30, preview=True)
    assert shelf.shown == []


def test_a_run_that_died_while_showing() -> None:
    class DiedError(Exception):
        pass

    def die(shelf: Watched) -> None:
        if len(shelf.shown) == 7:
            raise DiedError

    seeds = table(100, square(20, 30))
    enough = threading.Event()
    shelf = Watched(seeds, die)
    with pytest.raises(DiedError):
        run(shelf, Fitter(enough), 100, preview=True)
    enough.set()
    left = shelf.rows.frame[(shelf.rows.flags & Flags.PROVISIONAL) != 0]
    assert len(left) == 7
    engine = Fitter()
    run(shelf, engine, 100, frames=[range(40, 50)])  # what was only provisional is not gone on from
    assert engine.told == [[]]
    assert plain(run(shelf, Fitter(), 100)) == plain(run(Shelf(seeds), Fitter(), 100))


def test_away_from_truth_nothing_is_shown() -> None:
    shelf = Watched(table(100, square(20, 0)))
    run(shelf, Fitter(), 100)
    engine = Fitter()
    shelf.chunks.clear()
    run(shelf, engine, 100, frames=[range(50, 60)], preview=True, direction="forward")
    assert engine.prepared == []
    assert engine.told == [list(range(50 - CONTEXT, 50))]
