"""The name under which an engine's work is kept: its kind, version and settings."""

from __future__ import annotations

from masklet.core import Propagator


def engine_id(engine: Propagator) -> str:
    """`name/version settings`; two engines with the same id must give the same masks.

    `name`, `version` and `weights` (a hash of what it learnt elsewhere) are attributes that an engine
    may have; its settings are its public attributes with plain values.
    """
    kind = type(engine)
    name = getattr(engine, "name", f"{kind.__module__}.{kind.__qualname__}")
    version = getattr(engine, "version", 0)
    settings = {
        key: value
        for key, value in sorted(getattr(engine, "__dict__", {}).items())
        if not key.startswith("_") and isinstance(value, bool | int | float | str | tuple | None)
    }
    settings.pop("name", None)
    settings.pop("version", None)
    if weights := str(getattr(engine, "weights", "")):
        settings["weights"] = weights
    listed = " ".join(f"{key}={value!r}" for key, value in settings.items())
    return f"{name}/{version} {listed}".strip()
