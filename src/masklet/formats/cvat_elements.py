"""Rows of `Shapes` as the lines of CVAT's shape elements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from masklet.core import DataError, Flags, ShapeKind, Shapes
from masklet.formats.cvat_nodes import Json, escaped, lines, opening, quoted
from masklet.formats.cvat_numbers import decimal, difference, hundredths, points_text
from masklet.formats.cvat_rows import BOX, CUBOID, ELLIPSE, FORMAT, IMAGES, MASK, VIDEO, Style, standard

TAGS = {
    ShapeKind.POLYGON: "polygon",
    ShapeKind.POLYLINE: "polyline",
    ShapeKind.BOX: "box",
    ShapeKind.POINTS: "points",
    ShapeKind.ELLIPSE: "ellipse",
    ShapeKind.CUBOID: "cuboid",
    ShapeKind.MASK: "mask",
    ShapeKind.TAG: "tag",
}
_FEWEST = {ShapeKind.MASK: 5, ShapeKind.ELLIPSE: 4, ShapeKind.BOX: 4}

Pairs = list[tuple[str, str]]


class Elements:
    """The shape elements of one `Shapes`, made row by row.

    Args:
        shapes: what is written.
        style: `VIDEO` (shapes in tracks) or `IMAGES`.
    """

    def __init__(self, shapes: Shapes, style: Style) -> None:
        self.shapes = shapes
        self.style = style
        self.frame: list[int] = shapes.frame.tolist()
        self.track_id: list[int] = shapes.track_id.tolist()
        self.group: list[int] = shapes.group.tolist()
        self.label = [shapes.labels[i].name for i in shapes.label_id.tolist()]
        self.flags: list[int] = shapes.flags.tolist()
        self._kind: list[int] = shapes.kind.tolist()
        self._z_order: list[int] = shapes.z_order.tolist()
        held = np.concatenate([[0], np.cumsum(~hundredths(shapes.points))])
        self._held: list[bool] = (held[shapes.offset[1:]] == held[shapes.offset[:-1]]).tolist()

    def lines(
        self, row: int, attributes: Mapping[str, str], frame: int = -1, **changes: str
    ) -> list[str]:
        """One element as lines, inside a track or image.

        Args:
            row: which one.
            attributes: named attributes to write.
            frame: another frame number than the row's own; -1 for its own.
            changes: standard attributes to write instead of the row's own.
        """
        foreign: Mapping[str, Any] = self.shapes.foreign[row].get(FORMAT, {})
        joints: Sequence[Json] | None = foreign.get("#skeleton")
        tag = "skeleton" if joints is not None else TAGS[ShapeKind(self._kind[row])]
        said = self._standard(row, tag, foreign) | changes
        pairs = self._head(row, frame, foreign) + [
            (name, text) for name, text in said.items() if name != "z_order"
        ]
        pairs += [] if joints is not None else self._coordinates(row, tag)
        pairs += self._rotation(row, foreign)
        pairs += [("z_order", said["z_order"])] if "z_order" in said else []
        pairs += [(k, v) for k, v in foreign.items() if k[0] != "#" and k not in self._elsewhere(row)]
        if self.style is IMAGES and self.group[row]:
            pairs.append(("group_id", str(self.group[row])))
        out = ["    " + opening(tag, pairs) + escaped(foreign.get("#text", ""))]
        out += self._joints(row, joints) if joints is not None else []
        for name, text in attributes.items():
            out.append(f'      <attribute name="{quoted(name)}">{escaped(text)}</attribute>')
        for child in foreign.get("#children", ()):
            out += lines(child, 3)
        out.append(f"    </{tag}>")
        return out

    def _head(self, row: int, frame: int, foreign: Mapping[str, Any]) -> Pairs:
        """What CVAT writes first: the frame in a track, label and source in an image."""
        if self.style is VIDEO:
            return [("frame", str(self.frame[row] if frame < 0 else frame))]
        source = [("source", str(foreign["source"]))] if "source" in foreign else []
        return [("label", self.label[row]), *source]

    def _elsewhere(self, row: int) -> tuple[str, ...]:
        """Unknown attributes with a place of their own; a single shape's source is its track's."""
        alone = self.style is VIDEO and self.track_id[row] >= 0
        return ("rotation",) if alone else ("rotation", "source")

    def _standard(self, row: int, tag: str, foreign: Mapping[str, Any]) -> dict[str, str]:
        flags, absent = self.flags[row], foreign.get("#absent", ())
        values = {
            "keyframe": flags & Flags.KEYFRAME,
            "outside": flags & Flags.OUTSIDE,
            "occluded": flags & Flags.OCCLUDED,
        }
        said = {k: "1" if v else "0" for k, v in values.items()} | {"z_order": str(self._z_order[row])}
        usual = standard(tag, self.style)
        return {k: v for k, v in said.items() if k in usual and not (k in absent and v == "0")}

    def _coordinates(self, row: int, tag: str) -> Pairs:
        values: list[float] = self.shapes.row_points(row).tolist()
        kind = ShapeKind(self._kind[row])
        if kind == ShapeKind.TAG:
            return []
        if len(values) < _FEWEST.get(kind, 1):
            raise DataError(
                f"row {row} on frame {self.frame[row]} is a {tag} of {len(values)} numbers; "
                f"expected at least {_FEWEST.get(kind, 1)}"
            )
        if kind == ShapeKind.MASK:
            numbers = [str(int(v)) for v in values]
            return list(zip(MASK, [", ".join(numbers[4:]), *numbers[:4]], strict=True))
        if kind == ShapeKind.ELLIPSE:
            cx, cy, right, top = values[:4]
            texts = decimal(cx), decimal(cy), difference(right, cx), _height(cy, top)
            return list(zip(ELLIPSE, texts, strict=True))
        names = {ShapeKind.BOX: BOX, ShapeKind.CUBOID: CUBOID}.get(kind)
        if names is not None and len(values) == len(names):
            return list(zip(names, map(decimal, values), strict=True))
        if len(values) % 2:
            raise DataError(
                f"row {row} on frame {self.frame[row]} is a {tag} of {len(values)} numbers; "
                "expected x and y of every point"
            )
        return [("points", points_text(values, self._held[row]))]

    def _rotation(self, row: int, foreign: Mapping[str, Any]) -> Pairs:
        value: np.float32 = self.shapes.rotation[row]
        text = foreign.get("rotation")
        if text is not None and np.float32(text) == value:
            return [("rotation", text)]
        return [("rotation", decimal(float(str(value))))] if value else []

    def _joints(self, row: int, joints: Sequence[Json]) -> list[str]:
        """A skeleton's points, with the row's coordinates dealt out to them in order."""
        values: list[float] = self.shapes.row_points(row).tolist()
        if sum(joint.get("numbers", 0) for joint in joints) != len(values):
            raise DataError(
                f"row {row} on frame {self.frame[row]} has {len(values)} coordinates; expected those "
                "of the joints of its skeleton"
            )
        out, at = [], 0
        for joint in joints:
            n = joint.get("numbers", 0)
            element = {k: v for k, v in joint.items() if k != "numbers"}
            if n:
                text = points_text(values[at : at + n], False)
                element["attributes"] = dict(joint.get("attributes", {})) | {"points": text}
            out += lines(element, 3)
            at += n
        return out


def _height(cy: float, top: float) -> str:
    """Text `d` of `cy - top`, chosen so that `cy - d` reads back as `top`."""
    text = f"{cy - top:.2f}"
    return text if cy - float(text) == top else repr(cy - top)
