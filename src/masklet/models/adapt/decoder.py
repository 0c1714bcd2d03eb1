"""Exactly which pixels? A small network over frozen features, fitted to one object."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from masklet.models.features.blocks import Residual
from masklet.models.features.lite0 import CHANNELS

HINTS = 4
"""Maps that come beside the picture: prior, match, others, difference."""
WIDTHS = (16, 32, 48, 64)
EDGE_WEIGHT = 2.0
"""How much more a pixel near an outline counts."""


class Decoder(nn.Module):
    """From features at strides 2, 4, 8, 8 and the hints to logits at stride 2.

    The hints enter at every scale. `scales` brings each stage to about unit variance.
    """

    def __init__(self, widths: Sequence[int] = WIDTHS) -> None:
        super().__init__()
        w2, w4, w8, w16 = widths
        self.register_buffer("scales", torch.ones(4))
        self.side16 = nn.Conv2d(CHANNELS[4], w16, 1)
        self.side8 = nn.Conv2d(CHANNELS[2] + CHANNELS[4], w8, 1)
        self.side4 = nn.Conv2d(CHANNELS[1], w4, 1)
        self.side2 = nn.Conv2d(CHANNELS[0], w2, 1)
        self.at16 = Residual(w16 + HINTS, w16)
        self.at8 = Residual(w16 + w8 + HINTS, w8)
        self.at4 = Residual(w8 + w4 + HINTS, w4)
        self.at2 = Residual(w4 + w2 + HINTS + 3, w2)
        self.out = nn.Conv2d(w2, 1, 3, padding=1)
        self.coarse = nn.Conv2d(w8, 1, 1)

    def set_scales(self, seen: Sequence[Sequence[Tensor]]) -> None:
        """From features of a few views: what brings each stage to unit deviation."""
        for k in range(len(self.scales)):
            self.scales[k] = 1 / torch.stack([stages[k].float() for stages in seen]).std()

    def forward(self, rgb2: Tensor, stages: Sequence[Tensor], hints: Tensor) -> tuple[Tensor, Tensor]:
        """Logits `(n, 1, s/2, s/2)` and, from the middle of the network, `(n, 1, s/8, s/8)`.

        Args:
            rgb2: `(n, 3, s/2, s/2)`, the picture at half size, normalised.
            stages: features of stages 1, 2, 3 and 5 of the dense backbone.
            hints: `(n, HINTS, s, s)`, 0..1.
        """
        f2, f4, f8, deep = (f * k.to(f.dtype) for f, k in zip(stages, self.scales, strict=True))
        h2 = functional.avg_pool2d(hints, 2)
        h4 = functional.avg_pool2d(h2, 2)
        h8 = functional.avg_pool2d(h4, 2)
        h16 = functional.avg_pool2d(h8, 2)
        side = functional.relu(self.side16(functional.avg_pool2d(deep, 2)))
        x = self.at16(torch.cat([side, h16], 1))
        side = functional.relu(self.side8(torch.cat([f8, deep], 1)))
        x = self.at8(torch.cat([_double(x), side, h8], 1))
        coarse = self.coarse(x)
        x = self.at4(torch.cat([_double(x), functional.relu(self.side4(f4)), h4], 1))
        side = functional.relu(self.side2(f2))
        x = self.at2(torch.cat([_double(x), side, h2, rgb2], 1))
        return self.out(x), coarse


def loss_of(logits: Tensor, coarse: Tensor, truth: Tensor, weight: Tensor) -> Tensor:
    """Cross-entropy with weight on outlines, soft IoU, and cross-entropy at stride 8.

    All at the logits' own size. `truth` `(n, 1, s, s)` 0 or 1, `weight` the same shape, 0 where
    nothing is to be learnt.
    """
    logits = logits.float()
    truth, weight = functional.avg_pool2d(truth, 2), functional.avg_pool2d(weight, 2)
    edge = (functional.max_pool2d(truth, 5, 1, 2) + functional.max_pool2d(-truth, 5, 1, 2)) > 0.5
    weighted = weight * (1 + EDGE_WEIGHT * edge)
    point = functional.binary_cross_entropy_with_logits(logits, truth, reduction="none")
    pixel = (point * weighted).sum() / weighted.sum().clamp(min=1)
    inside, wanted = torch.sigmoid(logits) * weight, truth * weight
    both = (inside * wanted).sum((1, 2, 3))
    union = inside.sum((1, 2, 3)) + wanted.sum((1, 2, 3)) - both
    region = (1 - (both + 1) / (union + 1)).mean()
    small, small_weight = functional.avg_pool2d(truth, 4), functional.avg_pool2d(weight, 4)
    rough = functional.binary_cross_entropy_with_logits(coarse.float(), small, reduction="none")
    rough = (rough * small_weight).sum() / small_weight.sum().clamp(min=1)
    return pixel + 0.5 * region + 0.3 * rough


def _double(x: Tensor) -> Tensor:
    return functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
