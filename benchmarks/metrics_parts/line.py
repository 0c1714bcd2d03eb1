"""One line of the table, and how its times are taken."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any, NamedTuple


class Line(NamedTuple):
    """What was compared with what, and how it came out.

    Args:
        metric: name of the metric and of the input.
        reference: the code or definition beside which ours ran.
        ours_ms, reference_ms: median milliseconds of a call.
        difference: largest absolute difference between the numbers of both.
        must, aim: the speed-up that is asked for, and the one hoped for.
    """

    metric: str
    reference: str
    ours_ms: float
    reference_ms: float
    difference: float
    must: float
    aim: float

    @property
    def speed_up(self) -> float:
        """How many times faster ours is."""
        return self.reference_ms / self.ours_ms


def side_by_side(
    ours: Callable[[], Any], reference: Callable[[], Any], rounds: int = 5
) -> tuple[float, float]:
    """Median milliseconds of both, called in turn; one round before is not counted."""
    times: tuple[list[float], list[float]] = ([], [])
    for turn in range(rounds + 1):
        for call, taken in zip((ours, reference), times, strict=True):
            start = time.perf_counter()
            call()
            if turn:
                taken.append(1000 * (time.perf_counter() - start))
    return statistics.median(times[0]), statistics.median(times[1])
