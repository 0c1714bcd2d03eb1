"""Panoptic and semantic metrics written out on pixels from the papers' definitions; slow."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from masklet.core import Flags, Masks
from masklet.core.arrays import Bools
from masklet.evaluation.case import Case
from masklet.ops.runs import decode

Pixel = Any
"""What a pixel holds: None, or (label, who, crowd)."""


class Maps(NamedTuple):
    """For each judged frame, what each pixel holds, `(h, w)` of `Pixel`."""

    true: list[Any]
    pred: list[Any]


def maps(case: Case) -> Maps:
    """Paint both sides."""
    return Maps(
        *([_painted(m, f, m is case.truth) for f in case.complete] for m in (case.truth, case.pred))
    )


def _painted(masks: Masks, frame: int, truth: bool) -> Any:
    width, height = masks.video.size_wh(frame)
    canvas = np.empty((height, width), object)
    rows = [row for row in range(len(masks)) if masks.frame[row] == frame]

    def strength(row: int) -> tuple[bool, float, int]:
        score = float(masks.score[row])
        crowd = truth and bool(masks.flags[row] & Flags.CROWD)
        return (not crowd, 1 if np.isnan(score) else score, -int(masks.object_id[row]))

    for row in sorted(rows, key=strength):
        crowd = truth and bool(masks.flags[row] & Flags.CROWD)
        who: Any = int(masks.object_id[row])
        if who < 0:
            who = ("row", row)
        value = (int(masks.label_id[row]), "crowd" if crowd else who, crowd)
        pixels = decode(masks.row_runs(row), (width, height))
        for place in zip(*np.nonzero(pixels), strict=True):
            canvas[place] = value
    return canvas


def _where(canvas: Any, value: Pixel) -> Bools:
    found = np.zeros(canvas.shape, bool)
    for place in np.ndindex(canvas.shape):
        found[place] = canvas[place] == value
    return found


def quality(found: Maps, n_labels: int, length: int, void: bool) -> list[list[float]]:
    """tp, fp, fn and IoU sum of each label over all windows, as panopticapi matches segments."""
    sums = [[0.0] * 4 for _ in range(n_labels)]
    for start in range(len(found.true) - length + 1):
        true = np.stack(found.true[start : start + length])
        pred = np.stack(found.pred[start : start + length])
        true_masks = {v: _where(true, v) for v in set(true.ravel()) - {None}}
        pred_masks = {v: _where(pred, v) for v in set(pred.ravel()) - {None}}
        nothing = _where(true, None) & void
        met_true, met_pred = set(), set()
        for t, a in true_masks.items():
            for p, b in pred_masks.items():
                if t[0] != p[0] or t[2]:
                    continue
                shared = int((a & b).sum())
                union = int(a.sum() + b.sum() - shared - (b & nothing).sum())
                if shared / union > 0.5:
                    sums[t[0]][0] += 1
                    sums[t[0]][3] += shared / union
                    met_true.add(t)
                    met_pred.add(p)
        for t in true_masks:
            if t not in met_true and not t[2]:
                sums[t[0]][2] += 1
        for p, b in pred_masks.items():
            excused = int((b & nothing).sum())
            excused += int((b & true_masks.get((p[0], "crowd", True), np.zeros_like(b))).sum())
            if p not in met_pred and excused / b.sum() <= 0.5:
                sums[p[0]][1] += 1
    return sums


def pq(sums: list[list[float]]) -> tuple[float, float, float]:
    """PQ, SQ and RQ, means over labels that occur."""
    each = []
    for tp, fp, fn, iou in sums:
        if tp + fp + fn:
            half = tp + fp / 2 + fn / 2
            each.append((iou / half, iou / tp if tp else 0.0, tp / half))
    if not each:
        return (float("nan"),) * 3
    a, b, c = np.mean(each, axis=0).tolist()
    return a, b, c


def confusion(found: Maps, n_labels: int, void: bool) -> Any:
    """Pixels of each true class (0 = background) and each predicted one."""
    table = np.zeros((n_labels + 1, n_labels + 1), np.int64)
    for true, pred in zip(found.true, found.pred, strict=True):
        for t, p in zip(true.ravel(), pred.ravel(), strict=True):
            if t is not None or not void:
                table[0 if t is None else t[0] + 1, 0 if p is None else p[0] + 1] += 1
    return table


def association(found: Maps, void: bool) -> float:
    """AQ: for each true tube, the predicted tubes that meet it, weighted by the shared pixels."""
    both: list[tuple[Any, Any]] = []
    for true, pred in zip(found.true, found.pred, strict=True):
        for t, p in zip(true.ravel(), pred.ravel(), strict=True):
            if (t is None and void) or (t is not None and t[2]):
                continue
            both.append((t and t[1], p and p[1]))
    tubes = {t for t, _ in both if t is not None}
    quality = 0.0
    for tube in tubes:
        size = sum(t == tube for t, _ in both)
        for other in {p for t, p in both if t == tube and p is not None}:
            shared = sum((t, p) == (tube, other) for t, p in both)
            size_other = sum(p == other for _, p in both)
            quality += shared / size * shared / (size + size_other - shared)
    return quality / len(tubes) if tubes else float("nan")
