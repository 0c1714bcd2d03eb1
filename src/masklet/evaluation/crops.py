"""The masks that a video's pairs point to, decoded one pair at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from masklet.core.arrays import Bools, Int32s, Int64s
from masklet.core.masks import Masks
from masklet.evaluation.pairs import Pairs
from masklet.evaluation.pixels import turned
from masklet.ops.runs import decode_columns
from masklet.ops.table import boxes

_PIECE = 256
"""Pairs whose run lengths are laid out at once."""


class Crop(NamedTuple):
    """Part of a mask; outside of it there is background.

    Args:
        mask: `(h, w) bool`; `(0, 0)` for an empty mask.
        x, y: its top-left pixel on the frame.
    """

    mask: Bools
    x: int
    y: int


def places(crop: Crop) -> Int64s:
    """Where it is true, `(n, 2) int64`: x and y on the frame, row by row."""
    flat = np.flatnonzero(crop.mask)
    found = np.empty((len(flat), 2), np.int64)
    np.floor_divide(flat, max(crop.mask.shape[1], 1), out=found[:, 1])
    np.subtract(flat, found[:, 1] * crop.mask.shape[1], out=found[:, 0])
    found += np.array((crop.x, crop.y))
    return found


class Piece(NamedTuple):
    """Some pairs that follow one another.

    Args:
        start: place of the first one among all pairs.
        pred, truth: the rows that these pairs have.
        pred_at, truth_at: `(k,) int64`, index of each pair's row in them; -1 = none.
    """

    start: int
    pred: Masks
    truth: Masks
    pred_at: Int64s
    truth_at: Int64s


class Sight(NamedTuple):
    """One pair as pixels.

    Args:
        pair: its index among the pairs.
        size_wh: of the frame.
        pred, truth: each mask's box, a pixel wider on every side but not beyond the frame.
    """

    pair: int
    size_wh: tuple[int, int]
    pred: Crop
    truth: Crop


def pieces(pred: Masks, truth: Masks, pairs: Pairs) -> Iterator[Piece]:
    """All pairs, some hundred at a time, so that the memory needed does not grow with the video."""
    for start in range(0, len(pairs), _PIECE):
        at = slice(start, start + _PIECE)
        mine, theirs = pairs.pred_row[at], pairs.truth_row[at]
        yield Piece(
            start,
            pred.take(mine[mine >= 0]),
            truth.take(theirs[theirs >= 0]),
            _numbered(mine),
            _numbered(theirs),
        )


def sights(piece: Piece) -> Iterator[Sight]:
    """Each pair of a piece, decoded. A pair without a row, or with an empty one, has an empty crop."""
    pred_boxes, truth_boxes = boxes(piece.pred), boxes(piece.truth)
    for k, (mine, theirs) in enumerate(
        zip(piece.pred_at.tolist(), piece.truth_at.tolist(), strict=True)
    ):
        masks, row = (piece.truth, theirs) if theirs >= 0 else (piece.pred, mine)
        size_wh = masks.video.size_wh(int(masks.frame[row])) if row >= 0 else (0, 0)
        yield Sight(
            piece.start + k,
            size_wh,
            _crop(piece.pred, mine, pred_boxes, size_wh),
            _crop(piece.truth, theirs, truth_boxes, size_wh),
        )


def _numbered(rows: Int64s) -> Int64s:
    """0, 1, ... for those rows that are there, -1 for the others."""
    there = rows >= 0
    return np.where(there, np.cumsum(there) - 1, -1)


def _crop(masks: Masks, row: int, all_boxes: Int32s, size_wh: tuple[int, int]) -> Crop:
    if row < 0 or all_boxes[row, 2] == 0:
        return Crop(np.zeros((0, 0), np.bool_), 0, 0)
    x0, y0, x1, y1 = all_boxes[row].tolist()
    box = max(x0 - 1, 0), max(y0 - 1, 0), min(x1 + 1, size_wh[0]), min(y1 + 1, size_wh[1])
    return Crop(turned(decode_columns(masks.row_runs(row), size_wh, box)[0]), box[0], box[1])
