"""Ten sequences of DAVIS 2016, one annotated frame each, beside the masks that OSVOS published."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from propagation_parts import measures
from propagation_parts.bench import Bench
from propagation_parts.footage import CHECK, TUNING, Clip, davis, group_of, published
from propagation_parts.part import Figures, Job, Record, Table
from propagation_parts.results import Results
from propagation_parts.sheets import sheet
from propagation_parts.tables import mean_of
from propagation_parts.tracking import TIMES, follow

TITLE = "DAVIS 2016, ten sequences, first frame given"
NOTE = (
    "J and F as DAVIS defines them, mean over all frames but the first; `official` leaves out the "
    "last one too. OSVOS: its published masks on the same frames. The five tuning sequences are "
    "those that parameters were set on."
)
COLUMNS = {
    "sequence": "",
    "for": "",
    "J": ".3f",
    "F": ".3f",
    "lowest J": ".3f",
    "J official": ".3f",
    "F official": ".3f",
    "OSVOS J": ".3f",
    "OSVOS F": ".3f",
    **TIMES,
}


def jobs(bench: Bench) -> Iterator[Job]:
    """One row a sequence, tuning ones first."""
    for name in (*TUNING, *CHECK):
        if bench.chosen(name):
            yield Job(name, lambda name=name: _record(bench, davis(name).shortened(bench.frames)))


def _record(bench: Bench, clip: Clip) -> Record:
    outcome = follow(bench.make(), clip, bench.whole)
    given = [clip.first]
    score = measures.jf(outcome.rows, clip.truth, given)
    inner = score.frame != clip.media.video.n_frames - 1
    other = measures.jf(published(clip.name, clip.media.video), clip.truth, given)
    if bench.sheets:
        sheet(bench.sheets, "davis", clip, outcome.rows)
    figures = {
        "sequence": clip.name,
        "for": group_of(clip.name),
        "J": score.mean_j,
        "F": score.mean_f,
        "lowest J": float(score.j.min()),
        "J official": float(np.mean(score.j[inner])),
        "F official": float(np.mean(score.f[inner])),
        "OSVOS J": other.mean_j,
        "OSVOS F": other.mean_f,
        **outcome.times,
    }
    return Record(figures, measures.samples(outcome.rows, clip.truth, given))


def summary(rows: Sequence[Figures], _: Results) -> list[Table]:
    """Means of the tuning five, of the check five, of all."""
    return [Table(COLUMNS, means(rows, "sequence", COLUMNS))]


def means(rows: Sequence[Figures], first: str, columns: dict[str, str]) -> list[Figures]:
    """Means of every column by group, for tables with a column `for`."""
    found = []
    both = len({row["for"] for row in rows}) > 1
    for group in ("tuning", "check", "") if both else ("",):
        chosen = [row for row in rows if not group or row["for"] == group]
        if chosen:
            name = f"mean of {len(chosen)}"
            numbers = {key: mean_of(chosen, key) for key, form in columns.items() if form}
            found.append({first: name, "for": group or "all", **numbers})
    return found
