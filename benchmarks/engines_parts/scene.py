"""A textured floor and textured animals that walk on it; frames are made as they are asked for."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from masklet.core import Label, Masks, Video
from masklet.ops import runs
from masklet.ops.table import Row, build


class Walkers:
    """A MediaSource without a file, with the truth of its first frame.

    Args:
        size_wh: pixels.
        count: animals.
        n: frames.
    """

    def __init__(self, size_wh: tuple[int, int], count: int, n: int) -> None:
        rng = np.random.default_rng(0)
        wide, high = size_wh
        self.video = Video(f"walkers:{count}", wide, high, n, np.arange(n) / 25)
        tile = rng.integers(100, 180, (high // 8 + 1, wide // 8 + 1, 3), np.uint8)
        self._floor = tile.repeat(8, 0).repeat(8, 1)[:high, :wide]
        self._side = max(8, high // 12)
        self._fur = rng.integers(10, 255, (count, self._side, self._side, 3), np.uint8)
        self._start = rng.integers(0, (wide - 2 * self._side, high - 2 * self._side), (count, 2))

    def box(self, k: int, frame: int) -> tuple[slice, slice]:
        """Rows and columns of an animal."""
        x, y = self._start[k] + (frame % self._side, 0)
        return slice(y, y + self._side), slice(x, x + self._side)

    def __getitem__(self, index: int) -> np.ndarray:
        image = self._floor.copy()
        for k, fur in enumerate(self._fur):
            image[self.box(k, index)] = fur
        return image

    def frames(
        self, start: int = 0, stop: int | None = None, step: int = 1
    ) -> Iterator[tuple[int, np.ndarray]]:
        for index in range(start, self.video.n_frames if stop is None else stop, step):
            yield index, self[index]

    def masks(self) -> dict[int, np.ndarray]:
        """`(h, w) bool` of every animal on frame 0, by id."""
        found = {}
        for k in range(len(self._fur)):
            mask = np.zeros((self.video.height, self.video.width), bool)
            mask[self.box(k, 0)] = True
            found[k + 1] = mask
        return found

    def seeds(self) -> Masks:
        """The same as rows that a person drew."""
        rows = [Row(0, obj, 0, runs.encode(mask)) for obj, mask in self.masks().items()]
        return build(self.video, (Label("animal"),), rows)
