"""Masks or shapes to the lines of YOLO label files."""

from __future__ import annotations

from collections import Counter

import numpy as np

from masklet.core import DataError, Masks, ShapeKind, Shapes
from masklet.core.arrays import Floats
from masklet.core.protocols import Annotation
from masklet.formats.frame_names import frame_stems, written_length
from masklet.formats.losses import warn_dropped, warn_dropped_shapes, warn_loss
from masklet.formats.nouns import at_least_three, filled
from masklet.ops import table

Files = dict[str, list[str]]
"""Lines by file stem."""


def label_files(item: Annotation) -> tuple[list[str], Files]:
    """Class names, and the lines of every file; names every loss."""
    if isinstance(item, Masks):
        warn_dropped(item, "yolo", ("labels",))
        lines = _of_masks(item)
        shown = {*lines, *item.checked.tolist()}
    else:
        warn_dropped_shapes(item, "yolo", ())
        lines = _of_shapes(filled(item))
        shown = set(lines)
    stems = frame_stems(item.video, written_length(item.video, sorted(shown)))
    return [label.name for label in item.labels], {stems[f]: lines.get(f, []) for f in sorted(shown)}


def _of_masks(masks: Masks) -> dict[int, list[str]]:
    from masklet.ops.raster import polygons

    lines: dict[int, list[str]] = {}
    losses: Counter[str] = Counter()
    areas = table.areas(masks)
    losses["empty masks are left out"] = int(np.sum(areas == 0))
    for row in np.flatnonzero(areas).tolist():
        frame = int(masks.frame[row])
        size = masks.video.size_wh(frame)
        parts = polygons(masks.row_runs(row), size)
        losses["holes are filled"] += len(parts[0].holes)
        losses["smaller parts are left out"] += len(parts) - 1
        ring = at_least_three(parts[0].outer)
        lines.setdefault(frame, []).append(_line(int(masks.label_id[row]), ring, size))
    for what, count in losses.items():
        if count:
            warn_loss("yolo", f"a line holds one outline; {count} {what}")
    return lines


def _of_shapes(shapes: Shapes) -> dict[int, list[str]]:
    lines: dict[int, list[str]] = {}
    left_out: Counter[str] = Counter()
    outside = (shapes.flags & np.uint16(8)) != 0
    for row in np.flatnonzero(~outside):
        kind, points = ShapeKind(int(shapes.kind[row])), shapes.row_points(int(row))
        frame = int(shapes.frame[row])
        size = shapes.video.size_wh(frame)
        if kind == ShapeKind.POLYGON:
            line = _line(int(shapes.label_id[row]), points.reshape(-1, 2), size)
        elif kind == ShapeKind.BOX:
            line = _box_line(int(shapes.label_id[row]), points, size)
        else:
            left_out[kind.name.lower()] += 1
            continue
        lines.setdefault(frame, []).append(line)
    for name, count in left_out.items():
        warn_loss("yolo", f"cannot hold {name} shapes; {count} left out")
    return lines


def _line(label: int, ring: Floats, size_wh: tuple[int, int]) -> str:
    if len(ring) < 3:
        raise DataError(f"a polygon has {len(ring)} points; expected three or more")
    return _text(label, np.clip(ring / np.array(size_wh, np.float64), 0, 1).ravel())


def _box_line(label: int, box: Floats, size_wh: tuple[int, int]) -> str:
    corners = np.clip(box.reshape(2, 2) / np.array(size_wh, np.float64), 0, 1)
    return _text(label, np.concatenate([corners.mean(axis=0), corners[1] - corners[0]]))


def _text(label: int, values: Floats) -> str:
    return " ".join([str(label), *(f"{value:.9g}" for value in values)]) + "\n"
