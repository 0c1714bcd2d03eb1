"""Judgements that `masklet.evaluation` does not make: ids that change owner, scores against truth."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np

from masklet.core import Masks
from masklet.core.arrays import Floats, Int64s
from masklet.evaluation.pairs import pair
from masklet.evaluation.region import JF, evaluate_jf, region_similarity
from masklet.ops.overlap import intersections, iou_pairs
from propagation_parts.part import Samples

LASTING = 3
"""Frames in a row for which a mask must lie on another object before it counts as switched."""
OWN = -1


def mean_j(pred: Masks, truth: Masks, skip: Iterable[int]) -> float:
    """Mean over objects of their mean J over the frames of the truth, some left out."""
    _, objects, j = region_similarity(pred, truth, skip)
    return float(np.mean([j[objects == one].mean() for one in np.unique(objects)]))


def jf(pred: Masks, truth: Masks, skip: Iterable[int]) -> JF:
    """J and F of all frames of the truth but some."""
    return evaluate_jf(pred, truth, skip)


def frame_j(pred: Masks, truth: Masks, skip: Iterable[int]) -> dict[int, float]:
    """J of every frame, mean over its objects."""
    frames, _, j = region_similarity(pred, truth, skip)
    return {int(frame): float(j[frames == frame].mean()) for frame in np.unique(frames)}


def samples(pred: Masks, truth: Masks, skip: Iterable[int]) -> Samples:
    """Score and true IoU of every scored row on frames of the truth; 0 where the object is absent."""
    pairs = pair(pred, truth, skip)
    scored = pairs.pred_row >= 0
    mine, other = pairs.pred_row[scored], pairs.truth_row[scored]
    known = ~np.isnan(pred.score[mine])
    mine, other = mine[known], other[known]
    iou = np.zeros(len(mine))
    there = other >= 0
    iou[there] = iou_pairs(pred.take(mine[there]), truth.take(other[there]))
    return Samples(pred.score[mine].astype(float).round(4).tolist(), iou.round(4).tolist())


def switches(pred: Masks, truth: Masks, lasting: int = LASTING) -> int:
    """How often a predicted object settles on another one.

    On each frame a mask's owner is the true object that it shares the most pixels with; it is
    astray where that is not the object of its own id. Each stretch of at least `lasting` frames in
    a row astray on one and the same object is a switch, so two objects that swap count twice. A
    mask that meets no object is lost, not switched.
    """
    frames = truth.frames
    found = 0
    for obj in truth.objects:
        owner = [_owner(pred.on(int(frame)).of(int(obj)), truth.on(int(frame))) for frame in frames]
        astray = [OWN if one in (None, int(obj)) else one for one in owner]
        found += sum(1 for who, length in stretches(astray) if who != OWN and length >= lasting)
    return found


def _owner(mine: Masks, truth: Masks) -> int | None:
    if not len(mine) or not len(truth):
        return None
    shared: Int64s = intersections(mine, truth)[0]
    return int(truth.object_id[shared.argmax()]) if shared.max() > 0 else None


def stretches(values: Sequence[int | None]) -> list[tuple[int | None, int]]:
    """(value, how often in a row)."""
    found: list[tuple[int | None, int]] = []
    for value in values:
        if found and found[-1][0] == value:
            found[-1] = (value, found[-1][1] + 1)
        else:
            found.append((value, 1))
    return found


def lasting_changes(owners: Sequence[int | None], lasting: int) -> int:
    """Changes of owner that hold for at least `lasting` frames; None (unknown) keeps the one before."""
    known = [owner for owner in owners if owner is not None]
    settled = [who for who, length in stretches(known) if length >= lasting]
    return sum(1 for before, now in pairwise(settled) if before != now)


def reliability(
    score: Floats, iou: Floats, bins: int = 10
) -> list[tuple[float, float, int, float, float]]:
    """(from, to, rows, mean score, mean IoU) of every bin of scores that holds rows."""
    place = np.minimum((score * bins).astype(int), bins - 1)
    return [
        (
            k / bins,
            (k + 1) / bins,
            int(n),
            float(score[place == k].mean()),
            float(iou[place == k].mean()),
        )
        for k, n in enumerate(np.bincount(place, minlength=bins))
        if n
    ]


def calibration_error(score: Floats, iou: Floats, bins: int = 10) -> float:
    """Expected calibration error: |mean score - mean IoU| over bins, weighted by their rows.

    Guo et al., "On calibration of modern neural networks", ICML 2017, with IoU for accuracy.
    """
    table = reliability(score, iou, bins)
    return sum(n * abs(said - true) for _, _, n, said, true in table) / len(score)


def risk_coverage(score: Floats, iou: Floats) -> float:
    """Area under the risk-coverage curve, risk = 1 - IoU: rows are kept from the highest score down.

    Geifman, Uziel & El-Yaniv, "Bias-reduced uncertainty estimation", ICLR 2019.
    """
    order = np.argsort(-score, kind="stable")
    risks = np.cumsum(1 - iou[order]) / np.arange(1, len(iou) + 1)
    return float(risks.mean())
