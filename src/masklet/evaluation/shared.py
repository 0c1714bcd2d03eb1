"""Frames on which every pixel has one owner a side, as counts of pixels: who shares how many with whom.

Panoptic and semantic metrics need no picture. All run lengths of a frame, of both sides, cut it into
stretches that are constant; stretches are given to their owners and counted.

Masks of one side may overlap; these metrics forbid it. A pixel that several claim goes to one of
them, on both sides by the same rule: `masklet.evaluation.painting` (higher score, then lower object
id); crowds keep what nobody else claims. How many pixels were claimed more than once is reported.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from masklet.core.arrays import Int32s, Int64s
from masklet.core.enums import Flags
from masklet.core.masks import Masks
from masklet.evaluation.case import Case
from masklet.evaluation.painting import painting_order
from masklet.ops.spans import ragged, table_spans


class Shared(NamedTuple):
    """Pixels of some frames by their owners.

    Args:
        true, pred: `(k,) int64`, row of the case's truth and prediction; -1 = nobody's. Each pair
            once; rows whose pixels all went to others do not occur.
        pixels: `(k,) int64`.
        true_overlap, pred_overlap: pixels claimed more than once, counted once for each further claim.
    """

    true: Int64s
    pred: Int64s
    pixels: Int64s
    true_overlap: int
    pred_overlap: int


class _Spans(NamedTuple):
    """Stretches of foreground on all frames, counted through: start, end and row of the case."""

    start: Int64s
    end: Int64s
    row: Int64s


def shared(case: Case, start: int, stop: int) -> Shared:
    """Who shares what on the frames `case.complete[start:stop]`; any number of frames at once."""
    frames = case.complete[start:stop]
    sizes = case.truth.video.sizes_wh(frames).astype(np.int64)
    begin = np.concatenate([[0], np.cumsum(sizes[:, 0] * sizes[:, 1])])
    sides = [_spans(masks, frames, begin) for masks in (case.truth, case.pred)]
    edges = np.unique(np.concatenate([begin, *(part for side in sides for part in side[:2])]))
    lengths = np.diff(edges)
    (true, true_overlap), (pred, pred_overlap) = (_owned(side, edges, lengths) for side in sides)
    width = len(case.pred) + 1
    key, place = np.unique((true + 1) * width + pred + 1, return_inverse=True)
    pixels = np.bincount(place, lengths, len(key)).astype(np.int64)
    return Shared(key // width - 1, key % width - 1, pixels, true_overlap, pred_overlap)


def _spans(masks: Masks, frames: Int32s, begin: Int64s) -> _Spans:
    """The stretches of one side, those of the rows painted last at the end."""
    if not len(frames):
        return _Spans(*np.empty((3, 0), np.int64))
    low, high = np.searchsorted(masks.frame, [frames[0], frames[-1] + 1]).tolist()
    rows = np.arange(low, high)[np.isin(masks.frame[low:high], frames)]
    part = masks.take(rows)
    order = painting_order(part)
    order = order[np.argsort((part.flags[order] & Flags.CROWD) == 0, kind="stable")]
    turn = np.empty(len(rows), np.int64)
    turn[order] = np.arange(len(rows))
    start, end, row = table_spans(part.runs, part.offset)
    base = begin[np.searchsorted(frames, part.frame)][row]
    last = np.argsort(turn[row], kind="stable")
    return _Spans((base + start)[last], (base + end)[last], rows[row[last]])


def _owned(spans: _Spans, edges: Int64s, lengths: Int64s) -> tuple[Int64s, int]:
    """The owner of each stretch `edges[i]:edges[i + 1]`, -1 = nobody; and pixels claimed again."""
    first = np.searchsorted(edges, spans.start)
    source, within = ragged(np.searchsorted(edges, spans.end) - first)
    place = first[source] + within
    owner = np.full(len(lengths), -1, np.int64)
    owner[place] = spans.row[source]
    claimed = int(lengths[place].sum())
    return owner, claimed - int(lengths[owner >= 0].sum())
