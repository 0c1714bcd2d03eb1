"""Masks or shapes to the lines of YOLO label files."""

from __future__ import annotations

from collections import Counter

import numpy as np

from masklet.core import DataError, Flags, Masks, ShapeKind, Shapes
from masklet.core.arrays import Floats
from masklet.core.protocols import Annotation
from masklet.formats.frame_names import frame_stems, written_length
from masklet.formats.losses import warn_dropped, warn_dropped_shapes, warn_loss
from masklet.formats.nouns import as_masks, at_least_three, filled
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
    """Polygons and upright boxes as they are; every other area by the outline of its pixels."""
    direct = (shapes.kind == ShapeKind.POLYGON) | (
        (shapes.kind == ShapeKind.BOX) & (shapes.rotation == 0)
    )
    shown = (shapes.flags & Flags.OUTSIDE) == 0
    lines: dict[int, list[str]] = {}
    for row in np.flatnonzero(direct & shown).tolist():
        frame, label = int(shapes.frame[row]), int(shapes.label_id[row])
        points, size = shapes.row_points(row), shapes.video.size_wh(frame)
        box = shapes.kind[row] == ShapeKind.BOX
        line = _box_line(label, points, size) if box else _line(label, points.reshape(-1, 2), size)
        confidence = shapes.foreign[row].get("yolo", {}).get("confidence")
        if confidence is not None:
            line = f"{line.rstrip()} {confidence:.9g}\n"
        lines.setdefault(frame, []).append(line)
    others = shapes.take(~direct & shown)
    if len(others):
        named = sorted({ShapeKind(int(kind)).name.lower() for kind in others.kind})
        warn_loss(
            "yolo", f"{len(others)} {' and '.join(named)} shapes are written as outlines of their pixels"
        )
        for frame, more in _of_masks(as_masks(others)).items():
            lines.setdefault(frame, []).extend(more)
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
