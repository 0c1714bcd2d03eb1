"""Soft masks of what was prompted for, as rows of one picture that share no pixel."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from masklet.core import Flags, Label, Masks, Origin, Video
from masklet.core.arrays import Bools, Float32s
from masklet.models.rows import DOUBT
from masklet.ops import runs
from masklet.ops.table import Row, build


def prompted_rows(
    size_wh: tuple[int, int],
    named: Mapping[int, str],
    answers: Mapping[int, tuple[Float32s, float]],
) -> Masks:
    """One row for each object with a pixel; where several claim a pixel the likeliest has it.

    Args:
        size_wh: of the picture, (width, height) in pixels.
        named: label of each object.
        answers: by object its `(h, w)` probabilities, 0..1, and its score.
    """
    labels = list(dict.fromkeys(named.values()))
    masks = _apart({one: probability for one, (probability, _) in answers.items()})
    rows = [
        _row(one, labels.index(named[one]), mask, answers[one][1])
        for one, mask in masks.items()
        if mask.any()
    ]
    return build(Video("image:", *size_wh, 1), [Label(name) for name in labels], rows)


def _row(object_id: int, label: int, mask: Bools, score: float) -> Row:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    high, wide = mask.shape
    cut = rows[0] == 0 or columns[0] == 0 or rows[-1] == high - 1 or columns[-1] == wide - 1
    flags = (Flags.TRUNCATED if cut else 0) | (Flags.LOW_SCORE if score < DOUBT else 0)
    encoded = runs.encode(mask)
    return Row(0, object_id, label, encoded, score, 1.0, Origin.PROMPTED, flags=int(flags))


def _apart(soft: dict[int, Float32s]) -> dict[int, Bools]:
    """Hard masks by object; where several claim a pixel the likeliest has it."""
    masks: dict[int, Bools] = {}
    best: Float32s | None = None
    owner = np.zeros(0, np.int64)
    for one, probability in soft.items():
        if best is None:
            best, owner = probability.copy(), np.full(probability.shape, one, np.int64)
        else:
            wins = probability > best
            best[wins], owner[wins] = probability[wins], one
    for one, probability in soft.items():
        masks[one] = (probability > 0.5) & (owner == one)
    return masks
