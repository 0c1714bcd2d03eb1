"""Shapes: vector drawings with keyframes, as drawing tools keep them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from dataclasses import replace as _replace
from types import MappingProxyType
from typing import Any

import numpy as np

from masklet.core.arrays import (
    Float32s,
    Floats,
    Int16s,
    Int32s,
    Int64s,
    UInt8s,
    UInt16s,
    frozen,
    gathered,
)
from masklet.core.errors import DataError
from masklet.core.labels import Label
from masklet.core.video import Video

NOTHING: Mapping[str, Any] = MappingProxyType({})
NO_TRACKS: Mapping[int, Mapping[str, Any]] = MappingProxyType({})

_ROW_COLUMNS = {
    "frame": np.int32,
    "track_id": np.int32,
    "label_id": np.int16,
    "kind": np.uint8,
    "flags": np.uint16,
    "z_order": np.int32,
    "group": np.int32,
    "rotation": np.float32,
}


@dataclass(frozen=True, eq=False)
class Shapes:
    """Polygons, polylines, boxes, points, ellipses, masks and tags on the frames of one video.

    Row order is the order of the file that they came from and is kept. Coordinates are pixels,
    float, origin at the corner of the top-left pixel, x to the right and y down.

    Layout of the points of a row, by kind (`ShapeKind`):
    polygon, polyline, points, cuboid: x0, y0, x1, y1, ...; box: left, top, right, bottom;
    ellipse: centre x, centre y, right x, top y (CVAT); mask: left, top, width, height, then run
    lengths, row by row inside that box, background first (CVAT); tag: nothing.

    Args:
        video: what the shapes lie on.
        labels: classes; `label_id` is an index into this tuple.
        frame: `(n,) int32`, 0-based.
        track_id: `(n,) int32`; -1 = a single shape that belongs to no track.
        label_id: `(n,) int16`.
        kind: `(n,) uint8`, `ShapeKind`.
        points: `(p,) float64`, coordinates of all rows one after the other.
        offset: `(n + 1,) int64`, row `i` owns `points[offset[i]:offset[i + 1]]`.
        flags: `(n,) uint16`; only KEYFRAME, OCCLUDED, TRUNCATED and OUTSIDE are used.
        z_order: `(n,) int32`, larger is nearer to the viewer.
        group: `(n,) int32`, 0 = none.
        rotation: `(n,) float32`, degrees clockwise (boxes, ellipses).
        attributes: per row, the named attributes that a person set, text to text.
        foreign: per row, whatever else the file said of the row; kept, not understood.
        tracks: per `track_id`, whatever the file said of the whole track.
        extra: whatever else the file said, by format name.
    """

    video: Video
    labels: tuple[Label, ...] = ()
    frame: Int32s = field(default_factory=lambda: np.empty(0, np.int32))
    track_id: Int32s = field(default_factory=lambda: np.array(-1, np.int32))
    label_id: Int16s = field(default_factory=lambda: np.array(0, np.int16))
    kind: UInt8s = field(default_factory=lambda: np.array(0, np.uint8))
    points: Floats = field(default_factory=lambda: np.empty(0, np.float64))
    offset: Int64s = field(default_factory=lambda: np.zeros(1, np.int64))
    flags: UInt16s = field(default_factory=lambda: np.array(0, np.uint16))
    z_order: Int32s = field(default_factory=lambda: np.array(0, np.int32))
    group: Int32s = field(default_factory=lambda: np.array(0, np.int32))
    rotation: Float32s = field(default_factory=lambda: np.array(0, np.float32))
    attributes: tuple[Mapping[str, str], ...] = ()
    foreign: tuple[Mapping[str, Any], ...] = ()
    tracks: Mapping[int, Mapping[str, Any]] = field(default_factory=lambda: NO_TRACKS)
    extra: Mapping[str, Any] = field(default_factory=lambda: NOTHING)

    def __post_init__(self) -> None:
        n = len(np.atleast_1d(self.frame))
        for name, dtype in _ROW_COLUMNS.items():
            column = frozen(getattr(self, name), dtype, (n,))
            if column.shape != (n,):
                raise DataError(f"column {name} has shape {column.shape}; expected ({n},)")
            object.__setattr__(self, name, column)
        object.__setattr__(self, "points", frozen(self.points, np.float64))
        object.__setattr__(self, "offset", frozen(self.offset, np.int64))
        for name in ("attributes", "foreign"):
            object.__setattr__(self, name, tuple(getattr(self, name)) or (NOTHING,) * n)
        object.__setattr__(self, "labels", tuple(self.labels))
        _check(self)

    def __len__(self) -> int:
        return len(self.frame)

    def __repr__(self) -> str:
        tracks = len(np.unique(self.track_id[self.track_id >= 0]))
        return f"Shapes({len(self)} shapes, {tracks} tracks, {self.video.uri!r})"

    def row_points(self, row: int) -> Floats:
        """Coordinates of one row, flat, a view; the layout is given by its kind."""
        return self.points[self.offset[row] : self.offset[row + 1]]

    def take(self, rows: Any) -> Shapes:
        """The rows that a boolean mask, an index array or a slice chooses, in that order."""
        index = np.atleast_1d(np.arange(len(self))[rows])
        points, offset = gathered(self.points, self.offset, index)
        columns = {name: getattr(self, name)[index] for name in _ROW_COLUMNS}
        columns["attributes"] = tuple(self.attributes[i] for i in index)
        columns["foreign"] = tuple(self.foreign[i] for i in index)
        return self.replace(points=points, offset=offset, **columns)

    def replace(self, **columns: Any) -> Shapes:
        """A copy with some columns changed."""
        return _replace(self, **columns)


def _check(shapes: Shapes) -> None:
    n, offset = len(shapes.frame), shapes.offset
    if offset.shape != (n + 1,) or offset[0] != 0 or offset[-1] != len(shapes.points):
        raise DataError(f"column offset must have {n + 1} entries from 0 to the number of coordinates")
    if np.any(np.diff(offset) < 0):
        raise DataError("column offset must not fall")
    if len(shapes.attributes) != n or len(shapes.foreign) != n:
        raise DataError(f"attributes and foreign must have one entry for each of {n} rows")
    if n == 0:
        return
    if not np.all(np.isfinite(shapes.points)):
        raise DataError("a shape has a coordinate that is not a finite number")
    if shapes.label_id.min() < 0 or shapes.label_id.max() >= len(shapes.labels):
        raise DataError(f"label_id must lie in 0..{len(shapes.labels) - 1}")
    first, last, n_frames = shapes.frame.min(), shapes.frame.max(), shapes.video.n_frames
    if first < 0 or last >= n_frames >= 0:
        raise DataError(f"shapes lie on frames {first}..{last}; expected 0..{n_frames - 1}")
