"""What each part of the engine earns: switched off, one at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from masklet.core.registry import load
from propagation_parts import measures
from propagation_parts.bench import Bench
from propagation_parts.footage import PAIRS, TUNING, Clip, cage, davis, group_of, pair
from propagation_parts.part import AbsentError, Figures, Job, Record, Table
from propagation_parts.results import Results
from propagation_parts.tables import mean_of
from propagation_parts.tracking import follow

FULL = "nothing"
CAGE_FRAMES = 80
KINDS = ("DAVIS", "pairs", "cages")
TITLE = "What each part earns"
NOTE = (
    "J with one part of the engine switched off: the tuning five of DAVIS, the tuning pairs, and the "
    f"first {CAGE_FRAMES} frames of the generated cage with one animal and with three; then the means "
    "of each kind and what they lose against all parts on."
)
COLUMNS = {"without": "", "of": "", "video": "", "J": ".3f"}
LOSSES = {
    "without": "",
    **{column: form for kind in KINDS for column, form in ((kind, ".3f"), (f"{kind}, loss", "+.3f"))},
}


def clips() -> Iterator[tuple[str, str, Callable[[], Clip]]]:
    """(kind, name, how to open it) of everything that a part is judged on."""
    for name in TUNING:
        yield "DAVIS", name, lambda name=name: davis(name)
    for a, b in PAIRS:
        if group_of(a) == "tuning":
            yield "pairs", f"{b} over {a}", lambda a=a, b=b: pair(a, b)
    for animals in (1, 3):
        yield "cages", f"{animals} striped", lambda n=animals: cage(n, "striped").shortened(CAGE_FRAMES)


def jobs(bench: Bench) -> Iterator[Job]:
    """One row a part and video."""
    parts = getattr(load("propagators", bench.engine), "PARTS", ())
    if not parts:
        raise AbsentError(f"engine {bench.engine} names no parts (`PARTS`) that could be switched off")
    for part in (FULL, *parts):
        lacking = bench if part == FULL else bench.lacking(part)
        for kind, name, opened in clips():
            if bench.chosen(name):
                yield Job(f"{part} {name}", partial(_record, lacking, part, kind, opened))


def _record(bench: Bench, part: str, kind: str, opened: Callable[[], Clip]) -> Record:
    clip = opened().shortened(bench.frames)
    rows = follow(bench.make(bars="striped"), clip, bench.whole).rows
    j = measures.mean_j(rows, clip.truth, [clip.first])
    return Record({"without": part, "of": kind, "video": clip.name, "J": j})


def summary(rows: Sequence[Figures], _: Results) -> list[Table]:
    """Losses, one row a part."""
    parts = dict.fromkeys(row["without"] for row in rows)
    means = {
        (part, kind): mean_of([r for r in rows if (r["without"], r["of"]) == (part, kind)], "J")
        for part in parts
        for kind in KINDS
    }
    return [Table(LOSSES, [_losses(part, means) for part in parts])]


def _losses(part: str, means: Mapping[tuple[str, str], float | None]) -> Figures:
    line: Figures = {"without": part}
    for kind in KINDS:
        full, mine = means.get((FULL, kind)), means[part, kind]
        line[kind] = mine
        if part != FULL and full is not None and mine is not None:
            line[f"{kind}, loss"] = mine - full
    return line
