"""Pieces of networks that more than one decoder over the features is made of."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional


class Residual(nn.Module):
    """Two convolutions, the second added to what the first found.

    The second starts at zero, so that the first alone works from the start.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.enter = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.again = nn.Conv2d(outputs, outputs, 3, padding=1)
        nn.init.zeros_(self.again.weight)
        nn.init.zeros_(self.again.bias)

    def forward(self, x: Tensor) -> Tensor:
        """`(n, inputs, h, w)` to `(n, outputs, h, w)`."""
        x = functional.relu(self.enter(x))
        return functional.relu(x + self.again(x))
