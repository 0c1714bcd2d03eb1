"""Bar: one promise of the browser's annotator, and what was measured of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Bar:
    """What was measured beside what is promised.

    Args:
        name: what is measured.
        value: in `unit`.
        limit: the most that it may be; None where nothing is promised.
        unit: ms, bytes, frames, ...
        note: on what.
    """

    name: str
    value: float
    limit: float | None
    unit: str
    note: str = ""

    @property
    def kept(self) -> bool:
        """Is the promise kept?"""
        return self.limit is None or self.value <= self.limit

    @property
    def failed(self) -> bool:
        """Is something wrong or lost of which there must be nothing?"""
        return self.limit == 0 and not self.kept

    def row(self) -> str:
        """A line of a table."""
        limit = "" if self.limit is None else f"<= {self.limit:g} {self.unit}"
        word = "" if self.limit is None else ("kept" if self.kept else "MISSED")
        return f"| {self.name} | {self.value:.4g} {self.unit} | {limit} | {word} | {self.note} |"


HEAD = "| bar | measured | promised | | on |\n|---|---|---|---|---|"


def spread(times: Sequence[float], percent: float = 50) -> float:
    """A percentile of what was measured."""
    return float(np.percentile(times, percent))
