"""How far a tail's polyline is from the true one, on generated scenes, from one annotated frame.

Run: python benchmarks/lines.py [quick]     (`quick`: 40 frames a scene)

Distances are taken between polylines, in pixels: from points of the one that was found (the centre
line of the row's mask, as export writes it) to the true one; from visible points of the true one to
the one found; and the mean of both. Only frames that show 8 px of tail or more count; `found` is
the share of these that have a row, and `false` counts rows on the others.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from masklet.core import Masks, MediaSource, Origin, Propagator
from masklet.models.background import Background
from masklet.models.lines.curves import away, even
from masklet.models.lines.engine import Lines, WithLines
from masklet.models.walk import decode
from masklet.ops.raster import shapes_to_masks, skeleton_line
from masklet.ops.table import concat, with_labels
from masklet.testing import PRESETS, ArraySource, Scene

LEAST = 8
Distances = tuple[float, float]


@dataclass(frozen=True)
class Told:
    """Propagator that answers with the true masks of the animals."""

    truth: Masks

    def propagate(self, media: MediaSource, _seeds: Masks, frames: range) -> Iterator[tuple[int, Masks]]:
        for frame in frames:
            rows = self.truth.on(frame).replace(video=media.video, checked=())
            yield frame, rows.replace(origin=Origin.PROPAGATED, review=0, score=0.9, identity_score=0.9)


@dataclass(frozen=True)
class Case:
    """What runs on what: a scene, the annotated frame, how it is drawn and who masks the animals."""

    scene: str
    first: int
    drawn: str
    animals: str


CASES = (
    *(Case(name, 0, "mask", "true") for name in ("cage-bars-1", "arena-1", "arena-2")),
    Case("cage-bars-1", 100, "polyline", "true"),
    Case("arena-2", 100, "polyline", "true"),
    *(Case(name, 0, "mask", "background") for name in ("cage-bars-1", "arena-1", "arena-2")),
    *(Case(name, 0, "mask", "none") for name in ("cage-bars-1", "arena-1", "arena-2")),
    Case("crossing-3", 0, "mask", "true"),
    Case("moving-camera", 0, "mask", "true"),
)


def seeds_of(case: Case, scene: Scene, video: ArraySource) -> Masks:
    """The annotated frame: animals as masks, tails as masks or as polylines 3 px wide."""
    here = range(case.first, case.first + 1)
    rows = scene.truth(tails="own", frames=here).replace(checked=())
    if case.drawn == "polyline":
        drawn = with_labels(shapes_to_masks(scene.polylines(here), line_width=3), rows.labels)
        rows = concat([rows.take(rows.object_id < 100), drawn])
    return rows.replace(video=video.video)


def engine_of(case: Case, scene: Scene) -> Propagator:
    if case.animals == "none":
        return Lines()
    told = Told(scene.truth(tails="none"))
    return WithLines(told if case.animals == "true" else Background())


def apart(rows: Masks, visible: Masks, line: np.ndarray) -> Distances | None:
    """(found to true, true to found) of one tail on one frame; None where it is not found."""
    if not len(rows):
        return None
    size_wh = (rows.video.width, rows.video.height)
    found, true = even(skeleton_line(rows.row_runs(0), size_wh), 1.0), even(line, 1.0)
    at = np.clip(np.floor(true).astype(int), 0, np.array(size_wh) - 1)
    seen = true[decode(visible, 0)[at[:, 1], at[:, 0]]]
    back = float(away(seen, found).mean()) if len(seen) else np.nan
    return float(away(found, true).mean()), back


def lengths(scene: Scene, truth: Masks) -> dict[tuple[int, int], float]:
    """Visible pixels along each true polyline, by (frame, object)."""
    seen: dict[tuple[int, int], float] = {}
    shapes = scene.polylines()
    for i in range(len(shapes)):
        key = int(shapes.frame[i]), int(shapes.track_id[i])
        row = truth.on(key[0]).of(key[1])
        line = even(shapes.row_points(i).reshape(-1, 2), 1.0)
        at = np.clip(np.floor(line).astype(int), 0, np.array(scene.size_wh) - 1)
        seen[key] = float(decode(row, 0)[at[:, 1], at[:, 0]].sum()) if len(row) else 0.0
    return seen


def measure(case: Case, n_frames: int) -> str:
    """One line of the table."""
    scene = PRESETS[case.scene]
    first = min(case.first, n_frames // 2)
    case = replace(case, first=first)
    scene = replace(scene, n_frames=min(scene.n_frames, max(n_frames, first + 2)))
    media = ArraySource(np.stack([image for _, image in scene.frames()]))
    truth, shapes = scene.truth(tails="own"), scene.polylines()
    shown, seeds, engine = lengths(scene, truth), seeds_of(case, scene, media), engine_of(case, scene)
    found: list[Distances] = []
    due = false = 0
    begun = time.perf_counter()
    answers = list(engine.propagate(media, seeds, range(first + 1, scene.n_frames)))
    answers += list(engine.propagate(media, seeds, range(first - 1, -1, -1))) if first else []
    seconds = (time.perf_counter() - begun) / len(answers)
    for frame, rows in answers:
        for i in np.flatnonzero(shapes.frame == frame).tolist():
            obj = int(shapes.track_id[i])
            mine, line = rows.of(obj), shapes.row_points(i).reshape(-1, 2)
            if shown[frame, obj] < LEAST:
                false += len(mine)
                continue
            due += 1
            one = apart(mine, truth.on(frame).of(obj), line)
            found += [one] if one is not None else []
    here, back = np.nanmean(np.array(found), axis=0)
    worst = np.nanquantile(np.mean(np.array(found), axis=1), 0.95)
    return (
        f"| {case.scene} | {first}, {case.drawn} | {case.animals} | {here:.2f} | {back:.2f} | "
        f"{(here + back) / 2:.2f} | {worst:.1f} | {100 * len(found) / due:.1f} % | {false} | "
        f"{seconds:.3f} |"
    )


HEAD = (
    "scene", "annotated", "animals", "found to true, px", "true to found", "both", "both, p95",
    "found", "false", "s per frame",
)  # fmt: skip


def main(quick: bool) -> None:
    print(f"| {' | '.join(HEAD)} |\n|{'---|' * len(HEAD)}")
    for case in CASES:
        print(measure(case, 40 if quick else 200), flush=True)


if __name__ == "__main__":
    main("quick" in sys.argv[1:])
