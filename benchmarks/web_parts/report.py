"""Report: tables of bars, on paper as soon as a part is done."""

from __future__ import annotations

import os
import platform
import traceback
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from web_parts.bar import HEAD, Bar


class Report:
    """Prints each part, and keeps count of promises.

    Args:
        path: a file to which everything is also written; None = none.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._promised = self._missed = self._wrong = 0
        cores = os.cpu_count()
        self._say(f"{date.today()}, {cores} cores, {platform.system()} {platform.machine()}", fresh=True)

    def part(self, name: str, bars: Sequence[Bar], loads: tuple[float, float], seconds: float) -> None:
        """A table, with the machine's load before and after it was measured."""
        load = " to ".join(f"{one:.1f}" for one in loads)
        rows = "\n".join(bar.row() for bar in bars)
        self._say(f"\n{name} (load {load}, {seconds:.0f} s)\n\n{HEAD}\n{rows}")
        self._promised += sum(bar.limit is not None for bar in bars)
        self._missed += sum(not bar.kept for bar in bars)
        self._wrong += sum(bar.failed for bar in bars)

    def broke(self, name: str, error: Exception) -> None:
        """A part that came to no end; the others go on."""
        self._say(f"\n{name} FAILED: {''.join(traceback.format_exception(error)).strip()}")
        self._wrong += 1

    def end(self) -> int:
        """The exit code: 1 where something is wrong or lost, or a part broke."""
        self._say(f"\n{self._promised - self._missed} of {self._promised} kept, {self._missed} missed")
        return int(self._wrong > 0)

    def _say(self, text: str, fresh: bool = False) -> None:
        print(text, flush=True)
        if self._path is not None:
            with self._path.open("w" if fresh else "a") as out:
                out.write(text + "\n")
