"""Panoptic and semantic metrics: labels, classes, and what was taken for what."""

from __future__ import annotations

from masklet.evaluation.report import Report
from masklet.render.page.nouns import Block, Column, Matrix, Section, Table, Text, Value

_CLASSES = 24
"""A confusion matrix of more classes than this is left to the JSON."""


def panoptic(report: Report) -> Section | None:
    """PQ by label, and VPQ by the length of the tubes."""
    scores = report.scores.panoptic
    if scores is None:
        return None
    rows: tuple[tuple[Value, ...], ...] = tuple(
        (one.label.name, one.pq, one.sq, one.rq, one.vpq, one.tp, one.fp, one.fn)
        for one in scores.per_label
    )
    heads = ("PQ", "SQ", "RQ", "VPQ")
    counts = (Column("TP", "count"), Column("FP", "count"), Column("FN", "count"))
    columns = (Column("Label"), *(Column(head, "score") for head in heads), *counts)
    all_of = ("all", scores.pq, scores.sq, scores.rq, scores.vpq, None, None, None)
    tubes = tuple((f"{k}", value) for k, value in zip((1, 2, 4, 6), scores.vpq_by_length, strict=True))
    stq = (("STQ", scores.stq), ("AQ, association", scores.aq), ("SQ, labels", scores.semantic_quality))
    blocks: list[Block] = [
        Table(columns, rows, "By label", foot=(all_of,)),
        Table((Column("Frames of a tube"), Column("VPQ", "score")), tubes),
        Table((Column("Tracking"), Column("Value", "score")), stq),
        *_overlaps(scores.true_overlap, scores.pred_overlap),
    ]
    return Section("Panoptic", "", tuple(blocks))


def semantic(report: Report) -> Section | None:
    """IoU of classes and the confusion matrix."""
    scores = report.scores.semantic
    if scores is None:
        return None
    names = tuple(one.label.name if one.label else "background" for one in scores.per_label)
    rows: tuple[tuple[Value, ...], ...] = tuple(
        (name, one.iou, one.accuracy, one.pixels)
        for name, one in zip(names, scores.per_label, strict=True)
    )
    columns = (
        Column("Class"),
        Column("IoU", "score", shade="bar", span=(0.0, 1.0)),
        Column("Accuracy", "score", hint="share of its true pixels that are right"),
        Column("True pixels", "count"),
    )
    blocks: list[Block] = [Table(columns, rows)]
    if len(names) <= _CLASSES:
        blocks.append(Matrix(scores.confusion, names, names, "true", "predicted", "Confusion of pixels"))
    else:
        blocks.append(Text((f"The confusion matrix of {len(names)} classes stands in the JSON.",)))
    blocks += _overlaps(scores.true_overlap, scores.pred_overlap)
    return Section("Classes of pixels", "", tuple(blocks))


def _overlaps(true: int, pred: int) -> list[Block]:
    if not true and not pred:
        return []
    said = (
        f"Masks overlap on {pred} predicted and {true} true pixels. These metrics give each pixel one "
        "owner: the row with the higher score, then the lower object id."
    )
    return [Text((said,), "note")]
