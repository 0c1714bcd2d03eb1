"""The categories of COCO-like files and labels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from masklet.core import DataError, Label, Masks
from masklet.formats.jsontext import need, whole

Index = Mapping[int, int]
"""label_id by category id."""


def read_categories(where: str, entries: Sequence[Any]) -> tuple[tuple[Label, ...], Index]:
    """Labels in the order of the file, and the label of every category id.

    A `color` of three numbers becomes the label's colour. Raises `DataError` for a repeated id.
    """
    labels: list[Label] = []
    index: dict[int, int] = {}
    for i, entry in enumerate(entries):
        place = f"{where}, category {i}"
        key = whole(f"{place}, 'id'", need(place, entry, "id", int), -(2**31))
        if key in index:
            raise DataError(f"{place} repeats id {key}; expected every id once")
        index[key] = len(labels)
        labels.append(Label(need(place, entry, "name", str), colour=_colour(entry.get("color"))))
    return tuple(labels), index


def unnamed(ids: Iterable[int]) -> tuple[tuple[Label, ...], Index]:
    """Labels `class 1`, `class 2` for category ids that nobody names."""
    known = sorted(set(ids))
    return tuple(Label(f"class {i}") for i in known), {key: i for i, key in enumerate(known)}


def write_categories(items: Sequence[Masks]) -> tuple[list[dict[str, Any]], list[np.ndarray]]:
    """Category entries for all items, ids from 1, and for each item the category id by label_id."""
    ids: dict[str, int] = {}
    entries: list[dict[str, Any]] = []
    tables = []
    for item in items:
        for label in item.labels:
            if label.name not in ids:
                ids[label.name] = len(ids) + 1
                entry: dict[str, Any] = {"id": ids[label.name], "name": label.name, "supercategory": ""}
                entries.append(entry | ({"color": _rgb(label.colour)} if label.colour else {}))
        tables.append(np.array([ids[label.name] for label in item.labels], np.int64))
    return entries, tables


def _colour(value: Any) -> str:
    if not isinstance(value, list) or len(value) != 3:
        return ""
    if not all(isinstance(part, int) and 0 <= part <= 255 for part in value):
        return ""
    return "#{:02x}{:02x}{:02x}".format(*value)


def _rgb(colour: str) -> list[int]:
    return [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
