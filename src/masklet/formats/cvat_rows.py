"""Shapes of CVAT's XML, read: one element to one row, rows to columns."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from masklet.core import DataError, Flags, Label, ShapeKind, Shapes, Video
from masklet.core.arrays import Int32s
from masklet.core.shapes import NOTHING
from masklet.formats.cvat_nodes import Json, Node
from masklet.formats.cvat_numbers import INT32, coordinates, integer, number, run_lengths, yes

BOX = ("xtl", "ytl", "xbr", "ybr")
CUBOID = tuple(f"{c}{at}{face}" for face in "12" for at in ("tl", "bl", "tr", "br") for c in "xy")
ELLIPSE = ("cx", "cy", "rx", "ry")
MASK = ("rle", "left", "top", "width", "height")
POINTS = ("points",)
FORMAT = "cvat"
"""Key of everything in `foreign`, `tracks` and `extra` that is CVAT's own."""


_KEYFRAME, _OUTSIDE, _OCCLUDED = int(Flags.KEYFRAME), int(Flags.OUTSIDE), int(Flags.OCCLUDED)


class Style(NamedTuple):
    """Attributes that every shape of a format carries, and those that shapes of a kind do not."""

    always: tuple[str, ...]
    skeleton: tuple[str, ...]
    first: tuple[str, ...]


VIDEO = Style(("keyframe", "outside", "occluded", "z_order"), ("keyframe", "z_order"), ("frame",))
IMAGES = Style(("occluded", "z_order"), ("z_order",), ("label", "group_id"))


def standard(tag: str, style: Style) -> tuple[str, ...]:
    """Attributes (of `style.always`) that CVAT writes on elements of that tag."""
    if tag == "tag":
        return ()
    return style.skeleton if tag == "skeleton" else style.always


def _points(node: Node) -> list[float]:
    return coordinates(node)


def _box(node: Node) -> list[float]:
    return [number(node, name) for name in BOX]


def _cuboid(node: Node) -> list[float]:
    if "points" in node.attributes:
        return coordinates(node)
    return [number(node, name) for name in CUBOID]


def _ellipse(node: Node) -> list[float]:
    cx, cy, rx, ry = (number(node, name) for name in ELLIPSE)
    return [cx, cy, cx + rx, cy - ry]


def _mask(node: Node) -> list[float]:
    left, top = (integer(node, name, 0, INT32) for name in ("left", "top"))
    width, height = (integer(node, name, 1, 1 << 20) for name in ("width", "height"))
    runs = run_lengths(node)
    if sum(runs) != width * height:
        node.fail(
            f"found run lengths that add up to {sum(runs)}; expected {width}x{height} = {width * height}"
        )
    return [left, top, width, height, *runs]


def _nothing(_: Node) -> list[float]:
    return []


READERS: Mapping[str, tuple[ShapeKind, Callable[[Node], list[float]], tuple[str, ...]]] = {
    "polygon": (ShapeKind.POLYGON, _points, POINTS),
    "polyline": (ShapeKind.POLYLINE, _points, POINTS),
    "points": (ShapeKind.POINTS, _points, POINTS),
    "box": (ShapeKind.BOX, _box, BOX),
    "ellipse": (ShapeKind.ELLIPSE, _ellipse, ELLIPSE),
    "cuboid": (ShapeKind.CUBOID, _cuboid, CUBOID),
    "mask": (ShapeKind.MASK, _mask, MASK),
    "tag": (ShapeKind.TAG, _nothing, ()),
    "skeleton": (ShapeKind.POINTS, _nothing, ()),
}
"""Per tag: the kind of its rows, its coordinates, and the attributes that these come from."""


class Rows:
    """Columns that grow while a file is read; `shapes` makes the noun of them.

    Frame numbers are the file's own. `line` is the line of every row, for messages.
    """

    def __init__(self) -> None:
        self.frame: list[int] = []
        self.track_id: list[int] = []
        self.label: list[str] = []
        self.kind: list[int] = []
        self.flags: list[int] = []
        self.z_order: list[int] = []
        self.group: list[int] = []
        self.rotation: list[float] = []
        self.line: list[int] = []
        self.points = array("d")
        self.offset = array("q", [0])
        self.attributes: list[Mapping[str, str]] = []
        self.foreign: list[Mapping[str, Any]] = []
        self._same: dict[str, Mapping[str, Any]] = {}

    def __len__(self) -> int:
        return len(self.frame)

    def add(self, node: Node, style: Style, frame: int, label: str, track_id: int, group: int) -> None:
        """One more row from a shape's element. `DataError` where a value is wrong or missing."""
        kind, values, own = READERS[node.tag]
        joints: list[Json] = []
        coords = values(node) if node.tag != "skeleton" else _joints(node, joints)
        flags = _flags(node, style, joints)
        z_order = integer(node, "z_order", -INT32, INT32) if "z_order" in node.attributes else 0
        rotation, foreign = _rest(node, style, own, joints)
        attributes = _attributes(node, foreign)
        for column, value in (
            (self.frame, frame),
            (self.track_id, track_id),
            (self.kind, int(kind)),
            (self.flags, flags),
            (self.z_order, z_order),
            (self.group, group),
            (self.line, node.line),
        ):
            column.append(value)
        self.label.append(label)
        self.rotation.append(rotation)
        self.points.extend(coords)
        self.offset.append(len(self.points))
        self.attributes.append(self._once(attributes))
        self.foreign.append(self._once({FORMAT: foreign} if foreign else {}))

    def _once(self, values: dict[str, Any]) -> Mapping[str, Any]:
        """One object for equal values: rows of a track mostly say the same."""
        if not values:
            return NOTHING
        return self._same.setdefault(repr(values), values)

    def is_outside(self, row: int) -> bool:
        """Is the row a mark that the object is not there?"""
        return bool(self.flags[row] & _OUTSIDE)

    def one_mask(self, first: int, step: int) -> bool:
        """Are the rows from `first` on one visible mask, and perhaps its end on the next frame?"""
        n = len(self) - first
        if n not in (1, 2) or self.kind[first] != ShapeKind.MASK or self.is_outside(first):
            return False
        if not self.flags[first] & _KEYFRAME:
            return False
        return n == 1 or (self._said(first + 1, _OUTSIDE, step) == self._said(first, 0, 0))

    def _said(self, row: int, mark: int, later: int) -> tuple[Any, ...]:
        """All that a row says, seen from `later` frames before and without a mark that it carries."""
        begin, end = self.offset[row : row + 2]
        columns = (self.kind, self.z_order, self.rotation, self.attributes, self.foreign)
        said = [column[row] for column in columns]
        return self.frame[row] - later, self.flags[row] - mark, self.points[begin:end], *said

    def make_single(self, first: int, track: Json) -> None:
        """Turn a track of one mask, which begins at row `first`, into a single shape that knows it."""
        closed = len(self) > first + 1
        if closed:
            for column in (
                self.frame, self.track_id, self.label, self.kind, self.flags, self.z_order, self.group,
                self.rotation, self.line, self.attributes, self.foreign, self.offset,
            ):  # fmt: skip
                column.pop()
            del self.points[self.offset[-1] :]
        own = self.foreign[first].get(FORMAT, {})
        self.track_id[first] = -1
        self.foreign[first] = {FORMAT: {**own, "#track": track | {"closed": closed}}}

    def last_visible(self) -> int:
        """The last frame with a shape that is not outside; -1 for none."""
        seen = [f for f, flags in zip(self.frame, self.flags, strict=True) if not flags & _OUTSIDE]
        return max(seen, default=-1)

    def shapes(
        self, video: Video, labels: dict[str, Label], extra: Json, tracks: dict[int, Json]
    ) -> Shapes:
        """The rows as `Shapes` on `video`; labels that <meta> lacks are added behind its own."""
        known = dict(labels)
        for name in self.label:
            if name not in known:
                known[name] = Label(name)
        numbers = {name: i for i, name in enumerate(known)}
        if len(numbers) > np.iinfo(np.int16).max:
            raise DataError(f"found {len(numbers)} labels; expected at most {np.iinfo(np.int16).max}")
        points = np.frombuffer(self.points, np.float64) if self.points else np.empty(0)
        self._check_masks(video, points)
        return Shapes(
            video,
            tuple(known.values()),
            frame=np.array(self.frame, np.int32),
            track_id=np.array(self.track_id, np.int32),
            label_id=np.array([numbers[name] for name in self.label], np.int16),
            kind=np.array(self.kind, np.uint8),
            points=points,
            offset=np.array(self.offset, np.int64),
            flags=np.array(self.flags, np.uint16),
            z_order=np.array(self.z_order, np.int32),
            group=np.array(self.group, np.int32),
            rotation=np.array(self.rotation, np.float32),
            attributes=tuple(self.attributes),
            foreign=tuple(self.foreign),
            tracks=tracks,
            extra=extra,
        )

    def _check_masks(self, video: Video, points: np.ndarray[Any, Any]) -> None:
        rows = np.flatnonzero(np.array(self.kind) == ShapeKind.MASK)
        if not len(rows):
            return
        starts = np.array(self.offset, np.int64)[rows]
        ends = points[starts[:, None] + [0, 1]] + points[starts[:, None] + [2, 3]]
        sizes: Int32s = video.sizes_wh(np.array(self.frame, np.int32)[rows])
        wrong = np.flatnonzero(np.any(ends > sizes, axis=1))
        if len(wrong):
            i, (right, bottom) = int(wrong[0]), ends[wrong[0]]
            raise DataError(
                f"line {self.line[rows[i]]}: <mask>: found a mask that reaches to "
                f"({right:.0f}, {bottom:.0f}); expected it inside {sizes[i, 0]}x{sizes[i, 1]} pixels"
            )


def _flags(node: Node, style: Style, joints: list[Json]) -> int:
    flags = 0
    if "keyframe" not in style.always or yes(node, "keyframe"):
        flags |= _KEYFRAME
    if "outside" in style.always and yes(node, "outside"):
        flags |= _OUTSIDE
    if yes(node, "occluded"):
        flags |= _OCCLUDED
    if joints and "outside" not in node.attributes:
        said = [joint.get("attributes", {}) for joint in joints]
        flags |= _OUTSIDE if all(j.get("outside") == "1" for j in said) else 0
        flags |= _OCCLUDED if all(j.get("occluded") == "1" for j in said) else 0
    return flags


def _joints(node: Node, joints: list[Json]) -> list[float]:
    """Coordinates of a skeleton's points, one after the other; the points' elements go to `joints`."""
    coords: list[float] = []
    for child in node.children:
        if child.tag == "attribute":
            continue
        found = coordinates(child) if child.tag == "points" else []
        held = child.json()
        if found:
            held["attributes"] = {k: v for k, v in child.attributes.items() if k != "points"}
            held["numbers"] = len(found)
        joints.append(held)
        coords += found
    return coords


def _rest(
    node: Node, style: Style, own: tuple[str, ...], joints: list[Json]
) -> tuple[float, dict[str, Any]]:
    """Rotation, and whatever else the element says: attributes by name, the rest under "#...".

    "#absent": standard attributes that it lacks; "#skeleton": its points.
    """
    said, usual = node.attributes, standard(node.tag, style)
    known = {*own, *usual, *style.first}
    foreign: dict[str, Any] = {name: text for name, text in said.items() if name not in known}
    if said.get("group_id") == "0" and "group_id" in style.first:
        foreign["group_id"] = "0"
    rotation = 0.0
    if "rotation" in said:
        exact = number(node, "rotation")
        rotation = float(np.float32(exact))
        if rotation and float(str(np.float32(exact))) == exact:
            del foreign["rotation"]
    absent = [name for name in usual if name not in said]
    if absent:
        foreign["#absent"] = absent
    if joints or node.tag == "skeleton":
        foreign["#skeleton"] = joints
    return rotation, foreign


def _attributes(node: Node, foreign: dict[str, Any]) -> dict[str, str]:
    """The named attributes; children that are none go to `foreign` under "#children"."""
    named: dict[str, str] = {}
    others: list[Json] = []
    for child in node.children:
        if child.tag == "attribute":
            name = child.attributes.get("name", "")
            if name and name not in named and len(child.attributes) == 1 and not child.children:
                named[name] = child.text
            else:
                others.append(child.json())
        elif node.tag != "skeleton":
            others.append(child.json())
    if others:
        foreign["#children"] = others
    if node.text.strip():
        foreign["#text"] = node.text.strip()
    return named
