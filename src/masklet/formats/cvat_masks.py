"""Masks as the shapes that CVAT's XML can hold, and what that loses."""

from __future__ import annotations

import numpy as np

from masklet.core import Flags, Masks, ShapeKind, Shapes
from masklet.core.arrays import Bools, Floats
from masklet.core.protocols import Annotation
from masklet.formats.cvat_newmeta import TRACK_ID
from masklet.formats.cvat_rows import FORMAT
from masklet.formats.losses import warn_dropped
from masklet.ops import runs, table

KEPT = ("labels", "label kinds", "label colours", "object ids")


def drawn(item: Annotation, kind: str) -> Shapes:
    """Shapes as they are; masks as shapes of `kind`: "mask" (exact) or "polygon" (tracks).

    What CVAT cannot hold of masks is named by one `LossWarning`.
    """
    if isinstance(item, Shapes):
        return item
    known = Flags.KEYFRAME | Flags.OCCLUDED | Flags.OUTSIDE
    keeps = {*KEPT} if np.any(item.flags & ~np.uint16(known)) else {*KEPT, "flags"}
    warn_dropped(item, "CVAT XML", keeps)
    return mask_shapes(item)


def mask_shapes(masks: Masks) -> Shapes:
    """One MASK row for every row that is not empty, identity in the attribute `track_id`.

    CVAT's mask: left, top, width, height, then run lengths row by row inside that box, background
    first. `group` is the object id where that is positive, so that CVAT shows what belongs together.
    """
    masks = masks.take(table.areas(masks) > 0)
    sizes = masks.video.sizes_wh(masks.frame).tolist()
    points = [_points(masks, row, (int(w), int(h))) for row, (w, h) in enumerate(sizes)]
    ids = masks.object_id.tolist()
    sources = ["manual" if trusted else "auto" for trusted in masks.trusted.tolist()]
    return Shapes(
        masks.video,
        masks.labels,
        frame=masks.frame,
        label_id=masks.label_id,
        kind=np.array(ShapeKind.MASK, np.uint8),
        points=np.concatenate(points) if points else np.empty(0),
        offset=np.concatenate([[0], np.cumsum([len(p) for p in points])]).astype(np.int64),
        flags=((masks.flags & Flags.OCCLUDED) | Flags.KEYFRAME).astype(np.uint16),
        group=np.maximum(masks.object_id, 0),
        attributes=tuple({TRACK_ID: str(i)} if i >= 0 else {} for i in ids),
        foreign=tuple({FORMAT: {"source": source}} for source in sources),
    )


def _points(masks: Masks, row: int, size_wh: tuple[int, int]) -> Floats:
    crop, (left, top) = runs.decode_crop(masks.row_runs(row), size_wh)
    height, width = crop.shape
    return np.array([left, top, width, height, *_by_rows(crop)], np.float64)


def _by_rows(crop: Bools) -> list[int]:
    """Run lengths row by row, background first."""
    flat = crop.ravel()
    edges = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    lengths: list[int] = np.diff(edges, prepend=0, append=flat.size).tolist()
    return [0, *lengths] if flat[0] else lengths
