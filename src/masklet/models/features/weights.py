"""Weights that masklet ships, read from their files."""

from __future__ import annotations

from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

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
    return {name: value.float() for name, value in found.items()}
