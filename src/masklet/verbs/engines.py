"""From an engine's name to the engine: the edge where names are known."""

from __future__ import annotations

from masklet.core import Masks, MediaSource, Propagator
from masklet.core.registry import available, load


def check_known(engine: str | Propagator) -> None:
    """Raise `UsageError` now for a name that `resolve` would refuse later."""
    if isinstance(engine, str):
        load("propagators", engine)


def resolve(engine: str | Propagator, media: MediaSource, rows: Masks) -> tuple[Propagator, str]:
    """The engine, and a sentence on why it.

    `auto` takes the engine that made the rows which stand there already, so that a correction does
    not change everything else; where there are none it measures the video and chooses.
    """
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
    names = [step.model.partition("/")[0] for step in made if step.verb == "track"]
    return names[-1] if names and names[-1] in available("propagators") else ""
