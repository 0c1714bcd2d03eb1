"""YouTube-VIS: IoU of tracks beside the official loop over pairs and frames, plainly coded."""

from __future__ import annotations

from typing import Any

import numpy as np
from pycocotools import mask as coco

from masklet.core import Label, Masks, Video
from masklet.core.arrays import Floats
from masklet.evaluation.case import Case, Settings
from masklet.evaluation.tracks import measure, track_iou, tracks_of
from masklet.ops.runs import encode_crop
from masklet.ops.table import Row, build, to_coco
from metrics_parts.coco import whole
from metrics_parts.line import Line, side_by_side

SIZE_WH = (640, 360)
_TRACKS = dict[int, list[Any]]


def rows() -> list[Line]:
    """50 predicted and 8 true tracks of one label over 36 frames."""
    case = video(50, 8, 36)
    ours = track_iou(case, tracks_of(case.pred, case), tracks_of(case.truth, case))
    difference = float(np.abs(ours - official(case)).max())
    bare = side_by_side(
        lambda: track_iou(case, tracks_of(case.pred, case), tracks_of(case.truth, case)),
        lambda: official(case),
    )
    full = side_by_side(lambda: measure(case, Settings()), lambda: official(case))
    return [
        Line("track IoU, 50 x 8", "merge and area of every pair and frame", *bare, difference, 3, 6),
        Line("the same with matching", "the same loop", *full, difference, 3, 6),
    ]


def video(found: int, true: int, n_frames: int, seed: int = 0) -> Case:
    """Ellipses that drift, found ones near true ones; each is absent from a fifth of the frames."""
    rng = np.random.default_rng(seed)
    truth: list[Row] = []
    pred: list[Row] = []
    places = rng.uniform((0, 0, 20, 20), (*SIZE_WH, 90, 90), (true, 4))
    for i in range(true):
        _drift(truth, i, places[i], float("nan"), n_frames, rng)
    for i in range(found):
        near = places[i % true] * rng.normal(1, 0.1, 4)
        _drift(pred, i, near, i / found, n_frames, rng)
    about, labels = Video("random", *SIZE_WH, n_frames), (Label("thing"),)
    return whole(build(about, labels, pred), build(about, labels, truth))


def _drift(
    rows: list[Row], key: int, place: Floats, score: float, n_frames: int, rng: np.random.Generator
) -> None:
    for frame in range(n_frames):
        x, y, a, b = place = place + np.append(rng.normal(0, 3, 2), [0, 0])
        across, down = np.arange(-int(a), int(a) + 1), np.arange(-int(b), int(b) + 1)[:, None]
        runs = encode_crop((across / a) ** 2 + (down / b) ** 2 <= 1, (int(x - a), int(y - b)), SIZE_WH)
        if rng.random() < 0.8:
            rows.append(Row(frame, key, 0, runs, score=score))


def official(case: Case) -> Floats:
    """Sum of intersections by sum of unions, pair by pair and frame by frame."""
    found, true = _tracks(case.pred), _tracks(case.truth)
    return np.array([[_iou(found[i], true[j]) for j in sorted(true)] for i in sorted(found)])


def _iou(a: list[Any], b: list[Any]) -> float:
    shared = united = 0.0
    for one, other in zip(a, b, strict=True):
        if one is not None and other is not None:
            shared += coco.area(coco.merge([one, other], True))
            united += coco.area(coco.merge([one, other], False))
        elif one is not None or other is not None:
            united += coco.area(one if other is None else other)
    return shared / united if united else 0.0


def _tracks(masks: Masks) -> _TRACKS:
    """Run lengths of every object on each frame, None where it is absent."""
    tracks: _TRACKS = {key: [None] * masks.video.n_frames for key in masks.objects.tolist()}
    for row, counts in enumerate(to_coco(masks)):
        place = tracks[int(masks.object_id[row])]
        place[int(masks.frame[row])] = {"size": [SIZE_WH[1], SIZE_WH[0]], "counts": counts}
    return tracks
