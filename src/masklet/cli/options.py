"""Small readers of what people type."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

from masklet.core.errors import UsageError

if TYPE_CHECKING:
    from masklet.evaluation.terms import Terms

_LAST = 1 << 21
"""No frame beyond this can be named where no video says which is the last."""
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


def words(text: str) -> tuple[str, ...]:
    """`"a, b"` as `("a", "b")`."""
    return tuple(word.strip() for word in text.split(",") if word.strip())


def frames(text: str) -> tuple[int, ...]:
    """`"0,100-200"` as frame numbers, where no video says which is the last."""
    from masklet.annotate.ranges import parse_ranges

    if text.rstrip().endswith("-"):
        raise UsageError(f"frames {text!r} have no end; expected both ends, as in 100-200")
    if any(int(number) >= _LAST for number in re.findall(r"\d+", text)):
        raise UsageError(f"frames {text!r} go beyond {_LAST}; expected frames of one video")
    return tuple(frame for part in parse_ranges(text, _LAST) for frame in part) if text else ()


def terms(
    objects: str, complete: str, labels: str, skip: str, *, skip_ends: bool, keep_prompts: bool
) -> Terms:
    """`Terms` from words, which it checks."""
    from masklet.evaluation.terms import Complete, Labels, Objects, Terms

    return Terms(
        cast(Objects, objects),
        cast(Complete, complete),
        cast(Labels, labels),
        frames(skip),
        skip_ends,
        keep_prompts,
    )
