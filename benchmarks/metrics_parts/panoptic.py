"""PQ beside panopticapi's way, coded plainly: maps of ids, pairs of ids counted, segments in a loop."""

from __future__ import annotations

from typing import Any

import numpy as np

from masklet.core import Label, Masks, Video
from masklet.core.arrays import Bools
from masklet.evaluation.case import Case, Settings
from masklet.evaluation.pairs import Pairs
from masklet.evaluation.panoptic import measure, total
from masklet.ops.runs import decode_crop, encode_crop
from masklet.ops.table import Row, build
from metrics_parts.line import Line, side_by_side

SIZE = 1920, 1080
FRAMES = 10
OBJECTS = 8
LABELS = (Label("rat"), Label("mouse"))


def rows() -> list[Line]:
    """PQ, VPQ and STQ of ours in one pass, beside PQ alone of the reference; masks to numbers."""
    case = scene()

    def ours() -> list[float]:
        scores = total([measure(case, Settings())])
        return [scores.pq, scores.sq, scores.rq]

    def theirs() -> list[float]:
        return plain(case)

    times = side_by_side(ours, theirs, rounds=3)
    difference = float(np.max(np.abs(np.subtract(ours(), theirs()))))
    what = f"PQ (ours with VPQ and STQ), {FRAMES} frames of {SIZE[0]}x{SIZE[1]}"
    return [Line(what, "panopticapi's loop coded plainly", *times, difference, 1, 1.2)]


def scene(seed: int = 0) -> Case:
    """Ellipses on a grid; the prediction is a little off, and sometimes missing."""
    rng = np.random.default_rng(seed)
    video = Video("bench", *SIZE, FRAMES)
    sides: list[list[Row]] = [[], []]
    for frame in range(FRAMES):
        for one in range(OBJECTS):
            corner = 60 + 460 * (one % 4), 60 + 500 * (one // 4)
            for side, jitter in ((0, 0), (1, int(rng.integers(0, 40)))):
                if side == 0 or rng.random() < 0.95:
                    place = corner[0] + jitter, corner[1] + jitter // 2
                    runs = encode_crop(ellipse(rng, (360, 300)), place, SIZE)
                    sides[side].append(Row(frame, one + 1, one % 2, runs, score=0.5))
    truth, pred = (build(video, LABELS, side) for side in sides)
    frames, nothing = np.arange(FRAMES, dtype=np.int32), np.empty(0, np.int64)
    none = np.empty(0, np.int32)
    return Case("bench", pred, truth, frames, frames, Pairs(none, none, nothing, nothing))


def ellipse(rng: np.random.Generator, size_wh: tuple[int, int]) -> Bools:
    """`(h, w) bool` with an uneven outline."""
    w, h = size_wh
    y, x = np.ogrid[-1 : 1 : h * 1j, -1 : 1 : w * 1j]
    wave = 0.05 * np.sin(9 * np.arctan2(y, x) + rng.random())
    inside: Bools = np.hypot(x, y) < 0.9 + wave
    return inside


def plain(case: Case) -> list[float]:
    """PQ, SQ and RQ, mean over labels; what the truth leaves free is background, id 0."""
    sums = np.zeros((len(LABELS), 4))
    for frame in case.complete.tolist():
        true, pred = (painted(masks, frame) for masks in (case.truth, case.pred))
        pairs, counts = np.unique(true.astype(np.uint64) * 1000 + pred, return_counts=True)
        shared = dict(zip(map(int, pairs), map(int, counts), strict=True))
        true_area = dict(
            zip(*(part.tolist() for part in np.unique(true, return_counts=True)), strict=True)
        )
        pred_area = dict(
            zip(*(part.tolist() for part in np.unique(pred, return_counts=True)), strict=True)
        )
        match(shared, true_area, pred_area, sums)
    tp, fp, fn, iou = sums.T
    half = tp + fp / 2 + fn / 2
    return [float(np.mean(values)) for values in (iou / half, iou / tp, tp / half)]


def counted(ids: Any) -> dict[int, int]:
    """Pixels of each id."""
    known, counts = np.unique(ids, return_counts=True)
    return dict(zip(known.tolist(), counts.tolist(), strict=True))


def match(shared: dict[int, int], true: dict[int, int], pred: dict[int, int], sums: Any) -> None:
    """Count the segments of one frame; an id's label is (id - 1) % 2."""
    found_true, found_pred = set(), set()
    for key, pixels in shared.items():
        t, p = divmod(key, 1000)
        if not t or not p or (t - p) % 2:
            continue
        iou = pixels / (true[t] + pred[p] - pixels)
        if iou > 0.5:
            sums[(t - 1) % 2] += (1, 0, 0, iou)
            found_true.add(t)
            found_pred.add(p)
    for t in set(true) - found_true - {0}:
        sums[(t - 1) % 2, 2] += 1
    for p in set(pred) - found_pred - {0}:
        sums[(p - 1) % 2, 1] += 1


def painted(masks: Masks, frame: int) -> Any:
    """`(h, w) uint16` of object ids; nothing overlaps here."""
    own = masks.on(frame)
    canvas = np.zeros(SIZE[::-1], np.uint16)
    for row in range(len(own)):
        crop, (x, y) = decode_crop(own.row_runs(row), SIZE)
        canvas[y : y + crop.shape[0], x : x + crop.shape[1]][crop] = own.object_id[row]
    return canvas
