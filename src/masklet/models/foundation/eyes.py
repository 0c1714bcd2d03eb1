"""A loaded network together with how images are made ready for it and how it is run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as nn
from torch import Tensor

from masklet.core.arrays import Bools, Image
from masklet.models.features.heap import steady_heap
from masklet.models.foundation import images
from masklet.models.foundation.encoder import look_with
from masklet.models.foundation.loading import load
from masklet.models.foundation.memory import remedy
from masklet.models.foundation.network import Features, Network
from masklet.models.foundation.precision import Precision

_RECIPES = {"sam2": images.SAM2, "edgetam": images.SAM2, "sam3": images.SAM3}


@dataclass(frozen=True, eq=False)
class Eyes:
    """What looks at frames.

    Args:
        network: the network.
        recipe: how an image is made ready.
        precision: where and in which numbers.
    """

    network: Network
    recipe: images.Recipe
    precision: Precision

    @staticmethod
    def open(kind: str, family: str, folder: Path, precision: Precision, encoder: str = "") -> Eyes:
        """From a folder of weights, which are loaded once; `encoder` is one of `ENCODERS`."""
        steady_heap()
        model: Any = load(kind, folder, precision.device, torch.float32)
        look = look_with(encoder, model, int(model.image_size), folder, precision)
        network = Network(model, family, look)
        plain = replace(_RECIPES[family], size=(network.side, network.side))
        return Eyes(network, images.Recipe.of(folder, plain), precision)

    def see(self, image: Image) -> Features:
        """`(h, w, 3) uint8` RGB through the image network."""
        return self.network.encode(images.pixels(image, self.recipe))

    def square(self, mask: Bools) -> Tensor:
        """`(h, w) bool` on the frame as `(side, side) float32` of 0 and 1."""
        side = self.network.side
        full = torch.from_numpy(mask.astype(np.float32)).to(self.network.device)[None, None]
        if mask.shape != (side, side):
            full = nn.interpolate(full, (side, side), mode="bilinear", antialias=True)
        return (full[0, 0] >= 0.5).float()

    @contextmanager
    def running(self, what: str) -> Iterator[None]:
        """For calls of the network: no gradients, short numbers where asked, memory that runs out told.

        `what` names the work in the message.
        """
        ways = (
            "the chunks of frames that were finished before are saved: run the same command again with "
            "a smaller network (--engine sam2-tiny)",
            "shorter numbers (--precision bfloat16)",
            "on --device cpu",
            "with --engine adapt",
        )
        short = remedy(what, self.precision.device, *ways)
        with short, torch.inference_mode(), self.precision.running():
            yield
