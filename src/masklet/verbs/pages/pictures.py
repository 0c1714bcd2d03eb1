"""Failures as pictures: the worst frames, false alarms, wrong classes, id switches."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import PurePosixPath

from masklet.core.protocols import MediaSource
from masklet.evaluation.report import Failure, Kind, Report
from masklet.render.failure import LEGEND, failure_picture
from masklet.render.page.nouns import Block, Column, Gallery, Picture, Section, Table, Value

Opener = Callable[[str], MediaSource | None]

_ORDER = "Those of all videos by turns, the first of each video first."


def worst_frames(report: Report, media: Opener, most: int) -> Section | None:
    """The worst frames of all videos, worst first; then what is false, and of another class."""
    bad = sorted(_of_kind(report, "masks"), key=lambda one: one.value)[:most]
    false = _by_turns(report, "false", most)
    labels = _by_turns(report, "label", most)
    blocks: list[Block] = []
    if bad:
        blocks.append(Gallery(_pictures(report, bad, media), "Masks", note=LEGEND))
    if false:
        blocks.append(Gallery(_pictures(report, false, media), "False alarms", note=_ORDER))
    if labels:
        blocks.append(Gallery(_pictures(report, labels, media), "Wrong classes", note=_ORDER))
    if not blocks:
        return None
    text = "The lowest J of all videos: each bad stretch of an object once, at its worst frame."
    return Section("Worst frames", text if bad else "", tuple(blocks))


def switches(report: Report, media: Opener, most: int) -> Section | None:
    """Every id switch as a line, the first ones as pictures; None where there is none."""
    if report.scores.identity is None or not report.scores.identity.switches:
        return None
    listed = report.scores.identity.switches
    rows: list[tuple[Value, ...]] = [
        (one.video, one.frame, one.object_id, one.before, one.now, one.last_right) for one in listed
    ]
    columns = tuple(
        Column(name, "text" if i == 0 else "count")
        for i, name in enumerate(("Video", "Frame", "Object", "Id before", "Id now", "Last right"))
    )
    shown = _of_kind(report, "switch")[: 2 * most]
    note = f"{LEGEND} Before and after, of the first {len(shown) // 2} of {len(listed)} switches."
    return Section(
        "Id switches",
        f"{len(listed)} times another predicted object took over a true one.",
        (Gallery(_pictures(report, shown, media), note=note), Table(columns, tuple(rows))),
    )


def _of_kind(report: Report, kind: Kind) -> list[Failure]:
    return [one for video in report.videos for one in video.failures if one.kind == kind]


def _by_turns(report: Report, kind: Kind, most: int) -> list[Failure]:
    """The first of each video, then the second of each, and so on."""
    each = [[one for one in video.failures if one.kind == kind] for video in report.videos]
    turns = max(map(len, each), default=0)
    return [own[turn] for turn in range(turns) for own in each if turn < len(own)][:most]


def _pictures(report: Report, listed: Sequence[Failure], media: Opener) -> tuple[Picture, ...]:
    files = {video.name: video.files for video in report.videos}
    opened: dict[str, MediaSource | None] = {}
    pictures = []
    for one in listed:
        if one.video not in opened:
            opened[one.video] = media(one.video)
        source = opened[one.video]
        names = files[one.video]
        at = _place(source, names, one.frame) if source is not None else -1
        image = source[at] if source is not None and at >= 0 else None
        where = names[one.frame] if one.frame < len(names) else f"{one.video}, frame {one.frame}"
        pictures.append(Picture(failure_picture(image, one.truth, one.pred), where, _facts(one)))
    return tuple(pictures)


def _place(source: MediaSource, names: Sequence[str], frame: int) -> int:
    """Where the media has a frame of the masks: image sets meet by name; -1 = nowhere."""
    files = source.video.files
    if names and files:
        stems = [PurePosixPath(file).stem for file in files]
        wanted = PurePosixPath(names[frame]).stem
        return stems.index(wanted) if stems.count(wanted) == 1 else -1
    return frame if frame < source.video.n_frames else -1


def _facts(one: Failure) -> tuple[tuple[str, str], ...]:
    first, last = one.around
    facts = [("What", one.what)]
    if one.kind == "masks" and len(one.truth.labels) > 1:
        side = one.truth if len(one.truth) else one.pred
        facts.append(("Label", side.label_of(0).name))
    if one.object_id >= 0:
        facts.append(("Object", str(one.object_id)))
    if not math.isnan(one.value):
        facts.append(("J", f"{one.value:.3f}"))
    if last > first:
        facts.append(("Switch" if one.kind == "switch" else "Frames", f"{first}-{last}"))
    return tuple(facts)
