"""Where the tabs stand in a video, and which frames they will want next."""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass

FAR = 32
"""A frame further from a tab's cursor than this is not wanted by it any more."""
_AHEAD, _BEHIND = 16, 4
_LEAP = 10
"""Frames that one key goes at once."""
_RESTS = 120.0
"""Seconds after which a tab that asks for nothing is not provided for."""


@dataclass
class _Cursor:
    frame: int
    width: int
    direction: int
    stride: int
    moved: float


class Cursors:
    """The cursor of every tab that says where it is. For several threads.

    Args:
        n_frames: of the video.
    """

    def __init__(self, n_frames: int) -> None:
        self._n_frames = n_frames
        self._cursors: dict[str, _Cursor] = {}
        self._lock = threading.Lock()

    def move(self, tab: str, frame: int, width: int | None = None) -> None:
        """A tab wants to see `frame` now, `width` pixels wide (0 = all, None = as before)."""
        now = time.monotonic()
        with self._lock:
            known = self._cursors.get(tab)
            if known is None:
                known = self._cursors[tab] = _Cursor(frame, 0, 1, 1, now)
                self._drop_resting(now)
            way = frame - known.frame
            if way:
                known.direction = 1 if way > 0 else -1
                known.stride = _LEAP if abs(way) == _LEAP else 1
            known.frame, known.moved = frame, now
            if width is not None:
                known.width = width

    def left(self, tabs: Collection[str], frame: int) -> bool:
        """Are all of `tabs` known to be far from `frame` now?"""
        with self._lock:
            cursors = [self._cursors.get(tab) for tab in tabs]
            return bool(cursors) and all(
                cursor is not None and abs(cursor.frame - frame) > FAR for cursor in cursors
            )

    def away(self, tabs: Collection[str], frame: int) -> int:
        """How far `frame` is from the nearest of these tabs' cursors; 0 where one does not say."""
        with self._lock:
            cursors = [self._cursors.get(tab) for tab in tabs]
            return min((abs(cursor.frame - frame) if cursor else 0 for cursor in cursors), default=0)

    def ahead(self) -> Iterator[tuple[int, int]]:
        """(frame, width) of what may be wanted next, the likeliest first; of the latest tab first."""
        with self._lock:
            cursors = sorted(self._cursors.values(), key=lambda one: -one.moved)
            plans = [(one.width, _plan(one)) for one in cursors if one.moved > time.monotonic() - _RESTS]
        for width, plan in plans:
            for frame in plan:
                if 0 <= frame < self._n_frames:
                    yield frame, width

    def _drop_resting(self, now: float) -> None:
        for tab in [tab for tab, one in self._cursors.items() if one.moved < now - _RESTS]:
            del self._cursors[tab]


def _plan(cursor: _Cursor) -> list[int]:
    """Frames in the direction of travel, a few behind, and a leap to both sides."""
    at, step = cursor.frame, cursor.direction
    one = cursor.stride * step
    plan = [at, *(at + one * k for k in range(1, _AHEAD // cursor.stride + 2))]
    plan += [at + step * k for k in range(1, _AHEAD + 1)]
    plan += [at + step * _LEAP, at - step * _LEAP, *(at - step * k for k in range(1, _BEHIND + 1))]
    return list(dict.fromkeys(plan))
