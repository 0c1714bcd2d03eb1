"""Weights that masklet ships, read from their files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor
from torch.nn import Module

from masklet.core import DataError


def shipped(path: Path) -> dict[str, Tensor]:
    """All tensors of a safetensors file by name, as float32.

    Raises `DataError` for a file that is missing, cut short or otherwise damaged.
    """
    if not path.is_file():
        raise DataError(f"{path} is missing; install masklet again")
    try:
        found = load_file(path)
    except SafetensorError as error:
        raise DataError(f"{path} is damaged ({error}); install masklet again") from error
    if not all(value.isfinite().all() for value in found.values()):
        raise DataError(f"{path} is damaged (numbers that are not finite); install masklet again")
    return {name: value.float() for name, value in found.items()}


def fill(net: Module, weights: Mapping[str, Tensor], path: Path) -> None:
    """Put weights into a network. Raises `DataError` where they are another network's."""
    own = net.state_dict()
    wrong = own.keys() ^ weights.keys() or [k for k in own if own[k].shape != weights[k].shape]
    if wrong:
        raise DataError(
            f"{path} holds other weights than expected ({len(wrong)} of {len(own)} do not fit); "
            "install masklet again"
        )
    net.load_state_dict(weights)
