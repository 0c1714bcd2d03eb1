"""Small readers of what people type."""

from __future__ import annotations

from typing import Any

from masklet.core.errors import UsageError

_WORDS = {"true": True, "yes": True, "false": False, "no": False, "none": None}


def pairs(options: list[str]) -> dict[str, Any]:
    """`["tracks=polygon", "max_points=20"]` as `{"tracks": "polygon", "max_points": 20}`."""
    found: dict[str, Any] = {}
    for option in options:
        name, equals, text = option.partition("=")
        if not equals or not name.strip().isidentifier():
            raise UsageError(f"cannot read option {option!r}; expected NAME=VALUE")
        found[name.strip()] = value(text.strip())
    return found


def value(text: str) -> Any:
    """A number, true or false where the text is one, else the text."""
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
