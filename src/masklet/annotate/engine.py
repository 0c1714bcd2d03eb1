"""The name under which an engine's work is kept: its kind, version and settings."""

from __future__ import annotations

from typing import Any

from masklet.core import Propagator, Segmenter
from masklet.core.settings import plain_settings


def engine_id(engine: Propagator | Segmenter) -> str:
    """`name/version settings`; two engines with the same id must give the same masks.

    `name`, `version` and `weights` (a hash of what it learnt elsewhere) are attributes that an engine
    may have.
    """
    kind = type(engine)
    name = getattr(engine, "name", f"{kind.__module__}.{kind.__qualname__}")
    version = getattr(engine, "version", 0)
    told = settings(engine)
    if weights := str(getattr(engine, "weights", "")):
        told["weights"] = weights
    listed = " ".join(f"{key}={value!r}" for key, value in told.items())
    return f"{name}/{version} {listed}".strip()


def settings(engine: Propagator | Segmenter) -> dict[str, Any]:
    """Public attributes of an engine with plain values, but for its name and version, by name."""
    told = sorted(plain_settings(engine).items())
    return {key: value for key, value in told if key not in ("name", "version")}
