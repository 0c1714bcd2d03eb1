"""EfficientNet-Lite0: the published network, written out, batch normalisation folded away.

Tan & Le, "EfficientNet", ICML 2019, in the Lite variant of TensorFlow's model garden: no
squeeze-and-excitation, ReLU6, a stem and a head of fixed width.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

BN_EPS = 1e-3


class Stage(NamedTuple):
    """A run of MBConv blocks: how many, kernel side, stride of the first, widening, channels."""

    repeat: int
    kernel: int
    stride: int
    expand: int
    inputs: int
    outputs: int


STAGES = (
    Stage(1, 3, 1, 1, 32, 16),
    Stage(2, 3, 2, 6, 16, 24),
    Stage(2, 5, 2, 6, 24, 40),
    Stage(3, 3, 2, 6, 40, 80),
    Stage(3, 5, 1, 6, 80, 112),
    Stage(4, 5, 2, 6, 112, 192),
    Stage(1, 3, 1, 6, 192, 320),
)
CHANNELS = tuple(stage.outputs for stage in STAGES)


class Conv(nn.Module):
    """Convolution with TensorFlow's SAME padding, folded batch normalisation and optional ReLU6."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1, act: bool = True
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(outputs, inputs // groups, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.stride, self.groups, self.act, self.dilation = stride, groups, act, 1
        nn.init.kaiming_normal_(self.weight, mode="fan_out")

    def forward(self, x: Tensor) -> Tensor:
        """`(n, inputs, h, w)` to `(n, outputs, ceil(h / stride), ceil(w / stride))`."""
        kernel = self.weight.shape[-1]
        padding = self.dilation * (kernel // 2)
        if self.stride > 1:
            x, padding = _same(x, kernel, self.stride), 0
        x = functional.conv2d(
            x, self.weight, self.bias, self.stride, padding, self.dilation, self.groups
        )
        return functional.relu6(x) if self.act else x

    def take(self, weight: Tensor, norm: Mapping[str, Tensor]) -> None:
        """Weights of a convolution without bias and of the batch normalisation behind it."""
        scale = norm["weight"] / torch.sqrt(norm["running_var"] + BN_EPS)
        with torch.no_grad():
            self.weight.copy_(weight * scale.view(-1, 1, 1, 1))
            self.bias.copy_(norm["bias"] - norm["running_mean"] * scale)


class Block(nn.Module):
    """Inverted residual: widen, depthwise, narrow; added to the input where the shapes allow."""

    def __init__(self, kernel: int, stride: int, expand: int, inputs: int, outputs: int) -> None:
        super().__init__()
        wide = inputs * expand
        self.widen = Conv(inputs, wide, 1) if expand > 1 else None
        self.depthwise = Conv(wide, wide, kernel, stride, groups=wide)
        self.narrow = Conv(wide, outputs, 1, act=False)
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        """`(n, inputs, h, w)` to `(n, outputs, h', w')`."""
        y = x if self.widen is None else self.widen(x)
        y = self.narrow(self.depthwise(y))
        return x + y if self.residual else y


class Lite0(nn.Module):
    """Stem and seven stages.

    Args:
        dense: stage 4 keeps the stride of stage 3 (8 pixels) and stages 4 and 5 look twice as far
            apart instead, as in Yu & Koltun, "Multi-scale context aggregation", ICLR 2016.
    """

    def __init__(self, dense: bool = False) -> None:
        super().__init__()
        self.stem = Conv(3, 32, 3, stride=2)
        self.stages = nn.ModuleList(
            nn.Sequential(
                *(
                    Block(
                        s.kernel,
                        s.stride if i == 0 else 1,
                        s.expand,
                        s.inputs if i == 0 else s.outputs,
                        s.outputs,
                    )
                    for i in range(s.repeat)
                )
            )
            for s in STAGES
        )
        if dense:
            self._keep_stride()

    def forward(self, x: Tensor, upto: int = 7) -> list[Tensor]:
        """Outputs of the first `upto` stages for `(n, 3, h, w)` pictures as `normalised` gives them.

        Channels are `CHANNELS`; strides 2, 4, 8, 16, 16, 32, 32 (dense: 2, 4, 8, 8, 8, 16, 16).
        """
        x = self.stem(x)
        found = []
        for stage in self.stages[:upto]:
            x = stage(x)
            found.append(x)
        return found

    def take(self, weights: Mapping[str, Tensor]) -> None:
        """The published state dict, keys as in the PyTorch port of EfficientNet-Lite."""
        self.stem.take(weights["_conv_stem.weight"], _norm(weights, "_bn0"))
        blocks = [block for stage in self.stages for block in stage]
        for number, block in enumerate(blocks):
            at = f"_blocks.{number}."
            parts = [(block.widen, "_expand_conv", "_bn0")] if block.widen is not None else []
            parts += [(block.depthwise, "_depthwise_conv", "_bn1")]
            parts += [(block.narrow, "_project_conv", "_bn2")]
            for conv, name, norm in parts:
                conv.take(weights[f"{at}{name}.weight"], _norm(weights, f"{at}{norm}"))

    def _keep_stride(self) -> None:
        first = self.stages[3][0]
        first.depthwise.stride = 1
        for block in [*self.stages[3][1:], *self.stages[4]]:
            block.depthwise.dilation = 2


def _norm(weights: Mapping[str, Tensor], name: str) -> dict[str, Tensor]:
    keys = ("weight", "bias", "running_mean", "running_var")
    return {key: weights[f"{name}.{key}"] for key in keys}


def _same(x: Tensor, kernel: int, stride: int) -> Tensor:
    height, width = x.shape[-2:]
    down = max((-(-height // stride) - 1) * stride + kernel - height, 0)
    right = max((-(-width // stride) - 1) * stride + kernel - width, 0)
    return functional.pad(x, [right // 2, right - right // 2, down // 2, down - down // 2])
