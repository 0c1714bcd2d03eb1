"""Lines as a Propagator: alone, or beside any engine that masks the animals."""

from __future__ import annotations

from collections.abc import Iterator

from masklet.core import Masks, MediaSource, Propagator, UsageError
from masklet.core.order import frames_in_order
from masklet.core.protocols import Preparing
from masklet.models.lines.company import Company, is_line, split, visible
from masklet.models.rows import RowMaker
from masklet.models.walk import Walk, plan_walk
from masklet.ops.table import concat

REACHABLE = 64
"""Frames from truth to the first wanted one over which a line is followed; beyond it is sought."""


class Lines:
    """Propagator for objects of `line` labels: a tail, drawn as a polyline or as a thin mask.

    Objects of other labels get no rows; their annotated masks teach what a line is not and where it
    begins. Lines that no other engine knows of: `WithLines`.
    """

    name = "lines"
    version = 1

    def propagate(self, media: MediaSource, seeds: Masks, frames: range) -> Iterator[tuple[int, Masks]]:
        """As `Propagator`. `UsageError` where no seed has a line label."""
        walk = _near(plan_walk(media, seeds, frames))
        if not is_line(seeds).any():
            raise UsageError(
                "engine lines follows lines, and no annotated object has a label of kind line; "
                "give it one, or take another engine"
            )
        return _run(media, seeds, walk, iter(()))


class WithLines:
    """Propagator: lines by `Lines`, all else by another engine, whose masks say where animals are.

    Args:
        engine: the other engine; it never sees a line.
        about: names the engine with all its settings, so that results are kept apart; None = its
            class, version and plain public attributes.
    """

    def __init__(self, engine: Propagator, about: str | None = None) -> None:
        self._engine = engine
        self.name = str(getattr(engine, "name", type(engine).__name__))
        self.version = f"{getattr(engine, 'version', 0)}+lines.{Lines.version}"
        self.about = _told(engine) if about is None else about

    @property
    def engine(self) -> Propagator:
        """The engine of the areas."""
        return self._engine

    @property
    def weights(self) -> str:
        """The weights of the other engine, by their hash; empty where it has none."""
        return str(getattr(self._engine, "weights", ""))

    def propagate(self, media: MediaSource, seeds: Masks, frames: range) -> Iterator[tuple[int, Masks]]:
        """As `Propagator`, in one walk over the frames."""
        areas, lines = split(seeds)
        if not len(visible(lines)):
            return self._engine.propagate(media, seeds, frames)
        if not areas.trusted.any():
            return Lines().propagate(media, seeds, frames)
        walk = _near(plan_walk(media, seeds, frames))
        return _run(media, seeds, walk, self._areas(media, areas, walk))

    def _areas(self, media: MediaSource, areas: Masks, walk: Walk) -> Iterator[tuple[int, Masks]]:
        """The engine's rows on every frame of the walk but one that is given and not wanted."""
        todo = walk.frames
        if todo and todo[0] != walk.wanted[0]:
            todo = todo[1:]
        return self._engine.propagate(media, areas, todo)


class PreparingWithLines(WithLines):
    """`WithLines` around an engine that prepares (`masklet.core.protocols.Preparing`)."""

    def __init__(self, engine: Preparing, about: str | None = None) -> None:
        super().__init__(engine, about)
        self._preparing = engine

    def prepare(self, media: MediaSource, seeds: Masks) -> None:
        """Prepare the other engine for the areas."""
        areas = split(seeds)[0]
        if areas.trusted.any():
            self._preparing.prepare(media, areas)

    def preview(self) -> Propagator:
        """The other engine's quick relative, with lines."""
        return WithLines(self._preparing.preview())


def with_lines(engine: Propagator, about: str | None = None) -> WithLines:
    """`WithLines` of the kind that fits an engine."""
    if isinstance(engine, Preparing):
        return PreparingWithLines(engine, about)
    return WithLines(engine, about)


def _near(walk: Walk) -> Walk:
    """A walk that does not begin further back than `REACHABLE` frames before the wanted ones."""
    if not walk.wanted or abs(walk.wanted[0] - walk.frames[0]) <= REACHABLE:
        return walk
    sign = walk.frames.step
    frames = range(walk.wanted[0] - sign, walk.wanted[-1] + sign, sign)
    return Walk(frames, walk.wanted, {f: rows for f, rows in walk.given.items() if f in frames})


def _run(
    media: MediaSource, seeds: Masks, walk: Walk, areas: Iterator[tuple[int, Masks]]
) -> Iterator[tuple[int, Masks]]:
    maker = RowMaker(seeds, media.video)
    if not walk.frames:
        return
    company = Company(media, seeds, walk.frames[0], walk.frames.step)
    ready = next(areas, None)
    for frame, image in frames_in_order(media, walk.frames):
        found_areas = None
        if ready is not None and ready[0] == frame:
            found_areas, ready = ready[1], next(areas, None)
        found = company.step(frame, image, walk.given.get(frame), found_areas)
        if frame in walk.wanted:
            rows = maker.rows(frame, found)
            yield frame, rows if found_areas is None else concat([rows, found_areas.replace(checked=())])


def _told(engine: Propagator) -> str:
    plain = {
        key: value
        for key, value in sorted(getattr(engine, "__dict__", {}).items())
        if not key.startswith("_") and isinstance(value, bool | int | float | str | tuple | None)
    }
    kind = type(engine)
    return f"{kind.__module__}.{kind.__qualname__}/{getattr(engine, 'version', 0)} {plain!r}"
