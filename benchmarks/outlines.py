"""`--refine-edges` and `masklet smooth`: what they do to outlines, before and after.

    python benchmarks/outlines.py

Edges: true masks of the ten open sequences of DAVIS 2016, every fifteenth frame, brought down to a grid
as a network answers on and enlarged again: as they are, blurred, and moved by smooth noise; and the
published masks of OSVOS. J, and F with outlines no more than 1 and 2 pixels apart. Smoothing: generated
animals whose true outlines were made to tremble, tails of true masks, and OSVOS again.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from masklet.core import Label, Masks, Origin, Review, Video
from masklet.core.arrays import Bools, Float32s, Image
from masklet.evaluation.contour import crop_f
from masklet.evaluation.crops import Crop
from masklet.evaluation.steadiness import steadiness
from masklet.infer.smoothing import smoothed
from masklet.models.edged import on_edges
from masklet.ops import runs as run_lengths
from masklet.ops.overlap import iou_pairs
from masklet.ops.raster import signed_distance
from masklet.ops.table import Row, build
from masklet.testing import PRESETS

DATA = Path(
    os.environ.get("MASKLET_SHARED_DATA", Path(__file__).resolve().parents[2] / "shared" / "data")
)
DAVIS = DATA / "davis2016_val"
EVERY = 15
RADIUS = 4


def found(masks: list[Bools], name: str, first: int = 0) -> Masks:
    """Masks of one object on following frames, as an engine finds them."""
    video = Video(name, masks[0].shape[1], masks[0].shape[0], first + len(masks))
    rows = [
        Row(first + k, 1, 0, run_lengths.encode(mask), origin=int(Origin.PROPAGATED))
        for k, mask in enumerate(masks)
    ]
    return build(video, [Label("object")], rows)


def folder(kind: str, sequence: str) -> Path:
    """Where the pictures of a sequence are."""
    return next((DAVIS / kind).glob(f"**/{sequence}"))


def mask_at(path: Path) -> Bools:
    """A mask of a picture: anything but 0."""
    from PIL import Image as Pictures

    with Pictures.open(path) as picture:
        return np.asarray(picture) > 0


def sequences() -> list[str]:
    """Names of the sequences."""
    return sorted(path.name for path in folder("Annotations", "dog").parent.iterdir())


def pairs(sequence: str) -> Iterator[tuple[Path, Image, Bools]]:
    """File, picture and true mask of every fifteenth frame."""
    for path in sorted(folder("Annotations", sequence).glob("*.png"))[5::EVERY]:
        picture = cv2.imread(str(folder("JPEGImages", sequence) / f"{path.stem}.jpg"))
        yield path, cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), mask_at(path)


def on_grid(mask: Bools, cells: tuple[int, int], blur: float, noise: float, seed: int) -> Bools:
    """A mask as enlarged from the logits of a network."""
    low: Float32s = cv2.resize(mask.astype(np.float32), cells, interpolation=cv2.INTER_AREA)
    if blur:
        low = cv2.GaussianBlur(low, (0, 0), blur)
    logits = low - 0.5
    if noise:
        coarse = np.random.default_rng(seed).normal(size=(cells[1] // 4, cells[0] // 4))
        wave = cv2.resize(coarse.astype(np.float32), cells, interpolation=cv2.INTER_CUBIC)
        logits = logits + noise * wave * (np.abs(logits) < 0.49)
    return cv2.resize(logits.astype(np.float32), mask.shape[::-1]) > 0


def figures(mask: Bools, truth: Bools) -> list[float]:
    """J, F within 1 pixel, F within 2 pixels."""
    mine, theirs = (Crop(one, 0, 0) for one in (mask, truth))
    union = (mask | truth).sum()
    shared = float((mask & truth).sum() / union) if union else 1.0
    return [shared, crop_f(mine, theirs, 1), crop_f(mine, theirs, 2)]


def edges() -> None:
    """The table of `--refine-edges`."""
    kinds: dict[str, Callable[[Bools, Path, str, int], Bools]] = {
        "256 x 256, exact": lambda mask, *_: on_grid(mask, (256, 256), 0, 0, 0),
        "256 x 256, blurred": lambda mask, *_: on_grid(mask, (256, 256), 1.5, 0, 0),
        "256 x 256, blurred, off by noise": lambda mask, _p, _s, k: on_grid(
            mask, (256, 256), 1, 0.25, k
        ),
        "114 x 64, exact": lambda mask, *_: on_grid(mask, (114, 64), 0, 0, 0),
        "114 x 64, blurred": lambda mask, *_: on_grid(mask, (114, 64), 0.7, 0, 0),
        "OSVOS": lambda _m, path, name, _k: mask_at(folder("results/osvos", name) / path.name),
    }
    print("| masks | J before | after | F 1 px before | after | F 2 px before | after | ms |")
    print("|---|---|---|---|---|---|---|---|")
    for kind, make in kinds.items():
        before, after, spent = [], [], 0.0
        for name in sequences():
            for k, (path, picture, truth) in enumerate(pairs(name)):
                mask = make(truth, path, name, k)
                if not mask.any():
                    continue
                rows, begun = found([mask], name), time.perf_counter()
                refined = on_edges(rows, picture, RADIUS)
                spent += time.perf_counter() - begun
                before.append(figures(mask, truth))
                after.append(figures(run_lengths.decode(refined.row_runs(0), truth.shape[::-1]), truth))
        both = np.stack([np.mean(before, axis=0), np.mean(after, axis=0)], axis=1).ravel()
        told = " | ".join(f"{value:.3f}" for value in both)
        print(f"| {kind} | {told} | {1e3 * spent / len(before):.0f} |", flush=True)


def trembling(truth: Masks, strength: float) -> Masks:
    """True outlines moved in and out, otherwise on each frame."""
    rng, masks, size_wh = np.random.default_rng(0), [], (truth.video.width, truth.video.height)
    for row in range(len(truth)):
        mask = run_lengths.decode(truth.row_runs(row), size_wh)
        coarse = rng.normal(size=(size_wh[1] // 8, size_wh[0] // 8)).astype(np.float32)
        noise = cv2.resize(coarse, size_wh, interpolation=cv2.INTER_CUBIC)
        masks.append(signed_distance(mask) + strength * noise > 0)
    return found(masks, truth.video.uri)


def flicker(name: str, masks: Masks, truth: list[Bools]) -> None:
    """A row of the table of `smooth`."""
    calm = smoothed(masks)
    real = found(truth, masks.video.uri)
    real = real.replace(video=masks.video).take(np.isin(real.frame, masks.frame))
    cells = []
    for one in (masks, calm):
        steady = steadiness(one)[0]
        j = float(iou_pairs(one, real).mean())
        cells.append((j, steady.area_change, steady.jerk, steady.temporal_iou))
    told = " | ".join(f"{was:.3f} | {now:.3f}" for was, now in zip(*cells, strict=True))
    print(f"| {name} | {told} |", flush=True)


def smoothing() -> None:
    """The table of `smooth`, and what it leaves of tails."""
    print(
        "\n| masks | J before | after | area change | after | jerk px | after | temporal IoU | after |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for name in ("arena-1", "moving-camera"):
        scene = replace(PRESETS[name], n_frames=100)
        truth = scene.truth(tails="none")
        masks = [run_lengths.decode(truth.row_runs(k), scene.size_wh) for k in range(len(truth))]
        for strength in (0.0, 1.0, 3.0):
            flicker(f"{name}, trembling by {strength:.0f} px", trembling(truth, strength), masks)
    for name in sequences() if DAVIS.exists() else ():
        paths = sorted(folder("results/osvos", name).glob("*.png"))
        masks = [mask_at(path) for path in paths]
        rows = found(masks, name)
        rows = rows.take([mask.any() for mask in masks])
        flicker(
            f"OSVOS, {name}",
            rows,
            [mask_at(p) for p in sorted(folder("Annotations", name).glob("*.png"))],
        )
    for name in ("arena-1", "cage-bars-1"):
        scene = replace(PRESETS[name], n_frames=60)
        own, whole = scene.truth(tails="own"), scene.truth()
        calm = smoothed(whole.replace(origin=int(Origin.PROPAGATED), review=int(Review.TODO)))
        tails = own.take(own.object_id > 100)
        held = sum(
            run_lengths.area(run_lengths.intersection(tails.row_runs(k), calm.on(frame).row_runs(0)))
            for k, frame in enumerate(tails.frame.tolist())
        )
        pixels = sum(run_lengths.area(tails.row_runs(k)) for k in range(len(tails)))
        print(f"tail of {name}: {held / pixels:.3f} of its pixels kept")


if __name__ == "__main__":
    if DAVIS.exists():
        edges()
    else:
        print("no DAVIS here: the edges are not measured", file=sys.stderr)
    smoothing()
