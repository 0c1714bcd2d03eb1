"""From an engine's name to the engine: the edge where names are known."""

from __future__ import annotations

from masklet.core import Masks, MediaSource, Propagator
from masklet.core.registry import load


def check_known(engine: str | Propagator) -> None:
    """Raise `UsageError` now for a name that `resolve` would refuse later."""
    if isinstance(engine, str):
        load("propagators", engine)


def resolve(engine: str | Propagator, media: MediaSource, truth: Masks) -> tuple[Propagator, str]:
    """The engine, and a sentence on why it. `auto` measures the video and chooses."""
    if not isinstance(engine, str):
        return engine, f"{getattr(engine, 'name', type(engine).__name__)}: as given"
    if engine != "auto":
        return load("propagators", engine)(), f"{engine}: as asked"
    choice = load("propagators", "auto").choose(media, truth)
    return load("propagators", choice.name)(), f"{choice.name}: {choice.reason}"
