"""Label: the class of an object, and whether it is an area or a line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from masklet.core.errors import DataError

LabelKind = Literal["area", "line"]

PALETTE = (
    "#e69f00",
    "#56b4e9",
    "#009e73",
    "#f0e442",
    "#0072b2",
    "#d55e00",
    "#cc79a7",
    "#999999",
)
"""Eight colours that stay apart under every common colour-vision deficiency (Okabe & Ito, 2008)."""

_HEX = re.compile(r"#[0-9a-f]{6}")


@dataclass(frozen=True)
class Label:
    """One class of objects.

    Args:
        name: shown to people and written to files; not empty.
        kind: `area` for a region, `line` for a thin thing drawn as a polyline (a tail).
        colour: `#rrggbb`, lower case; empty means "take one from `PALETTE`".
    """

    name: str
    kind: LabelKind = "area"
    colour: str = ""

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise DataError("a label has an empty name; give every label a name")
        if self.kind not in ("area", "line"):
            raise DataError(f"label {self.name!r} has kind {self.kind!r}; expected 'area' or 'line'")
        if self.colour and not _HEX.fullmatch(self.colour):
            raise DataError(
                f"label {self.name!r} has colour {self.colour!r}; expected #rrggbb in lower case"
            )


def palette_colour(index: int) -> str:
    """The palette colour `#rrggbb` for the `index`-th object or label (wraps around)."""
    return PALETTE[index % len(PALETTE)]
