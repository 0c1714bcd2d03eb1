"""Frames spread over a whole video, at bounded cost."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from masklet.core import MediaSource
from masklet.core.arrays import Image
from masklet.core.pausing import pause_point

SEQUENTIAL = 6000
"""Up to this many frames a video is read from end to end; longer ones are read by jumps."""


def spread(media: MediaSource, count: int) -> Iterator[tuple[int, Image]]:
    """(index, `(h, w, 3) uint8`) of at most `count` frames, evenly spread over the whole video."""
    n = media.video.n_frames
    if n <= SEQUENTIAL:
        step = max(1, -(-n // count))
        for found in media.frames(step // 2 if n > step else 0, n, step):
            pause_point("looks at the whole video", found[0], n)
            yield found
        return
    for index in np.unique(np.linspace(0, n - 1, count).round().astype(int)).tolist():
        pause_point("looks at the whole video", index, n)
        yield index, media[index]
