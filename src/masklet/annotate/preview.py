"""Something to look at while an engine still fits: a quick engine's rows, marked as provisional.

Where a run begins a span of frames next to truth, the engine is told to fit (`Preparing.prepare`) in
a thread, and meanwhile the engine's quick relative answers for the frames nearest to that truth. Its
rows are flagged `PROVISIONAL` and never go over truth; once the fit is done the run goes on as it
would have without any of this, and puts its own rows in their place.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextvars import copy_context
from dataclasses import dataclass, field

from masklet.annotate.seeds import (
    active_objects,
    bounding_truth,
    fingerprint,
    told_truth,
    without,
)
from masklet.annotate.stretches import Direction, Stretch
from masklet.core import Flags, Masks, MediaSource, Propagator, Step
from masklet.core.pausing import pause_point
from masklet.core.protocols import Preparing
from masklet.ops.table import signed

Write = Callable[[range, list[int], Masks], object]
"""Puts rows in the place of all untrusted rows of some objects on some frames."""


@dataclass(frozen=True)
class Span:
    """Frames that a run is to fill from truth next to them.

    Args:
        frames: in running order; they end at the next human frame.
        seeds: the truth that an engine is told there.
        objects: those that are carried there.
    """

    frames: range
    seeds: Masks
    objects: list[int]


def spans(stretches: list[Stretch], truth: Masks, direction: Direction) -> list[Span]:
    """What a run will fill, once for each side that it comes from."""
    ways = {"forward": (True,), "backward": (False,), "both": (True, False)}[direction]
    found = []
    for stretch in stretches:
        for forward in ways:
            edge = stretch.edge(forward)
            objects = sorted(active_objects(truth, edge, forward))
            if objects and edge in truth.frame:
                seeds = told_truth(truth, bounding_truth(truth, objects, edge, forward))
                frames = stretch.frames if forward else stretch.frames[::-1]
                found.append(Span(frames, seeds, objects))
    return found


@dataclass
class Preview:
    """Shows quick rows while an engine prepares.

    Args:
        media: the pixels; read from two threads at once.
        engine: what is to be prepared.
        spans: what the run is to fill.
        truth: trusted rows of the whole video, with `checked`.
        write: where rows go.
        step: signs them.
    """

    media: MediaSource
    engine: Preparing
    spans: list[Span]
    truth: Masks
    write: Write
    step: Step
    _done: set[str] = field(default_factory=set, init=False)

    def begin(self, chunk: range, seeds: Masks) -> None:
        """Prepare the engine for `seeds`, once, and show what comes quickly until that is done.

        Does nothing unless `chunk` (rising) begins a span for which an engine is told these seeds.
        """
        key = fingerprint(seeds)
        if key in self._done:
            return
        mine = [span for span in self.spans if fingerprint(span.seeds) == key]
        if not any(span.frames[0] in (chunk[0], chunk[-1]) for span in mine):
            return
        self._done.add(key)
        fitting = _Ahead(lambda: self.engine.prepare(self.media, seeds))
        quick = self.engine.preview()
        for frame, objects, rows in _nearest_first(quick, self.media, mine):
            found = signed(without(rows, self.truth), self.step)
            found = found.replace(flags=found.flags | Flags.PROVISIONAL)
            self.write(range(frame, frame + 1), objects, found)
            pause_point()
            if fitting.done:
                break
        fitting.finish()


def _nearest_first(
    quick: Propagator, media: MediaSource, spans: Iterable[Span]
) -> Iterator[tuple[int, list[int], Masks]]:
    """(frame, objects, rows) of each frame once, all spans in turn from their truth on."""
    running = [(span, quick.propagate(media, span.seeds, span.frames)) for span in spans]
    given: set[int] = set()
    while running:
        for span, answers in list(running):
            frame, rows = next(answers, (-1, None))
            if rows is None or frame in given:
                running.remove((span, answers))
                continue
            given.add(frame)
            yield frame, span.objects, rows


class _Ahead:
    """A call in a thread of its own. What it raises is raised by `finish`."""

    def __init__(self, call: Callable[[], None]) -> None:
        self._error: BaseException | None = None
        self._call = call
        run = copy_context().run
        self._thread = threading.Thread(
            target=lambda: run(self._run), name="masklet-prepare", daemon=True
        )
        self._thread.start()

    @property
    def done(self) -> bool:
        """Has the call come to its end?"""
        return not self._thread.is_alive()

    def finish(self) -> None:
        """Wait for the call."""
        self._thread.join()
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        try:
            self._call()
        except BaseException as error:  # noqa: BLE001 - handed over to the caller, whatever it is
            self._error = error
