"""What each part of the engine earns: switched off, one at a time, on the tuning five."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from masklet.core.registry import load
from propagation_parts import measures
from propagation_parts.bench import Bench
from propagation_parts.footage import TUNING, davis
from propagation_parts.part import AbsentError, Figures, Job, Record, Table
from propagation_parts.results import Results
from propagation_parts.tables import mean_of
from propagation_parts.tracking import follow

FULL = "nothing"
TITLE = "What each part earns"
NOTE = "Mean J of the tuning five with one part switched off; `loss` against all parts on."
COLUMNS = {"without": "", "sequence": "", "J": ".3f"}
LOSSES = {"without": "", **dict.fromkeys(TUNING, ".3f"), "mean J": ".3f", "loss": "+.3f"}


def jobs(bench: Bench) -> Iterator[Job]:
    """One row a part and sequence."""
    parts = getattr(load("propagators", bench.engine), "PARTS", ())
    if not parts:
        raise AbsentError(f"engine {bench.engine} names no parts (`PARTS`) that could be switched off")
    for part in (FULL, *parts):
        lacking = bench if part == FULL else bench.lacking(part)
        for name in filter(bench.chosen, TUNING):
            yield Job(f"{part} {name}", lambda b=lacking, p=part, n=name: _record(b, p, n))


def _record(bench: Bench, part: str, name: str) -> Record:
    clip = davis(name).shortened(bench.frames)
    rows = follow(bench.make(), clip, bench.whole).rows
    j = measures.mean_j(rows, clip.truth, [clip.first])
    return Record({"without": part, "sequence": name, "J": j})


def summary(rows: Sequence[Figures], _: Results) -> list[Table]:
    """Losses, one row a part."""
    lines: list[Figures] = []
    for part in dict.fromkeys(row["without"] for row in rows):
        mine = [row for row in rows if row["without"] == part]
        by_name = {row["sequence"]: row["J"] for row in mine}
        lines.append({"without": part, **by_name, "mean J": mean_of(mine, "J")})
    full = next((line["mean J"] for line in lines if line["without"] == FULL), None)
    for line in lines:
        line["loss"] = None if full is None or line["without"] == FULL else line["mean J"] - full
    return [Table(LOSSES, lines)]
