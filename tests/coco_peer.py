"""What pycocotools makes of the same tables."""

from __future__ import annotations

import contextlib
import io

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from masklet.core import Flags, Masks
from masklet.evaluation.detection import known_scores
from masklet.evaluation.precision import AveragePrecision
from masklet.ops.table import areas, to_coco

TWELVE = (
    *("ap", "ap50", "ap75", "ap_small", "ap_medium", "ap_large"),
    *("ar1", "ar10", "ar100", "ar_small", "ar_medium", "ar_large"),
)


def twelve(scores: AveragePrecision) -> list[float]:
    """Our numbers in COCO's order, NaN as -1."""
    return [-1.0 if np.isnan(value := getattr(scores, name)) else value for name in TWELVE]


def entries(masks: Masks) -> list[dict]:
    """COCO annotations of all rows; the image of a frame is its number + 1, so is a category's id.

    Without boxes: pycocotools takes the area of results that have one from it.
    """
    area, counts, score = areas(masks), to_coco(masks), known_scores(masks)
    return [
        {
            "id": row + 1,
            "image_id": int(masks.frame[row]) + 1,
            "category_id": int(masks.label_id[row]) + 1,
            "segmentation": {
                "size": list(masks.video.size_wh(int(masks.frame[row])))[::-1],
                "counts": counts[row],
            },
            "area": int(area[row]),
            "iscrowd": int(bool(masks.flags[row] & Flags.CROWD)),
            "score": float(score[row]),
        }
        for row in range(len(masks))
    ]


def dataset(masks: Masks, frames: np.ndarray) -> dict:
    """A COCO file of the true rows."""
    sizes = [masks.video.size_wh(int(frame)) for frame in frames]
    return {
        "info": {},
        "images": [
            {"id": int(f) + 1, "width": w, "height": h} for f, (w, h) in zip(frames, sizes, strict=True)
        ],
        "categories": [{"id": i + 1, "name": label.name} for i, label in enumerate(masks.labels)],
        "annotations": entries(masks),
    }


def judge(truth: dict, results: list[dict]) -> COCOeval:
    """The official evaluation, silent."""
    with contextlib.redirect_stdout(io.StringIO()):
        known = COCO()
        known.dataset = truth
        known.createIndex()
        if not results:
            found = COCO()
            found.dataset = truth | {"annotations": []}
            found.createIndex()
        else:
            found = known.loadRes(results)
        run = COCOeval(known, found, "segm")
        run.evaluate()
        run.accumulate()
        run.summarize()
    return run


def official(pred: Masks, truth: Masks, frames: np.ndarray) -> COCOeval:
    """The official evaluation of rows on some frames."""
    keep = [masks.take(np.isin(masks.frame, frames)) for masks in (pred, truth)]
    return judge(dataset(keep[1], frames), entries(keep[0]))
