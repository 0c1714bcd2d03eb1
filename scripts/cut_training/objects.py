"""Open pictures with exact or hand-drawn masks: COCO's 128 pictures and generated scenes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from masklet.core.arrays import Image, UInt8s
from masklet.ops.runs import decode
from masklet.testing import Scene
from masklet.testing.coats import COATS

SMALLEST = 300
"""Masks of fewer pixels are not learnt from."""
PAIRS = 6
"""Touching pairs that one picture may lend as objects of two parts."""


class Picture(NamedTuple):
    """`image (h, w, 3) uint8` RGB, `masks` of `(h, w) uint8` 0 or 1, `pairs` of touching ones joined."""

    image: Image
    masks: list[UInt8s]
    pairs: list[UInt8s]


def coco(folder: Path) -> Iterator[Picture]:
    """Pictures of `images/*.jpg` with YOLO polygons in `labels/*.txt`."""
    for path in sorted((folder / "images").glob("*.jpg")):
        image = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
        masks = []
        label = folder / "labels" / f"{path.stem}.txt"
        for line in label.read_text().splitlines() if label.exists() else []:
            size_wh = image.shape[1], image.shape[0]
            polygon = np.array(line.split()[1:], float).reshape(-1, 2) * size_wh
            mask = np.zeros(image.shape[:2], np.uint8)
            cv2.fillPoly(mask, [np.round(polygon * 16).astype(np.int32)], 1, shift=4)
            if mask.sum() >= SMALLEST:
                masks.append(mask)
        yield Picture(image, masks, list(_pairs(masks)))


def scenes(count: int, seed: int) -> Iterator[Picture]:
    """One frame of each of `count` generated scenes: arenas and cages, all coats, some moving."""
    rng = np.random.default_rng(seed)
    for number in range(count):
        floor = tuple(int(v) for v in rng.uniform(60, 235) + rng.uniform(-15, 15, 3))
        scene = Scene(
            "cage" if rng.random() < 0.5 else "arena",
            int(rng.integers(1, 4)),
            (480, 360),
            n_frames=40,
            seed=10_000 + seed * 1000 + number,
            animal=str(rng.choice(["rat", "mouse"])),
            coats=tuple(str(c) for c in rng.choice(sorted(COATS), 3)),
            floor=floor,  # type: ignore[arg-type]
            bars=bool(rng.random() < 0.6),
            noise=float(rng.uniform(0.5, 6)),
            crossing=float(rng.uniform(0, 1)),
        )
        frame = int(rng.integers(0, 40))
        rows = scene.truth(frames=range(frame, frame + 1))
        masks = [decode(rows.row_runs(row), scene.size_wh).astype(np.uint8) for row in range(len(rows))]
        masks = [mask for mask in masks if mask.sum() >= SMALLEST]
        if masks:
            yield Picture(scene[frame], masks, [])


def box_of(mask: UInt8s) -> tuple[int, int, int, int]:
    """(x0, y0, x1, y1), half-open, of a mask that is not empty."""
    x, y, width, height = cv2.boundingRect(mask)
    return x, y, x + width, y + height


def _pairs(masks: list[UInt8s]) -> Iterator[UInt8s]:
    """Unions of two masks that touch along a good part of the smaller one: a rider and the horse."""
    found = 0
    for a, b in combinations(masks, 2):
        grown = cv2.dilate(a, np.ones((7, 7), np.uint8))
        small = min(int(a.sum()), int(b.sum()))
        contact = int((grown & b).sum())
        if contact > 1.5 * small**0.5 and small > 0.04 * max(int(a.sum()), int(b.sum())):
            yield a | b
            found += 1
            if found == PAIRS:
                return
