"""Masks as the shapes that CVAT's XML can hold, and what that loses."""

from __future__ import annotations

from masklet.core import Shapes
from masklet.core.protocols import Annotation


def drawn(item: Annotation, kind: str) -> Shapes:
    """Shapes as they are; masks as shapes of `kind` ("mask" or "polygon")."""
    if isinstance(item, Shapes):
        return item
    raise NotImplementedError
