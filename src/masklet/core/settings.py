"""What an engine or a segmenter is set to, as others can read it."""

from __future__ import annotations

from typing import Any


def plain_settings(thing: object) -> dict[str, Any]:
    """Public attributes of an object with plain values, by name."""
    return {
        key: value
        for key, value in getattr(thing, "__dict__", {}).items()
        if not key.startswith("_") and isinstance(value, bool | int | float | str | tuple | None)
    }
