"""What a part of the benchmark is: rows to compute, columns to show."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from propagation_parts.bench import Bench

if TYPE_CHECKING:
    from propagation_parts.results import Results

NAMES = (
    "davis",
    "ask",
    "pairs",
    "real",
    "flies",
    "cages",
    "tails",
    "cut",
    "speed",
    "memory",
    "calibration",
    "ablation",
)
"""All parts, in the order in which they run."""

Figures = dict[str, Any]
"""One row of a table by column: numbers, text; None where there is nothing to say."""


@dataclass(frozen=True)
class Samples:
    """Scored rows of one run: `score` and `iou`, of equal length, 0..1."""

    score: list[float] = field(default_factory=list)
    iou: list[float] = field(default_factory=list)


class Record(NamedTuple):
    """What one job gives: figures for the table, and scored rows for the reliability table.

    `made`, on what machine, when and by what code, is known once it was kept.
    """

    figures: Figures
    samples: Samples = Samples()
    made: Figures | None = None


class Job(NamedTuple):
    """One row of a table, not yet computed. `key` names it among the part's results."""

    key: str
    work: Callable[[], Record]


class Table(NamedTuple):
    """Rows under headings; `columns` maps a heading to the format of its numbers."""

    columns: Mapping[str, str]
    rows: Sequence[Figures]


class Part(Protocol):
    """A module that fills one table.

    `jobs` raises `AbsentError` where data or a library is missing. `summary` tells what follows from all
    rows: a table with the very `COLUMNS` goes on below them, others stand by themselves.
    """

    TITLE: str
    NOTE: str
    COLUMNS: Mapping[str, str]

    def jobs(self, bench: Bench) -> Iterator[Job]: ...

    def summary(self, rows: Sequence[Figures], results: Results) -> list[Table]: ...


class AbsentError(Exception):
    """Something that a part needs is not here; the message says what, and how to get it."""


def part(name: str) -> Part:
    """The module behind a name."""
    module: Any = import_module(f"propagation_parts.{name}")
    return module
