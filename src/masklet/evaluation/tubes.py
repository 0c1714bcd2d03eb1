"""What panoptic metrics match: the tubes that objects leave in windows of some frames.

A tube is all pixels of one object under one label within the window; of one frame, it is a segment.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from masklet.core.arrays import Bools, Floats, Int32s, Int64s
from masklet.core.enums import Flags
from masklet.core.masks import Masks
from masklet.evaluation.shared import Shared

_MATCH = 0.5
_IGNORED = 0.5


class Owners(NamedTuple):
    """What each row of a side stands for, `(n + 1,)` each; the last entry is for row -1, nobody.

    Args:
        frame: of the video; -1 for nobody.
        tube: number of the (object, label); untracked rows have their own, crowds one a label; 0 =
            nobody.
        label: index; -1 = nobody.
        crowd: whether the row is a crowd.
    """

    frame: Int64s
    tube: Int64s
    label: Int64s
    crowd: Bools


class Counts(NamedTuple):
    """Pixels by window, tube of the truth and tube of the prediction, `(k,)` each; 0 = nobody's.

    Args:
        window: the frame, or the window that frames were put into.
        true, pred: tubes.
        true_label, pred_label: their labels.
        crowd: 1 where `true` is a crowd, else 0.
        pixels: how many.
    """

    window: Int64s
    true: Int64s
    pred: Int64s
    true_label: Int64s
    pred_label: Int64s
    crowd: Int64s
    pixels: Int64s

    def take(self, entries: Bools) -> Counts:
        """Chosen entries."""
        return Counts(*(column[entries] for column in self))


class Tally(NamedTuple):
    """Matches, false alarms, misses and the IoU of matches, by label, `(c,)` each."""

    tp: Int64s
    fp: Int64s
    fn: Int64s
    iou: Floats


def owners(masks: Masks, crowds: bool) -> Owners:
    """Tubes of all rows of one side; the flag CROWD means something only where there are `crowds`."""
    crowd = ((masks.flags & Flags.CROWD) != 0) & crowds
    label = masks.label_id.astype(np.int64)
    who = masks.object_id.astype(np.int64) + 1
    alone = who == 0
    who[alone] = -1 - np.flatnonzero(alone)
    who[crowd] = 0
    key = who << 16 | label
    _, tube = np.unique(key, return_inverse=True)
    return Owners(
        np.append(masks.frame.astype(np.int64), -1),
        np.append(tube + 1, 0),
        np.append(label, -1),
        np.append(crowd, False),
    )


def counted(some: Shared, true: Owners, pred: Owners, frames: Int32s) -> Counts:
    """Pixels by frame (its place among `frames`) and tubes; pixels that nobody has are left out."""
    held = (some.true >= 0) | (some.pred >= 0)
    i, j = some.true[held], some.pred[held]
    place = np.searchsorted(frames, np.maximum(true.frame[i], pred.frame[j]))
    return Counts(
        place,
        true.tube[i],
        pred.tube[j],
        true.label[i],
        pred.label[j],
        true.crowd[i].astype(np.int64),
        some.pixels[held],
    )


def windows(counts: Counts, length: int, start: int, stop: int) -> Counts:
    """Entries once for each window of `length` frames that ends on one of `start` to `stop - 1`.

    A window is named by its last frame, and begins on frame 0 or later.
    """
    parts = []
    for later in range(length):
        window = counts.window + later
        inside = (window >= max(start, length - 1)) & (window < stop)
        parts.append(counts._replace(window=window).take(inside))
    return joined(parts)


def joined(parts: Sequence[Counts]) -> Counts:
    """The entries of all parts."""
    return Counts(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def tally(counts: Counts, n_labels: int, void: bool) -> Tally:
    """Match the tubes of each window by IoU > 0.5 and count by label.

    Kirillov et al., "Panoptic Segmentation", CVPR 2019. Where `void`, pixels that nobody has in the
    truth are taken out of unions. A predicted tube without a match is not counted where more than
    half of it lies in the void and in crowds of its label together; crowds are never missed.
    """
    true_key, first, i = np.unique(counts.window << 32 | counts.true, True, True)
    pred_key, pred_first, j = np.unique(counts.window << 32 | counts.pred, True, True)
    pair, where = np.unique(i * len(pred_key) + j, return_inverse=True)
    shared = np.bincount(where, counts.pixels, len(pair))
    true_label, pred_label = counts.true_label[first], counts.pred_label[pred_first]
    crowd = counts.crowd[first] > 0
    t, p = np.divmod(pair, max(1, len(pred_key)))
    true_area = np.bincount(t, shared, len(true_key))
    pred_area = np.bincount(p, shared, len(pred_key))
    nobody = (true_label[t] < 0) & void
    own = true_label[t] == pred_label[p]
    unlabelled = np.bincount(p[nobody], shared[nobody], len(pred_key))
    excused = crowd[t] & own
    ignored = unlabelled + np.bincount(p[excused], shared[excused], len(pred_key))
    with np.errstate(invalid="ignore", divide="ignore"):
        iou = shared / (true_area[t] + pred_area[p] - shared - unlabelled[p])
    match = own & (true_label[t] >= 0) & ~crowd[t] & (iou > _MATCH)
    missed, wrong = (true_label >= 0) & ~crowd, (pred_label >= 0) & (ignored <= _IGNORED * pred_area)
    missed[t[match]], wrong[p[match]] = False, False
    return Tally(
        np.bincount(true_label[t[match]], minlength=n_labels),
        np.bincount(pred_label[wrong], minlength=n_labels),
        np.bincount(true_label[missed], minlength=n_labels),
        np.bincount(true_label[t[match]], iou[match], n_labels).astype(np.float64),
    )
