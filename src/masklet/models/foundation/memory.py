"""When memory runs out, and what to tell."""

from __future__ import annotations

import torch

_SAYINGS = ("out of memory", "can't allocate memory", "not enough memory", "cannot allocate memory")


def out_of_memory(error: BaseException) -> bool:
    """Did an allocation fail, on whatever device?"""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(say in str(error).lower() for say in _SAYINGS)
