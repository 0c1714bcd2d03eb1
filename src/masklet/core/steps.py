"""Step: the signature that every operation leaves on the rows it made."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Step:
    """One operation: what was done, with what, by whom, when.

    Args:
        verb: the name of the function or command (`track`, `convert`, `edit`).
        arguments: its arguments as a JSON object in text form, keys sorted.
        version: version of the masklet package that ran it.
        model: engine or model id, empty where none took part.
        weights: content hash of the model's weights, empty where there are none.
        person: who did it, empty for a program.
        time: seconds since the epoch, UTC; 0 where unknown.
    """

    verb: str
    arguments: str = "{}"
    version: str = ""
    model: str = ""
    weights: str = ""
    person: str = ""
    time: float = 0.0

    @classmethod
    def of(cls, verb: str, arguments: Mapping[str, Any], **rest: Any) -> Step:
        """A step whose arguments are given as a mapping of JSON values."""
        from masklet._version import __version__

        text = json.dumps(dict(arguments), sort_keys=True, default=str, ensure_ascii=False)
        return cls(verb, text, version=__version__, **rest)
