"""Detection and tracks: precision and recall, over IoU and over scores."""

from __future__ import annotations

from typing import Any

import numpy as np

from masklet.evaluation.report import Report
from masklet.render.page.nouns import Block, Column, Curves, Section, Series, Table, Value

_IOU = ((0, ".50"), (5, ".75"), (8, ".90"))
"""Places among the ten thresholds, and their names."""
_NAMES = (
    ("ap", "AP .50:.95"),
    ("ap50", "AP50"),
    ("ap75", "AP75"),
    ("ap_small", "AP small"),
    ("ap_medium", "AP medium"),
    ("ap_large", "AP large"),
    ("ar1", "AR 1"),
    ("ar10", "AR 10"),
    ("ar100", "AR 100"),
    ("ar_small", "AR small"),
    ("ar_medium", "AR medium"),
    ("ar_large", "AR large"),
)


def detection(report: Report) -> Section | None:
    """The twelve numbers of frames (COCO) and of tracks (YouTube-VIS)."""
    both = [
        (name, scores)
        for name, scores in (
            ("frames (COCO)", report.scores.detection),
            ("tracks (YouTube-VIS)", report.scores.tracks),
        )
        if scores is not None
    ]
    if not both:
        return None
    rows = tuple((title, *(getattr(scores, field) for _, scores in both)) for field, title in _NAMES)
    columns = (Column(""), *(Column(name, "score") for name, _ in both))
    blocks: list[Block] = [Table(columns, rows)]
    for name, scores in both:
        blocks += [_precision(name, scores), _labels(name, scores)]
    return Section("Detection and tracks", "", tuple(blocks))


def score_thresholds(report: Report) -> Section | None:
    """Precision, recall and F1 of what scores at least so much."""
    scores = report.scores.thresholds
    if scores is None:
        return None
    x = np.asarray(scores.thresholds, np.float64)
    series = tuple(
        Series(name, np.asarray(getattr(scores.all, field), np.float64), x, "both")
        for name, field in (("precision", "precision"), ("recall", "recall"), ("F1", "f1"))
    )
    block = Curves(series, "", "least score", "", (0.0, 1.0), (0.0, 1.0))
    text = f"A prediction is right from IoU {report.settings.match_iou:g} on."
    return Section("Score thresholds", text, (block,))


def _precision(name: str, scores: Any) -> Curves:
    recalls = np.linspace(0, 1, 101)
    series = tuple(Series(f"IoU {title}", scores.curves[place], recalls) for place, title in _IOU)
    title = f"Precision over recall: {name}"
    return Curves(series, title, "recall", "precision", (0.0, 1.0), (0.0, 1.0))


def _labels(name: str, scores: Any) -> Table:
    rows: tuple[tuple[Value, ...], ...] = tuple(
        (one.label.name, one.objects, one.predictions, one.ap, one.ap50, one.ap75, one.ar100)
        for one in scores.per_label
        if one.objects or one.predictions
    )
    heads = ("Label", "True", "Predicted", "AP", "AP50", "AP75", "AR100")
    forms = ("text", "count", "count", "score", "score", "score", "score")
    columns = tuple(Column(head, form) for head, form in zip(heads, forms, strict=True))  # type: ignore[arg-type]
    return Table(columns, rows, f"By label: {name}")
