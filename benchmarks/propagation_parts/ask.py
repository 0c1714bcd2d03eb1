"""Three more annotated frames: those that masklet asks for, and three evenly spaced ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from masklet.annotate.ask import next_frames
from masklet.annotate.track import track
from masklet.core import Masks
from propagation_parts import measures
from propagation_parts.bench import Bench
from propagation_parts.davis import means
from propagation_parts.footage import CHECK, TUNING, Clip, davis, group_of
from propagation_parts.part import Figures, Job, Record, Table
from propagation_parts.results import Results
from propagation_parts.sheets import sheet
from propagation_parts.tracking import Held, corrected, prepare

MORE = 3
TITLE = "DAVIS 2016, three more frames"
NOTE = (
    "After a run from the first frame, three more frames get their true masks and all is tracked "
    "again in both directions. `asked`: the frames that masklet asks for; `evenly`: a quarter, half "
    "and three quarters of the way. Each J is the mean over the frames that were not annotated in "
    "that very run: neither the first nor the three. `before`: J of the first run, on all frames but "
    "the first."
)
COLUMNS = {
    "sequence": "",
    "for": "",
    "before J": ".3f",
    "asked J": ".3f",
    "evenly J": ".3f",
    "asked frames": "",
    "evenly spaced frames": "",
}


def jobs(bench: Bench) -> Iterator[Job]:
    """One row a sequence."""
    for name in (*TUNING, *CHECK):
        if bench.chosen(name):
            yield Job(name, lambda name=name: _record(bench, davis(name)))


def _record(bench: Bench, whole: Clip) -> Record:
    clip = whole.shortened(bench.frames and max(bench.frames, MORE + 2))
    engine = bench.make()
    seeds = clip.truth.on(clip.first)
    prepare(engine, clip, seeds)
    held = Held(seeds)
    wanted = [range(clip.first, clip.last + 1)]
    before = track(clip.media, held, held, engine, frames=wanted)
    asked = sorted(int(one.frame) for one in next_frames(before, MORE, frames=wanted))
    even = evenly(clip)
    rows = {name: _again(bench, clip, before, at) for name, at in (("asked", asked), ("evenly", even))}
    if bench.sheets:
        sheet(bench.sheets, "ask", clip, rows["asked"], [clip.first, *asked])
    figures = {
        "sequence": clip.name,
        "for": group_of(clip.name),
        "before J": measures.mean_j(before, clip.truth, [clip.first]),
        "asked J": measures.mean_j(rows["asked"], clip.truth, [clip.first, *asked]),
        "evenly J": measures.mean_j(rows["evenly"], clip.truth, [clip.first, *even]),
        "asked frames": " ".join(map(str, asked)),
        "evenly spaced frames": " ".join(map(str, even)),
    }
    return Record(figures)


def _again(bench: Bench, clip: Clip, before: Masks, frames: list[int]) -> Masks:
    """A new engine, so that neither way of choosing gains from what the other had fitted."""
    return corrected(bench.make(), clip, Held(before), frames)


def evenly(clip: Clip) -> list[int]:
    """Frames that cut the clip into four parts of equal length."""
    length = clip.last + 1 - clip.first
    cuts = {clip.first + round(length * k / (MORE + 1)) for k in range(1, MORE + 1)}
    return sorted(cuts - {clip.first})


def summary(rows: Sequence[Figures], _: Results) -> list[Table]:
    """Means by group."""
    return [Table(COLUMNS, means(rows, "sequence", COLUMNS))]
