"""The decoder of `cut`: frozen features and a drawn prompt in, one object's logits out.

Where the object is comes from attention over the picture at stride 16 (Vaswani et al., "Attention is
all you need", NeurIPS 2017) and from how much every place looks like what was prompted; which pixels,
from features of finer and finer stride (Ronneberger et al., "U-Net", MICCAI 2015).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from masklet.models.features.blocks import Residual
from masklet.models.features.lite0 import CHANNELS

PROMPTS = 5
"""Channels of a drawn prompt: on the object, not on it, box filled, box outline, earlier mask."""
C2, C4, C8, C16, C32 = CHANNELS[0], CHANNELS[1], CHANNELS[2], CHANNELS[3] + CHANNELS[4], CHANNELS[6]
STRIDES = (2, 4, 8, 16, 32)
_LABELS = 6


class Logits(NamedTuple):
    """`(n, 1, h', w')` each: at stride 2 (None when coarse), 4 and 8."""

    fine: Tensor | None
    middle: Tensor
    coarse: Tensor


def pyramid(stages: Sequence[Tensor]) -> list[Tensor]:
    """The seven stages of the plain backbone as five maps, strides 2, 4, 8, 16, 32."""
    return [stages[0], stages[1], stages[2], torch.cat([stages[3], stages[4]], 1), stages[6]]


class Decoder(nn.Module):
    """Prompted decoder.

    Args:
        widths: channels at stride 2, 4, 8 and 16.
        depth: attention blocks.
    """

    def __init__(self, widths: tuple[int, int, int, int] = (16, 32, 64, 128), depth: int = 3) -> None:
        super().__init__()
        w2, w4, w8, w16 = widths
        self.register_buffer("scale", torch.ones(len(STRIDES)))
        self.from32 = nn.Conv2d(C32, 96, 1)
        self.from16, self.from8 = nn.Conv2d(C16 + 96, w16, 1), nn.Conv2d(C8, w8, 1)
        self.from4, self.from2 = nn.Conv2d(C4, w4, 1), nn.Conv2d(C2, w2, 1)
        self.prompt4 = nn.Conv2d(PROMPTS + 3, 24, 3, stride=2, padding=1)
        self.prompt8 = nn.Conv2d(24, 40, 3, stride=2, padding=1)
        self.prompt16 = nn.Conv2d(40, 64, 3, stride=2, padding=1)
        self.alike16, self.alike8 = Alike(C16, 64), Alike(C8 + 3, 32)
        self.join16 = nn.Conv2d(w16 + 64 + 2 * _LABELS, w16, 1)
        self.attention = nn.ModuleList(Attention(w16) for _ in range(depth))
        self.up8 = Residual(w16 + w8 + 40 + 2 * _LABELS, w8)
        self.up4 = Residual(w8 + w4 + 24, w4)
        self.up2 = Residual(w4 + w2 + PROMPTS + 3, w2)
        self.head8 = nn.Conv2d(w8, 1, 1)
        self.head4 = nn.Conv2d(w4, 1, 3, padding=1)
        self.head2 = nn.Conv2d(w2, 1, 3, padding=1)

    def forward(
        self, colours: Tensor, features: Sequence[Tensor | None], prompt: Tensor, fine: bool = True
    ) -> Logits:
        """One object for each picture.

        Args:
            colours: `(n, 3, h / 2, w / 2)`, normalised RGB; h and w multiples of 32.
            features: as `pyramid` gives them; the first may be None when not `fine`.
            prompt: `(n, PROMPTS, h, w)`, 0..1.
            fine: go down to stride 2.
        """
        deeper = zip(features[1:], self.scale[1:], strict=True)
        f4, f8, f16, f32 = (f * s.to(f.dtype) for f, s in deeper if f is not None)
        half = functional.avg_pool2d(prompt, 2)
        drawn = torch.cat([half, colours], 1)
        p4 = functional.relu(self.prompt4(drawn))
        p8 = functional.relu(self.prompt8(p4))
        p16 = functional.relu(self.prompt16(p8))
        labels = _labels(prompt)
        x = functional.relu(
            self.from16(torch.cat([f16, _like(functional.relu(self.from32(f32)), f16)], 1))
        )
        x = functional.relu(self.join16(torch.cat([x, p16, self.alike16(f16, labels)], 1)))
        for block in self.attention:
            x = block(x)
        seen8 = torch.cat([f8, functional.avg_pool2d(colours, 4).to(f8.dtype)], 1)
        alike8 = self.alike8(seen8, labels, pool=2)
        x = self.up8(torch.cat([_like(x, f8), functional.relu(self.from8(f8)), p8, alike8], 1))
        coarse = self.head8(x)
        x = self.up4(torch.cat([_like(x, f4), functional.relu(self.from4(f4)), p4], 1))
        middle = self.head4(x)
        if not fine:
            return Logits(None, middle, coarse)
        f2 = features[0]
        assert f2 is not None
        f2 = f2 * self.scale[0].to(f2.dtype)
        x = torch.cat([_like(x, f2), functional.relu(self.from2(f2)), drawn.to(f2.dtype)], 1)
        return Logits(self.head2(self.up2(x)), middle, coarse)


class Attention(nn.Module):
    """Self-attention over all places and a small perceptron, both added; place by a depthwise conv."""

    def __init__(self, width: int, heads: int = 4) -> None:
        super().__init__()
        self.heads = heads
        self.place = nn.Conv2d(width, width, 5, padding=2, groups=width)
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.query_key_value, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.widen, self.narrow = nn.Linear(width, 2 * width), nn.Linear(2 * width, width)
        for layer in (self.out, self.narrow):
            nn.init.normal_(layer.weight, std=0.01)
            nn.init.zeros_(layer.bias)

    def forward(self, x: Tensor) -> Tensor:
        """`(n, width, h, w)` in and out."""
        n, width, high, wide = x.shape
        x = x + self.place(x)
        tokens = x.flatten(2).transpose(1, 2)
        parts = self.query_key_value(self.norm1(tokens)).to(x.dtype)
        parts = parts.reshape(n, high * wide, 3, self.heads, width // self.heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4)
        weight = (query * (width // self.heads) ** -0.5 @ key.transpose(2, 3)).softmax(3)
        seen = weight.to(value.dtype) @ value
        tokens = tokens + self.out(seen.transpose(1, 2).reshape(n, high * wide, width))
        tokens = tokens + self.narrow(functional.gelu(self.widen(self.norm2(tokens))))
        return tokens.transpose(1, 2).reshape(n, width, high, wide)


class Alike(nn.Module):
    """How much every place looks like the prompted ones: soft nearest neighbours and mean looks."""

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        self.project = nn.Conv2d(inputs, width, 1)
        self.sharpness = nn.Parameter(torch.tensor(12.0).log())

    def forward(self, features: Tensor, labels: Tensor, pool: int = 1) -> Tensor:
        """`(n, inputs, h, w)` and labels `(n, k, h / pool, w / pool)` to `(n, 2 k, h, w)`."""
        n, _, high, wide = features.shape
        looks = self.project(features).float()
        keys = functional.avg_pool2d(looks, pool) if pool > 1 else looks
        query = functional.normalize(looks, dim=1).flatten(2).transpose(1, 2)
        key = functional.normalize(keys, dim=1).flatten(2)
        weight = (query * self.sharpness.exp() @ key).softmax(2)
        marks = labels.float().flatten(2).transpose(1, 2)
        spread = weight @ marks.to(weight.dtype)
        mean = key @ marks.to(key.dtype) / (marks.sum(1, keepdim=True) + 1e-3)
        near = query @ functional.normalize(mean, dim=1, eps=1e-4).to(query.dtype)
        both = torch.cat([spread.to(near.dtype), near], 2)
        return both.transpose(1, 2).reshape(n, -1, high, wide).to(features.dtype)


def _labels(prompt: Tensor) -> Tensor:
    """What is known of every place at stride 16, for and against, `(n, 6, h / 16, w / 16)`."""
    marks = functional.avg_pool2d(prompt, 16)
    box, before = marks[:, 2:3], marks[:, 4:5]
    has_box = (box.amax((2, 3), keepdim=True) > 0).to(prompt.dtype)
    has_before = (before.amax((2, 3), keepdim=True) > 0.3).to(prompt.dtype)
    against = [has_box * (1 - box), has_before * (1 - before)]
    return torch.cat([marks[:, :2] * 8, box, against[0], before, against[1]], 1)


def _like(x: Tensor, other: Tensor) -> Tensor:
    return functional.interpolate(x, size=other.shape[2:], mode="bilinear", align_corners=False)
