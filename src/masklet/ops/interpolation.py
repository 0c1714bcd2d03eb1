"""What a track shows between its keyframes, by CVAT's rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from masklet.core.arrays import Floats, Int32s, Int64s
from masklet.core.enums import Flags, ShapeKind
from masklet.core.errors import DataError
from masklet.core.shapes import NOTHING, Shapes
from masklet.ops.curves import between

_HELD = int(Flags.OCCLUDED | Flags.TRUNCATED)
_LINEAR = (ShapeKind.BOX, ShapeKind.ELLIPSE, ShapeKind.CUBOID)


class _New(NamedTuple):
    """One computed row: where it goes, whom it takes after, and its form."""

    after: int
    frame: int
    source: int
    points: Floats
    rotation: float


def fill_gaps(shapes: Shapes) -> Shapes:
    """Every frame of every track that has no row of its own yet, computed from its keyframes.

    Rows that are there stay as they are. Polygons and polylines blend point by point (`curves`);
    boxes, ellipses and cuboids move linearly and turn by the shorter way; a single point moves
    linearly; several points, masks and tags stay until the next keyframe. From an outside keyframe to
    the next keyframe there is nothing. After its last keyframe a track that holds keyframes only goes
    on unchanged to the end of the video, if that is known. Flags other than KEYFRAME, z order,
    group and attributes hold from the keyframe on the left.

    Raises `DataError` where a track has two keyframes on one frame, or changes its kind between
    two keyframes.
    """
    new = [row for track in _tracks(shapes) for row in _fill_track(shapes, track)]
    if not new:
        return shapes
    return _merged(shapes, new)


def _tracks(shapes: Shapes) -> Iterator[Int64s]:
    """Rows of every track, by frame."""
    for track in np.unique(shapes.track_id[shapes.track_id >= 0]):
        rows = np.flatnonzero(shapes.track_id == track)
        rows = rows[np.argsort(shapes.frame[rows], kind="stable")]
        yield rows


def _fill_track(shapes: Shapes, rows: Int64s) -> Iterator[_New]:
    frames = shapes.frame[rows]
    is_key = shapes.flags[rows] & Flags.KEYFRAME != 0
    keys = rows[is_key] if is_key.any() else rows
    for left, right in pairwise(keys.tolist()):
        first, last = int(shapes.frame[left]), int(shapes.frame[right])
        if first == last:
            raise DataError(
                f"track {shapes.track_id[left]} has two keyframes on frame {first}; expected one"
            )
        missing = _missing(frames, first + 1, last)
        if len(missing) and not shapes.flags[left] & Flags.OUTSIDE:
            yield from _fill_gap(shapes, rows, left, right, missing)
    final, n_frames = int(keys[-1]), shapes.video.n_frames
    if is_key.all() and not shapes.flags[final] & Flags.OUTSIDE:
        for frame in range(int(shapes.frame[final]) + 1, n_frames):
            yield _New(final, frame, final, shapes.row_points(final), float(shapes.rotation[final]))


def _missing(frames: Int32s, first: int, stop: int) -> Int64s:
    lo, hi = np.searchsorted(frames, [first, stop])
    return np.setdiff1d(np.arange(first, stop), frames[lo:hi])


def _fill_gap(shapes: Shapes, rows: Int64s, left: int, right: int, missing: Int64s) -> Iterator[_New]:
    first, last = int(shapes.frame[left]), int(shapes.frame[right])
    form = _form(shapes, left, right)
    turn = (float(shapes.rotation[right]) - float(shapes.rotation[left]) + 180) % 360 - 180
    before = rows[np.searchsorted(shapes.frame[rows], missing) - 1]
    for frame, after in zip(missing.tolist(), before.tolist(), strict=True):
        t = (frame - first) / (last - first)
        rotation = (float(shapes.rotation[left]) + turn * t) % 360
        yield _New(after, frame, left, form(t), rotation)


def _form(shapes: Shapes, left: int, right: int) -> Callable[[float], Floats]:
    """Points as a function of time, 0 at the left keyframe and 1 at the right one."""
    kind = ShapeKind(int(shapes.kind[left]))
    if kind != shapes.kind[right]:
        raise DataError(
            f"track {shapes.track_id[left]} is a {kind.name.lower()} on frame {shapes.frame[left]} and "
            f"a {ShapeKind(int(shapes.kind[right])).name.lower()} on frame {shapes.frame[right]}; "
            "expected one kind between keyframes: split the track, or end the first stay as outside"
        )
    a, b = shapes.row_points(left), shapes.row_points(right)
    if kind in (ShapeKind.POLYGON, ShapeKind.POLYLINE) and len(a) and len(b):
        curve = between(a.reshape(-1, 2), b.reshape(-1, 2), closed=kind == ShapeKind.POLYGON)
        return lambda t: curve.at(t).ravel()
    single = kind == ShapeKind.POINTS and len(a) == len(b) == 2
    if (kind in _LINEAR or single) and len(a) == len(b):
        return lambda t: a + (b - a) * t
    return lambda _: a


def _merged(shapes: Shapes, new: list[_New]) -> Shapes:
    """Computed rows put behind the row that precedes them in their track."""
    n = len(shapes)
    after = np.concatenate([np.arange(n), [one.after for one in new]])
    frame = np.concatenate([shapes.frame, [one.frame for one in new]])
    order = np.lexsort((frame, np.arange(n + len(new)) >= n, after))
    source = np.array([one.source for one in new], np.int64)
    lengths = np.concatenate([np.diff(shapes.offset), [len(one.points) for one in new]])
    attributes = (*shapes.attributes, *(shapes.attributes[i] for i in source.tolist()))
    joined = shapes.replace(
        frame=frame,
        points=np.concatenate([shapes.points, *(one.points for one in new)]),
        offset=np.concatenate([[0], np.cumsum(lengths)]),
        rotation=np.concatenate([shapes.rotation, [one.rotation for one in new]]),
        flags=np.concatenate([shapes.flags, shapes.flags[source] & _HELD]),
        attributes=attributes,
        foreign=(*shapes.foreign, *[NOTHING] * len(new)),
        **{
            name: np.concatenate([getattr(shapes, name), getattr(shapes, name)[source]])
            for name in ("track_id", "label_id", "kind", "z_order", "group")
        },
    )
    return joined.take(order)
