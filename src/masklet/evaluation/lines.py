"""Thin things (labels of kind `line`: tails, whiskers) judged along their centre line, in pixels.

Overlap is harsh to what is three pixels wide: a mask one pixel beside the true one loses half of it.
So the centre lines of both masks are compared as well: how far apart they are, how much of the true
one was found, and how long they are.

The centre line of a mask has one stroke for each 8-connected part: the path between the two pixels of
the part that are farthest apart, along where it is deepest (`masklet.ops.centreline`), smoothed over
a few pixels so that its length is not that of a staircase. Gaps, such as behind the bars of a cage,
are not bridged: what neither mask shows is not measured. The side arms of a branched part are not in
its line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from masklet.core.arrays import Floats, Int32s
from masklet.core.labels import Label
from masklet.evaluation.case import Case, Settings
from masklet.evaluation.crops import Crop, Sight, pieces, sights
from masklet.evaluation.pairs import Pairs
from masklet.evaluation.spread import (
    NAN,
    Presence,
    all_present,
    by_label_counted,
    by_object,
    known_mean,
    mean_figures,
    object_labels,
    presence,
)
from masklet.ops.centreline import centre_line
from masklet.ops.raster import components, depth

_SMOOTHING = 6
"""Passes of a (1, 2, 1) / 4 filter along a stroke."""
_SLACK = 1e-9
"""Rounding errors that are no distance."""
_PIECE = 500_000
"""Distances between points and segments that are held at once."""


@dataclass(frozen=True)
class LineFigures:
    """Means of one object, or over objects. NaN where no frame counts.

    Args:
        to_truth: px, mean distance from points of the line found to the true line.
        to_found: px, mean distance from points of the true line to the line found.
        distance: px, mean of these two.
        largest: px, the largest distance from a point of either line to the other line.
        length_bias: px, length of the line found minus that of the true one.
        length_error: px, its size.
        found: share of the true line with the line found at most `Settings.surface_tolerance` away.
    """

    to_truth: float = NAN
    to_found: float = NAN
    distance: float = NAN
    largest: float = NAN
    length_bias: float = NAN
    length_error: float = NAN
    found: float = NAN


_NAMES = ("to_truth", "to_found", "distance", "largest", "length_bias", "length_error", "found")


@dataclass(frozen=True)
class LineObject:
    """One object over the judged frames of its video; `label` is that of its first row in the truth."""

    video: str
    object_id: int
    label: Label
    counts: Presence
    figures: LineFigures


@dataclass(frozen=True, eq=False)
class LinesPart:
    """One video: every (frame, object) of a `line` label, and the figures of each object.

    Where one of both masks is empty there is no distance and no length error: they are NaN, left out
    of all means and counted in `Presence`. `found` is 0 where only the truth has a mask, and counts;
    where the truth has none it is NaN.

    Args:
        name: of the video.
        frame: `(k,) int32`.
        object_id: `(k,) int32`.
        label_id: `(k,) int32`, an index into the labels of the case.
        to_truth, to_found, largest, found: `(k,) float64`, as in `LineFigures`.
        length_found, length_true: `(k,) float64`, px; NaN for an empty mask.
        objects: by rising id.
    """

    name: str
    frame: Int32s
    object_id: Int32s
    label_id: Int32s
    to_truth: Floats
    to_found: Floats
    largest: Floats
    length_found: Floats
    length_true: Floats
    found: Floats
    objects: tuple[LineObject, ...]


@dataclass(frozen=True)
class LineLabel:
    """Means over the objects of one label, in all videos; frames added up."""

    label: Label
    objects: int
    counts: Presence
    figures: LineFigures


@dataclass(frozen=True)
class LinesScores:
    """All videos.

    Args:
        figures: of each measure, the mean over all objects of all videos that have it on some frame.
            NaN where no label is a line.
        counts: frames of all objects, added up.
        per_label: by name.
        per_object: in the order of the parts, by rising id.
    """

    figures: LineFigures
    counts: Presence
    per_label: tuple[LineLabel, ...]
    per_object: tuple[LineObject, ...]


def measure(case: Case, settings: Settings) -> LinesPart:
    """One video; objects whose label is an area are not looked at."""
    label_id = object_labels(case)
    kinds = np.array([label.kind == "line" for label in case.labels], np.bool_)
    chosen = np.flatnonzero(kinds[label_id]) if len(kinds) else np.empty(0, np.int64)
    every = case.pairs
    pairs = Pairs(
        every.frame[chosen], every.object_id[chosen], every.pred_row[chosen], every.truth_row[chosen]
    )
    rows = [
        _compared(sight, settings.surface_tolerance)
        for piece in pieces(case.pred, case.truth, pairs)
        for sight in sights(piece)
    ]
    values, label_id = np.array(rows).reshape(-1, 6).T, label_id[chosen]
    objects = tuple(
        _object(case, one, int(label_id[at[0]]), values[:, at]) for one, at in by_object(pairs.object_id)
    )
    to_truth, to_found, largest, length_found, length_true, found = values
    return LinesPart(
        case.name,
        pairs.frame,
        pairs.object_id,
        label_id,
        to_truth,
        to_found,
        largest,
        length_found,
        length_true,
        found,
        objects,
    )


def total(parts: Sequence[LinesPart]) -> LinesScores:
    """Over all videos; a part that occurs twice counts twice."""
    objects = tuple(one for part in parts for one in part.objects)
    labels = tuple(
        LineLabel(label, len(some), counts, _means(some))
        for label, some, counts in by_label_counted(objects)
    )
    counts = all_present([one.counts for one in objects])
    return LinesScores(_means(objects), counts, labels, objects)


def _means(objects: Sequence[LineObject]) -> LineFigures:
    return LineFigures(*mean_figures(objects, _NAMES))


def _object(case: Case, object_id: int, label_id: int, values: Floats) -> LineObject:
    """From `(6, n)` values of one object, in the order of `LinesPart`."""
    to_truth, to_found, largest, length_found, length_true, found = values
    there = ~np.isnan(np.stack([length_found, length_true], axis=1))
    bias = length_found - length_true
    columns = (to_truth, to_found, (to_truth + to_found) / 2, largest, bias, np.abs(bias), found)
    figures = LineFigures(*(known_mean(column) for column in columns))
    return LineObject(case.name, object_id, case.labels[label_id], presence(there), figures)


def _compared(sight: Sight, tolerance: float) -> tuple[float, float, float, float, float, float]:
    """One pair: the six columns of `LinesPart`."""
    mine, theirs = centre_lines(sight.pred), centre_lines(sight.truth)
    if not len(mine.points) or not len(theirs.points):
        return NAN, NAN, NAN, mine.length, theirs.length, 0.0 if len(theirs.points) else NAN
    forth, back = away(mine.points, theirs), away(theirs.points, mine)
    found = float((back <= tolerance + _SLACK).mean())
    largest = float(max(forth.max(), back.max()))
    return float(forth.mean()), float(back.mean()), largest, mine.length, theirs.length, found


class Line(NamedTuple):
    """The centre line of a mask.

    Args:
        points: `(n, 2) float64`, x and y, about a pixel apart along each stroke.
        start, way: `(m, 2) float64`, where each segment begins and how it goes on; a part of one pixel
            is a segment that goes nowhere.
        length: of all strokes together, px, each from the centre of its first pixel to that of its
            last; NaN for an empty mask.
    """

    points: Floats
    start: Floats
    way: Floats
    length: float


def centre_lines(crop: Crop) -> Line:
    """One stroke for each 8-connected part. Coordinates: pixel centres at .5, on the frame."""
    numbers, facts = components(crop.mask)
    strokes = [_stroke(numbers, k + 1, facts[k]) for k in range(len(facts))]
    if not strokes:
        none = np.empty((0, 2))
        return Line(none, none, none, NAN)
    start = np.concatenate([one[:-1] for one in strokes])
    way = np.concatenate([np.diff(one, axis=0) for one in strokes])
    corner = np.array([crop.x, crop.y])
    length = float(np.hypot(*way.T).sum())
    return Line(np.concatenate(strokes) + corner, start + corner, way, length)


def _stroke(numbers: Int32s, number: int, facts: Int32s) -> Floats:
    """Points of one part, at least two, about a pixel apart."""
    x, y, w, h, _ = facts.tolist()
    inside = np.pad(numbers[y : y + h, x : x + w] == number, 1)
    curve = centre_line(depth(inside)) + np.array([x - 1, y - 1])
    for _ in range(_SMOOTHING):
        curve[1:-1] = (curve[:-2] + 2 * curve[1:-1] + curve[2:]) / 4
    reached = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(curve, axis=0).T))])
    at = np.linspace(0, reached[-1], max(2, round(reached[-1]) + 1))
    return np.stack([np.interp(at, reached, curve[:, axis]) for axis in (0, 1)], axis=1)


def away(points: Floats, line: Line) -> Floats:
    """`(n,)` distance of each of `(n, 2)` points to the nearest place on a line, px."""
    square = np.maximum((line.way**2).sum(axis=1), 1e-12)
    found = np.empty(len(points))
    step = max(1, _PIECE // len(line.start))
    for begin in range(0, len(points), step):
        gap = points[begin : begin + step, None] - line.start
        part = np.clip((gap * line.way).sum(axis=-1) / square, 0, 1)
        gap -= part[..., None] * line.way
        found[begin : begin + step] = np.sqrt((gap * gap).sum(axis=-1).min(axis=1))
    return found
