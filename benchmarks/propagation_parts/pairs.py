"""Two real objects at once: one sequence's object pasted over another sequence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from propagation_parts import measures
from propagation_parts.bench import Bench
from propagation_parts.davis import means
from propagation_parts.footage import PAIRS, Clip, pair
from propagation_parts.part import Figures, Job, Record, Table
from propagation_parts.results import Results
from propagation_parts.sheets import sheet
from propagation_parts.tracking import TIMES, follow

TITLE = "Two real objects at once"
NOTE = (
    "The object of sequence B, cut out by its exact mask, pasted over sequence A as long as both "
    "last; truth 1 is A's object less B's, truth 2 is B's. First frame given, all others scored. A "
    f"switch: a mask lies on the other object more than on its own for {measures.LASTING} frames or "
    "more in a row; two objects that swap count twice."
)
COLUMNS = {
    "pair": "",
    "for": "",
    "J": ".3f",
    "J of A": ".3f",
    "J of B": ".3f",
    "F": ".3f",
    "id switches": "g",
    **TIMES,
}


def jobs(bench: Bench) -> Iterator[Job]:
    """One row a pair; `--only` takes the name of either sequence."""
    for a, b in PAIRS:
        if bench.chosen(a) or bench.chosen(b):
            yield Job(f"{b} over {a}", lambda a=a, b=b: _record(bench, pair(a, b)))


def _record(bench: Bench, clip: Clip) -> Record:
    clip = clip.shortened(bench.frames)
    outcome = follow(bench.make(), clip, bench.whole)
    score = measures.jf(outcome.rows, clip.truth, [clip.first])
    below, above = (one.mean_j for one in score.per_object)
    if bench.sheets:
        sheet(bench.sheets, "pairs", clip, outcome.rows)
    figures = {
        "pair": clip.name,
        "for": clip.group,
        "J": score.mean_j,
        "J of A": below,
        "J of B": above,
        "F": score.mean_f,
        "id switches": measures.switches(outcome.rows, clip.truth),
        **outcome.times,
    }
    return Record(figures, measures.samples(outcome.rows, clip.truth, [clip.first]))


def summary(rows: Sequence[Figures], _: Results) -> list[Table]:
    """Means by group; id switches are added up, not averaged."""
    found = means(rows, "pair", COLUMNS)
    for line in found:
        group = [row for row in rows if line["for"] in ("all", row["for"])]
        line["id switches"] = sum(row["id switches"] for row in group)
    return [Table(COLUMNS, found)]
