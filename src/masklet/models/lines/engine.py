"""Lines as a Propagator: alone, or beside any engine that masks the animals."""

from __future__ import annotations

from collections.abc import Iterator

from masklet.core import Masks, MediaSource, Propagator, UsageError
from masklet.core.order import frames_in_order
from masklet.models.lines.company import Company, is_line, split, visible
from masklet.models.rows import RowMaker
from masklet.models.walk import Walk, plan_walk
from masklet.ops.table import concat


class Lines:
    """Propagator for objects of `line` labels: a tail, drawn as a polyline or as a thin mask.

    Objects of other labels get no rows; their annotated masks teach what a line is not and where it
    begins. Lines that no other engine knows of: `WithLines`.
    """

    name = "lines"
    version = 1

    def propagate(self, media: MediaSource, seeds: Masks, frames: range) -> Iterator[tuple[int, Masks]]:
        """As `Propagator`. `UsageError` where no seed has a line label."""
        walk = plan_walk(media, seeds, frames)
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

    version = Lines.version

    def __init__(self, engine: Propagator, about: str | None = None) -> None:
        self._engine = engine
        self.name = f"{getattr(engine, 'name', type(engine).__name__)}+lines"
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
        walk = plan_walk(media, seeds, frames)
        return _run(media, seeds, walk, self._areas(media, areas, walk))

    def _areas(self, media: MediaSource, areas: Masks, walk: Walk) -> Iterator[tuple[int, Masks]]:
        """The engine's rows on every frame of the walk but one that is given and not wanted."""
        todo = walk.frames
        if todo and todo[0] != walk.wanted[0]:
            todo = todo[1:]
        return self._engine.propagate(media, areas, todo)


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
