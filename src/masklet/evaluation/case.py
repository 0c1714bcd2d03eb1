"""One video as it is judged: prediction and truth brought to common terms.

Every family of metrics starts from a `Case`, so questions of sizes, names, ids and of what is judged
are answered once, by `masklet.evaluation.door`, and no family asks them again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from masklet.core.arrays import Int32s
from masklet.core.errors import UsageError
from masklet.core.labels import Label
from masklet.core.masks import Masks
from masklet.evaluation.pairs import Pairs
from masklet.evaluation.terms import Objects


@dataclass(frozen=True, eq=False)
class Case:
    """A video to judge. What a family may rely on:

    - `pred` and `truth` have one and the same `labels` tuple, equal frame sizes, no rejected rows and
      no row on a frame that is not in `frames`; every true row has an object id >= 0 and a mask.
    - Objects are aligned: a predicted object that answers a true one has its id; others have ids that
      the truth does not use, or -1 (not tracked).
    - Rows of the truth flagged `Flags.CROWD` cover many objects; what lies in them is not counted
      against the prediction. They are not in `pairs`.

    Args:
        name: of the video, as reports print it; unique in an evaluation.
        pred, truth: the rows.
        frames: `(f,) int32`, the judged frames, sorted.
        complete: `(c,) int32`, those of `frames` on which the truth tells all its objects, so that a
            predicted object without a true one is wrong there. Detection, identity, panoptic and
            semantic metrics look at these frames only.
        pairs: which predicted row answers which true row, for metrics per frame and object.
        prompts: `(p,) int32`, frames that the engine was given as truth; they are not in `frames`
            unless that was asked for.
        rule: how objects were brought together, see `Terms.objects`; never `auto`.
        own: the number that the prediction itself gives an object, by its number here.
    """

    name: str
    pred: Masks
    truth: Masks
    frames: Int32s
    complete: Int32s
    pairs: Pairs
    prompts: Int32s = field(default_factory=lambda: np.empty(0, np.int32))
    rule: Objects = "id"
    own: Mapping[int, int] = field(default_factory=dict)

    def own_id(self, object_id: int) -> int:
        """The number of a predicted object in its own file."""
        return self.own.get(object_id, object_id)

    @property
    def tracked(self) -> bool:
        """Whether numbers stand for objects through time; else each row is an object by itself."""
        return self.rule != "frame"

    @property
    def labels(self) -> tuple[Label, ...]:
        """The labels of both sides."""
        return self.truth.labels


_MOST = 1_000_000
"""Pixels that no frame has in a row."""


@dataclass(frozen=True)
class Settings:
    """What the metrics leave open, with the values that their authors use.

    Args:
        contour_tolerance: contour F: how far a contour may be off, share of the frame's diagonal
            (pixels where >= 1). DAVIS: 0.008.
        boundary_width: Boundary IoU: width of the band, share of the diagonal. Cheng et al.: 0.02.
        surface_tolerance: NSD: tolerance in pixels.
        match_iou: IoU from which an object counts as found, for CLEAR, IDF1 and precision and recall.
        unlabelled_is_void: panoptic and semantic metrics: pixels of a complete frame without a true mask
            are not judged, as where datasets leave them unlabelled; else they are background, and a
            prediction there is wrong.
    """

    contour_tolerance: float = 0.008
    boundary_width: float = 0.02
    surface_tolerance: float = 2.0
    match_iou: float = 0.5
    unlabelled_is_void: bool = False

    def __post_init__(self) -> None:
        _within("contour_tolerance", self.contour_tolerance, 0, _MOST)
        _within("boundary_width", self.boundary_width, 0, 1)
        _within("surface_tolerance", self.surface_tolerance, 0, _MOST)
        _within("match_iou", self.match_iou, 0.01, 1)


def _within(name: str, value: float, low: float, high: float) -> None:
    if not isinstance(value, int | float) or not low <= value <= high:
        raise UsageError(f"{name} is {value}; expected a number from {low:g} to {high:g}")
