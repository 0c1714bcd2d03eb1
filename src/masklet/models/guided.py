"""Guided filter: a soft mask whose edges follow those of a colour picture.

He, Sun & Tang, "Guided image filtering", ECCV 2010 / TPAMI 2013, section 3.5 (colour guide): in every
window the output is the linear function of the colour that fits the mask best.
"""

from __future__ import annotations

import numpy as np

from masklet.core.arrays import Float32s
from masklet.models.vision import box_filter, resize


class GuidedFilter:
    """A guide picture prepared once, so that several masks may be filtered by it.

    Args:
        guide: `(h, w, 3) float32`, 0..1.
        radius: half the window's side, pixels.
        eps: variance below which a window counts as flat (colours in 0..1).
    """

    def __init__(self, guide: Float32s, radius: int = 6, eps: float = 1e-3) -> None:
        self._guide, self._radius = guide, radius
        self._mean = box_filter(guide, radius)
        self._inverse = _inverse_covariance(guide, self._mean, radius, eps)

    def __call__(self, mask: Float32s) -> Float32s:
        """`(h, w) float32` 0..1 in, the same out."""
        slope, shift = self._line(mask)
        out = np.einsum("hwc,hwc->hw", slope, self._guide) + shift
        clipped: Float32s = np.clip(out, 0.0, 1.0).astype(np.float32)
        return clipped

    def enlarged(self, mask: Float32s, guide: Float32s) -> Float32s:
        """A mask at the size of `guide`, a larger picture of the same view: `(h', w') float32`.

        He & Sun, "Fast guided filter", arXiv:1505.00996: the linear functions vary slowly, so that
        they may be found on a small picture and used on a large one.
        """
        size_wh = guide.shape[1], guide.shape[0]
        slope, shift = (resize(part, size_wh) for part in self._line(mask))
        out = np.einsum("hwc,hwc->hw", slope, guide) + shift
        clipped: Float32s = np.clip(out, 0.0, 1.0)
        return clipped

    def _line(self, mask: Float32s) -> tuple[Float32s, Float32s]:
        """The linear function of the colour in every place: `(h, w, 3)` slope and `(h, w)` shift."""
        mean_mask = box_filter(mask, self._radius)
        mean_both = box_filter(self._guide * mask[..., None], self._radius)
        covariance = mean_both - self._mean * mean_mask[..., None]
        c0, c1, c2 = (covariance[..., i] for i in range(3))
        i00, i01, i02, i11, i12, i22 = self._inverse
        slope = np.stack(
            [
                i00 * c0 + i01 * c1 + i02 * c2,
                i01 * c0 + i11 * c1 + i12 * c2,
                i02 * c0 + i12 * c1 + i22 * c2,
            ],
            axis=-1,
        )
        shift = mean_mask - np.einsum("hwc,hwc->hw", slope, self._mean)
        return box_filter(slope.astype(np.float32), self._radius), box_filter(shift, self._radius)


def _inverse_covariance(guide: Float32s, mean: Float32s, radius: int, eps: float) -> list[Float32s]:
    """Entries 00, 01, 02, 11, 12, 22 of the inverse of each window's colour covariance + eps."""
    pairs = ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2))
    products = np.stack([guide[..., i] * guide[..., j] for i, j in pairs[:4]], axis=-1)
    rest = np.stack([guide[..., i] * guide[..., j] for i, j in pairs[4:]], axis=-1)
    second = np.concatenate([box_filter(products, radius), box_filter(rest, radius)], axis=-1)
    a, b, c, d, e, f = (
        second[..., k] - mean[..., i] * mean[..., j] + (eps if i == j else 0.0)
        for k, (i, j) in enumerate(pairs)
    )
    m00, m01, m02 = d * f - e * e, c * e - b * f, b * e - c * d
    m11, m12, m22 = a * f - c * c, b * c - a * e, a * d - b * b
    det = a * m00 + b * m01 + c * m02
    return [minor / det for minor in (m00, m01, m02, m11, m12, m22)]
