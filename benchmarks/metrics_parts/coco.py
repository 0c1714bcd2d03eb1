"""COCO AP and AR of masks beside pycocotools and hotcoco.

Ours goes from tables of masks to the twelve numbers; the peers begin with loaded files, so that making
run lengths and dictionaries of the tables is not held against them.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

import hotcoco
import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from masklet.core import Flags, Label, Masks, Video
from masklet.evaluation.case import Case, Settings
from masklet.evaluation.detection import known_scores, measure, total
from masklet.evaluation.pairs import Pairs
from masklet.evaluation.precision import AveragePrecision
from masklet.ops.runs import encode_crop
from masklet.ops.table import Row, areas, build, to_coco
from metrics_parts.line import Line, side_by_side

SIZE_WH = (640, 480)


class Files(NamedTuple):
    """A COCO file and a list of results, as loaded."""

    truth: dict[str, Any]
    results: list[dict[str, Any]]


def rows() -> list[Line]:
    """400 images, 4,000 true masks, 12,000 predictions, of many labels and of few."""
    lines = []
    for labels in (80, 5):
        case = images(400, 10, 20, labels)
        files = files_of(case)
        for name, peer in (("pycocotools", pycocotools_twelve), ("hotcoco", hotcoco_twelve)):
            difference = np.abs(np.subtract(ours(case), peer(files))).max()
            times = side_by_side(partial(ours, case), partial(peer, files), 3)
            bar = (2, 16) if name == "pycocotools" else (0, 1)
            lines.append(Line(f"COCO AP, {labels} labels", name, *times, float(difference), *bar))
    return lines


def ours(case: Case) -> list[float]:
    """The twelve numbers, -1 where there is none."""
    scores = total([measure(case, Settings())])
    return [-1.0 if np.isnan(value) else value for value in _twelve(scores)]


def _twelve(scores: AveragePrecision) -> Iterator[float]:
    yield from (scores.ap, scores.ap50, scores.ap75)
    yield from (scores.ap_small, scores.ap_medium, scores.ap_large)
    yield from (scores.ar1, scores.ar10, scores.ar100)
    yield from (scores.ar_small, scores.ar_medium, scores.ar_large)


def images(n_images: int, objects: int, loose: int, n_labels: int, seed: int = 0) -> Case:
    """Ellipses of all sizes, one in fifty a crowd; each is found with some error, and `loose` more."""
    rng = np.random.default_rng(seed)
    truth, pred = [], []
    for frame in range(n_images):
        for i in range(objects):
            place = rng.uniform((0, 0, 4, 4), (*SIZE_WH, 120, 120))
            label = int(rng.integers(n_labels))
            crowd = Flags.CROWD if rng.random() < 0.02 else 0
            truth.append(Row(frame, i, label, _ellipse(place), flags=int(crowd)))
            moved = place * rng.normal(1, 0.04, 4)
            pred.append(Row(frame, -1, label, _ellipse(moved), score=rng.integers(1, 200) / 200))
        for _ in range(loose):
            near = truth[-int(rng.integers(1, objects + 1))]
            place = rng.uniform((0, 0, 4, 4), (*SIZE_WH, 120, 120))
            pred.append(Row(frame, -1, near.label_id, _ellipse(place), score=rng.integers(1, 150) / 200))
    video = Video("random", *SIZE_WH, n_images)
    labels = tuple(Label(f"class {i}") for i in range(n_labels))
    return whole(build(video, labels, pred), build(video, labels, truth))


def whole(pred: Masks, truth: Masks) -> Case:
    """A case that is complete on all frames, without pairs."""
    frames = np.arange(truth.video.n_frames, dtype=np.int32)
    none = np.empty(0, np.int64)
    pairs = Pairs(none.astype(np.int32), none.astype(np.int32), none, none)
    return Case(truth.video.uri, pred, truth, frames, frames, pairs)


def _ellipse(place: Any) -> Any:
    x, y, a, b = place
    across, down = np.arange(-int(a), int(a) + 1), np.arange(-int(b), int(b) + 1)[:, None]
    return encode_crop((across / a) ** 2 + (down / b) ** 2 <= 1, (int(x - a), int(y - b)), SIZE_WH)


def pycocotools_twelve(files: Files) -> list[float]:
    """Through the official classes."""
    truth = COCO()
    truth.dataset = files.truth | {"annotations": [{**entry} for entry in files.truth["annotations"]]}
    with contextlib.redirect_stdout(io.StringIO()):
        truth.createIndex()
        found = truth.loadRes([{**entry} for entry in files.results])
        return _judged(COCOeval(truth, found, "segm"))


def hotcoco_twelve(files: Files) -> list[float]:
    """Through the Rust package that takes the same calls."""
    with contextlib.redirect_stdout(io.StringIO()):
        truth = hotcoco.COCO(files.truth)
        return _judged(hotcoco.COCOeval(truth, truth.load_res(files.results), "segm"))


def _judged(run: Any) -> list[float]:
    run.evaluate()
    run.accumulate()
    run.summarize()
    return [float(value) for value in run.stats]


def files_of(case: Case) -> Files:
    """What the peers read: run lengths are compressed already, images and labels numbered."""
    about = {
        "info": {},
        "images": [{"id": i, "width": SIZE_WH[0], "height": SIZE_WH[1]} for i in case.frames.tolist()],
        "categories": [{"id": i, "name": label.name} for i, label in enumerate(case.labels)],
        "annotations": _entries(case.truth),
    }
    return Files(about, _entries(case.pred))


def _entries(masks: Masks) -> list[dict[str, Any]]:
    area, counts, score = areas(masks), to_coco(masks), known_scores(masks)
    size = [SIZE_WH[1], SIZE_WH[0]]
    return [
        {
            "id": row + 1,
            "image_id": int(masks.frame[row]),
            "category_id": int(masks.label_id[row]),
            "segmentation": {"size": size, "counts": counts[row].decode()},
            "area": int(area[row]),
            "iscrowd": int(bool(masks.flags[row] & Flags.CROWD)),
            "score": float(score[row]),
        }
        for row in range(len(masks))
    ]
