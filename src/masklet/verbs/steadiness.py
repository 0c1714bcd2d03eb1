"""Without any truth: how steady masks are, and which frames to look at first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from masklet.annotate.ranges import shortened
from masklet.core import Flags, Masks, Review
from masklet.evaluation.steadiness import Steadiness, flagged, steadiness
from masklet.ops.table import areas
from masklet.verbs.evaluate import media_of
from masklet.verbs.outputs import check_reports
from masklet.verbs.report_text import columns
from masklet.verbs.sides import Reading, Tables, sides

_REASONS = {
    Flags.AREA_JUMP: "area jumps",
    Flags.UNSURE_IDENTITY: "hardly overlaps the mask before",
    Flags.VANISHES: "gone for one frame after",
}
_NEW = Flags.AREA_JUMP | Flags.UNSURE_IDENTITY | Flags.VANISHES


@dataclass(frozen=True)
class Steady:
    """One video.

    Args:
        name: of the video.
        objects: how steady each object is.
        looks: (reason, frames): what looks wrong by itself.
    """

    name: str
    objects: tuple[Steadiness, ...]
    looks: tuple[tuple[str, tuple[int, ...]], ...]


def steady(
    pred: Tables,
    out: str | Path | None = None,
    format: str | None = None,  # noqa: A002 (the word of the command line)
    reading: Mapping[str, Any] | None = None,
    media: str | Path | None = None,
) -> tuple[Steady, ...]:
    """How steady masks are, video by video, and which frames look wrong, without any truth.

    Args:
        pred: `Masks`, several, or a file or folder in any known format.
        out: `.json` to write.
        format: name of the format, where content leaves a doubt.
        reading: options of the format.
        media: the video or pictures, or a folder with those of each, for formats without sizes.
    """
    from masklet.media.opening import open_media

    if out is not None:
        check_reports(out, None, [pred, media])
    found = sides(pred, Reading(format, reading))
    told = []
    for one in found:
        path = media_of(media, one.name, len(found))
        masks = one.load(open_media(path).video if path is not None else None)
        masks = masks.take((masks.review != Review.REJECTED) & (areas(masks) > 0))
        told.append(Steady(one.name, steadiness(masks), _looks(masks)))
    if out is not None:
        from masklet.verbs.report_json import write_plain

        write_plain({"format": "masklet-steadiness", "videos": told}, Path(out))
    return tuple(told)


def steady_text(found: Sequence[Steady]) -> str:
    """A table a video, and the frames to look at."""
    return "\n\n".join(_told(one) for one in found)


def _told(one: Steady) -> str:
    if not one.objects:
        return f"{one.name}: no tracked object; steadiness needs objects that keep their number"
    head = ["object", "frames", "area change", "jerk px", "temporal IoU", "dropouts", "gaps"]
    rows = [head, *(_row(each) for each in one.objects)]
    looks = [f"look at {shortened(list(frames))}: {reason}" for reason, frames in one.looks]
    lines = looks or ["nothing looks wrong by itself (what a person drew or accepted is not looked at)"]
    return "\n".join([f"{one.name}, without truth:", columns(rows), *lines])


def _row(one: Steadiness) -> list[str]:
    return [
        str(one.object_id),
        str(one.frames),
        f"{one.area_change:.3f}",
        f"{one.jerk:.2f}",
        f"{one.temporal_iou:.3f}",
        str(one.dropouts),
        f"{one.gap_rate:.1%}",
    ]


def _looks(masks: Masks) -> tuple[tuple[str, tuple[int, ...]], ...]:
    """The frames of each reason that has some."""
    again = flagged(masks.replace(flags=masks.flags & np.uint16(0xFFFF & ~_NEW)))
    looks = []
    for flag, words in _REASONS.items():
        frames = np.unique(again.frame[(again.flags & flag) != 0]).tolist()
        if frames:
            looks.append((words, tuple(frames)))
    return tuple(looks)
