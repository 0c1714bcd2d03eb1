"""From what a file held to the noun that a writer needs."""

from __future__ import annotations

import numpy as np

from masklet.core import Masks, Shapes
from masklet.core.protocols import Annotation
from masklet.formats.losses import warn_loss
from masklet.ops.interpolation import fill_gaps
from masklet.ops.raster import masks_to_shapes, shapes_to_masks


def as_masks(item: Annotation) -> Masks:
    """Pixels for any annotation: tracks are interpolated between keyframes, then rasterised.

    Names what masks cannot hold of shapes (`LossWarning`): attributes and groups.
    """
    if isinstance(item, Masks):
        return item
    lost = []
    if any(len(row) for row in item.attributes):
        lost.append("attributes")
    if np.any(item.group):
        lost.append("groups")
    if lost:
        warn_loss("masks", f"cannot hold {' and '.join(lost)} of shapes; they stay in the source file")
    tracked = bool(np.any(item.track_id >= 0))
    return shapes_to_masks(fill_gaps(item) if tracked else item)


def as_shapes(item: Annotation, max_points: int | None = None) -> Shapes:
    """Drawings for any annotation: masks become polygons (exact, or of at most `max_points`)."""
    return item if isinstance(item, Shapes) else masks_to_shapes(item, max_points)
