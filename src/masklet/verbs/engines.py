"""From an engine's name to the engine: the edge where names are known."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from masklet.core import Masks, MediaSource, Propagator, UsageError
from masklet.core.registry import available, load

Options = Mapping[str, Any]
"""Arguments for an engine's constructor, such as `{"bars": "bridged"}`."""


def check_known(engine: str | Propagator, options: Options | None = None) -> None:
    """Raise `UsageError` now for a name, or options, that `resolve` would refuse later."""
    if isinstance(engine, str):
        load("propagators", engine)
        if engine != "auto":
            _accepted(engine, options or {})
    elif options:
        raise UsageError(
            f"{', '.join(options)} cannot be given beside an engine that is made already; "
            "give it to the engine's constructor"
        )


def resolve(
    engine: str | Propagator, media: MediaSource, rows: Masks, options: Options | None = None
) -> tuple[Propagator, str]:
    """The engine, and a sentence on why it.

    `auto` takes the engine that made the rows which stand there already, so that a correction does
    not change everything else; where there are none it measures the video and chooses. `options` go
    to the engine's constructor; `UsageError` where the engine does not know one of them.
    """
    options = options or {}
    if not isinstance(engine, str):
        return engine, f"{getattr(engine, 'name', type(engine).__name__)}: as given"
    if engine != "auto":
        return _made(engine, options), f"{engine}: as asked"
    before = _engine_before(rows)
    if before:
        return _made(before, options), f"{before}: as in the run before"
    auto = load("propagators", "auto")(dict.fromkeys(_that_take(options), options))
    choice = auto.choice(media, rows)
    _accepted(choice.name, options)
    return auto.engine(choice.name), f"{choice.name}: {choice.reason}"


def _made(name: str, options: Options) -> Propagator:
    _accepted(name, options)
    engine: Propagator = load("propagators", name)(**options)
    return engine


def _accepted(name: str, options: Options) -> None:
    """Raise `UsageError` where the constructor of the engine does not take an option."""
    for option in options:
        if not _takes(name, option):
            able = _that_take({option: None})
            known = f"these do: {', '.join(able)}" if able else "no installed engine does"
            raise UsageError(f"engine {name} has no option {option!r}; {known}")


def _that_take(options: Options) -> list[str]:
    """Engines that take all of these options; those that cannot be loaded take none."""
    return [name for name in available("propagators") if all(_takes(name, o) for o in options)]


def _takes(name: str, option: str) -> bool:
    try:
        return option in inspect.signature(load("propagators", name)).parameters
    except UsageError:
        return False


def _engine_before(rows: Masks) -> str:
    """Name of the engine that made the latest tracked rows, empty where there are none."""
    used = rows.step[~rows.trusted]
    made = [rows.steps[i] for i in sorted(set(used.tolist())) if i >= 0]
    names = [
        step.model.partition("/")[0].removesuffix("+lines") for step in made if step.verb == "track"
    ]
    return names[-1] if names and names[-1] in available("propagators") else ""
