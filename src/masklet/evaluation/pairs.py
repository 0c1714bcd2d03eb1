"""Which predicted row answers which true row."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from masklet.core.arrays import Bools, Int32s, Int64s
from masklet.core.enums import Review
from masklet.core.errors import DataError
from masklet.core.masks import Masks


@dataclass(frozen=True, eq=False)
class Pairs:
    """What is compared, one entry a (frame, object), sorted.

    Args:
        frame: `(k,) int32`.
        object_id: `(k,) int32`.
        pred_row: `(k,) int64`, row of the prediction; -1 = it has none.
        truth_row: `(k,) int64`, row of the truth; -1 = it says that the object is absent.
    """

    frame: Int32s
    object_id: Int32s
    pred_row: Int64s
    truth_row: Int64s

    def __len__(self) -> int:
        return len(self.frame)


def pair(pred: Masks, truth: Masks, skip_frames: Iterable[int] = ()) -> Pairs:
    """Pair rows by (frame, object_id).

    The truth decides what is compared: each of its rows, and on each frame that it declares
    complete (`Masks.checked`) all of its objects, present or not. A frame that the truth neither
    drew nor checked says nothing and is left out; so are objects that only the prediction knows.
    Rejected rows count as not there, on both sides. `skip_frames` are left out too: frames given to
    the engine as prompts, say.

    Raises `DataError` where frame sizes differ, where rows have no object id, or where nothing is
    left to compare.
    """
    _check(pred, truth)
    rows = np.flatnonzero(truth.review != Review.REJECTED)
    objects = np.unique(truth.object_id[rows])
    checked = np.repeat(truth.checked, len(objects))
    frame = np.concatenate([truth.frame[rows], checked])
    object_id = np.concatenate([truth.object_id[rows], np.tile(objects, len(truth.checked))])
    keep = ~np.isin(frame, np.fromiter(skip_frames, np.int64))
    if not keep.any():
        raise DataError(
            "nothing to compare: the truth has no mask and no checked frame beyond the frames skipped"
        )
    return pairs_at(pred, truth, keys(frame[keep], object_id[keep]))


def pairs_at(pred: Masks, truth: Masks, wanted: Int64s) -> Pairs:
    """The rows of both tables at some `keys`, each key once."""
    key = np.unique(wanted)
    return Pairs(
        (key >> 32).astype(np.int32),
        (key & 0xFFFFFFFF).astype(np.int32),
        _find(pred, key),
        _find(truth, key),
    )


def keys(frame: Int32s, object_id: Int32s) -> Int64s:
    """`(n,) int64`: one number for each (frame, object id >= 0)."""
    found: Int64s = (frame.astype(np.int64) << 32) | object_id.astype(np.int64)
    return found


def _find(masks: Masks, key: Int64s) -> Int64s:
    """Row of each key that is not rejected, or -1."""
    rows = np.flatnonzero((masks.review != Review.REJECTED) & (masks.object_id >= 0))
    have = keys(masks.frame[rows], masks.object_id[rows])
    if not len(have):
        return np.full(len(key), -1, np.int64)
    at = np.minimum(np.searchsorted(have, key), len(have) - 1)
    return np.where(have[at] == key, rows[at], -1)


def _check(pred: Masks, truth: Masks) -> None:
    if len(truth) and truth.object_id.min() < 0:
        raise DataError("the truth has masks without an object id; give every object an id first")
    if len(pred) and pred.object_id.max() < 0:
        raise DataError("no predicted mask has an object id; track the objects first")
    check_sizes(pred, truth)


def check_sizes(pred: Masks, truth: Masks) -> None:
    """Raise `DataError` where a frame has another size on one side than on the other."""
    videos = pred.video, truth.video
    known = [video.n_frames for video in videos if video.frame_sizes is not None]
    frames = np.union1d(pred.frame, truth.frame)
    frames = frames[frames < min(known, default=np.iinfo(np.int32).max)]
    differ: Bools = np.any(pred.video.sizes_wh(frames) != truth.video.sizes_wh(frames), axis=1)
    if differ.any():
        at = int(frames[differ][0])
        (w, h), (tw, th) = pred.video.size_wh(at), truth.video.size_wh(at)
        raise DataError(
            f"frame {at} is {w}x{h} in the prediction and {tw}x{th} in the truth; expected equal sizes"
        )
