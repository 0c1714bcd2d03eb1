"""Is a worker alive? Told by its heartbeats, which are counted and not timed: clocks may differ."""

from __future__ import annotations

import time
from collections.abc import Callable

BEAT = 1.0
"""Seconds between two heartbeats."""
SILENCE = 6.0
"""Seconds without one after which a worker is taken for dead."""


class Pulse:
    """Watches the counters of `Ledger.beats`. One of them may belong to several threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: dict[str, tuple[int, float]] = {}

    def dead(self, beats: dict[str, int], executor: str) -> bool:
        """Has this worker been silent for long? Not before it was watched for that long."""
        count, now = beats.get(executor, -1), self._clock()
        before, since = self._seen.get(executor, (None, now))
        if count != before:
            self._seen[executor] = (count, now)
            return False
        return now - since > SILENCE
