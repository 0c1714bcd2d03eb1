"""From an engine's name to the engine: the edge where names are known."""

from __future__ import annotations

from masklet.annotate.engine import engine_id
from masklet.core import Masks, MediaSource, Propagator
from masklet.core.registry import available, load


def check_known(engine: str | Propagator) -> None:
    """Raise `UsageError` now for a name that `resolve` would refuse later."""
    if isinstance(engine, str):
        load("propagators", engine)


def resolve(engine: str | Propagator, media: MediaSource, rows: Masks) -> tuple[Propagator, str]:
    """The engine, and a sentence on why it.

    `auto` takes the engine that made the rows which stand there already, so that a correction does
    not change everything else; where there are none it measures the video and chooses. Where objects
    of `line` labels are annotated a named engine leaves them to `lines`.
    """
    if not isinstance(engine, str) or not _has_lines(rows):
        return _resolved(engine, media, rows)
    from masklet.models.lines.company import split
    from masklet.models.lines.engine import Lines, WithLines

    areas = split(rows)[0]
    if engine in ("auto", "lines") and not areas.trusted.any():
        return Lines(), f"lines: {'as asked' if engine == 'lines' else 'only lines are annotated'}"
    runner, reason = _resolved(engine, media, areas)
    if isinstance(runner, Lines):
        return runner, reason
    return WithLines(runner, engine_id(runner)), f"{reason}; lines by the engine lines"


def _has_lines(rows: Masks) -> bool:
    chosen = rows.label_id[rows.trusted]
    return any(rows.labels[i].kind == "line" for i in set(chosen.tolist()))


def _resolved(engine: str | Propagator, media: MediaSource, rows: Masks) -> tuple[Propagator, str]:
    if not isinstance(engine, str):
        return engine, f"{getattr(engine, 'name', type(engine).__name__)}: as given"
    if engine != "auto":
        return load("propagators", engine)(), f"{engine}: as asked"
    before = _engine_before(rows)
    if before:
        return load("propagators", before)(), f"{before}: as in the run before"
    auto = load("propagators", "auto")()
    choice = auto.choice(media, rows)
    return auto.engine(choice.name), f"{choice.name}: {choice.reason}"


def _engine_before(rows: Masks) -> str:
    """Name of the engine that made the latest tracked rows, empty where there are none."""
    used = rows.step[~rows.trusted]
    made = [rows.steps[i] for i in sorted(set(used.tolist())) if i >= 0]
    names = [
        step.model.partition("/")[0].removesuffix("+lines") for step in made if step.verb == "track"
    ]
    return names[-1] if names and names[-1] in available("propagators") else ""
