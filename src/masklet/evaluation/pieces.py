"""A case some frames at a time, so that memory does not grow with a video."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from masklet.core.arrays import Int32s
from masklet.core.masks import Masks
from masklet.evaluation.case import Case

RUNS_AT_ONCE = 1 << 18


class Piece(NamedTuple):
    """Rows of both sides on some complete frames, which follow one another in order of time."""

    frames: Int32s
    pred: Masks
    truth: Masks


def frame_pieces(case: Case) -> Iterator[tuple[int, int]]:
    """Parts `complete[start:stop]` of the judged frames that hold about `RUNS_AT_ONCE` runs."""
    frames = case.complete
    sides = case.pred, case.truth
    runs = sum(side.offset[np.searchsorted(side.frame, frames, "right")] for side in sides)
    cuts = np.flatnonzero(np.diff(runs // RUNS_AT_ONCE)) + 1
    edges = [0, *cuts.tolist(), len(frames)]
    yield from ((start, stop) for start, stop in pairwise(edges) if stop > start)


def complete_pieces(case: Case) -> Iterator[Piece]:
    """The complete frames of a case with their rows, piece by piece; none where there are no frames."""
    for start, stop in frame_pieces(case):
        part = case.complete[start:stop]
        yield Piece(part, *(_on(side, part) for side in (case.pred, case.truth)))


def _on(masks: Masks, frames: Int32s) -> Masks:
    start, stop = np.searchsorted(masks.frame, [frames[0], frames[-1] + 1])
    rows = start + np.flatnonzero(np.isin(masks.frame[start:stop], frames))
    return masks if len(rows) == len(masks) else masks.take(rows)
