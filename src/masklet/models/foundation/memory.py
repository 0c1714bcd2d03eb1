"""When memory runs out, and what to tell."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from masklet.core import DataError

_SAYINGS = ("out of memory", "can't allocate memory", "not enough memory", "cannot allocate memory")


def out_of_memory(error: BaseException) -> bool:
    """Did an allocation fail, on whatever device?"""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(say in str(error).lower() for say in _SAYINGS)


@contextmanager
def remedy(work: str, device: torch.device, *ways: str) -> Iterator[None]:
    """Memory that runs out in the block becomes a `DataError`: during what, and what to do instead."""
    try:
        yield
    except Exception as error:
        if not out_of_memory(error):
            raise
        raise DataError(f"memory ran out on {work} ({device}); {', or '.join(ways)}") from error
