"""STQ: Weber et al., "STEP: Segmenting and Tracking Every Pixel", 2021.

STQ = sqrt(AQ * SQ): how well pixels keep their object through the whole video, and how well they get
their label. Labels do not enter AQ.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from masklet.core.arrays import Floats, Int64s
from masklet.core.masks import Masks
from masklet.evaluation.case import Case
from masklet.evaluation.shared import Shared


@dataclass(frozen=True)
class Association:
    """AQ of one video before it is divided: the terms of all true tubes summed, and their number."""

    quality: float
    tubes: int


class Associating:
    """Pixels that true and predicted objects share through a video, gathered piece by piece."""

    def __init__(self, case: Case, crowd: Int64s, void: bool) -> None:
        """`crowd` are the rows of the truth that are crowds."""
        self._true, self._pred = _objects(case.truth), _objects(case.pred)
        self._true[crowd] = -1
        self._void = void
        self._key = np.empty(0, np.int64)
        self._pixels: Floats = np.empty(0)

    def add(self, some: Shared) -> None:
        """Take some more frames."""
        true, pred = self._true[some.true], self._pred[some.pred]
        judged = true > 0 if self._void else true >= 0
        key = true[judged] << 32 | pred[judged]
        self._key, place = np.unique(np.concatenate([self._key, key]), return_inverse=True)
        pixels = np.concatenate([self._pixels, some.pixels[judged]])
        self._pixels = np.bincount(place, pixels, len(self._key)).astype(np.float64)

    def result(self) -> Association:
        """For each true tube the mean over its pixels of the IoU of the tubes that meet there."""
        true, pred = self._key >> 32, self._key & 0xFFFFFFFF
        true_area, pred_area = np.bincount(true, self._pixels), np.bincount(pred, self._pixels)
        both = (true > 0) & (pred > 0)
        t, p, shared = true[both], pred[both], self._pixels[both]
        terms = shared * shared / (true_area[t] + pred_area[p] - shared) / true_area[t]
        return Association(float(terms.sum()), int(np.count_nonzero(true_area[1:])))


def _objects(masks: Masks) -> Int64s:
    """Number of each row's object from 1 on, an untracked row having its own; 0 for row -1."""
    who = masks.object_id.astype(np.int64)
    alone = np.flatnonzero(who < 0)
    who[alone] = -1 - alone
    _, number = np.unique(who, return_inverse=True)
    return np.append(number + 1, 0)
