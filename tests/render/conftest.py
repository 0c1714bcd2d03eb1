"""A small video of two moving blocks, in memory."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from masklet.core import Flags, Label, Masks, Video
from masklet.ops.runs import encode

W, H, N = 160, 120, 20


class Still:
    """A MediaSource of grey frames whose level is their number."""

    def __init__(self, n: int = N, size_wh: tuple[int, int] = (W, H)) -> None:
        self.video = Video("still", *size_wh, n, times=np.arange(n) / 10)

    def frames(self, start=0, stop=None, step=1) -> Iterator[tuple[int, np.ndarray]]:
        for i in range(start, self.video.n_frames if stop is None else stop, step):
            yield i, self[i]

    def __getitem__(self, index: int) -> np.ndarray:
        return np.full((self.video.height, self.video.width, 3), 100 + index, np.uint8)


@pytest.fixture
def media() -> Still:
    return Still()


@pytest.fixture
def small_media() -> Still:
    """Frames of another size than the masks'."""
    return Still(3, (64, 48))


@pytest.fixture
def masks(media) -> Masks:
    """Objects 1 and 2 on every frame; frame 7 is doubted, frame 15 has the lowest score."""
    frame, ids = np.repeat(np.arange(N), 2), np.tile([1, 2], N)
    runs = []
    for f, i in zip(frame, ids, strict=True):
        mask = np.zeros((H, W), bool)
        x, y = (20 + 2 * f, 40) if i == 1 else (100, 30 + f)
        mask[y : y + 30, x : x + 40] = True
        runs.append(encode(mask))
    score = np.where((frame == 15) & (ids == 1), 0.2, 0.95)
    flags = np.where((frame == 7) & (ids == 2), int(Flags.AREA_JUMP), 0)
    offset = np.cumsum([0, *(len(r) for r in runs)])
    labels = (Label("rat"), Label("mouse", colour="#123456"))
    return Masks(
        media.video, labels, frame, ids, ids - 1, np.concatenate(runs), offset, score, flags=flags
    )
