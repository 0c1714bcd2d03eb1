"""Failures as pictures: the worst frames and the id switches."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from masklet.core.protocols import MediaSource
from masklet.evaluation.report import Failure, Report
from masklet.render.failure import LEGEND, failure_picture
from masklet.render.page.nouns import Column, Gallery, Picture, Section, Table, Value

Opener = Callable[[str], MediaSource | None]


def worst_frames(report: Report, media: Opener, most: int) -> Section | None:
    """The worst frames of all videos, worst first; None where nothing is bad."""
    bad = [one for video in report.videos for one in video.failures if not math.isnan(one.value)]
    bad = sorted(bad, key=lambda one: one.value)[:most]
    if not bad:
        return None
    gallery = Gallery(_pictures(bad, media), note=LEGEND)
    return Section(
        "Worst frames",
        "The lowest J of all videos, each bad stretch of an object once, at its worst frame.",
        (gallery,),
    )


def switches(report: Report, media: Opener, most: int) -> Section | None:
    """Every id switch as a line, the first ones as pictures; None where none was measured."""
    if report.scores.identity is None:
        return None
    listed = report.scores.identity.switches
    if not listed:
        return None
    rows: list[tuple[Value, ...]] = [
        (one.video, one.frame, one.object_id, one.before, one.now, one.last_right) for one in listed
    ]
    columns = tuple(
        Column(name, "text" if i == 0 else "count")
        for i, name in enumerate(("Video", "Frame", "Object", "Id before", "Id now", "Last right"))
    )
    shown = [one for video in report.videos for one in video.failures if math.isnan(one.value)]
    return Section(
        "Id switches",
        f"{len(listed)} times another predicted object took over a true one.",
        (Table(columns, tuple(rows)), Gallery(_pictures(shown[:most], media), note=LEGEND)),
    )


def _pictures(listed: Sequence[Failure], media: Opener) -> tuple[Picture, ...]:
    opened: dict[str, MediaSource | None] = {}
    pictures = []
    for one in listed:
        if one.video not in opened:
            opened[one.video] = media(one.video)
        source = opened[one.video]
        image = source[one.frame] if source is not None and one.frame < _length(source) else None
        data = failure_picture(image, one.truth, one.pred)
        pictures.append(Picture(data, f"{one.video}, frame {one.frame}", _facts(one)))
    return tuple(pictures)


def _length(source: MediaSource) -> int:
    n = source.video.n_frames
    return n if n >= 0 else 0


def _facts(one: Failure) -> tuple[tuple[str, str], ...]:
    first, last = one.around
    facts = [("What", one.what), ("Object", str(one.object_id))]
    if not math.isnan(one.value):
        facts.append(("J", f"{one.value:.3f}"))
    facts.append(("Frames", f"{first}-{last}" if last > first else str(first)))
    return tuple(facts)
