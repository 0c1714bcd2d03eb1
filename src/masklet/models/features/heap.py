"""The allocator of the C library, so that memory stays flat over hours of video.

By default glibc gives a network's temporary arrays back to the system and asks for them again on every
frame, from several heaps that fragment each in its own way: resident memory swings by a third.
"""

from __future__ import annotations

import ctypes
import os

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
"""Names of options, glibc's malloc.h."""
KEPT = 512 << 20
"""Bytes of free memory from which it is given back."""
LARGE = 64 << 20
"""Bytes from which an array lies outside of the heap: it is given back at once."""


def steady_heap() -> bool:
    """One heap that keeps what a frame needs for the next one; was that possible?

    Nothing is done where the C library is not glibc, or where the environment says how it should work
    (`MALLOC_ARENA_MAX` and others, see mallopt(3)).
    """
    if any(name.startswith("MALLOC_") or name == "GLIBC_TUNABLES" for name in os.environ):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError, TypeError):  # musl, macOS; Windows has no library without a name
        return False
    wanted = ((_ARENA_MAX, 1), (_MMAP_THRESHOLD, LARGE), (_TRIM_THRESHOLD, KEPT))
    taken = [mallopt(option, value) == 1 for option, value in wanted]
    return all(taken)
