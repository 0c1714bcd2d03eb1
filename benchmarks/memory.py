"""Resident memory of engine `flow` over 10,000 frames of 1080p: must be flat within 30 MB.

A textured animal walks to and fro over a textured floor; frames are made as they are asked for.
Run: python benchmarks/memory.py [frames]
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from masklet.core import Label, Video
from masklet.models.flow import Flow
from masklet.ops import runs
from masklet.ops.table import Row, build

SIZE_WH = (1920, 1080)


class Walk:
    """A MediaSource without a file."""

    def __init__(self, n: int) -> None:
        rng = np.random.default_rng(0)
        w, h = SIZE_WH
        self.video = Video("walk:", w, h, n)
        self._floor = rng.integers(100, 180, (h // 8, w // 8, 3), np.uint8).repeat(8, 0).repeat(8, 1)
        self._fur = rng.integers(10, 70, (20, 30, 3), np.uint8).repeat(6, 0).repeat(6, 1)

    def __getitem__(self, index: int) -> np.ndarray:
        image = self._floor.copy()
        x, y = self.place(index)
        image[y : y + 120, x : x + 180] = self._fur
        return image

    def frames(
        self, start: int = 0, stop: int | None = None, step: int = 1
    ) -> Iterator[tuple[int, np.ndarray]]:
        for index in range(start, self.video.n_frames if stop is None else stop, step):
            yield index, self[index]

    @staticmethod
    def place(index: int) -> tuple[int, int]:
        """Top left corner: to and fro, 4 pixels a frame."""
        at = (4 * index) % 2800
        return 200 + (at if at < 1400 else 2800 - at), 400


def resident_mb() -> float:
    with Path("/proc/self/status").open() as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


def main(n: int) -> None:
    media, label = Walk(n), (Label("animal"),)
    mask = np.zeros(SIZE_WH[::-1], bool)
    x, y = media.place(0)
    mask[y : y + 120, x : x + 180] = True
    truth = build(media.video, label, [Row(0, 1, 0, runs.encode(mask))])
    engine, seen, begun = Flow(), {}, time.perf_counter()
    for frame, rows in engine.propagate(media, truth, range(1, n)):
        assert len(rows), f"lost on frame {frame}"
        if frame % 100 == 0 and frame >= min(1000, n // 10):
            seen[frame] = resident_mb()
    seconds = (time.perf_counter() - begun) / (n - 1)
    values = list(seen.values())
    print("| frames | first | last | highest - lowest | s per frame |\n|---|---|---|---|---|")
    print(
        f"| {min(seen)}..{max(seen)} | {values[0]:.1f} MB | {values[-1]:.1f} MB "
        f"| {max(values) - min(values):.1f} MB | {seconds:.3f} |"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
