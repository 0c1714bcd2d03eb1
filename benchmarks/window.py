"""`--crop`: small animals in large frames, tracked with and without a moving window.

    python benchmarks/window.py [--frames 60]

One annotated frame, the first; mean J on the others. The animals are far away: a generated arena, and a
real mouse, shrunk to 240 lines and laid into a larger still picture: they are some 40 pixels long. The
engine without a window scales the large frame down to its own working size.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from masklet import Masks, Video, open_media
from masklet.core.arrays import Image
from masklet.core.protocols import MediaSource, Propagator
from masklet.formats.files import read
from masklet.infer.window import Windowed
from masklet.models.flow import Flow
from masklet.ops.overlap import iou_pairs
from masklet.ops.placing import placed, scaled
from masklet.ops.table import Row, build
from masklet.testing import PRESETS, Scene

DATA = Path(
    os.environ.get("MASKLET_SHARED_DATA", Path(__file__).resolve().parents[2] / "shared" / "data")
)
MOUSE = DATA / "mouse_openfield"
SMALL = 320, 240


class Shrunk:
    """A `MediaSource`: another one at a smaller size."""

    def __init__(self, media: MediaSource) -> None:
        self._media = media
        self.video = Video("shrunk:" + media.video.uri, *SMALL, media.video.n_frames)

    def frames(
        self, start: int = 0, stop: int | None = None, step: int = 1
    ) -> Iterator[tuple[int, Image]]:
        """As `MediaSource`."""
        for index, image in self._media.frames(start, stop, step):
            yield index, cv2.resize(image, SMALL, interpolation=cv2.INTER_AREA)

    def __getitem__(self, index: int) -> Image:
        """As `MediaSource`."""
        return cv2.resize(self._media[index], SMALL, interpolation=cv2.INTER_AREA)


class Far:
    """A `MediaSource`: another one, unscaled, within a larger picture that does not move."""

    def __init__(self, media: MediaSource, size_wh: tuple[int, int], at: tuple[int, int]) -> None:
        self._media, self.at = media, at
        first = media[0]
        reach = [
            (at[1], size_wh[1] - at[1] - first.shape[0]),
            (at[0], size_wh[0] - at[0] - first.shape[1]),
        ]
        self._around = np.pad(first, [*reach, (0, 0)], "symmetric")
        noise = np.random.default_rng(0).normal(0, 6, self._around.shape)
        texture = cv2.GaussianBlur(self._around, (0, 0), 40).astype(np.float32) + noise
        self._around = np.clip(texture, 0, 255).astype(np.uint8)
        self._video = Video("far:" + media.video.uri, *size_wh, media.video.n_frames)

    @property
    def video(self) -> Video:
        """The larger picture's size."""
        return self._video

    def frames(
        self, start: int = 0, stop: int | None = None, step: int = 1
    ) -> Iterator[tuple[int, Image]]:
        """As `MediaSource`."""
        for index, image in self._media.frames(start, stop, step):
            yield index, self._laid(image)

    def __getitem__(self, index: int) -> Image:
        """As `MediaSource`."""
        return self._laid(self._media[index])

    def _laid(self, image: Image) -> Image:
        whole, (x, y) = self._around.copy(), self.at
        whole[y : y + image.shape[0], x : x + image.shape[1]] = image
        return whole

    def masks(self, near: Masks) -> Masks:
        """Masks on the smaller picture, on the larger one."""
        size, rows = (near.video.width, near.video.height), []
        for row in range(len(near)):
            runs = placed(near.row_runs(row), size, self.at, (self._video.width, self._video.height))
            rows.append(
                Row(int(near.frame[row]), int(near.object_id[row]), int(near.label_id[row]), runs)
            )
        return build(self._video, near.labels, rows)


def cases(frames: int) -> Iterator[tuple[str, Far, Masks]]:
    """Name, pictures and truth of each video."""
    for size in ((1920, 1080), (3840, 2160)):
        at = size[0] // 3, size[1] // 3
        for name in ("arena-1", "moving-camera"):
            scene: Scene = replace(PRESETS[name], n_frames=frames, size_wh=SMALL)
            far = Far(scene, size, at)
            yield f"{name} in {size[0]}x{size[1]}", far, far.masks(scene.truth(tails="none"))
        if MOUSE.exists():
            video = Shrunk(open_media(MOUSE / "m3v1mp4.mp4"))
            far = Far(video, size, at)
            yield f"mouse in {size[0]}x{size[1]}", far, far.masks(_mouse(video.video, frames))


def _mouse(video: Video, frames: int) -> Masks:
    """The derived masks of a stretch in which the mouse walks."""
    folder, rows, first = MOUSE / "reference_body_masks", [], None
    for path in sorted(folder.glob("*.png")):
        if int(path.stem) >= (first or 0) and (first is None or int(path.stem) < first + frames):
            first = int(path.stem) if first is None else first
            one = read(path)
            runs = scaled(one.row_runs(0), (one.video.width, one.video.height), SMALL)
            rows.append(Row(int(path.stem), 1, 0, runs))
    return build(video, one.labels, rows)


def score(engine: Propagator, media: MediaSource, truth: Masks) -> tuple[float, float]:
    """Mean J on the frames after the first, and milliseconds a frame."""
    first, last = int(truth.frames[0]), int(truth.frames[-1])
    begun, js = time.perf_counter(), []
    for frame, rows in engine.propagate(media, truth.on(first), range(first + 1, last + 1)):
        real = truth.on(frame)
        if len(real):
            found = rows.replace(checked=())
            js.append(float(iou_pairs(found, real.replace(checked=()))[0]) if len(found) else 0.0)
    return float(np.mean(js)), 1e3 * (time.perf_counter() - begun) / (last - first)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=60)
    parser.add_argument("--side", type=int, default=512)
    told = parser.parse_args()
    print("| animal, frame | J, whole frame | J, window | ms a frame, whole | ms, window |")
    print("|---|---|---|---|---|")
    for name, media, truth in cases(told.frames):
        plain, plain_ms = score(Flow(), media, truth)
        window, window_ms = score(Windowed(Flow(), told.side), media, truth)
        print(f"| {name} | {plain:.3f} | {window:.3f} | {plain_ms:.0f} | {window_ms:.0f} |", flush=True)


if __name__ == "__main__":
    main()
