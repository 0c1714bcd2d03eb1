"""How wrong each object is likely to be on each frame, as far as scores, flags and distances tell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from masklet.annotate.stretches import Direction
from masklet.core import Flags, Masks, Review
from masklet.core.arrays import Bools, Floats, Int64s

REACH = 30.0
"""Frames from truth at which half of the error has come that ever comes."""
PRIOR = 0.5
"""Error that is expected far from truth whatever the scores say; they tell of the rest."""
LOST = 0.8
"""Doubt where an object is not found though it was last seen inside the picture."""
LEFT = 0.2
"""Doubt where it is not found and was last seen at the picture's border."""
KEPT = {
    Flags.DISAGREE: 0.85,
    Flags.UNSURE_IDENTITY: 0.6,
    Flags.AREA_JUMP: 0.8,
    Flags.VANISHES: 0.8,
    Flags.SCORE_FALLING: 0.9,
    Flags.SPLIT: 0.9,
    Flags.OVERLAP: 0.9,
    Flags.PROVISIONAL: 0.9,
}
"""What is left of a row's score where it is flagged; the score itself holds all other doubts."""


@dataclass(frozen=True)
class Expected:
    """Expected errors, a row for each object and a column for each frame.

    Args:
        frames: `(f,)`, rising.
        error: `(k, f)`, 0..1; 0 where truth decides and where the object is not looked for.
        near: `(k, f)`, `closeness` of the nearest truth that is carried there.
        counted: `(k, f)`, where the object is looked for or has truth.
        lost: `(k, f)`, where it is looked for and has no row.
    """

    frames: Int64s
    error: Floats
    near: Floats
    counted: Bools
    lost: Bools


def closeness(distance: Floats) -> Floats:
    """What an error has grown to `distance` frames from truth: 0 on it, 1 infinitely far."""
    with np.errstate(invalid="ignore"):
        grown: Floats = np.where(np.isinf(distance), 1.0, distance / (distance + REACH))
    return grown


def expected_errors(masks: Masks, frames: Int64s, direction: Direction) -> Expected:
    """Judge every tracked object of `masks` on `frames` (rising)."""
    objects = [int(obj) for obj in masks.objects if obj >= 0]
    columns = [_one(masks, obj, frames, direction) for obj in objects]
    shape = (len(objects), len(frames))
    error, near, counted, lost = (
        np.array([column[i] for column in columns]).reshape(shape) for i in range(4)
    )
    return Expected(frames, error, near, counted.astype(bool), lost.astype(bool))


def _one(
    masks: Masks, obj: int, frames: Int64s, direction: Direction
) -> tuple[Floats, Floats, Bools, Bools]:
    rows = masks.of(obj)
    distance, carried, decided = _from_truth(rows, frames, direction)
    near = closeness(distance)
    found = np.searchsorted(rows.frame, frames)
    has_row = np.append(rows.frame, -1)[found] == frames
    own = has_row & ~np.append(rows.trusted, False)[found]
    lost = carried & ~has_row & ~decided
    doubt = np.where(
        own, np.append(_doubts(rows), 0.0)[found], np.where(lost, _missing(rows, frames), 0)
    )
    error = np.where(own | lost, PRIOR * near + (1 - PRIOR) * doubt, 0.0)
    error[decided] = 0.0
    return error, near, own | lost | has_row, lost


def _from_truth(rows: Masks, frames: Int64s, direction: Direction) -> tuple[Floats, Bools, Bools]:
    """Frames to the nearest truth, whether the object is carried from it, whether it lies here."""
    truth = rows.take(rows.trusted)
    at = np.union1d(truth.frame, rows.checked)
    there = np.isin(at, truth.frame[(truth.flags & Flags.OUTSIDE) == 0])
    before = np.searchsorted(at, frames, side="right") - 1
    after = np.searchsorted(at, frames)
    padded = np.concatenate([[-np.inf], at, [np.inf]])
    seen = np.concatenate([[False], there, [False]])
    left: Floats = frames - padded[before + 1]
    right: Floats = padded[after + 1] - frames
    from_left: Bools = seen[before + 1]
    from_right: Bools = seen[after + 1]
    if direction == "forward":
        return left, from_left, left == 0
    if direction == "backward":
        return right, from_right, right == 0
    return np.minimum(left, right), from_left | from_right, left == 0


def _doubts(rows: Masks) -> Floats:
    """1 - score of every row, more where it is flagged, 1 where a person rejected it."""
    sure = np.where(np.isnan(rows.score), 1.0, rows.score.astype(np.float64))
    for flag, kept in KEPT.items():
        sure = np.where(rows.flags & flag, kept * sure, sure)
    doubts: Floats = np.where(rows.review == Review.REJECTED, 1.0, 1 - np.clip(sure, 0, 1))
    return doubts


def _missing(rows: Masks, frames: Int64s) -> Floats:
    """Doubt in an object's absence, by where it was on the nearest frame on which it is seen."""
    seen = rows.take((rows.flags & Flags.OUTSIDE) == 0)
    if not len(seen):
        return np.full(len(frames), LOST)
    after = np.clip(np.searchsorted(seen.frame, frames), 0, len(seen) - 1)
    before = np.maximum(after - 1, 0)
    nearer = np.abs(frames - seen.frame[before]) <= np.abs(seen.frame[after] - frames)
    nearest = np.where(nearer, before, after)
    at_border = (seen.flags[nearest] & Flags.TRUNCATED) != 0
    return np.where(at_border, LEFT, LOST)
