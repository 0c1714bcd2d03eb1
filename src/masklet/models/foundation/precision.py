"""Where a network runs and in which numbers, by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

from masklet.core import UsageError
from masklet.models.features.device import best_device

PRECISIONS = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
DEVICES = ("cpu", "cuda", "mps")


@dataclass(frozen=True)
class Precision:
    """A device, and the numbers in which matrix products run; weights stay float32.

    Args:
        device: where.
        dtype: float32, or what autocast uses.
    """

    device: torch.device
    dtype: torch.dtype

    def running(self) -> Any:
        """A context for the network: autocast where the numbers are short."""
        return torch.autocast(self.device.type, self.dtype, enabled=self.dtype != torch.float32)


def check_named(device: str, precision: str) -> None:
    """Raise `UsageError` for names that do not exist."""
    if device.partition(":")[0] not in ("", *DEVICES):
        raise UsageError(f"unknown device {device!r}; expected one of {', '.join(DEVICES)}")
    if precision and precision not in PRECISIONS:
        raise UsageError(f"unknown precision {precision!r}; expected one of {', '.join(PRECISIONS)}")


def precision_of(device: str = "", precision: str = "") -> Precision:
    """By name; empty: the best device, bfloat16 on CUDA where it computes in it, else float32.

    Raises `UsageError` for names that do not exist and for a device that this machine lacks.
    """
    check_named(device, precision)
    where = torch.device(device) if device else best_device()
    if where.type == "cuda" and not torch.cuda.is_available():
        raise UsageError(
            f"device {device} was asked for, and this machine has no CUDA; use --device cpu"
        )
    if where.type == "mps" and not torch.backends.mps.is_available():
        raise UsageError("device mps was asked for, and this machine has no Metal; use --device cpu")
    if precision:
        return Precision(where, PRECISIONS[precision])
    short = where.type == "cuda" and torch.cuda.is_bf16_supported()
    return Precision(where, torch.bfloat16 if short else torch.float32)
