"""Masks on frames of 1920 x 1080 with disturbed predictions, for the metrics of outlines."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import runs as polygons

from masklet.core import Label, Masks, Shapes, Video
from masklet.evaluation.case import Case
from masklet.evaluation.pairs import pair
from masklet.ops.raster import shapes_to_masks
from masklet.ops.runs import decode, decode_crop, encode_crop
from masklet.ops.table import Row, boxes, build

SIZE_WH = polygons.SIZE_WH
FRAMES = int(os.environ.get("MASKLET_BENCH_FRAMES", "24"))


def inputs() -> Iterator[tuple[str, Case]]:
    """(what it is, one video of `FRAMES` frames)."""
    real = polygons.real_masks()
    small = polygons.made_masks() if real is None else real
    some = small.take(np.linspace(0, len(small) - 1, FRAMES).astype(int))
    yield "blobs of 220 x 120 px" if real is None else "rat-cage polygons", _case(some)
    yield "blobs of 1000 x 700 px", _case(_large())


def frames(case: Case) -> list[tuple[np.ndarray, np.ndarray]]:
    """(prediction, truth) of every pair on whole frames, `(h, w) bool`."""
    return [
        tuple(
            decode(masks.row_runs(row), SIZE_WH) if row >= 0 else np.zeros(SIZE_WH[::-1], bool)
            for masks, row in ((case.pred, mine), (case.truth, theirs))
        )
        for mine, theirs in zip(case.pairs.pred_row, case.pairs.truth_row, strict=True)
    ]


def _large() -> Masks:
    """Wobbling blobs that cover a quarter of the frame."""
    rng = np.random.default_rng(2)
    angle = np.linspace(0, 2 * np.pi, 80, endpoint=False)
    wobble = 1 + 0.04 * rng.normal(size=(FRAMES, 80))
    x, y = 960 + 500 * wobble * np.cos(angle), 540 + 350 * wobble * np.sin(angle)
    points = np.stack([x, y], axis=2).reshape(-1)
    columns = {"frame": np.arange(FRAMES), "track_id": 0, "points": points}
    video = Video("large", *SIZE_WH, FRAMES)
    return shapes_to_masks(Shapes(video, (Label("a"),), offset=np.arange(FRAMES + 1) * 160, **columns))


def _case(masks: Masks) -> Case:
    """The masks as truth; predictions are moved by some pixels, lack a disc and have one too many."""
    rng = np.random.default_rng(0)
    truth, rows, all_boxes = [], [], boxes(masks)
    for i in range(len(masks)):
        truth.append(Row(i, 0, 0, masks.row_runs(i)))
        x0, y0, x1, y1 = all_boxes[i].tolist()
        crop, _ = decode_crop(masks.row_runs(i), SIZE_WH, (x0 - 30, y0 - 30, x1 + 30, y1 + 30))
        y, x = np.ogrid[: crop.shape[0], : crop.shape[1]]
        for adds in (True, False):
            edge = np.argwhere(crop[1:] ^ crop[:-1])
            ey, ex = edge[rng.integers(len(edge))]
            crop[(y - ey) ** 2 + (x - ex) ** 2 <= rng.integers(8, 25) ** 2] = adds
        at = x0 - 30 + int(rng.integers(-4, 5)), y0 - 30 + int(rng.integers(-4, 5))
        rows.append(Row(i, 0, 0, encode_crop(crop, at, SIZE_WH)))
    video = Video(masks.video.uri, *SIZE_WH, len(masks))
    true, pred = build(video, masks.labels, truth), build(video, masks.labels, rows)
    every = np.arange(len(masks), dtype=np.int32)
    return Case(video.uri, pred, true, every, every, pair(pred, true))
