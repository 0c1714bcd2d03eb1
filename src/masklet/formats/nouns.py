"""From what a file held to the noun that a writer needs.

The rasteriser is imported when a drawing meets it, so that masks are read and written without it.
"""

from __future__ import annotations

import numpy as np

from masklet.core import Masks, Shapes
from masklet.core.arrays import Int32s
from masklet.core.protocols import Annotation
from masklet.formats.losses import warn_loss


def as_masks(item: Annotation) -> Masks:
    """Pixels for any annotation: tracks are interpolated between keyframes, then rasterised.

    Shapes of one group, label and frame without a track are one object, as in LabelMe. Names what
    masks cannot hold of shapes (`LossWarning`).
    """
    if isinstance(item, Masks):
        return item
    from masklet.ops.raster import shapes_to_masks

    if any(len(row) for row in item.attributes):
        warn_loss("masks", "cannot hold attributes of shapes; they stay in the source file")
    joined, first_made = _groups_as_tracks(filled(item))
    masks = shapes_to_masks(joined)
    if first_made is None:
        return masks
    loose = masks.object_id >= first_made
    return masks.replace(object_id=np.where(loose, -1, masks.object_id))


def filled(shapes: Shapes) -> Shapes:
    """The shapes with every frame between the keyframes of a track drawn."""
    if not np.any(shapes.track_id >= 0):
        return shapes
    from masklet.ops.interpolation import fill_gaps

    return fill_gaps(shapes)


def _groups_as_tracks(shapes: Shapes) -> tuple[Shapes, int | None]:
    """Loose shapes of one frame, label and group get a made-up track; its first number, or None."""
    loose = (shapes.track_id < 0) & (shapes.group != 0)
    if not np.any(loose):
        return shapes, None
    keys = np.stack([shapes.frame, shapes.label_id, shapes.group], axis=1)[loose]
    _, number = np.unique(keys, axis=0, return_inverse=True)
    start = int(shapes.track_id.max()) + 1
    track: Int32s = shapes.track_id.copy()
    track[loose] = start + number.reshape(-1)
    return shapes.replace(track_id=track), start
