"""Small tables of masks and cases for the tests of `evaluate`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from hypothesis import strategies as st

from masklet.core import Flags, Label, Masks, Video
from masklet.core.arrays import Bools
from masklet.evaluation.case import Case
from masklet.evaluation.pairs import Pairs, pair
from masklet.ops.runs import encode

H, W = 24, 32
LENGTH = 6
VIDEO = Video("v", W, H, LENGTH)
LABELS = (Label("rat"), Label("tail"))


def block(x0: int, y0: int, x1: int, y1: int, size_wh: tuple[int, int] = (W, H)) -> Bools:
    """`(h, w) bool` with one filled box."""
    mask = np.zeros((size_wh[1], size_wh[0]), bool)
    mask[y0:y1, x0:x1] = True
    return mask


def table(
    rows: Mapping[tuple[int, int], Bools],
    video: Video = VIDEO,
    label_of: Mapping[int, int] | None = None,
    labels: tuple[Label, ...] = LABELS,
    **columns: object,
) -> Masks:
    """Masks from {(frame, object id): (h, w) bool}; `label_of` maps object ids to label ids (else 0)."""
    runs = [encode(mask) for mask in rows.values()]
    known = label_of or {}
    return Masks(
        video,
        labels,
        frame=[frame for frame, _ in rows],
        object_id=[object_id for _, object_id in rows],
        label_id=[known.get(object_id, 0) for _, object_id in rows],
        runs=np.concatenate([*runs, np.empty(0, np.uint32)]),
        offset=np.cumsum([0, *(len(r) for r in runs)]),
        **columns,
    )


def case(pred: Masks, truth: Masks, name: str = "v", frames: Sequence[int] | None = None) -> Case:
    """A case whose truth is complete on `frames` (None = every frame of the video)."""
    judged = np.arange(truth.video.n_frames) if frames is None else np.asarray(frames)
    judged = judged.astype(np.int32)
    single = truth.take((truth.flags & Flags.CROWD) == 0).replace(checked=judged)
    pairs = pair(pred, single)
    return Case(name, pred, truth, judged, judged, pairs)


def unpaired(pred: Masks, truth: Masks, name: str = "v", frames: Sequence[int] | None = None) -> Case:
    """The same for families that do not look at `pairs`; either side may be empty or untracked."""
    judged = np.arange(truth.video.n_frames) if frames is None else np.asarray(frames)
    judged = judged.astype(np.int32)
    nothing32, nothing = np.empty(0, np.int32), np.empty(0, np.int64)
    return Case(name, pred, truth, judged, judged, Pairs(nothing32, nothing32, nothing, nothing))


@st.composite
def masks(draw: st.DrawFn, size_wh: tuple[int, int] = (W, H)) -> Bools:
    """Unions of up to three boxes less one; they touch the border and may be empty."""
    w, h = size_wh
    mask = np.zeros((h, w), bool)
    for _ in range(draw(st.integers(0, 3))):
        x0, y0 = draw(st.integers(0, w - 1)), draw(st.integers(0, h - 1))
        mask[y0 : y0 + draw(st.integers(1, h)), x0 : x0 + draw(st.integers(1, w))] = True
    if draw(st.booleans()):
        x0, y0 = draw(st.integers(0, w - 1)), draw(st.integers(0, h - 1))
        mask[y0 : y0 + 4, x0 : x0 + 4] = False
    return mask


@st.composite
def videos(draw: st.DrawFn, objects: int = 3, length: int = 4) -> Masks:
    """A random table: up to `objects` objects over `length` frames, some absent, labels by id."""
    video = Video("v", W, H, length)
    rows = {
        (frame, object_id): draw(masks())
        for frame in range(length)
        for object_id in range(1, objects + 1)
        if draw(st.booleans())
    }
    labels = {object_id: object_id % 2 for object_id in range(1, objects + 1)}
    scores = np.array([draw(st.integers(1, 20)) / 20 for _ in rows], np.float32)
    return table(rows, video, labels, score=scores)
