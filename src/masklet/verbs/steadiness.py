"""Without any truth: how steady masks are, and which frames to look at first."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from masklet.annotate.ranges import shortened
from masklet.core import Flags, Masks
from masklet.evaluation.steadiness import Steadiness, flagged, steadiness
from masklet.verbs.evaluate import media_of
from masklet.verbs.report_text import columns
from masklet.verbs.sides import Reading, sides

_REASONS = {
    Flags.AREA_JUMP: "area jumps",
    Flags.UNSURE_IDENTITY: "hardly overlaps the mask before",
    Flags.VANISHES: "gone for one frame after",
}
_NEW = Flags.AREA_JUMP | Flags.UNSURE_IDENTITY | Flags.VANISHES


def steady(
    pred: str | Path,
    format: str | None = None,  # noqa: A002 (the word of the command line)
    reading: Mapping[str, Any] | None = None,
    media: str | Path | None = None,
) -> str:
    """A table of every object of every video, and the frames that look wrong with their reasons."""
    from masklet.media.opening import open_media

    found = sides(pred, Reading(format, reading))
    said = []
    for one in found:
        path = media_of(media, one.name, len(found))
        masks = one.load(open_media(path).video if path is not None else None)
        said.append(_told(one.name, masks))
    return "\n\n".join(said)


def _told(name: str, masks: Masks) -> str:
    objects = steadiness(masks)
    if not objects:
        return f"{name}: no tracked object; steadiness needs objects that keep their number"
    head = ["object", "frames", "area change", "jerk px", "temporal IoU", "dropouts", "gaps"]
    rows = [head, *(_row(one) for one in objects)]
    return "\n".join([f"{name}, without truth:", columns(rows), *_looks(masks)])


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


def _looks(masks: Masks) -> list[str]:
    """One line a reason: the frames that have it."""
    again = flagged(masks.replace(flags=masks.flags & np.uint16(0xFFFF & ~_NEW)))
    lines = []
    for flag, words in _REASONS.items():
        frames = np.unique(again.frame[(again.flags & flag) != 0]).tolist()
        if frames:
            lines.append(f"look at {shortened(frames)}: {words}")
    return lines or ["nothing looks wrong by itself"]
