"""Which decoded pictures may be believed: those that nothing damaged can have reached."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_MOST = 32
"""Pictures held back at once; H.264 and HEVC put at most 16 out of order."""


class Soundness:
    """Holds a picture back until all packets before its own have come out sound.

    A picture is predicted from packets that were decoded before it but may be shown after it. Where
    a decoder fills in what such a one lacks, it says so only on that picture, which comes out later;
    and what it fills in depends on how decoding began.

    Args:
        first: ordinal of the first packet that is decoded.
        silent: ordinals of packets that give no picture.
    """

    def __init__(self, first: int, silent: frozenset[int]) -> None:
        self._next, self._silent = first, silent
        self._out: set[int] = set()
        self._held: list[tuple[int, Any]] = []
        self._broken = False

    def add(self, ordinal: int, patched: bool, picture: Any) -> Iterator[Any]:
        """Take the next picture in presentation order, of packet `ordinal`; give those now sure.

        A patched one is not given, nor are those held that later packets gave: see `broken`.
        """
        if patched:
            self._broken = True
            yield from (held for at, held in self._held if at < ordinal)
            self._held.clear()
            return
        self.skip(ordinal)
        self._held.append((ordinal, picture))
        while self._held and (self._held[0][0] < self._next or len(self._held) > _MOST):
            yield self._held.pop(0)[1]

    def skip(self, ordinal: int) -> None:
        """The picture of a packet came out and is not asked for."""
        self._out.add(ordinal)
        while self._next in self._out or self._next in self._silent:
            self._out.discard(self._next)
            self._next += 1

    @property
    def broken(self) -> bool:
        """Has a patched picture come out?"""
        return self._broken

    def rest(self) -> Iterator[Any]:
        """The pictures still held, at the end of the packets."""
        yield from (held for _, held in self._held)
        self._held.clear()
