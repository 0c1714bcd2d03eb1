"""The generated home cage behind bars: one animal and three, masks striped and bridged, tails."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from propagation_parts import measures
from propagation_parts.bench import Bench
from propagation_parts.footage import Clip, cage
from propagation_parts.part import Figures, Job, Record, Table
from propagation_parts.results import Results
from propagation_parts.sheets import sheet
from propagation_parts.tracking import TIMES, follow

TITLE = "Generated home cage behind bars"
NOTE = (
    "200 frames of 640x480, first frame given, all others scored against the exact truth, tail "
    "included. `striped`: what a bar hides belongs to nobody, in the truth given and in the truth "
    "scored; `bridged`: it belongs to the animal, in both. Switches as in the pairs."
)
COLUMNS = {
    "scene": "",
    "J": ".3f",
    "lowest J of an animal": ".3f",
    "F": ".3f",
    "id switches": "g",
    **TIMES,
}


def jobs(bench: Bench) -> Iterator[Job]:
    """One row a number of animals and a way of seeing bars."""
    for animals in (1, 3):
        for bars in ("striped", "bridged"):
            name = f"{animals} {bars}"
            if bench.chosen(name):
                yield Job(name, lambda a=animals, b=bars: _record(bench, cage(a, b), b))


def _record(bench: Bench, whole: Clip, bars: str) -> Record:
    clip = whole.shortened(bench.frames)
    outcome = follow(bench.make(bars=bars), clip, bench.whole)
    score = measures.jf(outcome.rows, clip.truth, [clip.first])
    if bench.sheets:
        sheet(bench.sheets, "cages", clip, outcome.rows)
    figures = {
        "scene": clip.name,
        "J": score.mean_j,
        "lowest J of an animal": min(one.mean_j for one in score.per_object),
        "F": score.mean_f,
        "id switches": measures.switches(outcome.rows, clip.truth),
        **outcome.times,
    }
    return Record(figures, measures.samples(outcome.rows, clip.truth, [clip.first]))


def summary(_: Sequence[Figures], __: Results) -> list[Table]:
    """None: the issue asks for each row."""
    return []
