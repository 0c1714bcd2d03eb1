"""From what a file held to the noun that a writer needs.

The rasteriser is imported when a drawing meets it, so that masks are read and written without it.
"""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np

from masklet.core import Masks, Shapes
from masklet.core.arrays import Floats, Int64s
from masklet.core.protocols import Annotation
from masklet.formats.losses import warn_loss
from masklet.ops.table import Row, build

TRACK_ATTRIBUTE = "track_id"
"""The attribute by which a single shape says which object it draws (see `masklet.ops.tracks`)."""


def as_masks(item: Annotation, format_name: str = "masks") -> Masks:
    """Pixels for any annotation: tracks are interpolated between keyframes, then rasterised.

    Shapes of one frame that draw one object (same track; same label and group) become one mask.
    Names what is lost by that (`LossWarning`), as a loss of `format_name`.
    """
    if isinstance(item, Masks):
        return item
    lost = {
        "the points of drawings": format_name != "masks",
        "keyframes of tracks": bool(np.any(item.track_id >= 0)),
        "z order": bool(np.any(item.z_order)),
        "groups": bool(np.any(item.group)),
        "attributes": any(row.keys() - {TRACK_ATTRIBUTE} for row in item.attributes),
    }
    if format_name != "masks" or lost["attributes"]:
        named = ", ".join(what for what, there in lost.items() if there)
        warn_loss(format_name, f"drawings become pixels; not written: {named}")
    return _rasterised(filled(item))


def filled(shapes: Shapes) -> Shapes:
    """The shapes with every frame between the keyframes of a track drawn."""
    if not np.any(shapes.track_id >= 0):
        return shapes
    from masklet.ops.interpolation import fill_gaps

    return fill_gaps(shapes)


def at_least_three(ring: Floats) -> Floats:
    """A ring of one or two points with its last repeated, since other tools refuse fewer than three."""
    return np.concatenate([ring, np.repeat(ring[-1:], 3 - len(ring), axis=0)]) if len(ring) < 3 else ring


def _rasterised(shapes: Shapes) -> Masks:
    from masklet.ops.raster import shapes_to_masks
    from masklet.ops.tracks import object_ids, origins

    owner = _owners(shapes)
    every = np.arange(len(shapes), dtype=np.int64)
    if np.array_equal(owner, every):
        return shapes_to_masks(shapes)
    apart = shapes_to_masks(shapes.replace(track_id=every.astype(np.int32), attributes=()))
    firsts = np.unique(owner)
    ids = dict(zip(firsts.tolist(), object_ids(shapes.take(firsts)).tolist(), strict=True))
    made, rows = origins(shapes), dict[int, Row]()
    for i, source in enumerate(apart.object_id.tolist()):
        first = int(owner[source])
        if first in rows:
            rows[first] = _joined(rows[first], apart, i)
            continue
        rows[first] = Row(
            int(apart.frame[i]),
            ids[first],
            int(apart.label_id[i]),
            apart.row_runs(i),
            origin=int(made[source]),
            flags=int(shapes.flags[source]),
        )
    return build(shapes.video, shapes.labels, rows.values())


def _joined(row: Row, masks: Masks, i: int) -> Row:
    from masklet.ops.runs import union

    return row._replace(runs=union(row.runs, masks.row_runs(i)))


def _owners(shapes: Shapes) -> Int64s:
    """For every shape the first shape of the same object on the same frame, `(n,)`; itself if alone."""
    first: dict[Hashable, int] = {}
    owner = np.arange(len(shapes), dtype=np.int64)
    for row, (frame, track, label, group) in enumerate(
        zip(
            shapes.frame.tolist(),
            shapes.track_id.tolist(),
            shapes.label_id.tolist(),
            shapes.group.tolist(),
            strict=True,
        )
    ):
        named = shapes.attributes[row].get(TRACK_ATTRIBUTE)
        if track >= 0:
            owner[row] = first.setdefault((frame, track), row)
        elif named is not None:
            owner[row] = first.setdefault((frame, label, "named", named), row)
        elif group != 0:
            owner[row] = first.setdefault((frame, label, "group", group), row)
    return owner
