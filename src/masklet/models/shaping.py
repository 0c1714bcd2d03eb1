"""From log-odds of pixels to a mask as a person would draw it, settled on the annotated frames."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from masklet.core.arrays import Bools, Float32s
from masklet.models import vision

_CHOICES: dict[str, tuple[float, ...]] = {
    "threshold": (-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 3.0, 4.5),
    "smooth": (0.0, 0.7, 1.2, 2.0),
    "opening": (0, 1, 2, 3, 4, 5, 6, 8, 10, 12),
    "closing": (0, 1, 2, 3, 5, 7),
    "holes": (0.0, 0.002, 0.02, 0.1),
    "grow": (-2, -1, 0, 1, 2),
}

Example = tuple[Float32s, Bools, Bools]
"""A window of an annotated frame: log-odds, mask, and what is left out of both: bars, if striped."""


@dataclass(frozen=True)
class Shaping:
    """How to clean.

    Args:
        threshold: log-odds above which a pixel counts.
        smooth: sigma of a Gaussian blur of the log-odds, pixels.
        opening: radius; whatever a disk of it does not fit into is cut off (a tail).
        closing: radius; narrower gaps are filled (cage bars, if the person drew across them).
        holes: holes up to this share of the object's area are filled.
        grow: pixels by which the outline moves outward at last.
        bridge: parts closer than this belong to one object.
        area: usual area of an annotated object, pixels.
    """

    threshold: float = 0.0
    smooth: float = 0.7
    opening: int = 0
    closing: int = 0
    holes: float = 0.002
    grow: int = 0
    bridge: int = 3
    area: float = 400.0

    def rough(self, odds: Float32s) -> Bools:
        """Foreground before opening: what parts and groups are made of."""
        blurred: Float32s = vision.gaussian(odds, self.smooth)
        return blurred > self.threshold

    def finish(self, rough: Bools) -> Bools:
        """The cleaned mask of one object."""
        mask = vision.closed(rough, int(self.closing))
        mask = vision.filled(mask, self.holes * self.area) if self.holes else mask
        mask = vision.opened(mask, int(self.opening)) if self.opening else mask
        if self.grow > 0:
            return vision.dilate(mask, int(self.grow))
        return vision.erode(mask, int(-self.grow))

    def agreement(self, odds: Float32s, mask: Bools, left_out: Bools) -> float:
        """IoU of what this makes of `odds` with an annotated `mask`, both without `left_out`."""
        made = self.finish(self.rough(odds)) & ~left_out
        union = int((made | mask).sum())
        return float((made & mask).sum() / union) if union else 1.0


def calibrate(examples: Sequence[Example], objects: Sequence[Bools], area: float) -> Shaping:
    """The settings with the highest mean IoU on annotated frames.

    `objects` are the annotated masks one by one: how far apart the parts of one may lie.
    One setting is changed at a time, twice round; ties stay with the milder one.
    """
    best = Shaping(area=area)
    score = _fit(best, examples)
    for _ in range(2):
        before = score
        for name, choices in _CHOICES.items():
            for candidate in _variants(best, name, choices):
                now = _fit(candidate, examples)
                if now > score + 1e-4:
                    best, score = candidate, now
        if score <= before:
            break
    return replace(best, bridge=_bridge(objects))


def _variants(base: Shaping, name: str, choices: tuple[float, ...]) -> Iterator[Shaping]:
    for value in choices:
        if value != getattr(base, name):
            kind = type(getattr(base, name))
            yield replace(base, **{name: kind(value)})


def _fit(shaping: Shaping, examples: Sequence[Example]) -> float:
    return float(np.mean([shaping.agreement(*example) for example in examples]))


def _bridge(masks: Sequence[Bools]) -> int:
    """Smallest reach that joins the parts of an annotated object: the width of a bar."""
    for reach in (3, 5, 7, 9, 12):
        if all(_largest_share(vision.dilate(mask, -(-reach // 2)), mask) > 0.97 for mask in masks):
            return reach
    return 12


def _largest_share(grown: Bools, mask: Bools) -> float:
    numbers, _ = vision.components(grown)
    counts = np.bincount(numbers[mask])
    return float(counts.max() / max(counts.sum(), 1)) if len(counts) else 1.0
