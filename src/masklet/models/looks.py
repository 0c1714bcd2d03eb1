"""How the annotated objects look: colour models from the seed frames, kept fresh on the way."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from masklet.core.arrays import Bools, Float32s, UInt8s
from masklet.models import vision
from masklet.models.colour import ColourModel, bins_of, histogram, overlap

RING = 60
"""Surroundings: pixels up to this far from the object, on the work frame."""
FRESH = 0.1
"""Share of the current frame's colours in the model; the rest is from annotated frames."""


@dataclass
class Looks:
    """Colours of one object. `taught` is from annotated frames, `model` what to use now."""

    taught: list[ColourModel] = field(default_factory=list)
    model: ColourModel | None = None

    def teach(self, lab: UInt8s, mask: Bools) -> None:
        """Learn from an annotated frame: L*a*b* picture and mask, both on the work frame."""
        fitted = fit_around(lab, mask)
        if fitted is not None:
            self.taught.append(fitted)
            self.model = self._anchor()

    def refresh(self, lab: UInt8s, mask: Bools) -> None:
        """Take in the colours of a frame that was just tracked."""
        fitted = fit_around(lab, mask)
        if fitted is None:
            return
        self.model = self._anchor().mixed(fitted, FRESH) if self.taught else fitted

    def evidence(self, lab: UInt8s) -> Float32s:
        """`(h, w) float32` log-odds of "this object" by colour, weak where colours are alike."""
        if self.model is None:
            return np.zeros(lab.shape[:2], np.float32)
        table = self.model.evidence * np.float32(self.model.contrast)
        smooth: Float32s = vision.gaussian(table[bins_of(lab)], 1.0)
        return smooth

    def likeness(self, lab: UInt8s, mask: Bools) -> float:
        """0..1: how much the pixels under `mask` look like the annotated object."""
        if not self.taught or not mask.any():
            return 1.0
        now = histogram(lab, mask.astype(np.float32))
        return max(overlap(now, one.inside) for one in self.taught)

    def _anchor(self) -> ColourModel:
        mean = self.taught[0]
        for k, other in enumerate(self.taught[1:], start=2):
            mean = mean.mixed(other, 1 / k)
        return mean


def fit_around(lab: UInt8s, mask: Bools) -> ColourModel | None:
    """A model of `mask` against the ring around it; None for a mask without pixels."""
    ys, xs = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(ys):
        return None
    box = (
        slice(max(ys[0] - RING, 0), ys[-1] + RING + 1),
        slice(max(xs[0] - RING, 0), xs[-1] + RING + 1),
    )
    lab, mask = lab[box], np.ascontiguousarray(mask[box])
    core = vision.erode(mask, 1)
    inside = core if core.sum() > 50 else mask
    outside = (vision.distance(~mask) <= RING) & ~vision.dilate(mask, 2)
    return ColourModel.fit(lab, inside.astype(np.float32), outside.astype(np.float32))
