"""JSON files in and out, with errors that name the file and the place in it."""

from __future__ import annotations

import json
import mmap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from masklet.core import DataError
from masklet.core.atomic import writing

Kind = TypeVar("Kind")
_TUPLE = "\x00tuple"
"""Marks a tuple among lists; no key of a foreign file begins with this byte."""


def load_json(path: Path) -> Any:
    """The value in a JSON file. Raises `DataError` where it is not JSON or not text."""
    try:
        return json.loads(path.read_bytes())
    except json.JSONDecodeError as error:
        raise DataError(
            f"{path} is not whole JSON: {error.msg} at line {error.lineno} column {error.colno}; "
            "it may have been cut short; export it again"
        ) from error
    except (ValueError, RecursionError) as error:
        raise DataError(
            f"{path} is not JSON ({type(error).__name__}); expected a JSON annotation"
        ) from error
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}") from error


def to_json(value: Any) -> str:
    """The shortest JSON text. NaN is not JSON and raises `DataError`."""
    try:
        return json.dumps(
            value, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_number
        )
    except ValueError as error:
        raise DataError(f"cannot write {value!r:.60}: it holds a number that is not finite") from error


def dump_json(value: Any, path: Path) -> None:
    """Write a JSON file, whole or not at all. NaN is not JSON and raises `DataError`."""
    text = to_json(value)
    with writing(path) as beside:
        beside.write_text(text + "\n", encoding="utf-8")


def mentions(path: Path, *keys: str) -> set[str]:
    """Which of these keys occur in a JSON file, in quotes; a fast look without parsing.

    Empty for a file that is not there, is empty or does not begin like JSON.
    """
    try:
        with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
            start = data[:64].lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
            if start not in (b"{", b"["):
                return set()
            found = {key for key in keys if data.find(f'"{key}"'.encode()) >= 0}
            return found | {start.decode()}
    except (OSError, ValueError):
        return set()


def need(where: str, mapping: Any, key: str, kind: type[Kind] | tuple[type[Kind], ...]) -> Kind:
    """`mapping[key]` of one type; `DataError` that names the place, the key and what was found."""
    if not isinstance(mapping, Mapping):
        raise DataError(f"{where}: found {_shown(mapping)}; expected an object with {key!r}")
    if key not in mapping:
        raise DataError(f"{where} has no {key!r}; expected {_named(kind)}")
    return as_kind(f"{where}, {key!r}", mapping[key], kind)


def as_kind(where: str, value: Any, kind: type[Kind] | tuple[type[Kind], ...]) -> Kind:
    """`value` when it is of one type (a bool is no number); `DataError` otherwise."""
    kinds = kind if isinstance(kind, tuple) else (kind,)
    if isinstance(value, kinds) and not (isinstance(value, bool) and bool not in kinds):
        return value
    if int in kinds and isinstance(value, float) and value.is_integer():
        return int(value)  # type: ignore[return-value]
    raise DataError(f"{where}: found {_shown(value)}; expected {_named(kind)}")


def whole(where: str, value: Any, low: int = 0, high: int = 2**31 - 1) -> int:
    """A whole number within bounds; `DataError` otherwise."""
    number = as_kind(where, value, int)
    if not low <= number <= high:
        raise DataError(f"{where}: found {number}; expected {low}..{high}")
    return number


def numbers(where: str, value: Any) -> np.ndarray:
    """A flat list of finite numbers as float64; `DataError` otherwise."""
    try:
        array = np.asarray(value, np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise DataError(f"{where}: found {_shown(value)}; expected numbers") from error
    if array.ndim != 1 or not np.all(np.isfinite(array)):
        raise DataError(f"{where}: found {_shown(value)}; expected a flat list of finite numbers")
    return array


def to_plain(value: Any) -> Any:
    """JSON values for what a reader kept of a file; tuples are marked, so that they come back."""
    if isinstance(value, Mapping):
        return {str(key): to_plain(inner) for key, inner in value.items()}
    if isinstance(value, tuple):
        return {_TUPLE: [to_plain(inner) for inner in value]}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [to_plain(inner) for inner in value]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return _number(value)


def from_plain(value: Any) -> Any:
    """The inverse of `to_plain`."""
    if isinstance(value, dict):
        if value.keys() == {_TUPLE}:
            return tuple(from_plain(inner) for inner in value[_TUPLE])
        return {key: from_plain(inner) for key, inner in value.items()}
    return [from_plain(inner) for inner in value] if isinstance(value, list) else value


def _number(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    raise DataError(
        f"cannot keep a {type(value).__name__} in JSON; expected text, numbers, lists or mappings"
    )


def _named(kind: type[Any] | tuple[type[Any], ...]) -> str:
    words = {int: "a whole number", float: "a number", str: "text", list: "a list", dict: "an object"}
    kinds = kind if isinstance(kind, tuple) else (kind,)
    return " or ".join(words.get(one, one.__name__) for one in kinds)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
