"""Frames as maps of classes: one number a pixel, for metrics in which every pixel has one owner.

Where masks of one side overlap, the pixel goes to the row with the higher score (no score is 1), and
among equal ones to the lower object id.
"""

from __future__ import annotations

import numpy as np

from masklet.core.arrays import Int16s, Int32s, Int64s
from masklet.core.enums import Flags
from masklet.core.masks import Masks
from masklet.evaluation.case import Case
from masklet.ops.runs import Box, decode_crop
from masklet.ops.table import boxes


def painting_order(masks: Masks) -> Int64s:
    """Rows of one frame in the order in which they are painted: later ones cover earlier ones."""
    score = np.where(np.isnan(masks.score), 1.0, masks.score)
    return np.lexsort((-masks.object_id.astype(np.int64), score))


def painted(masks: Masks, values: Int32s, box: Box, size_wh: tuple[int, int]) -> Int32s:
    """The part `box` of a frame, `(y1 - y0, x1 - x0) int32`: `values[row]` where a row is, else 0."""
    x0, y0, x1, y1 = box
    canvas = np.zeros((y1 - y0, x1 - x0), np.int32)
    own = boxes(masks)
    for row in painting_order(masks).tolist():
        left, top, right, bottom = (int(v) for v in own[row])
        left, top, right, bottom = max(left, x0), max(top, y0), min(right, x1), min(bottom, y1)
        if left >= right or top >= bottom:
            continue
        crop, _ = decode_crop(masks.row_runs(row), size_wh, (left, top, right, bottom))
        canvas[top - y0 : bottom - y0, left - x0 : right - x0][crop] = values[row]
    return canvas


class Painter:
    """Class maps of a case, frame by frame, cut to the box that holds every mask of the video.

    Class 0 is background, class i + 1 is label i. Crowds are not painted.
    """

    def __init__(self, case: Case) -> None:
        self._case = case
        self._truth = case.truth.take((case.truth.flags & Flags.CROWD) == 0)
        all_boxes = np.vstack([boxes(case.pred), boxes(self._truth)])
        known = all_boxes[all_boxes[:, 2] > all_boxes[:, 0]]
        low, high = (known[:, :2].min(axis=0), known[:, 2:].max(axis=0)) if len(known) else ((0, 0),) * 2
        self._box = int(low[0]), int(low[1]), int(high[0]), int(high[1])

    def pred(self, frame: int) -> Int16s:
        """The predicted classes, `(h, w) int16`."""
        return self._classes(self._case.pred.on(frame), frame)

    def truth(self, frame: int) -> Int16s:
        """The true classes, `(h, w) int16`."""
        return self._classes(self._truth.on(frame), frame)

    def outside(self, frame: int) -> int:
        """Pixels of the frame outside the box."""
        w, h = self._case.truth.video.size_wh(frame)
        x0, y0, x1, y1 = self._within(frame)
        return w * h - (x1 - x0) * (y1 - y0)

    def _classes(self, masks: Masks, frame: int) -> Int16s:
        size_wh = self._case.truth.video.size_wh(frame)
        values = masks.label_id.astype(np.int32) + 1
        return painted(masks, values, self._within(frame), size_wh).astype(np.int16)

    def _within(self, frame: int) -> Box:
        """The box, cut at the frame."""
        w, h = self._case.truth.video.size_wh(frame)
        x0, y0, x1, y1 = self._box
        return min(x0, w), min(y0, h), min(x1, w), min(y1, h)
