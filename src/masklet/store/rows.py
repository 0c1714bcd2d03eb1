"""Rows of `Masks` as rows of a table, and back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from masklet.core.arrays import Float32s, Int64s
from masklet.core.labels import Label
from masklet.core.masks import Masks, is_trusted
from masklet.core.steps import Step
from masklet.core.video import Video
from masklet.ops.table import areas
from masklet.store.codec import decode_runs, encode_runs


class StoredRow(NamedTuple):
    """One row as it stands in the tables `masks` and `history`, without its video and revision.

    `label_id` and `step` count in the project's own lists. `slot` tells apart the untracked rows
    (`object_id` -1) of one frame; else 0. Scores are None where `Masks` has NaN. `area` is the
    foreground in pixels, derived from `runs`.
    """

    frame: int
    object_id: int
    slot: int
    label_id: int
    runs: bytes
    score: float | None
    identity_score: float | None
    origin: int
    review: int
    flags: int
    step: int
    area: int

    @property
    def place(self) -> tuple[int, int, int]:
        """(frame, object_id, slot): what is unique among the current rows of a video."""
        return self[:3]

    @property
    def trusted(self) -> bool:
        """As `Masks.trusted`."""
        return bool(is_trusted(np.uint8(self.origin), np.uint8(self.review)))


COLUMNS = ", ".join(StoredRow._fields)
PLACEHOLDERS = ", ".join("?" * len(StoredRow._fields))


def to_rows(masks: Masks, label_ids: Int64s, step_ids: Int64s) -> list[StoredRow]:
    """The rows of `masks`, `slot` 0 everywhere.

    Args:
        masks: what to store.
        label_ids: `(len(masks.labels),) int64`, the project's number of each label.
        step_ids: `(len(masks.steps),) int64`, the project's number of each step.
    """
    steps = np.append(step_ids, -1)[np.maximum(masks.step, -1)]
    columns = (
        masks.frame.tolist(),
        masks.object_id.tolist(),
        [0] * len(masks),
        label_ids[masks.label_id].tolist(),
        encode_runs(masks.runs, masks.offset),
        _nan_to_none(masks.score),
        _nan_to_none(masks.identity_score),
        masks.origin.tolist(),
        masks.review.tolist(),
        masks.flags.tolist(),
        steps.tolist(),
        areas(masks).tolist(),
    )
    return list(map(StoredRow._make, zip(*columns, strict=True)))


def to_masks(
    rows: Sequence[Sequence[Any]],
    video: Video,
    labels: Sequence[Label],
    steps: Sequence[Step],
    checked: Iterable[int] = (),
) -> Masks:
    """`Masks` from rows of the columns `COLUMNS`. Raises `DataError` where they are not valid."""
    columns = list(zip(*rows, strict=True)) or [()] * len(StoredRow._fields)
    named = dict(zip(StoredRow._fields, columns, strict=True))
    runs, offset = decode_runs(named["runs"])
    kept, step = _steps_in_use(np.array(named["step"], np.int64), steps)
    return Masks(
        video,
        tuple(labels),
        frame=np.array(named["frame"], np.int32),
        object_id=np.array(named["object_id"], np.int32),
        label_id=np.array(named["label_id"], np.int16),
        runs=runs,
        offset=offset,
        score=_to_float32(named["score"]),
        identity_score=_to_float32(named["identity_score"]),
        origin=np.array(named["origin"], np.uint8),
        review=np.array(named["review"], np.uint8),
        flags=np.array(named["flags"], np.uint16),
        step=step.astype(np.int16),
        steps=kept,
        checked=np.array(list(checked), np.int32),
    )


def _steps_in_use(step: Int64s, steps: Sequence[Step]) -> tuple[tuple[Step, ...], Int64s]:
    """All steps while `Masks` can number them (int16), else those that the rows refer to."""
    if len(steps) <= np.iinfo(np.int16).max:
        return tuple(steps), step
    used, place = np.unique(np.append(step, -1), return_inverse=True)
    return tuple(steps[i] for i in used[1:]), place[:-1] - 1


def _to_float32(values: Sequence[float | None]) -> Float32s:
    with np.errstate(over="raise"):
        return np.array(values, np.float32)


def _nan_to_none(values: Float32s) -> list[float | None]:
    return [None if value != value else value for value in values.tolist()]
