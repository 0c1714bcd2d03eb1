"""From an engine's name to the engine: the edge where names are known."""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping
from typing import Any

from masklet.core import Masks, MediaSource, Propagator, UsageError
from masklet.core.registry import available, load

Options = Mapping[str, Any]
"""Arguments for an engine's constructor, such as `{"bars": "bridged"}`."""

RAN = "ran"
"""Verb of a step that tells of a run that may have left no rows."""


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
    to the engine's constructor, as do those of the run before where it is the same engine and they are
    not given now; `UsageError` where the engine does not know one of them.
    """
    options = options or {}
    if not isinstance(engine, str):
        return engine, f"{getattr(engine, 'name', type(engine).__name__)}: as given"
    before, told = run_before(rows)
    if before and engine in ("auto", before):
        return _again(before, told, options, engine == "auto")
    if engine != "auto":
        return _made(engine, options), f"{engine}: as asked{_with(options)}"
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
        if not takes(name, option):
            able = _that_take({option: None})
            known = f"these do: {', '.join(able)}" if able else "no installed engine does"
            raise UsageError(f"engine {name} has no option {option!r}; {known}")


def _that_take(options: Options) -> list[str]:
    """Engines that take all of these options; those that cannot be loaded take none."""
    return [name for name in available("propagators") if all(takes(name, o) for o in options)]


def takes(name: str, option: str) -> bool:
    """Has the engine of this name such an option? One that cannot be loaded has none."""
    try:
        return option in inspect.signature(load("propagators", name)).parameters
    except UsageError:
        return False


def _again(name: str, told: Options, options: Options, auto: bool) -> tuple[Propagator, str]:
    """The engine of the run before, set apart from its defaults as it was there, but for `options`."""
    usual = inspect.signature(load("propagators", name)).parameters
    kept = {
        key: value
        for key, value in told.items()
        if key in usual and key not in options and value != usual[key].default
    }
    why = "as in the run before" if auto else "as asked"
    if kept and not auto:
        why += ", set as in the run before"
    why += _with(options)
    return _made(name, {**kept, **options}), f"{name} {_shown(kept)}".strip() + f": {why}"


def run_before(rows: Masks) -> tuple[str, dict[str, Any]]:
    """Name and settings of the engine that made the latest tracked rows; empty where there are none.

    A last step of the verb `RAN`, of which there may be no rows, goes before them.
    """
    used = rows.step[~rows.trusted]
    made = [rows.steps[i] for i in sorted(set(used.tolist())) if i >= 0]
    ran = [step for step in rows.steps[-1:] if step.verb == RAN]
    tracked = ran or [step for step in made if step.verb == "track"]
    name = tracked[-1].model.partition("/")[0].removesuffix("+lines") if tracked else ""
    if name not in available("propagators"):
        return "", {}
    told = json.loads(tracked[-1].arguments).get("settings", {})
    return name, {key: tuple(v) if isinstance(v, list) else v for key, v in told.items()}


def _with(options: Options) -> str:
    return f", with {_shown(options)}" if options else ""


def _shown(options: Options) -> str:
    return " ".join(f"{key}={value}" for key, value in options.items())
