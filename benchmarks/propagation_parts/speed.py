"""The speed-quality curve: what each quality costs and gives on the tuning five."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from propagation_parts import measures
from propagation_parts.bench import Bench
from propagation_parts.footage import TUNING, davis
from propagation_parts.part import Figures, Job, Record, Table
from propagation_parts.results import Results
from propagation_parts.tables import mean_of
from propagation_parts.tracking import TIMES, follow

QUALITIES = ("fast", "normal", "best")
TITLE = "Speed and quality, 854x480"
NOTE = (
    "Means over the tuning five. `fit`: what the engine's preparation and its first answer took "
    "beyond a usual answer. `s a frame`: all other answers, decoding included."
)
COLUMNS = {"sequence": "", "quality": "", "J": ".3f", **TIMES}


def jobs(bench: Bench) -> Iterator[Job]:
    """One row a quality and sequence; the engine's only quality where it has no choice."""
    qualities = QUALITIES if bench.takes("quality") else ("",)
    for quality in qualities:
        for name in filter(bench.chosen, TUNING):
            yield Job(f"{quality} {name}", lambda q=quality, n=name: _record(bench.at(q), n))


def _record(bench: Bench, name: str) -> Record:
    clip = davis(name).shortened(bench.frames)
    outcome = follow(bench.make(), clip, bench.whole)
    figures = {
        "sequence": name,
        "quality": bench.quality or "its own",
        "J": measures.mean_j(outcome.rows, clip.truth, [clip.first]),
        **outcome.times,
    }
    return Record(figures)


def summary(rows: Sequence[Figures], _: Results) -> list[Table]:
    """The curve: a mean for each quality."""
    found = []
    for quality in dict.fromkeys(row["quality"] for row in rows):
        chosen = [row for row in rows if row["quality"] == quality]
        numbers = {name: mean_of(chosen, name) for name, form in COLUMNS.items() if form}
        found.append({"sequence": f"mean of {len(chosen)}", "quality": quality, **numbers})
    return [Table(COLUMNS, found)]
