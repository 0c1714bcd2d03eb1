"""What an object's colours look like against those around it: two histograms and Bayes' rule."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from masklet.core.arrays import Float32s, UInt8s

_BINS = (16, 32, 32)
"""Bins of L, a and b: 16 levels of lightness, 8 units of a and b."""
_SHIFTS = (4, 3, 3)


@dataclass(frozen=True)
class ColourModel:
    """Smoothed joint L*a*b* histograms of an object and of its surroundings, each summing to 1."""

    inside: Float32s
    outside: Float32s

    @classmethod
    def fit(cls, lab: UInt8s, inside: Float32s, outside: Float32s) -> ColourModel:
        """From an `(h, w, 3) uint8` L*a*b* picture and two `(h, w) float32` weight maps."""
        return cls(_histogram(lab, inside), _histogram(lab, outside))

    def mixed(self, other: ColourModel, share: float) -> ColourModel:
        """This model with a `share` of another one."""
        return ColourModel(
            (1 - share) * self.inside + share * other.inside,
            (1 - share) * self.outside + share * other.outside,
        )

    @property
    def evidence(self) -> Float32s:
        """Log-odds of "object" for every colour bin, at equal priors, within -3..3."""
        floor = 2e-5
        odds = np.log(self.inside + floor) - np.log(self.outside + floor)
        clipped: Float32s = np.clip(odds, -3.0, 3.0).astype(np.float32)
        return clipped

    @property
    def contrast(self) -> float:
        """0 = same colours inside and outside, 1 = no colour in common (Bhattacharyya)."""
        return 1.0 - overlap(self.inside, self.outside)


def bins_of(lab: UInt8s) -> npt.NDArray[np.intp]:
    """`(h, w) intp`: the histogram bin of every pixel."""
    parts = [lab[..., i].astype(np.intp) >> _SHIFTS[i] for i in range(3)]
    bins: npt.NDArray[np.intp] = (parts[0] * _BINS[1] + parts[1]) * _BINS[2] + parts[2]
    return bins


def overlap(a: Float32s, b: Float32s) -> float:
    """Bhattacharyya coefficient of two histograms, 0..1."""
    return float(np.sqrt(a * b).sum())


def histogram(lab: UInt8s, weights: Float32s) -> Float32s:
    """`(16384,) float32` smoothed histogram that sums to 1 (all zero where no pixel weighs)."""
    return _histogram(lab, weights)


def _histogram(lab: UInt8s, weights: Float32s) -> Float32s:
    chosen = weights > 0
    places = bins_of(lab[chosen][None])[0]
    flat_counts = np.bincount(places, weights[chosen], minlength=int(np.prod(_BINS)))
    counts = flat_counts.astype(np.float64).reshape(_BINS)
    for axis in range(3):
        counts = _smooth(counts, axis)
    total = counts.sum()
    flat = counts.ravel() / total if total > 0 else counts.ravel()
    return flat.astype(np.float32)


def _smooth(counts: npt.NDArray[np.float64], axis: int) -> npt.NDArray[np.float64]:
    """Binomial [1 2 1] / 4 along one axis, nothing lost at the ends."""
    padded = np.pad(counts, [(1, 1) if i == axis else (0, 0) for i in range(3)], mode="edge")
    n = counts.shape[axis]
    low, mid, high = (np.take(padded, range(k, k + n), axis=axis) for k in range(3))
    return (low + 2 * mid + high) / 4
