"""What "the same" means for CVAT's XML: two `Shapes`, and two XML files element by element."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from masklet.core import Shapes

COLUMNS = ["frame", "track_id", "label_id", "kind", "points", "offset", "flags"]
COLUMNS += ["z_order", "group", "rotation"]


def assert_same(found: Sequence[Shapes], expected: Sequence[Shapes]) -> None:
    """Every column, attribute and kept extra of every item agrees."""
    assert len(found) == len(expected)
    for a, b in zip(found, expected, strict=True):
        for name in COLUMNS:
            np.testing.assert_array_equal(getattr(a, name), getattr(b, name), err_msg=name)
        assert a.video == b.video
        assert a.labels == b.labels
        assert a.attributes == b.attributes
        assert a.foreign == b.foreign
        assert a.tracks == b.tracks
        assert a.extra == b.extra


def assert_same_xml(found: Path, expected: Path) -> None:
    """Same elements in the same order, same attributes, same text; blanks and number style aside."""
    _same(ElementTree.parse(found).getroot(), ElementTree.parse(expected).getroot())


def _same(a: ElementTree.Element, b: ElementTree.Element) -> None:
    assert a.tag == b.tag
    assert (a.text or "").strip() == (b.text or "").strip()
    assert a.keys() == b.keys() or set(a.keys()) == set(b.keys())
    for name, text in a.items():
        assert text == b.get(name) or _numbers(text) == _numbers(b.get(name, "")), (a.tag, name)
    assert len(a) == len(b), a.tag
    for x, y in zip(a, b, strict=True):
        _same(x, y)


def _numbers(text: str) -> list[float]:
    return [float(word) for word in text.replace(";", ",").split(",")]
