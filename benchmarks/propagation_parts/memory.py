"""Resident memory of one run over 3,000 frames."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from masklet.core import Video
from masklet.core.arrays import Image
from masklet.testing import PRESETS, Scene
from propagation_parts.bench import Bench
from propagation_parts.footage import by_number
from propagation_parts.part import Figures, Job, Record, Table
from propagation_parts.results import Results

FRAMES = 3000
EVERY = 100
"""Frames between two readings; the first comes after as many."""
SHOWN = 500
TITLE = "Memory"
NOTE = (
    f"One call of `propagate` over {FRAMES} frames of 854x480, painted one by one as they are asked "
    f"for; rows are thrown away. Resident memory of the process is read every {EVERY} frames; it "
    "must stay flat within 30 MB."
)
COLUMNS = {
    "frames": "g",
    "highest - lowest, MB": ".1f",
    "highest, MB": ".1f",
    "frames lost": "g",
    "mean score": ".2f",
}


class Loop:
    """A MediaSource that plays a scene to and fro without end, painting each frame anew."""

    def __init__(self, scene: Scene, n_frames: int) -> None:
        self._scene = scene
        self.video = Video(f"loop:{scene.video.uri}", *scene.size_wh, n_frames)

    def __getitem__(self, index: int) -> Image:
        return self._scene[self.place(index)]

    def place(self, index: int) -> int:
        """The scene's frame that stands for a frame of the loop."""
        at = index % (2 * self._scene.n_frames - 2)
        return at if at < self._scene.n_frames else 2 * self._scene.n_frames - 2 - at

    def frames(
        self, start: int = 0, stop: int | None = None, step: int = 1
    ) -> Iterator[tuple[int, Image]]:
        """(index, `(h, w, 3) uint8` RGB)."""
        return by_number(self, start, stop, step)


def jobs(bench: Bench) -> Iterator[Job]:
    """One run, told in one record."""
    if bench.chosen("memory"):
        yield Job("run", lambda: _record(bench))


def _record(bench: Bench) -> Record:
    scene = replace(PRESETS["arena-1"], size_wh=(854, 480))
    n = bench.frames or FRAMES
    media = Loop(scene, n)
    seeds = scene.truth(frames=range(1)).replace(video=media.video)
    resident, scores = {}, []
    for frame, rows in bench.make().propagate(media, seeds, range(1, n)):
        scores.append(float(rows.score.mean()) if len(rows) else 0.0)
        if frame % EVERY == 0 or frame == n - 1:
            resident[frame] = resident_mb()
    values = list(resident.values())
    figures: Figures = {
        "frames": n,
        "highest - lowest, MB": max(values) - min(values),
        "highest, MB": max(values),
        "frames lost": sum(score == 0 for score in scores),
        "mean score": sum(scores) / len(scores),
        "resident": {str(frame): mb for frame, mb in resident.items()},
    }
    return Record(figures)


def resident_mb() -> float:
    """Resident memory of this process."""
    with Path("/proc/self/status").open(encoding="utf-8") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


def summary(rows: Sequence[Figures], _: Results) -> list[Table]:
    """Memory at some of the frames where it was read."""
    read = [(int(frame), mb) for row in rows for frame, mb in row["resident"].items()]
    last = max((frame for frame, _ in read), default=0)
    shown = [
        {"frame": str(frame), "resident, MB": mb}
        for frame, mb in read
        if frame in (EVERY, last) or frame % SHOWN == 0
    ]
    return [Table({"frame": "", "resident, MB": ".1f"}, shown)]
