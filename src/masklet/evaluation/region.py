"""Region and contour: J, Dice, contour F and Boundary IoU of every object on every frame.

Perazzi et al., "A Benchmark Dataset and Evaluation Methodology for Video Object Segmentation",
CVPR 2016; per-object means as in Pont-Tuset et al., "The 2017 DAVIS Challenge", 2017; Boundary IoU
as in Cheng et al., CVPR 2021.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from masklet.core.arrays import Bools, Floats, Int32s
from masklet.core.labels import Label
from masklet.core.masks import Masks
from masklet.evaluation.boundary_iou import band_width, boundary_iou
from masklet.evaluation.case import Case, Settings
from masklet.evaluation.contour import crop_f, reach_px
from masklet.evaluation.crops import Crop, Piece, Sight, pieces, sights
from masklet.evaluation.pairs import Pairs, pair
from masklet.evaluation.spread import Spread, by_label, by_object, mean_spread, object_labels, spread
from masklet.ops.overlap import intersections_pairs
from masklet.ops.table import areas

TOLERANCE = 0.008
"""How far a contour may be off and still count, as a share of the frame's diagonal."""


@dataclass(frozen=True)
class RegionFigures:
    """The measures of one object, or their means over objects. Values in 0..1, decay in -1..1.

    Args:
        j, dice, f, biou: region similarity, Dice, contour F and Boundary IoU.
        jf: the mean of mean J and mean F, the number that DAVIS ranks by.
    """

    j: Spread
    dice: Spread
    f: Spread
    biou: Spread
    jf: float


@dataclass(frozen=True)
class RegionObject:
    """One object over the judged frames of its video.

    Args:
        video: name of the video.
        object_id: in the truth.
        label: of its first row in the truth.
        frames: how many were judged.
        figures: over these frames.
    """

    video: str
    object_id: int
    label: Label
    frames: int
    figures: RegionFigures


@dataclass(frozen=True, eq=False)
class RegionPart:
    """One video: every (frame, object) compared, and the figures of each object.

    Args:
        name: of the video.
        frame: `(k,) int32`.
        object_id: `(k,) int32`.
        label_id: `(k,) int32`, an index into the labels of the case.
        j: `(k,) float64`, intersection over union.
        dice: `(k,) float64`, twice the intersection over the sum of both areas.
        f: `(k,) float64`, contour F.
        biou: `(k,) float64`, Boundary IoU.
        objects: by rising id.
    """

    name: str
    frame: Int32s
    object_id: Int32s
    label_id: Int32s
    j: Floats
    dice: Floats
    f: Floats
    biou: Floats
    objects: tuple[RegionObject, ...]


@dataclass(frozen=True)
class RegionLabel:
    """Means over the objects of one label, in all videos."""

    label: Label
    objects: int
    figures: RegionFigures


@dataclass(frozen=True)
class RegionVideo:
    """Means over the objects of one video."""

    video: str
    objects: int
    figures: RegionFigures


@dataclass(frozen=True)
class RegionScores:
    """All videos.

    Args:
        figures: means over all objects of all videos, as DAVIS takes them: an object counts once,
            however many frames it has. NaN without an object.
        per_video: in the order of the parts.
        per_label: by name; labels are one where name and kind are.
        per_object: in the order of the parts, by rising id.
    """

    figures: RegionFigures
    per_video: tuple[RegionVideo, ...]
    per_label: tuple[RegionLabel, ...]
    per_object: tuple[RegionObject, ...]


def measure(case: Case, settings: Settings) -> RegionPart:
    """One video.

    An object that both sides say is absent on a frame scores 1 there in all four, one that only one
    side has scores 0. Objects that only the prediction has are not looked at. Which frames are judged
    is decided by the case; DAVIS leaves out the first and the last one.
    """
    j, dice, f, biou = (np.empty(len(case.pairs)) for _ in range(4))
    for piece in pieces(case.pred, case.truth, case.pairs):
        some = slice(piece.start, piece.start + len(piece.pred_at))
        j[some], dice[some] = _overlap(piece)
        for sight in sights(piece):
            f[sight.pair], biou[sight.pair] = _outlines(sight, settings)
    pairs, label_id = case.pairs, object_labels(case)
    objects = []
    for object_id, at in by_object(pairs.object_id):
        figures = _figures(*(spread(values[at]) for values in (j, dice, f, biou)))
        label = case.labels[int(label_id[at[0]])]
        objects.append(RegionObject(case.name, object_id, label, len(at), figures))
    return RegionPart(
        case.name, pairs.frame, pairs.object_id, label_id, j, dice, f, biou, tuple(objects)
    )


def total(parts: Sequence[RegionPart]) -> RegionScores:
    """Over all videos; a part that occurs twice counts twice."""
    objects = tuple(one for part in parts for one in part.objects)
    labels = [
        RegionLabel(label, len(at), _mean([objects[i] for i in at]))
        for label, at in by_label([one.label for one in objects])
    ]
    videos = [RegionVideo(part.name, len(part.objects), _mean(part.objects)) for part in parts]
    return RegionScores(_mean(objects), tuple(videos), tuple(labels), objects)


def _mean(objects: Sequence[RegionObject]) -> RegionFigures:
    names = ("j", "dice", "f", "biou")
    return _figures(*(mean_spread([getattr(one.figures, name) for one in objects]) for name in names))


def _figures(j: Spread, dice: Spread, f: Spread, biou: Spread) -> RegionFigures:
    return RegionFigures(j, dice, f, biou, (j.mean + f.mean) / 2)


def _overlap(piece: Piece) -> Floats:
    """J and Dice of a piece's pairs, `(2, k) float64`."""
    k = len(piece.pred_at)
    both = np.flatnonzero((piece.pred_at >= 0) & (piece.truth_at >= 0))
    mine, theirs = piece.pred.take(piece.pred_at[both]), piece.truth.take(piece.truth_at[both])
    shared = np.zeros(k)
    shared[both] = intersections_pairs(mine, theirs)
    # an appended 0 is the area of row -1, which is not there
    added = np.append(areas(piece.pred), 0)[piece.pred_at]
    added = added + np.append(areas(piece.truth), 0)[piece.truth_at]
    found = np.ones((2, k))
    some = added > 0
    found[0, some] = shared[some] / (added - shared)[some]
    found[1, some] = 2 * shared[some] / added[some]
    return found


def _outlines(sight: Sight, settings: Settings) -> tuple[float, float]:
    """Contour F and Boundary IoU of one pair."""
    reach = reach_px(settings.contour_tolerance, sight.size_wh)
    width = band_width(settings.boundary_width, sight.size_wh)
    return crop_f(sight.pred, sight.truth, reach), boundary_iou(sight.pred, sight.truth, width)


@dataclass(frozen=True)
class ObjectScore:
    """One object's means over the frames compared. J, F in 0..1."""

    object_id: int
    frames: int
    mean_j: float
    mean_f: float


@dataclass(frozen=True, eq=False)
class JF:
    """J and F of every (frame, object) compared, and their means.

    Args:
        frame: `(k,) int32`.
        object_id: `(k,) int32`.
        j: `(k,) float64` in 0..1, intersection over union.
        f: `(k,) float64` in 0..1, harmonic mean of contour precision and recall.
    """

    frame: Int32s
    object_id: Int32s
    j: Floats
    f: Floats

    @property
    def per_object(self) -> tuple[ObjectScore, ...]:
        """Means of every object of the truth, by rising id."""
        scores = []
        for object_id in np.unique(self.object_id):
            rows = self.object_id == object_id
            j, f = float(self.j[rows].mean()), float(self.f[rows].mean())
            scores.append(ObjectScore(int(object_id), int(rows.sum()), j, f))
        return tuple(scores)

    @property
    def mean_j(self) -> float:
        """Mean over objects of their mean over frames."""
        return float(np.mean([score.mean_j for score in self.per_object]))

    @property
    def mean_f(self) -> float:
        """Mean over objects of their mean over frames."""
        return float(np.mean([score.mean_f for score in self.per_object]))

    @property
    def mean_jf(self) -> float:
        """The mean of `mean_j` and `mean_f`, the number that DAVIS ranks by."""
        return (self.mean_j + self.mean_f) / 2


def evaluate_jf(
    pred: Masks, truth: Masks, skip_frames: Iterable[int] = (), tolerance: float = TOLERANCE
) -> JF:
    """J and F of `pred` against `truth`.

    What is compared is told in `masklet.evaluation.pairs.pair`. An object that is absent in both
    scores 1, in one of them 0. DAVIS leaves out the first and the last frame of its sequences:
    pass them as `skip_frames` to get its numbers. Raises `DataError`, see `pair`.
    """
    pairs = pair(pred, truth, skip_frames)
    j = _region(pred, truth, pairs)
    f = _contour(pred, truth, pairs, tolerance)
    return JF(pairs.frame, pairs.object_id, j, f)


def region_similarity(
    pred: Masks, truth: Masks, skip_frames: Iterable[int] = ()
) -> tuple[Int32s, Int32s, Floats]:
    """J alone: (frame `(k,)`, object_id `(k,)`, j `(k,)`); rules as in `evaluate_jf`."""
    pairs = pair(pred, truth, skip_frames)
    return pairs.frame, pairs.object_id, _region(pred, truth, pairs)


def contour_accuracy(
    pred: Masks, truth: Masks, skip_frames: Iterable[int] = (), tolerance: float = TOLERANCE
) -> tuple[Int32s, Int32s, Floats]:
    """F alone: (frame `(k,)`, object_id `(k,)`, f `(k,)`); rules as in `evaluate_jf`.

    `tolerance` is a share of the frame's diagonal (rounded up to pixels), or pixels where >= 1.
    """
    pairs = pair(pred, truth, skip_frames)
    return pairs.frame, pairs.object_id, _contour(pred, truth, pairs, tolerance)


def _region(pred: Masks, truth: Masks, pairs: Pairs) -> Floats:
    found = [_overlap(piece)[0] for piece in pieces(pred, truth, pairs)]
    return np.concatenate([np.empty(0), *found])


def _contour(pred: Masks, truth: Masks, pairs: Pairs, tolerance: float) -> Floats:
    return np.array(
        [
            crop_f(sight.pred, sight.truth, reach_px(tolerance, sight.size_wh))
            for piece in pieces(pred, truth, pairs)
            for sight in sights(piece)
        ]
    )


def contour_f(pred: Bools, truth: Bools, reach_px: int) -> float:
    """F of two masks `(h, w) bool`, whose contours match within `reach_px` pixels, see `crop_f`."""
    return crop_f(Crop(pred, 0, 0), Crop(truth, 0, 0), reach_px)
