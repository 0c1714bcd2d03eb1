"""Which frames of a tracked video to annotate next."""

from __future__ import annotations

from pathlib import Path

from masklet.annotate.ask import Asked
from masklet.annotate.ask import next_frames as choose
from masklet.annotate.ranges import parse_ranges
from masklet.annotate.stretches import Direction
from masklet.annotate.track import check_direction
from masklet.core import Masks
from masklet.verbs.projects import PROJECT


def next_frames(
    masks: Masks | str | Path,
    n: int = 3,
    *,
    frames: str | None = None,
    direction: Direction = "both",
) -> tuple[Asked, ...]:
    """The `n` frames whose annotation would help most, the most helpful first.

    Args:
        masks: what `track` returned, its folder, or masks in any known format.
        n: how many; fewer come back where nothing else is in doubt.
        frames: comma list of frames and inclusive ranges that count; None = all.
        direction: of the run that is to follow.

    Raises `UsageError` for `n` below 1 or a direction or frames that do not exist.
    """
    from masklet.formats.files import read

    check_direction(direction)
    if not isinstance(masks, Masks):
        project = Path(masks) / PROJECT
        masks = read(project if project.exists() else masks)
    wanted = parse_ranges(frames, masks.video.n_frames) if frames else None
    return choose(masks, n, frames=wanted, direction=direction)
