"""Mice on fixed cameras, against reference masks that were derived, not drawn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from masklet.media import open_media
from propagation_parts import measures
from propagation_parts.bench import Bench
from propagation_parts.footage import DATA, Clip, clip, needed, pictures
from propagation_parts.part import Figures, Job, Record, Table
from propagation_parts.results import Results
from propagation_parts.sheets import sheet
from propagation_parts.tracking import TIMES, follow

QUICK = 300
ALIKE = 0.75
"""The references are derived: from this J on a mask is as good as they can tell."""
TITLE = "Mice, real video"
NOTE = (
    "The first reference mask is the annotated frame; every other frame that has a reference is "
    "scored. References show the body without tail and ears; they come from a threshold (open "
    f"field) and from GrabCut (cage), not from a person: `J >= {ALIKE}` is the share of frames that "
    "agree within what they are worth."
)
COLUMNS = {
    "video": "",
    "frames": "g",
    "scored": "g",
    "J": ".3f",
    "lowest J": ".3f",
    f"J >= {ALIKE}": ".2f",
    **TIMES,
}


def jobs(bench: Bench) -> Iterator[Job]:
    """The open field, the cage from above."""
    for name, make in {"mouse open field": open_field, "mouse cage from above": cage_view}.items():
        if bench.chosen(name):
            yield Job(name, lambda make=make: _record(bench, make()))


def open_field() -> Clip:
    """2,330 frames, a reference on every tenth unless the mouse is at a wall."""
    folder = needed(DATA / "mouse_openfield")
    media = open_media(str(folder / "m3v1mp4.mp4"))
    truth = pictures(media.video, folder / "reference_body_masks")
    return clip("mouse open field", "", media, truth)


def cage_view() -> Clip:
    """120 frames, five references."""
    folder = needed(DATA / "mouse_cage_multiview")
    media = open_media(str(folder / "minimal_top.mp4"))
    truth = pictures(
        media.video, folder / "reference_body_masks", lambda stem: int(stem.rpartition("_")[2])
    )
    return clip("mouse cage from above", "", media, truth)


def _record(bench: Bench, whole: Clip) -> Record:
    limit = bench.frames or (QUICK if bench.quick else None)
    clip = whole.shortened(limit)
    outcome = follow(bench.make(), clip, bench.whole)
    j = np.array(list(measures.frame_j(outcome.rows, clip.truth, [clip.first]).values()))
    if bench.sheets:
        sheet(bench.sheets, "real", clip, outcome.rows)
    figures = {
        "video": clip.name,
        "frames": clip.last - clip.first,
        "scored": len(j),
        "J": float(j.mean()),
        "lowest J": float(j.min()),
        f"J >= {ALIKE}": float((j >= ALIKE).mean()),
        **outcome.times,
    }
    return Record(figures, measures.samples(outcome.rows, clip.truth, [clip.first]))


def summary(_: Sequence[Figures], __: Results) -> list[Table]:
    """None: two videos, two rows."""
    return []
