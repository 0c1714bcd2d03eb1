"""Mean J of the engines without weights, one annotated frame, on real and generated video.

Run: python benchmarks/weightless.py [quick]     (`quick`: every fourth DAVIS sequence, short scenes)
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from masklet.core import Label, Masks, MediaSource, Propagator
from masklet.media import open_media, read_image
from masklet.models.background import Background
from masklet.models.flow import Flow
from masklet.ops import runs
from masklet.ops.overlap import iou_runs
from masklet.ops.table import Row, build
from masklet.testing import PRESETS, ArraySource

DATA = Path(
    os.environ.get("MASKLET_SHARED_DATA", Path(__file__).resolve().parents[2] / "shared" / "data")
)
ENGINES: dict[str, Callable[[], Propagator]] = {"background": Background, "flow": Flow}
Case = tuple[str, MediaSource, Masks, tuple[str, ...]]


def masks_in(folder: Path, media: MediaSource) -> Masks:
    """Truth from a folder of black-and-white pictures named by frame."""
    rows = []
    for path in sorted(folder.glob("*.png")):
        mask = np.asarray(read_image(path)[0])[..., 0] > 127
        rows.append(Row(int(path.stem), 1, 0, runs.encode(mask)))
    return build(media.video, (Label("object"),), rows)


def cases(quick: bool) -> Iterator[Case]:
    if DATA.is_dir():
        media = open_media(str(DATA / "mouse_openfield" / "m3v1mp4.mp4"))
        truth = masks_in(DATA / "mouse_openfield" / "reference_body_masks", media)
        yield "mouse, open field", media, truth, ("background", "flow")
    for name in ("cage-bars-1", "arena-1", "arena-2"):
        scene = PRESETS[name]
        pixels = ArraySource(np.stack([image for _, image in scene.frames()]))
        truth = scene.truth().replace(video=pixels.video)
        yield f"generated {name}", pixels, truth, ("background", "flow")
    folder = DATA / "davis2016_val"
    if folder.is_dir():
        names = sorted(path.name for path in (folder / "JPEGImages" / "480p").iterdir())
        for name in names[:: 4 if quick else 1]:
            media = open_media(str(folder / "JPEGImages" / "480p" / name))
            truth = masks_in(folder / "Annotations" / "480p" / name, media)
            yield f"DAVIS {name}", media, truth, ("flow",)


def judge(engine: Propagator, media: MediaSource, truth: Masks) -> tuple[float, float, float]:
    """(mean J over all later rows, the lowest, seconds per frame with preparation)."""
    first, last = int(truth.frames[0]), int(truth.frames[-1])
    values = []
    begun = time.perf_counter()
    for frame, rows in engine.propagate(media, truth.on(first), range(first + 1, last + 1)):
        expected = truth.on(frame)
        for i, obj in enumerate(expected.object_id):
            mine = rows.of(int(obj))
            values.append(iou_runs(mine.row_runs(0), expected.row_runs(i)) if len(mine) else 0.0)
    seconds = (time.perf_counter() - begun) / (last - first)
    return float(np.mean(values)), float(np.min(values)), seconds


def main(quick: bool) -> None:
    print("| video | engine | mean J | lowest J | s per frame |\n|---|---|---|---|---|")
    davis = []
    for name, media, truth, engines in cases(quick):
        for engine in engines:
            mean, lowest, seconds = judge(ENGINES[engine](), media, truth)
            print(f"| {name} | {engine} | {mean:.3f} | {lowest:.3f} | {seconds:.3f} |", flush=True)
            davis += [mean] if name.startswith("DAVIS") else []
    if davis:
        print(f"| DAVIS, mean of {len(davis)} | flow | {np.mean(davis):.3f} | {np.min(davis):.3f} | |")


if __name__ == "__main__":
    main("quick" in sys.argv[1:])
