"""Masks that hold everything a format may lose."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from masklet.core import Flags, Label, Masks, Origin, Review, Step, Video
from masklet.ops import runs as rle
from masklet.ops.table import Row, build

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
SIZE = (48, 36)


def pixels(
    *boxes: tuple[int, int, int, int], hole: tuple[int, int, int, int] | None = None
) -> np.ndarray:
    """A mask made of boxes, with one box cut out."""
    mask = np.zeros((SIZE[1], SIZE[0]), bool)
    for x0, y0, x1, y1 in boxes:
        mask[y0:y1, x0:x1] = True
    if hole is not None:
        x0, y0, x1, y1 = hole
        mask[y0:y1, x0:x1] = False
    return mask


def ring() -> np.ndarray:
    """A disc with a hole."""
    y, x = np.mgrid[: SIZE[1], : SIZE[0]]
    far = np.hypot(x - 20, y - 15)
    return (far < 10) & (far > 4)


@pytest.fixture
def plain() -> Masks:
    """Two tracked objects on six frames, as read from somewhere; frames 2 and 5 are empty."""
    rows = []
    for frame in (0, 1, 3, 4):
        rows.append(
            Row(frame, 1, 0, rle.encode(pixels((2 + frame, 3, 12 + frame, 13))), origin=Origin.IMPORTED)
        )
    rows.append(Row(1, 7, 0, rle.encode(pixels((30, 20, 40, 33))), origin=Origin.IMPORTED))
    return build(Video("cage.mp4", *SIZE, 6), (Label("object"),), rows)


@pytest.fixture
def rich() -> Masks:
    """Everything at once: holes, parts, overlap, a line, scores, flags, reviews, steps, times."""
    rows = [
        Row(0, 1, 0, rle.encode(ring())),
        Row(
            0, 2, 0, rle.encode(pixels((15, 10, 34, 24))), score=0.875, origin=Origin.PROPAGATED, step=0
        ),
        Row(1, 1, 0, rle.encode(pixels((1, 1, 9, 9), (30, 5, 40, 11))), review=Review.ACCEPTED),
        Row(1, 3, 1, rle.encode(pixels((5, 30, 45, 31))), flags=int(Flags.KEYFRAME | Flags.OCCLUDED)),
        Row(3, 1, 0, rle.encode(pixels()), flags=int(Flags.OUTSIDE)),
        Row(3, 2, 0, rle.encode(pixels((0, 0, 48, 36))), score=0.5, identity_score=0.25, step=0),
        Row(4, -1, 1, rle.encode(pixels((2, 2, 6, 30))), score=0.3, origin=Origin.PREDICTED),
    ]
    video = Video(
        "cage.mp4",
        *SIZE,
        6,
        times=np.array([0, 0.04, 0.1, 0.11, 0.2, 1 / 3]),
        content_hash="ab12",
        rotation=90,
    )
    labels = (Label("rat", colour="#e69f00"), Label("tail", kind="line"))
    steps = (Step.of("track", {"engine": "flow"}, model="flow", time=1.7e9),)
    masks = build(video, labels, rows, steps=steps)
    return masks.replace(checked=np.array([0, 2], np.int32))
