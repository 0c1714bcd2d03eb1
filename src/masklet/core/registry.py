"""From a name to the thing: plugins by entry point, built-ins by the same door."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from typing import Any

from masklet.core.errors import MissingExtraError, UsageError

GROUPS = ("segmenters", "propagators", "formats", "media")
_EXTRAS = {"torch": "adapt", "safetensors": "adapt", "transformers": "foundation"}
"""Libraries that come with an extra."""


@cache
def available(group: str) -> Mapping[str, EntryPoint]:
    """Entry points of `masklet.<group>` by name, in the order of installation; nothing is imported."""
    if group not in GROUPS:
        raise UsageError(f"unknown plugin group {group!r}; expected one of {', '.join(GROUPS)}")
    return {point.name: point for point in entry_points(group=f"masklet.{group}")}


@cache
def load(group: str, name: str) -> Any:
    """The object behind a name (a class or a function), imported now.

    Raises `UsageError` for a name that nobody registered, and for one that cannot be imported.
    """
    points = available(group)
    if name not in points:
        known = ", ".join(sorted(points)) or "none: is masklet installed?"
        near = did_you_mean(name, points)
        raise UsageError(f"no {group[:-1]} is called {name!r}{near}; expected one of: {known}")
    try:
        return points[name].load()
    except ModuleNotFoundError as error:
        if error.name in _EXTRAS:
            raise MissingExtraError(error.name, _EXTRAS[error.name], f"{group[:-1]} {name}") from error
        raise UsageError(_broken(name, error)) from error
    except (ImportError, AttributeError, OSError, RuntimeError) as error:
        raise UsageError(_broken(name, error)) from error


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`"; did you mean 'flow'?"` for the known name that is nearest to `name`; empty where none is."""
    from difflib import get_close_matches

    nearest = get_close_matches(name.lower(), known, n=1)
    return f"; did you mean {nearest[0]!r}?" if nearest else ""


def _broken(name: str, error: Exception) -> str:
    return f"{name} is registered but cannot be loaded ({error}); install again what it came with"


def require(library: str, extra: str, purpose: str) -> Any:
    """Import an optional library, or raise `MissingExtraError` with the line that installs it."""
    if find_spec(library.partition(".")[0]) is None:
        raise MissingExtraError(library, extra, purpose)
    return import_module(library)
