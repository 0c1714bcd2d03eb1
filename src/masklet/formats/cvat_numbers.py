"""Numbers of CVAT's XML: text to values, strictly, and values to text, exactly."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from masklet.core.arrays import Bools, Floats
from masklet.formats.cvat_nodes import Node

INT32 = 2**31 - 1
FARTHEST = 1e7
"""Coordinates beyond this many pixels are taken for a damaged file."""

_INTEGER = re.compile(r"\s*[+-]?[0-9]{1,18}\s*", re.ASCII)
_FLOAT = re.compile(r"\s*[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\s*", re.ASCII)
_NO_DIGITS = dict.fromkeys(map(ord, "0123456789.+-eE \t\r\n"))
_NO_INTEGERS = dict.fromkeys(map(ord, "0123456789 \t\r\n"))


def required(node: Node, name: str) -> str:
    """The attribute's text; `DataError` where it is missing."""
    text = node.attributes.get(name)
    if text is None:
        node.fail(f"found no attribute {name!r}; expected one")
    return text


def integer(node: Node, name: str, low: int, high: int) -> int:
    """An attribute as a whole number in `low..high`."""
    text = required(node, name)
    if _INTEGER.fullmatch(text) is None or not low <= int(text) <= high:
        node.fail(f'found {name}="{text[:24]}"; expected a whole number in {low}..{high}')
    return int(text)


def number(node: Node, name: str) -> float:
    """An attribute as a finite number."""
    text = required(node, name)
    if _FLOAT.fullmatch(text) is None or not abs(float(text)) <= FARTHEST:
        node.fail(f'found {name}="{text[:24]}"; expected a number within ±{FARTHEST:.0f}')
    return float(text)


def yes(node: Node, name: str) -> bool:
    """An attribute that is 0 or 1; 0 where it is missing."""
    text = node.attributes.get(name, "0")
    if text not in ("0", "1"):
        node.fail(f'found {name}="{text[:24]}"; expected 0 or 1')
    return text == "1"


def coordinates(node: Node) -> list[float]:
    """Attribute `points`, "x,y;x,y;...", flat."""
    text = required(node, "points")
    signs = text.translate(_NO_DIGITS)
    if len(signs) % 2 == 0 or signs != ",;" * (len(signs) // 2) + ",":
        node.fail(f'found points="{_short(text)}"; expected "x,y;x,y;..." with two numbers a point')
    try:
        values = list(map(float, text.replace(";", ",").split(",")))
    except ValueError:
        node.fail(f'found points="{_short(text)}"; expected numbers')
    if not (max(values) <= FARTHEST and min(values) >= -FARTHEST):
        node.fail(f"found a coordinate beyond {FARTHEST:.0f} pixels; expected points near the picture")
    return values


def run_lengths(node: Node) -> list[int]:
    """Attribute `rle`, "n, n, ...": run lengths row by row, background first."""
    text = required(node, "rle")
    words = text.split(",")
    if text.translate(_NO_INTEGERS) != "," * (len(words) - 1) or len(text) > 24 * len(words):
        node.fail(f'found rle="{_short(text)}"; expected whole numbers with commas between')
    try:
        return list(map(int, words))
    except ValueError:
        node.fail(f'found rle="{_short(text)}"; expected whole numbers with commas between')


def hundredths(values: Floats) -> Bools:
    """`(n,) bool`: values that two decimals hold exactly."""
    held: Bools = np.rint(values * 100) / 100 == values
    return held


def decimal(value: float) -> str:
    """Two decimals, as CVAT writes, where that is exact; else the shortest text that reads back."""
    text = f"{value:.2f}"
    return text if float(text) == value else repr(float(value))


def difference(larger: float, smaller: float) -> str:
    """Text `d` of `larger - smaller`, chosen so that `smaller + d` reads back as `larger`."""
    text = f"{larger - smaller:.2f}"
    return text if smaller + float(text) == larger else repr(larger - smaller)


def points_text(values: Sequence[float], held: bool) -> str:
    """ "x,y;x,y;..." of flat coordinates; `held`: two decimals are exact for all of them."""
    if held:
        return ("%.2f,%.2f;" * (len(values) // 2) % tuple(values))[:-1]
    words = [decimal(value) for value in values]
    return ";".join([f"{x},{y}" for x, y in zip(words[::2], words[1::2], strict=True)])


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:24]}...{text[-12:]}"
