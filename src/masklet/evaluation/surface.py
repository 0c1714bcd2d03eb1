"""Distances between outlines: Hausdorff, HD95, ASSD and NSD of every object on every frame, in pixels.

The field has two notions of a surface, and the names of its measures do not tell which; here each
measure keeps the notion of the code that made it known:

- *Pixels*: those of a mask that its erosion by the 4-neighbourhood takes away; beyond the frame there
  is background. `hausdorff`, `hd95_pooled` and `assd` are taken on these, as in medpy (`hd`, `hd95`,
  `assd`).
- *Elements*: pieces of the outline between pixels. Each corner of a pixel whose four neighbours are
  not all alike is one; its length is that of the outline within a square of one pixel around it:
  1 on a straight side, sqrt(1/2) where one pixel differs from three, sqrt(2) where two touch by a
  corner only. `hd95_max` and `nsd` are taken on these, weighted by length, as in DeepMind's
  surface-distance (Nikolov et al., "Deep learning to achieve clinically applicable segmentation of
  head and neck anatomy for radiotherapy", 2018/2021). MONAI takes the same maximum of two percentiles
  on the pixels, unweighted, which differs by fractions of a pixel.

Where one side is empty there is no distance: see `SurfacePart` for what is counted then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from masklet.core.arrays import Floats, Int32s, Int64s
from masklet.core.labels import Label
from masklet.evaluation.case import Case, Settings
from masklet.evaluation.crops import Crop, Sight, pieces, places, sights
from masklet.evaluation.pixels import squared_distances
from masklet.evaluation.spread import (
    Presence,
    all_present,
    by_label_counted,
    by_object,
    known_mean,
    mean_figures,
    object_labels,
    presence,
)

_HALF = 0.5 * 2.0**0.5
_LENGTHS = np.array(
    [0, _HALF, _HALF, 1, _HALF, 1, 2 * _HALF, _HALF, _HALF, 2 * _HALF, 1, _HALF, 1, _HALF, _HALF, 0]
)
"""Length of an element by its neighbours: 8 top left, 4 top right, 2 bottom left, 1 bottom right."""


@dataclass(frozen=True)
class SurfaceFigures:
    """Means of one object, or over objects. Pixels, `nsd` in 0..1; NaN where no frame counts.

    Args:
        hausdorff: the largest distance from any surface pixel of one side to the other surface.
        hd95_max: the larger one of the 95th percentiles of both directions.
        hd95_pooled: the 95th percentile of both directions thrown together.
        assd: mean of the mean distances of both directions.
        nsd: share of both outlines that lies within the tolerance of the other one.
    """

    hausdorff: float = float("nan")
    hd95_max: float = float("nan")
    hd95_pooled: float = float("nan")
    assd: float = float("nan")
    nsd: float = float("nan")


_NAMES = ("hausdorff", "hd95_max", "hd95_pooled", "assd", "nsd")


@dataclass(frozen=True)
class SurfaceObject:
    """One object over the judged frames of its video; `label` is that of its first row in the truth."""

    video: str
    object_id: int
    label: Label
    counts: Presence
    figures: SurfaceFigures


@dataclass(frozen=True, eq=False)
class SurfacePart:
    """One video: every (frame, object) compared, and the figures of each object.

    Where one of two masks is empty the distances are NaN, not infinite, and left out of all means, so
    a mean of distances tells nothing about objects that were missed: read it beside `counts`. `nsd` is
    0 there, as in surface-distance, and counts. Where both are empty everything is NaN.

    Args:
        name: of the video.
        frame: `(k,) int32`.
        object_id: `(k,) int32`.
        label_id: `(k,) int32`, an index into the labels of the case.
        hausdorff, hd95_max, hd95_pooled, assd: `(k,) float64`, pixels.
        nsd: `(k,) float64`, 0..1.
        objects: by rising id.
    """

    name: str
    frame: Int32s
    object_id: Int32s
    label_id: Int32s
    hausdorff: Floats
    hd95_max: Floats
    hd95_pooled: Floats
    assd: Floats
    nsd: Floats
    objects: tuple[SurfaceObject, ...]


@dataclass(frozen=True)
class SurfaceLabel:
    """Means over the objects of one label, in all videos; frames added up."""

    label: Label
    objects: int
    counts: Presence
    figures: SurfaceFigures


@dataclass(frozen=True)
class SurfaceScores:
    """All videos.

    Args:
        figures: of each measure, the mean over all objects of all videos that have it on some frame.
        counts: frames of all objects, added up.
        per_label: by name; labels are one where name and kind are.
        per_object: in the order of the parts, by rising id.
    """

    figures: SurfaceFigures
    counts: Presence
    per_label: tuple[SurfaceLabel, ...]
    per_object: tuple[SurfaceObject, ...]


def measure(case: Case, settings: Settings) -> SurfacePart:
    """One video; NSD at `settings.surface_tolerance`, inclusive."""
    rows, drawn = [], []
    for piece in pieces(case.pred, case.truth, case.pairs):
        for sight in sights(piece):
            rows.append(_distances(sight, settings.surface_tolerance))
            drawn.append((sight.pred.mask.size > 0, sight.truth.mask.size > 0))
    values = np.array(rows).reshape(-1, len(_NAMES)).T
    there = np.array(drawn, np.bool_).reshape(-1, 2)
    pairs, label_id = case.pairs, object_labels(case)
    objects = tuple(
        SurfaceObject(
            case.name,
            object_id,
            case.labels[int(label_id[at[0]])],
            presence(there[at]),
            SurfaceFigures(*(known_mean(row[at]) for row in values)),
        )
        for object_id, at in by_object(pairs.object_id)
    )
    hausdorff, hd95_max, hd95_pooled, assd, nsd = values
    return SurfacePart(
        case.name,
        pairs.frame,
        pairs.object_id,
        label_id,
        hausdorff,
        hd95_max,
        hd95_pooled,
        assd,
        nsd,
        objects,
    )


def total(parts: Sequence[SurfacePart]) -> SurfaceScores:
    """Over all videos; a part that occurs twice counts twice."""
    objects = tuple(one for part in parts for one in part.objects)
    labels = tuple(
        SurfaceLabel(label, len(some), counts, _means(some))
        for label, some, counts in by_label_counted(objects)
    )
    counts = all_present([one.counts for one in objects])
    return SurfaceScores(_means(objects), counts, labels, objects)


def _means(objects: Sequence[SurfaceObject]) -> SurfaceFigures:
    return SurfaceFigures(*mean_figures(objects, _NAMES))


def _distances(sight: Sight, tolerance: float) -> tuple[float, float, float, float, float]:
    """The five of `_NAMES` for one pair."""
    nan = float("nan")
    pred, truth = sight.pred, sight.truth
    if not pred.mask.size or not truth.mask.size:
        nsd = 0.0 if pred.mask.size or truth.mask.size else nan
        return nan, nan, nan, nan, nsd
    pixels = _both_ways(surface_pixels(pred), surface_pixels(truth))
    (mine, lengths), (theirs, their_lengths) = surface_elements(pred), surface_elements(truth)
    near, far = _both_ways(mine, theirs)
    one, other = _Outline.sorted(near, lengths), _Outline.sorted(far, their_lengths)
    return (
        float(max(way.max() for way in pixels)),
        max(one.percentile(0.95), other.percentile(0.95)),
        float(np.percentile(np.concatenate(pixels), 95)),
        float((pixels[0].mean() + pixels[1].mean()) / 2),
        (one.within(tolerance) + other.within(tolerance)) / (one.within(np.inf) + other.within(np.inf)),
    )


def _both_ways(mine: Int64s, theirs: Int64s) -> tuple[Floats, Floats]:
    """Distances from each place of one side to the nearest of the other."""
    return np.sqrt(squared_distances(mine, theirs)), np.sqrt(squared_distances(theirs, mine))


def surface_pixels(crop: Crop) -> Int64s:
    """Pixels of the mask that have a 4-neighbour outside of it, `(n, 2) int64`, x and y."""
    mask = crop.mask
    framed = np.pad(mask, 1)
    inner = framed[:-2, 1:-1] & framed[2:, 1:-1] & framed[1:-1, :-2] & framed[1:-1, 2:]
    return places(crop._replace(mask=mask & ~inner))


def surface_elements(crop: Crop) -> tuple[Int64s, Floats]:
    """Corners of pixels on the outline, `(n, 2) int64`, x and y, and the length of each, `(n,)`."""
    framed = np.pad(crop.mask, 1).view(np.uint8)
    codes = 8 * framed[:-1, :-1] + 4 * framed[:-1, 1:] + 2 * framed[1:, :-1] + framed[1:, 1:]
    outline = crop._replace(mask=(codes != 0) & (codes != 15))
    return places(outline), _LENGTHS[codes[outline.mask]]


class _Outline(NamedTuple):
    """Elements of one outline, by rising distance to the other one, and their lengths."""

    distance: Floats
    lengths: Floats

    @classmethod
    def sorted(cls, distance: Floats, lengths: Floats) -> _Outline:
        order = np.lexsort((lengths, distance))
        return cls(distance[order], lengths[order])

    def percentile(self, share: float) -> float:
        """The distance up to which `share` of the length lies."""
        at = int(np.searchsorted(np.cumsum(self.lengths) / self.lengths.sum(), share))
        return float(self.distance[min(at, len(self.distance) - 1)])

    def within(self, tolerance: float) -> float:
        """Length at most `tolerance` away."""
        return float(self.lengths[: np.searchsorted(self.distance, tolerance, "right")].sum())
