"""Frames in the order that a range asks for, forward or backward, at bounded memory."""

from __future__ import annotations

from collections.abc import Iterator

from masklet.core.arrays import Image
from masklet.core.errors import UsageError
from masklet.core.protocols import MediaSource

BLOCK_BYTES = 192_000_000
"""Pixels kept in memory while reading backward."""


def frames_in_order(media: MediaSource, frames: range) -> Iterator[tuple[int, Image]]:
    """(index, `(h, w, 3) uint8` RGB) for each of `frames`, in their order.

    A falling range is read forward in blocks of at most `BLOCK_BYTES` and each block is given
    back to front, since video can only be decoded forward.
    """
    if not frames:
        return
    if frames.step > 0:
        yield from media.frames(frames.start, frames.stop, frames.step)
        return
    if frames.step != -1:
        raise UsageError(f"cannot read frames backward in steps of {frames.step}; expected -1")
    video = media.video
    block = max(4, min(256, BLOCK_BYTES // (video.width * video.height * 3)))
    high, low = frames[0], frames[-1]
    while high >= low:
        first = max(low, high - block + 1)
        yield from reversed(list(media.frames(first, high + 1)))
        high = first - 1
