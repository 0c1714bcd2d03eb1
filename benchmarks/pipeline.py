"""1080p without an engine: decode, store, draw and encode, against PyAV's plain decode and encode.

Run `python benchmarks/pipeline.py [frames]`. Both sides read the same clip and write with the same
encoder settings, by turns, five times; the best of each side counts. The clip is a real one from
the data folder (`MASKLET_SHARED_DATA`), scaled to 1920x1080, or a generated scene where it is absent.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from masklet.core import Masks
from masklet.core.arrays import Floats
from masklet.media.video import VideoFile
from masklet.media.writer import VideoWriter
from masklet.ops.table import with_video
from masklet.render.overlay import overlay_planes
from masklet.store.project import Project
from masklet.testing.scenes import Scene

SIZE_WH = (1920, 1080)
FPS = 30
ROUNDS = 5
PRESET, CRF = "veryfast", 20  # what VideoWriter takes when not told otherwise
BATCH = 64
DATA = Path(os.environ.get("MASKLET_SHARED_DATA", Path(__file__).parents[2] / "shared" / "data"))


def main() -> None:
    frames = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    with tempfile.TemporaryDirectory() as folder:
        clip = Path(folder) / "clip.mp4"
        make_clip(clip, frames)
        with VideoFile(clip) as media:
            masks = two_objects(media)
            parts: dict[str, Callable[[], object]] = {
                "PyAV: decode + encode": lambda: plain(clip, Path(folder) / "plain.mp4"),
                "masklet: decode + store + overlay + encode": lambda: whole(media, masks, Path(folder)),
                "of which decode": lambda: [None for _ in media.planes()],
                "of which decode + overlay": lambda: [None for _ in overlay_planes(media, masks)],
            }
            rounds = [[clocked(part) for part in parts.values()] for _ in range(ROUNDS)]
        report(list(parts), np.array(rounds), media.video.n_frames)


def clocked(part: Callable[[], object]) -> tuple[float, float]:
    """(seconds on the clock, seconds of all processors)."""
    clock, work = time.perf_counter(), time.process_time()
    part()
    return time.perf_counter() - clock, time.process_time() - work


def report(names: list[str], rounds: Floats, frames: int) -> None:
    """`rounds` `(rounds, parts, 2)`: clock and processor seconds. The best round of each part counts."""
    best = rounds.min(axis=0)
    print(f"1080p pipeline, {frames} frames, 2 objects a frame, best of {ROUNDS}\n")
    print("| what | ms a frame | processor ms a frame |\n|---|---|---|")
    for name, (clock, work) in zip(names, best, strict=True):
        print(f"| {name} | {clock / frames * 1e3:.2f} | {work / frames * 1e3:.2f} |")
    clock, work = best[0] / best[1]
    by_round = np.median(rounds[:, 0, 0] / rounds[:, 1, 0])
    print(f"\nshare of plain PyAV: {clock:.2f} (must 0.7, aim 0.9)")
    print(f"median over rounds {by_round:.2f}; by processor time {work:.2f}")


def whole(media: VideoFile, masks: Masks, folder: Path) -> None:
    """What a run without an engine does: rows into a new project, frames drawn and written."""
    path = folder / "project.masklet"
    path.unlink(missing_ok=True)
    with (
        Project.create(path, media.video, masks.labels) as project,
        VideoWriter(folder / "overlay.mp4", SIZE_WH, FPS, CRF, PRESET) as writer,
    ):
        store = project.masks()
        for index, image in overlay_planes(media, masks):
            writer.write(image)
            if index % BATCH == 0:
                first, last = np.searchsorted(masks.frame, [index, index + BATCH])
                store.append(masks.take(slice(first, last)))


def plain(source: Path, target: Path) -> None:
    """The least that can be done: PyAV, decoded pictures handed to the encoder as they are."""
    encode(target, pictures(source))


def pictures(source: Path) -> Iterator[Any]:
    with av.open(str(source)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        yield from container.decode(stream)


def encode(target: Path, frames: Iterator[Any]) -> None:
    with av.open(str(target), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(FPS))
        stream.width, stream.height = SIZE_WH
        stream.pix_fmt = "yuv420p"
        stream.thread_type = "AUTO"
        stream.options = {"preset": PRESET, "crf": str(CRF)}
        for i, frame in enumerate(frames):
            frame.pts, frame.time_base = i, Fraction(1, FPS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def make_clip(target: Path, frames: int) -> None:
    """`frames` frames of 1080p; a real clip runs to and fro until it is long enough."""
    real = DATA / "clips" / "01_dog.mp4"
    encode(target, scaled(real if real.is_file() else None, frames))


def scaled(real: Path | None, frames: int) -> Iterator[Any]:
    done = 0
    while done < frames:
        source = pictures(real) if real else generated()
        for frame in source:
            if done == frames:
                break
            yield frame.reformat(*SIZE_WH, format="yuv420p")
            done += 1


def generated() -> Iterator[Any]:
    for _, image in Scene(size_wh=(960, 540), n_frames=60).frames():
        yield av.VideoFrame.from_ndarray(image, "rgb24")


def two_objects(media: VideoFile) -> Masks:
    """Two animals on every frame."""
    scene = Scene(n_animals=2, size_wh=SIZE_WH, n_frames=media.video.n_frames, fps=FPS)
    return with_video(scene.truth(), media.video)


if __name__ == "__main__":
    main()
