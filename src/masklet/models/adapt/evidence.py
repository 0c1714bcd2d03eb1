"""How good is this mask? What speaks for and against it, and the IoU to expect."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from masklet.core.arrays import Float32s
from masklet.models.adapt.search import votes_inside

WEIGHTS = {
    "certainty": 2.03,
    "vote": 0.05,
    "agreement": 0.84,
    "kept": 2.75,
    "jump": -0.60,
    "expected": 1.82,
}
"""Found by scripts/calibrate_adapt.py."""
BIAS = -4.32


@dataclass(frozen=True)
class Evidence:
    """Numbers about one mask, each 0..1 unless said.

    Args:
        certainty: IoU with the truth if every pixel's probability were right.
        vote: mean vote of matching for the object inside of the mask.
        rivals: mean vote for other objects there.
        agreement: IoU of the mask and matching's own idea of it.
        kept: IoU of the mask and the mask carried from the frame before.
        jump: |log(area / usual area)|, 0 and more.
        expected: IoU of the fit on samples that it did not see.
    """

    certainty: float
    vote: float
    rivals: float
    agreement: float
    kept: float
    jump: float
    expected: float

    @property
    def score(self) -> float:
        """IoU to expect."""
        total = BIAS + sum(weight * getattr(self, name) for name, weight in WEIGHTS.items())
        return float(1 / (1 + np.exp(-total)))

    @property
    def identity(self) -> float:
        """Share of the votes for this object among those for any."""
        return (self.vote + 0.05) / (self.vote + self.rivals + 0.05)


def evidence_of(
    soft: Float32s,
    matched: Tensor,
    prior: Float32s,
    area: float,
    usual: float,
    expected: float,
) -> Evidence:
    """Of a mask `soft > 0.5` on a view; `matched` `(2, s/8, s/8)`, areas in frame pixels."""
    mask = soft > 0.5
    vote, rivals = votes_inside(matched, mask)
    side = soft.shape[0]
    own = np.asarray(matched[0].cpu())
    repeated = np.repeat(np.repeat(own, side // own.shape[0], 0), side // own.shape[1], 1) > 0.5
    return Evidence(
        certainty_of(soft),
        vote,
        rivals,
        _iou(mask, repeated),
        _iou(mask, prior > 0.5),
        float(abs(np.log(max(area, 1.0) / max(usual, 1.0)))),
        expected,
    )


def certainty_of(soft: Float32s) -> float:
    """Expected intersection over expected union of `soft > 0.5` with a truth drawn pixel by pixel."""
    mask = soft > 0.5
    inside, outside = float(soft[mask].sum()), float(soft[~mask].sum())
    return inside / (float(mask.sum()) + outside) if mask.any() else 0.0


def _iou(a: np.ndarray, b: np.ndarray) -> float:
    union = (a | b).sum()
    return float((a & b).sum() / union) if union else 0.0
