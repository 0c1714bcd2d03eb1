"""Plan: where a run of `benchmarks/web.py` works, and how often it tries."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Plan:
    """How a run goes.

    Args:
        films: folder where generated videos are kept from run to run.
        passing: folder of this run's projects.
        tries: how often a thing is tried; parts take multiples of it.
        frames: of each film of the exactness test.
        long: frames of the films of steps and jumps.
        many: frames of the project that is very long.
    """

    films: Path
    passing: Path
    tries: int = 40
    frames: int = 240
    long: int = 600
    many: int = 100_000
    _numbers: itertools.count[int] = field(default_factory=itertools.count)

    def home(self) -> Path:
        """A new folder for a project; it is not there yet."""
        return self.passing / f"project-{next(self._numbers)}"
