"""Masks as the shapes that CVAT's XML can hold, and what that loses."""

from __future__ import annotations

from typing import Literal

import numpy as np

from masklet.core import Flags, Masks, Origin, Shapes
from masklet.core.protocols import Annotation
from masklet.formats.cvat_rows import FORMAT
from masklet.formats.losses import kept_flags, warn_dropped
from masklet.ops import table

KEPT = ("labels", "label kinds", "label colours", "object ids")

Kind = Literal["mask", "polygon"]


def drawn(item: Annotation, kind: Kind) -> Shapes:
    """Shapes as they are; masks as shapes of `kind`: "mask" (single, exact) or "polygon" (tracks).

    Identity of single masks stands in their group and in their attribute `track_id`, which CVAT
    keeps. What CVAT cannot hold of masks is named by one `LossWarning`.
    """
    if isinstance(item, Shapes):
        return item
    keeps = set(KEPT) | kept_flags(item, Flags.OCCLUDED)
    keeps |= set() if np.any(item.origin != Origin.HUMAN) else {"origins"}
    warn_dropped(item, "CVAT XML", keeps)
    seen = item.take(table.areas(item) > 0)
    if not len(seen):
        return Shapes(item.video, item.labels)
    from masklet.ops.raster import masks_to_shapes

    shapes = masks_to_shapes(seen, kind=kind)
    return _with_sources(shapes, seen) if kind == "mask" else shapes


def _with_sources(shapes: Shapes, masks: Masks) -> Shapes:
    """CVAT's note of who drew it: "manual" where a person stands behind the row, else "auto"."""
    sources: list[dict[str, dict[str, str]]] = [{FORMAT: {"source": s}} for s in ("auto", "manual")]
    return shapes.replace(foreign=tuple(sources[trust] for trust in masks.trusted.tolist()))
