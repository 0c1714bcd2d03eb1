"""One LabelMe shape to one row of `Shapes`, and back."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from masklet.core import DataError, Flags, Label, Masks, ShapeKind, Shapes, Video
from masklet.core.arrays import Bools, Floats
from masklet.formats import png
from masklet.formats.jsontext import need, whole
from masklet.formats.losses import warn_loss
from masklet.formats.nouns import TRACK_ATTRIBUTE, at_least_three
from masklet.ops import table
from masklet.ops.rings import Polygon
from masklet.ops.runs import decode_crop

FORMAT = "labelme"
_READ = {"label", "points", "group_id", "shape_type", "mask"}
_KINDS = {
    "polygon": ShapeKind.POLYGON,
    "rectangle": ShapeKind.BOX,
    "circle": ShapeKind.ELLIPSE,
    "line": ShapeKind.POLYLINE,
    "linestrip": ShapeKind.POLYLINE,
    "point": ShapeKind.POINTS,
    "points": ShapeKind.POINTS,
    "mask": ShapeKind.MASK,
}
_TYPES = {
    ShapeKind.POLYGON: "polygon",
    ShapeKind.POLYLINE: "linestrip",
    ShapeKind.BOX: "rectangle",
    ShapeKind.POINTS: "points",
    ShapeKind.ELLIPSE: "circle",
    ShapeKind.MASK: "mask",
}
_FEWEST = {ShapeKind.POLYGON: 3, ShapeKind.POLYLINE: 2, ShapeKind.BOX: 2, ShapeKind.ELLIPSE: 2}


class Columns:
    """Rows of `Shapes`, gathered one by one."""

    def __init__(self) -> None:
        self._labels: dict[str, int] = {}
        self._rows: list[tuple[int, int, int, int]] = []
        self._points: list[Floats] = []
        self._foreign: list[Mapping[str, Any]] = []
        self._attributes: list[Mapping[str, str]] = []

    def add(self, where: str, shape: Any, frame: int) -> None:
        """Append one shape; `DataError` with `where` for one that is not LabelMe's."""
        name = need(where, shape, "label", str)
        said = shape.get("shape_type") or "polygon"
        if not isinstance(said, str) or said not in _KINDS:
            raise DataError(f"{where} has shape_type {said!r}; expected one of {', '.join(_KINDS)}")
        kind = _KINDS[said]
        foreign = {key: value for key, value in shape.items() if key not in _READ}
        if said != _TYPES[kind]:
            foreign["shape_type"] = said
        group = shape.get("group_id")
        group = 0 if group is None else whole(f"{where}, 'group_id'", group, -(2**31))
        if shape.get("group_id") == 0:
            foreign["group_id"] = 0
        attributes = _attributes(where, foreign)
        points = _points(where, need(where, shape, "points", list), kind)
        if kind == ShapeKind.MASK:
            points = _bitmap(where, shape, points)
        self._rows.append((frame, self._labels.setdefault(name, len(self._labels)), kind, group))
        self._attributes.append(attributes)
        self._points.append(points)
        self._foreign.append({FORMAT: foreign} if foreign else {})

    def shapes(self, video: Video, extra: Mapping[str, Any]) -> Shapes:
        """The table."""
        rows = np.array(self._rows, np.int64).reshape(-1, 4)
        return Shapes(
            video,
            tuple(map(Label, self._labels)),
            frame=rows[:, 0].astype(np.int32),
            label_id=rows[:, 1].astype(np.int16),
            kind=rows[:, 2].astype(np.uint8),
            group=rows[:, 3].astype(np.int32),
            points=np.concatenate([np.empty(0), *self._points]),
            offset=np.concatenate([[0], np.cumsum([len(p) for p in self._points], dtype=np.int64)]),
            attributes=tuple(self._attributes),
            foreign=tuple(self._foreign),
            extra=extra,
        )


def _attributes(where: str, foreign: dict[str, Any]) -> dict[str, str]:
    """Takes what `Shapes` calls attributes out of the unknown keys: texts, and the object's number."""
    said = foreign.get("attributes")
    attributes: dict[str, str] = {}
    if isinstance(said, dict) and all(isinstance(value, str) for value in said.values()):
        attributes = foreign.pop("attributes")
    track = foreign.pop(TRACK_ATTRIBUTE, None)
    if track is None:
        return attributes
    return attributes | {TRACK_ATTRIBUTE: str(whole(f"{where}, {TRACK_ATTRIBUTE!r}", track))}


def _points(where: str, value: list[Any], kind: ShapeKind) -> Floats:
    try:
        points = np.array(value, np.float64).reshape(-1, 2)
    except (TypeError, ValueError, OverflowError) as error:
        raise DataError(f"{where} has points that are not pairs of numbers") from error
    if len(points) < _FEWEST.get(kind, 1) or not np.all(np.isfinite(points)):
        raise DataError(
            f"{where} has {len(points)} points; expected {_FEWEST.get(kind, 1)} finite ones or more"
        )
    if kind == ShapeKind.BOX:
        return np.concatenate([points[:2].min(axis=0), points[:2].max(axis=0)])
    if kind == ShapeKind.ELLIPSE:
        (x, y), edge = points[0], points[1]
        radius = float(np.hypot(*(edge - points[0])))
        return np.array([x, y, x + radius, y - radius])
    return points.ravel()


def _bitmap(where: str, shape: Mapping[str, Any], corners: Floats) -> Floats:
    """The bitmap of a `mask` shape as left, top, width, height and row-wise run lengths."""
    try:
        data = base64.b64decode(need(where, shape, "mask", str), validate=True)
    except (binascii.Error, ValueError) as error:
        raise DataError(f"{where} has a mask that is not base64 text") from error
    crop = png.decode_ids(data, f"{where}, 'mask'").ids != 0
    left, top = np.round(corners[:2])
    flat = np.concatenate([[False], crop.ravel()])
    change = np.flatnonzero(flat[1:] != flat[:-1])
    runs = np.diff(change, prepend=0, append=crop.size)
    return np.concatenate([[left, top, crop.shape[1], crop.shape[0]], runs]).astype(np.float64)


def from_shapes(shapes: Shapes) -> dict[int, list[dict[str, Any]]]:
    """LabelMe shapes by frame; kinds that LabelMe lacks are left out and named."""
    drawn: dict[int, list[dict[str, Any]]] = {}
    missing: dict[str, int] = {}
    for row in np.flatnonzero((shapes.flags & Flags.OUTSIDE) == 0).tolist():
        kind = ShapeKind(int(shapes.kind[row]))
        if kind not in _TYPES:
            missing[kind.name.lower()] = missing.get(kind.name.lower(), 0) + 1
            continue
        drawn.setdefault(int(shapes.frame[row]), []).append(_shape(shapes, row, kind))
    for name, count in missing.items():
        warn_loss("labelme", f"cannot hold {name} shapes; {count} left out")
    return drawn


def _shape(shapes: Shapes, row: int, kind: ShapeKind) -> dict[str, Any]:
    foreign = dict(shapes.foreign[row].get(FORMAT, {}))
    said = foreign.pop("shape_type", _TYPES[kind])
    group = int(shapes.group[row]) or foreign.pop("group_id", None)
    points, extra = _written(shapes.row_points(row), kind)
    attributes = dict(shapes.attributes[row])
    track = (
        str(shapes.track_id[row]) if shapes.track_id[row] >= 0 else attributes.pop(TRACK_ATTRIBUTE, "")
    )
    if attributes:
        foreign["attributes"] = attributes
    entry: dict[str, Any] = {
        "label": shapes.labels[int(shapes.label_id[row])].name,
        "points": points,
        "group_id": group,
        "shape_type": said if _KINDS.get(said) == kind else _TYPES[kind],
        "flags": {},
    }
    return entry | foreign | ({TRACK_ATTRIBUTE: int(track)} if track.isdecimal() else {}) | extra


def _written(points: Floats, kind: ShapeKind) -> tuple[list[list[float]], dict[str, Any]]:
    if kind == ShapeKind.ELLIPSE:
        x, y, right, _ = (float(v) for v in points)
        return [[x, y], [right, y]], {}
    if kind == ShapeKind.MASK:
        left, top, width, height = (int(v) for v in points[:4])
        values = np.arange(len(points) - 4) % 2 == 1
        crop = np.repeat(values, points[4:].astype(np.int64)).reshape(height, width)
        return _mask_entry(crop, (left, top))
    pairs: list[list[float]] = points.reshape(-1, 2).tolist()
    return pairs, {}


def _mask_entry(crop: Bools, offset_xy: tuple[int, int]) -> tuple[list[list[float]], dict[str, Any]]:
    (x, y), (height, width) = offset_xy, crop.shape
    corners = [[float(x), float(y)], [float(x + width - 1), float(y + height - 1)]]
    return corners, {"mask": base64.b64encode(png.encode_mask(crop)).decode("ascii")}


def from_masks(masks: Masks, draw: str) -> dict[int, list[dict[str, Any]]]:
    """LabelMe shapes by frame: outlines, or bitmaps where an outline would not be the mask."""
    from masklet.ops.raster import polygons, skeleton_line

    drawn: dict[int, list[dict[str, Any]]] = {}
    filled = split = lines = 0
    areas = table.areas(masks)
    if np.any(areas == 0):
        warn_loss("labelme", f"cannot hold empty masks; {int(np.sum(areas == 0))} left out")
    for row in np.flatnonzero(areas).tolist():
        frame, size = int(masks.frame[row]), masks.video.size_wh(int(masks.frame[row]))
        entries = drawn.setdefault(frame, [])
        if draw == "polygon" and masks.label_of(row).kind == "line":
            line = skeleton_line(masks.row_runs(row), size)
            lines += 1
            points = (line if len(line) > 1 else np.repeat(line, 2, axis=0)).tolist()
            entries.append(_entry(masks, row, "linestrip", points))
            continue
        parts = [] if draw == "mask" else polygons(masks.row_runs(row), size)
        if draw == "mask" or (draw == "auto" and not _is_plain(parts)):
            points, extra = _mask_entry(*decode_crop(masks.row_runs(row), size))
            entries.append(_entry(masks, row, "mask", points) | extra)
            continue
        filled, split = filled + sum(len(part.holes) for part in parts), split + (len(parts) > 1)
        entries += [_entry(masks, row, "polygon", at_least_three(part.outer).tolist()) for part in parts]
    if lines:
        warn_loss("labelme", f"{lines} masks of line labels keep only their centre line")
    if filled:
        warn_loss("labelme", f"polygons cannot hold holes; {filled} holes are filled")
    if split:
        warn_loss("labelme", f"{split} masks of several parts become several polygons of one track")
    return drawn


def _is_plain(parts: Sequence[Polygon]) -> bool:
    return len(parts) == 1 and not parts[0].holes and len(parts[0].outer) >= 3


def _entry(masks: Masks, row: int, kind: str, points: list[list[float]]) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "label": masks.label_of(row).name,
        "points": points,
        "group_id": int(masks.object_id[row]) if masks.object_id[row] > 0 else None,
        "shape_type": kind,
        "flags": {},
    }
    return entry | ({TRACK_ATTRIBUTE: int(masks.object_id[row])} if masks.object_id[row] >= 0 else {})
