"""The nouns and the seams. numpy and the standard library only."""

from masklet.core.enums import DOUBTS, Flags, Origin, Review, ShapeKind
from masklet.core.errors import (
    DataError,
    LossWarning,
    MaskletError,
    MissingExtraError,
    OtherVideoWarning,
    UsageError,
)
from masklet.core.labels import PALETTE, Label, palette_colour
from masklet.core.masks import Masks
from masklet.core.prompts import Prompt, Scribble
from masklet.core.protocols import Annotation, Format, MediaSource, Propagator, Segmenter, Store
from masklet.core.shapes import Shapes
from masklet.core.steps import Step
from masklet.core.video import Video

__all__ = [
    "DOUBTS",
    "PALETTE",
    "Annotation",
    "DataError",
    "Flags",
    "Format",
    "Label",
    "LossWarning",
    "MaskletError",
    "Masks",
    "MediaSource",
    "MissingExtraError",
    "Origin",
    "OtherVideoWarning",
    "Prompt",
    "Propagator",
    "Review",
    "Scribble",
    "Segmenter",
    "ShapeKind",
    "Shapes",
    "Step",
    "Store",
    "UsageError",
    "Video",
    "palette_colour",
]
