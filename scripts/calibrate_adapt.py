"""Find the weights of `adapt`'s score, so that it says what IoU to expect.

    python scripts/calibrate_adapt.py DATA [--frames 60]

Runs the engine on the five tuning sequences of DAVIS and on generated scenes, gathers the evidence of
every mask and its true IoU, and fits a logistic function to them. Prints lines for evidence.py.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from masklet.core import Label, Masks, MediaSource
from masklet.media import open_media, read_image
from masklet.models.adapt import engine
from masklet.models.adapt.evidence import WEIGHTS
from masklet.models.adapt.tracking import Tracking
from masklet.ops import runs
from masklet.ops.overlap import iou_runs
from masklet.ops.table import Row, build
from masklet.testing import PRESETS, ArraySource

TUNING = ("dog", "camel", "bmx-trees", "drift-straight", "cows")
SCENES = ("arena-2", "cage-bars-1", "crossing-3", "moving-camera")
RIDGE = 0.02

Case = tuple[str, MediaSource, Masks]


def main() -> None:
    """Gather, fit, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--frames", type=int, default=90)
    parser.add_argument("--quality", default="normal")
    parser.add_argument("--keep", type=Path, help="also write what was gathered (.npz)")
    given = parser.parse_args()
    facts: list[np.ndarray] = []
    truths: list[float] = []
    for name, media, truth in cases(given.data, given.frames):
        found = list(gather(media, truth, given.quality))
        facts += [one for one, _ in found]
        truths += [iou for _, iou in found]
        print(
            f"{name}: {len(found)} masks, mean IoU {np.mean([iou for _, iou in found]):.3f}", flush=True
        )
    table, wanted = np.array(facts), np.array(truths)
    if given.keep:
        np.savez(given.keep, facts=table, wanted=wanted)
    report(table, wanted)


def cases(data: Path, frames: int) -> Iterator[Case]:
    """Tuning material only."""
    for name in TUNING:
        folder = data / "davis2016_val"
        media = open_media(str(folder / "JPEGImages" / "480p" / name))
        rows = []
        for path in sorted((folder / "Annotations" / "480p" / name).glob("*.png"))[:frames]:
            mask = np.asarray(read_image(path)[0])[..., 0] > 127
            rows.append(Row(int(path.stem), 1, 0, runs.encode(mask)))
        yield name, media, build(media.video, (Label("object"),), rows)
    for name in SCENES:
        scene = PRESETS[name]
        media = ArraySource(np.stack([image for _, image in scene.frames()]))
        truth = scene.truth().replace(video=media.video)
        yield name, media, truth.take(truth.frame < frames)


def gather(media: MediaSource, truth: Masks, quality: str) -> Iterator[tuple[np.ndarray, float]]:
    """(evidence, true IoU) of every mask that the engine gives from the first frame on."""
    seen: list[Tracking] = []

    class Watched(Tracking):
        def __init__(self, *arguments: object) -> None:
            super().__init__(*arguments)  # type: ignore[arg-type]
            seen.append(self)

    before, engine.Tracking = engine.Tracking, Watched  # type: ignore[misc]
    try:
        made = engine.Adapt(quality)  # type: ignore[arg-type]
        for frame, rows in made.propagate(media, truth.on(0), range(1, int(truth.frames[-1]) + 1)):
            for obj, evidence in seen[-1].evidence.items():
                mine, expected = rows.of(obj), truth.on(frame).of(obj)
                iou = 0.0
                if len(mine) and len(expected):
                    iou = iou_runs(mine.row_runs(0), expected.row_runs(0))
                yield np.array([getattr(evidence, name) for name in WEIGHTS]), iou
    finally:
        engine.Tracking = before  # type: ignore[misc]


def report(facts: np.ndarray, wanted: np.ndarray) -> None:
    """Print the weights, and how well they do."""
    weights = logistic(facts, wanted)
    bias = float(weights[-1])
    listed = "".join(f'    "{name}": {w:.2f},\n' for name, w in zip(WEIGHTS, weights, strict=False))
    print(f"WEIGHTS = {{\n{listed}}}\nBIAS = {bias:.2f}")
    score = 1 / (1 + np.exp(-(facts @ weights[:-1] + bias)))
    bins = np.clip((score * 10).astype(int), 0, 9)
    error = 0.0
    for k in range(10):
        own = bins == k
        if own.any():
            print(
                f"{k / 10:.1f}  {own.sum():5d}  "
                f"score {score[own].mean():.3f}  IoU {wanted[own].mean():.3f}"
            )
            error += own.mean() * abs(score[own].mean() - wanted[own].mean())
    print(f"expected calibration error {error:.3f}")


def logistic(facts: np.ndarray, wanted: np.ndarray, rounds: int = 50) -> np.ndarray:
    """Weights and bias that minimise cross-entropy with fractional truths, by Newton's method."""
    x = np.column_stack([facts, np.ones(len(facts))])
    weights = np.zeros(x.shape[1])
    ridge = RIDGE * len(x) * np.diag([0.01] * facts.shape[1] + [0.0])
    for _ in range(rounds):
        p = 1 / (1 + np.exp(-(x @ weights)))
        gradient = x.T @ (p - wanted) + ridge @ weights
        curvature = (x * (p * (1 - p) + 1e-6)[:, None]).T @ x + ridge
        weights -= np.linalg.solve(curvature, gradient)
    return weights


if __name__ == "__main__":
    main()
