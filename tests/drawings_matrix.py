"""What every format keeps of drawings, measured on one of each kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from formats_kit import with_losses
from formats_matrix import SUFFIX, Outcome
from masklet.core import Flags, Label, ShapeKind, Shapes, Video
from masklet.formats.files import read_all, write

KEY, OCCLUDED, OUTSIDE = int(Flags.KEYFRAME), int(Flags.OCCLUDED), int(Flags.OUTSIDE)
SQUARE = [2.0, 2, 12.5, 2, 12.5, 12.25, 2, 12]


class _Shape(NamedTuple):
    frame: int
    track: int
    label: int
    kind: ShapeKind
    points: list[float]
    flags: int = 0
    z: int = 0
    group: int = 0
    turn: float = 0
    attributes: Mapping[str, str] = {}


_DRAWN = (
    _Shape(0, 0, 0, ShapeKind.POLYGON, SQUARE, KEY, attributes={"pose": "rearing"}),
    _Shape(
        4, 0, 0, ShapeKind.POLYGON, [v + 8 for v in SQUARE], KEY | OCCLUDED, attributes={"pose": "lying"}
    ),
    _Shape(
        6, 0, 0, ShapeKind.POLYGON, [v + 8 for v in SQUARE], KEY | OUTSIDE, attributes={"pose": "lying"}
    ),
    _Shape(0, -1, 0, ShapeKind.POLYGON, [20, 20, 30.5, 20, 25, 30], z=3, group=2),
    _Shape(1, -1, 1, ShapeKind.POLYLINE, [1, 1, 9, 9, 20, 9]),
    _Shape(1, -1, 0, ShapeKind.BOX, [5, 6, 15, 26]),
    _Shape(2, -1, 0, ShapeKind.BOX, [5, 6, 15, 26], turn=30),
    _Shape(2, -1, 0, ShapeKind.POINTS, [5, 6, 15, 26]),
    _Shape(3, -1, 0, ShapeKind.ELLIPSE, [20, 15, 26, 9]),
    _Shape(3, -1, 0, ShapeKind.MASK, [3, 4, 2, 2, 1, 2, 1]),
    _Shape(3, -1, 0, ShapeKind.TAG, []),
)


def drawings() -> Shapes:
    """One of each kind of drawing, a track with a gap, and everything that may stand beside."""
    points = [np.array(one.points, float) for one in _DRAWN]
    return Shapes(
        Video("cage.mp4", 48, 36, 8),
        (Label("rat"), Label("tail")),
        frame=np.array([one.frame for one in _DRAWN]),
        track_id=np.array([one.track for one in _DRAWN]),
        label_id=np.array([one.label for one in _DRAWN]),
        kind=np.array([one.kind for one in _DRAWN]),
        points=np.concatenate(points),
        offset=np.cumsum([0, *map(len, points)]),
        flags=np.array([one.flags for one in _DRAWN]),
        z_order=np.array([one.z for one in _DRAWN]),
        group=np.array([one.group for one in _DRAWN]),
        rotation=np.array([one.turn for one in _DRAWN]),
        attributes=tuple(one.attributes for one in _DRAWN),
    )


def _has(kind: ShapeKind, frame: int, turned: bool = False) -> Callable[[Shapes], bool]:
    wanted = next(
        one for one in _DRAWN if one.kind == kind and one.frame == frame and bool(one.turn) == turned
    )

    def kept(read: Shapes) -> bool:
        return any(
            len(read.row_points(i)) == len(wanted.points)
            and np.allclose(read.row_points(i), wanted.points, atol=0.01)
            and abs(float(read.rotation[i]) - wanted.turn) < 0.01
            for i in np.flatnonzero((read.frame == frame) & (read.kind == kind))
        )

    return kept


def _keyframes(read: Shapes) -> bool:
    keys = (read.track_id >= 0) & (read.flags & KEY != 0)
    found = [read.frame[keys & (read.track_id == track)].tolist() for track in np.unique(read.track_id)]
    return [0, 4, 6] in found


def _flag(flag: int, frame: int) -> Callable[[Shapes], bool]:
    return lambda read: bool(np.any((read.frame == frame) & (read.flags & flag != 0)))


class Aspect(NamedTuple):
    """One thing that a drawing has, and words of which the warning of its loss must hold one."""

    kept: Callable[[Shapes], bool]
    words: tuple[str, ...]


DRAWINGS: Mapping[str, Aspect] = {
    "polygons": Aspect(_has(ShapeKind.POLYGON, 0), ("polygon", "drawings")),
    "lines": Aspect(_has(ShapeKind.POLYLINE, 1), ("polyline", "drawings")),
    "boxes": Aspect(_has(ShapeKind.BOX, 1), ("box", "drawings")),
    "turned boxes": Aspect(_has(ShapeKind.BOX, 2, True), ("rotation", "drawings")),
    "points": Aspect(_has(ShapeKind.POINTS, 2), ("points", "drawings")),
    "ellipses": Aspect(_has(ShapeKind.ELLIPSE, 3), ("ellipse", "drawings")),
    "bitmaps": Aspect(_has(ShapeKind.MASK, 3), ("mask", "drawings")),
    "tags": Aspect(_has(ShapeKind.TAG, 3), ("tag", "drawings")),
    "tracks with keyframes": Aspect(_keyframes, ("tracks", "keyframes", "drawings")),
    "occluded": Aspect(_flag(OCCLUDED, 4), ("flags", "occluded")),
    "outside": Aspect(_flag(OUTSIDE, 6), ("flags", "tracks", "drawings")),
    "attributes": Aspect(
        lambda r: any(row.get("pose") == "rearing" for row in r.attributes), ("attributes",)
    ),
    "z order": Aspect(lambda r: 3 in r.z_order.tolist(), ("z order",)),
    "groups": Aspect(lambda r: 2 in r.group.tolist(), ("groups",)),
}


def round_trip(name: str, folder: Path) -> Outcome:
    """Write the drawings to a format and read them again, with their media at hand."""
    start = drawings()
    target = folder / f"drawings-{name}{SUFFIX.get(name, '')}"
    _, said = with_losses(lambda: write(start, target, name))
    (item,), more = with_losses(lambda: read_all(target, start.video, name))
    kept = {key: isinstance(item, Shapes) and aspect.kept(item) for key, aspect in DRAWINGS.items()}
    return Outcome(tuple(key for key, there in kept.items() if not there), f"{said}\n{more}")


def unnamed(outcome: Outcome) -> list[str]:
    """Losses that no warning named."""
    return [key for key in outcome.lost if not any(w in outcome.said for w in DRAWINGS[key].words)]
