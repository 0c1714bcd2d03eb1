"""How masks look: what is drawn and in which colours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from masklet.core.errors import UsageError
from masklet.core.labels import PALETTE, palette_colour
from masklet.core.masks import Masks

RGB = tuple[int, int, int]


@dataclass(frozen=True)
class OverlayStyle:
    """What an overlay shows.

    Args:
        fill: opacity of the tint inside a mask, 0..1.
        outline: width of the outline in pixels; 0 = none; -1 = chosen by the frame's height.
        names: write each object's id and label.
        scores: write each object's score behind its name.
        doubts: mark rows that a person should look at with "!".
        colour_by: `object` takes a palette colour by object id; `label` takes the label's own
            colour, or a palette colour by label where it has none.
        frame_number: write frame number and time in the top-left corner.
    """

    fill: float = 0.3
    outline: int = -1
    names: bool = True
    scores: bool = False
    doubts: bool = True
    colour_by: Literal["object", "label"] = "object"
    frame_number: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.fill <= 1:
            raise UsageError(f"fill is {self.fill}; expected an opacity from 0 to 1")
        if self.outline < -1:
            raise UsageError(f"outline is {self.outline}; expected a width in pixels, 0 for none")
        if self.colour_by not in ("object", "label"):
            raise UsageError(f"colour_by is {self.colour_by!r}; expected 'object' or 'label'")

    def outline_width(self, shown_height: int) -> float:
        """Outline width in pixels of a picture shown this high: a 320th of its height, at least 1."""
        return float(self.outline) if self.outline >= 0 else max(1.0, shown_height / 320)

    def text_px(self, frame_height: int) -> int:
        """Height of a capital letter on a frame of this height."""
        return max(9, round(frame_height / 60))

    def colour(self, masks: Masks, row: int) -> RGB:
        """The colour of a row."""
        return rgb(self._hex(masks, row))

    def dashed(self, masks: Masks, row: int) -> bool:
        """Whether a row's outline is dashed: its colour was used by an earlier id already."""
        return bool((colour_index(masks, row, self.colour_by) // len(PALETTE)) % 2)

    def _hex(self, masks: Masks, row: int) -> str:
        own = masks.label_of(row).colour if self.colour_by == "label" else ""
        return own or palette_colour(colour_index(masks, row, self.colour_by))


def colour_index(masks: Masks, row: int, colour_by: str = "object") -> int:
    """Place in the palette: ids count from 1, an untracked row and labels from 0."""
    if colour_by == "label":
        return int(masks.label_id[row])
    return max(int(masks.object_id[row]) - 1, 0)


def rgb(colour: str) -> RGB:
    """`#rrggbb` as three numbers 0..255."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
