"""Who is who in `Shapes`, and tracks that end where their object does. Numpy only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from masklet.core.arrays import Bools, Floats, Int32s, UInt8s
from masklet.core.enums import Flags, Origin, ShapeKind
from masklet.core.masks import Masks
from masklet.core.shapes import NOTHING, Shapes

_CARRIED = int(Flags.KEYFRAME | Flags.OCCLUDED | Flags.TRUNCATED)


class Drawn(NamedTuple):
    """One shape that stands for one row of `Masks`."""

    row: int
    kind: ShapeKind
    points: Floats


def object_ids(shapes: Shapes) -> Int32s:
    """The object that each shape draws, `(n,) int32`; -1 = unknown.

    A track's own number comes first; then a whole number in the attribute `track_id`; then the
    group. The last two count only where no other shape of that frame claims the same number.
    """
    ids = shapes.track_id.copy()
    single = np.flatnonzero(ids < 0)
    ids[single] = shapes.group[single]
    ids[single[ids[single] <= 0]] = -1
    for row in single.tolist():
        text = str(shapes.attributes[row].get("track_id", ""))
        if text.isascii() and text.isdigit() and len(text) < 10:
            ids[row] = int(text)
    _, place, times = np.unique(
        np.stack([shapes.frame, ids]), axis=1, return_inverse=True, return_counts=True
    )
    shared = times[place.ravel()] > 1
    ids[shared & (shapes.track_id < 0)] = -1
    return ids


def origins(shapes: Shapes) -> UInt8s:
    """HUMAN for keyframes and single shapes, INTERPOLATED for what a track has in between."""
    between: Bools = (shapes.track_id >= 0) & (shapes.flags & Flags.KEYFRAME == 0)
    return np.where(between, int(Origin.INTERPOLATED), int(Origin.HUMAN)).astype(np.uint8)


def as_tracks(masks: Masks, drawn: Sequence[Drawn]) -> Shapes:
    """Shapes in tracks by object, a keyframe each, closed by an outside keyframe after every stay.

    Rows without an object (-1) become single shapes. Tracks follow one another, frames rise.
    """
    rows = np.array([one.row for one in drawn], np.int64)
    ids, frames = masks.object_id[rows], masks.frame[rows]
    order = np.lexsort((frames, ids, ids < 0))
    listed: list[tuple[int, Drawn, int, int]] = []
    for here, there in zip(order, np.append(order[1:], -1), strict=True):
        one, track, frame = drawn[here], int(ids[here]), int(frames[here])
        flags = int(masks.flags[one.row]) & _CARRIED
        listed.append((frame, one, track, flags | Flags.KEYFRAME if track >= 0 else flags))
        stays = there >= 0 and ids[there] == track and frames[there] == frame + 1
        if track >= 0 and not stays and frame + 1 != masks.video.n_frames:
            listed.append((frame + 1, one, track, int(Flags.OUTSIDE | Flags.KEYFRAME)))
    return _assembled(masks, listed)


def _assembled(masks: Masks, listed: Sequence[tuple[int, Drawn, int, int]]) -> Shapes:
    lengths = [len(one.points) for _, one, _, _ in listed]
    return Shapes(
        masks.video,
        masks.labels,
        frame=np.array([frame for frame, *_ in listed], np.int32),
        track_id=np.array([track for _, _, track, _ in listed], np.int32),
        label_id=masks.label_id[np.array([one.row for _, one, _, _ in listed], np.int64)],
        kind=np.array([one.kind for _, one, _, _ in listed], np.uint8),
        points=np.concatenate([np.empty(0), *(one.points for _, one, _, _ in listed)]),
        offset=np.cumsum([0, *lengths]),
        flags=np.array([flags for *_, flags in listed], np.uint16),
    )


def as_singles(masks: Masks, drawn: Sequence[Drawn]) -> Shapes:
    """Single shapes; the object's id goes into the group and the attribute `track_id`."""
    listed = [
        (int(masks.frame[one.row]), one, -1, int(masks.flags[one.row]) & _CARRIED) for one in drawn
    ]
    ids = [int(masks.object_id[one.row]) for one in drawn]
    return _assembled(masks, listed).replace(
        group=np.maximum(np.array(ids, np.int32), 0),
        attributes=tuple({"track_id": str(i)} if i >= 0 else NOTHING for i in ids),
    )
