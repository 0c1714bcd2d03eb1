"""Which frames an engine has to look at, and where each object is given to it on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from masklet.core import DataError, Flags, Masks, MediaSource, UsageError, Video
from masklet.core.arrays import Bools
from masklet.ops import runs as run_lengths


@dataclass(frozen=True)
class Walk:
    """A plan for one call of `propagate`.

    Args:
        frames: every frame to look at, in running order, one at a time; the wanted ones are among
            them. It begins where objects are first given, which may lie before the wanted ones.
        wanted: the frames that the caller asked for.
        given: rows by frame, in which the engine takes objects up.
    """

    frames: range
    wanted: range
    given: Mapping[int, Masks]


def plan_walk(media: MediaSource, seeds: Masks, wanted: range) -> Walk:
    """From the seeds on the frame next to `wanted`, else from the nearest truth behind it.

    Trusted rows on the way count too. `UsageError` where there is no truth, `DataError` where the
    frames do not fit the video.
    """
    check_call(media, seeds, wanted)
    if not wanted:
        return Walk(range(0), wanted, {})
    sign = 1 if wanted.step > 0 else -1
    edge = wanted[0] - sign
    visible = (seeds.flags & Flags.OUTSIDE) == 0
    begin = wanted[0]
    if np.any(visible & (seeds.frame == edge)):
        begin = edge
    else:
        behind = seeds.frame[visible & seeds.trusted & (sign * seeds.frame <= sign * edge)]
        if len(behind):
            begin = int(behind.max() if sign > 0 else behind.min())
    frames = range(begin, wanted[-1] + sign, sign)
    starts = seeds.trusted | (seeds.frame == edge)
    given = {
        frame: seeds.take(visible & starts & (seeds.frame == frame))
        for frame in np.unique(seeds.frame[visible & starts]).tolist()
        if frame in frames
    }
    return Walk(frames, wanted, given)


def check_call(media: MediaSource, seeds: Masks, wanted: range) -> None:
    """Refuse what no engine of this room can work with."""
    video = media.video
    if not seeds.trusted.any():
        raise UsageError("no annotated frame to start from; annotate at least one object on one frame")
    if (seeds.video.width, seeds.video.height) != (video.width, video.height):
        raise DataError(
            f"the annotation is {seeds.video.width}x{seeds.video.height} pixels and the video "
            f"{video.width}x{video.height}; expected equal sizes"
        )
    check_sizes(video)
    first, last = (min(wanted[0], wanted[-1]), max(wanted[0], wanted[-1])) if wanted else (0, -1)
    if video.n_frames < 0 and wanted.step < 0:
        raise DataError(f"{video.uri} has no end to run back from; expected frames that rise")
    if first < 0 or (video.n_frames >= 0 and last >= video.n_frames):
        raise DataError(
            f"frames {first}..{last} were asked for; expected frames within 0..{video.n_frames - 1}"
        )


def check_sizes(video: Video) -> None:
    """Raise `DataError` for pictures of several sizes."""
    sizes = video.frame_sizes
    if sizes is None or (sizes == sizes[:1]).all():
        return
    other = int((sizes != sizes[0]).any(axis=1).argmax())
    first, second = (f"{wide} x {high}" for wide, high in sizes[[0, other]].tolist())
    raise DataError(
        f"the pictures of {video.uri} differ in size: frame 0 is {first} pixels, frame {other} is "
        f"{second}; expected one size. Tracking follows objects from picture to picture: put pictures "
        "of one size in a folder of their own"
    )


def decode(masks: Masks, row: int) -> Bools:
    """`(h, w) bool`: one row on its whole frame."""
    size_wh = masks.video.size_wh(int(masks.frame[row]))
    return run_lengths.decode(masks.row_runs(row), size_wh)
