"""Videos and projects that the parts open: animals in Full HD, a scene to track, 100,000 frames."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import av
import numpy as np

from masklet.core import Label, Masks, Video
from masklet.media.opening import open_media
from masklet.media.writer import VideoWriter
from masklet.ops import runs
from masklet.ops.table import Row, build
from masklet.store.project import Project
from masklet.testing.scenes import Scene
from masklet.verbs.projects import PROJECT
from web_parts.films import HEIGHT, WIDTH, film

RAT = (Label("rat"),)
CROP = (420, 260)
SCENE = Scene("arena", 2, size_wh=(640, 480), n_frames=600, seed=5)
LONG = 100_000


def project(home: Path, path: Path, rows: Masks | None = None) -> Path:
    """A project of a film in a new folder, with rows; the folder."""
    home.mkdir(parents=True)
    labels = RAT if rows is None else rows.labels
    with Project.create(home / PROJECT, open_media(path).video, labels) as made:
        if rows is not None:
            made.masks().append(rows.replace(video=made.masks().video))
    return home


def animals(folder: Path, home: Path, bars: bool = False, frames: int = 64) -> Path:
    """Three bodies of a rat's size with rough outlines that walk, in Full HD; the project's folder."""
    path = film(folder, "gop30.mp4", 240)
    return project(home, path, build(open_media(path).video, RAT, _walk(frames, bars)))


def _walk(frames: int, bars: bool) -> Iterable[Row]:
    rng = np.random.default_rng(1)
    wide, high = CROP
    y, x = np.mgrid[:high, :wide]
    angle = np.arctan2(y - high / 2, x - wide / 2)
    radius = np.hypot((x - wide / 2) / 170, (y - high / 2) / 100)
    for frame in range(frames):
        for number in range(3):
            rough = 1 + sum(
                float(a) * np.sin(k * angle + float(b))
                for k, a, b in zip(
                    range(2, 30), rng.normal(0, 0.02, 28), rng.uniform(0, 6, 28), strict=True
                )
            )
            corner = (120 + 580 * number + frame * 2, 400 + (frame * (number + 1)) % 120)
            mask = radius < rough
            if bars:
                mask &= (x + corner[0]) % 32 > 4
            yield Row(frame, number + 1, 0, runs.encode_crop(mask, corner, (WIDTH, HEIGHT)), score=0.9)


def coco_texts(home: Path, frames: Iterable[int]) -> list[str]:
    """The same masks as COCO's uncompressed run lengths, JSON of one frame each."""
    with Project.open(home / PROJECT, readonly=True) as opened:
        rows = opened.masks().load()
    found = []
    for frame in frames:
        chosen = np.flatnonzero(rows.frame == frame)
        sizes = [{"size": [HEIGHT, WIDTH], "counts": rows.row_runs(int(i)).tolist()} for i in chosen]
        found.append(json.dumps(sizes))
    return found


def scene(folder: Path) -> Path:
    """Two animals in an arena, 600 frames."""
    path = folder / f"arena-{SCENE.n_frames}.mp4"
    if not path.exists():
        beside = folder / f"making-{path.name}"
        with VideoWriter(beside, SCENE.size_wh, fps=SCENE.fps) as writer:
            for _, image in SCENE.frames():
                writer.write(image)
        beside.replace(path)
    return path


def seeded(folder: Path, home: Path, frames: Sequence[int] = (0,)) -> Path:
    """The scene with its truth on some frames; the project's folder."""
    truth = SCENE.truth(tails="none", frames=range(max(frames) + 1))
    rows = truth.take(np.isin(truth.frame, frames)).replace(checked=())
    return project(home, scene(folder), rows)


def middle(number: int, frame: int = 0) -> tuple[float, float]:
    """A pixel of an animal of the scene: the one nearest to the middle of its body."""
    truth = SCENE.truth(tails="none", frames=range(frame, frame + 1))
    row = int(np.flatnonzero((truth.frame == frame) & (truth.object_id == number))[0])
    ys, xs = np.nonzero(runs.decode(truth.row_runs(row), SCENE.size_wh))
    nearest = np.argmin(np.hypot(xs - xs.mean(), ys - ys.mean()))
    return float(xs[nearest]) + 0.5, float(ys[nearest]) + 0.5


def long_film(folder: Path, frames: int = LONG) -> Path:
    """Small frames, very many."""
    path = folder / f"{frames}.mp4"
    if path.exists():
        return path
    beside = folder / f"making-{path.name}"
    with av.open(str(beside), "w") as out:
        stream: Any = out.add_stream("libx264", rate=30, options={"preset": "ultrafast", "crf": "35"})
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        images = [np.full((120, 160, 3), grey, np.uint8) for grey in range(40, 200, 4)]
        for number in range(frames):
            out.mux(stream.encode(av.VideoFrame.from_ndarray(images[number // 25 % 40], format="rgb24")))
        out.mux(stream.encode(None))
    beside.replace(path)
    return path


def long_project(folder: Path, home: Path, frames: int = LONG) -> Path:
    """Two animals on every frame of the long film; the project's folder."""
    path = long_film(folder, frames)
    video: Video = open_media(path).video
    body = np.ones((16, 24), bool)
    rows = [
        Row(
            frame,
            number,
            0,
            runs.encode_crop(body, (frame // 100 % 100 + 10 * number, 40 * number), (160, 120)),
            score=0.5 + 0.5 * (frame % 100) / 100,
        )
        for frame in range(frames)
        for number in (1, 2)
    ]
    return project(home, path, build(video, RAT, rows))
