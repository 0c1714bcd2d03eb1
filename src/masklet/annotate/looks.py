"""What a look at a whole frame finds, and which of it is known already: by place and by appearance."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from masklet.annotate.lines import line_rows
from masklet.core import Flags, Masks, Review, UsageError
from masklet.core.arrays import Bools, Floats, Image, UInt32s
from masklet.ops.overlap import intersections, iou
from masklet.ops.runs import box, decode_crop
from masklet.ops.table import areas

PLAIN = "object"
"""A label that stands for none: it goes with any other."""
COVERED = 0.5
"""A find is known where this share of it lies in tracked masks, or this share of one of them in it."""
BINS = (16, 8, 8)
"""Of lightness and of the two opponent colours."""


@dataclass(frozen=True)
class Looking:
    """How newcomers are looked for.

    Args:
        every: frames from one look to the next.
        score: least score of a find, where the finder itself has no higher threshold.
        iou: IoU with a tracked mask from which on a find is that object.
        likeness: likeness (`likeness`) from which on a find is an object that was away.
        objects: at most so many objects at a time.
        gone: an object that is not found on so many frames is gone; it is not carried on, until a look
            finds it again. 0 = never.

    Raises `UsageError` for a value out of range.
    """

    every: int = 50
    score: float = 0.0
    iou: float = 0.3
    likeness: float = 0.9
    objects: int = 16
    gone: int = 100

    def __post_init__(self) -> None:
        for name, low, high in (
            ("every", 1, np.inf),
            ("score", 0, 1),
            ("iou", 0, 1),
            ("likeness", 0, 1),
            ("objects", 1, np.inf),
            ("gone", 0, np.inf),
        ):
            value = getattr(self, name)
            if not low <= value <= high:
                raise UsageError(f"newcomers: {name} is {value}; expected {low} to {high}")


def visible(rows: Masks) -> Masks:
    """The areas of tracked objects that are seen and not rejected."""
    hidden = (rows.flags & (Flags.OUTSIDE | Flags.PROVISIONAL)) != 0
    seen = ~hidden & (rows.object_id >= 0) & (rows.review != Review.REJECTED)
    return rows.take(seen & ~np.array(line_rows(rows), np.bool_))


def good(finds: Masks, score: float) -> Masks:
    """The finds that are sure enough, the surest first, none over another one by half of it.

    A find without a score counts as sure.
    """
    sure = np.where(np.isnan(finds.score), 1.0, finds.score)
    sizes = areas(finds)
    order = np.argsort(-sure, kind="stable")
    shared = intersections(finds, finds)
    kept: list[int] = []
    for i in order[(sure[order] >= score) & (sizes[order] > 0)].tolist():
        if all(shared[i, j] < COVERED * min(sizes[i], sizes[j]) for j in kept):
            kept.append(i)
    return finds.take(np.array(kept, np.int64)) if kept else finds.take([])


def unknown(
    finds: Masks,
    here: Masks,
    image: Image,
    looking: Looking,
    portraits: Callable[[int], Sequence[Floats]],
) -> list[int]:
    """The finds that are none of the objects on their frame, as rows of `finds`.

    A find is an object where both have enough IoU, or one covers half of the other. A mask that is
    found nowhere may have slid off its object: a find that touches it and looks like the object is
    that object too.

    Args:
        finds: `good` finds of one frame.
        here: rows of the tracked objects on it.
        image: the frame, `(h, w, 3) uint8` RGB.
        looking: thresholds.
        portraits: what an object looked like (`appearance`) where it was seen; may be none.
    """
    if not len(finds) or not len(here):
        return list(range(len(finds)))
    same = np.array([[_alike(finds, i, here, j) for j in range(len(here))] for i in range(len(finds))])
    shared = np.where(same, intersections(finds, here), 0)
    size, taken = areas(finds), areas(here)
    known: Bools = same & (iou(finds, here) >= looking.iou)
    known |= shared >= COVERED * np.minimum(size[:, None], taken[None]).clip(1)
    known |= (shared.sum(axis=1) >= COVERED * size)[:, None] & (shared > 0)
    for j in np.flatnonzero(~known.any(axis=0)):
        touching = np.flatnonzero(shared[:, j] > 0).tolist()
        known_looks = portraits(int(here.object_id[j])) if touching else ()
        for i in touching:
            now = appearance(image, finds.row_runs(i))
            known[i, j] = any(likeness(now, one) >= looking.likeness for one in known_looks)
    return np.flatnonzero(~known.any(axis=1)).tolist()


def returned(
    finds: Masks,
    chosen: Iterable[int],
    image: Image,
    away: Mapping[int, tuple[str, Sequence[Floats]]],
    least: float,
) -> dict[int, int]:
    """Which of the chosen finds are objects that were away, the likest pair first: find -> object.

    Args:
        finds: of one frame.
        chosen: rows of it.
        image: the frame.
        away: for each object its label and what it looked like (`appearance`), at least once.
        least: likeness from which on.
    """
    pairs = []
    for i in chosen:
        now, label = appearance(image, finds.row_runs(i)), finds.label_of(i).name
        for obj, (name, before) in away.items():
            if PLAIN in (label, name) or label == name:
                pairs.append((max(likeness(now, one) for one in before), i, obj))
    found: dict[int, int] = {}
    for like, i, obj in sorted(pairs, key=lambda pair: (-pair[0], pair[1:])):
        if like >= least and i not in found and obj not in found.values():
            found[i] = obj
    return found


def appearance(image: Image, runs: UInt32s) -> Floats:
    """`(k,) float64` adding up to 1: how often which lightness and colour lies under a mask.

    Opponent colours (red against green, yellow against blue) are relative to lightness, so that a
    shadow shifts the lightness alone; a pixel counts for the two nearest bins of each axis.
    """
    size_wh = (image.shape[1], image.shape[0])
    crop, (x, y) = decode_crop(runs, size_wh, box(runs, size_wh))
    rgb = image[y : y + crop.shape[0], x : x + crop.shape[1]][crop].astype(np.float64)
    light = rgb.mean(axis=1)
    scale = light + 16
    axes = (light / 255, (rgb[:, 0] - rgb[:, 1]) / scale + 0.5, (light - rgb[:, 2]) / scale + 0.5)
    counts = [_soft(axis, bins) for axis, bins in zip(axes, BINS, strict=True)]
    found: Floats = np.concatenate(counts) / max(len(BINS) * len(rgb), 1)
    return found


def likeness(a: Floats, b: Floats) -> float:
    """0..1: Bhattacharyya's coefficient of two appearances; 1 where they are equal."""
    return float(np.sqrt(a * b).sum())


def _soft(values: Floats, bins: int) -> Floats:
    place = np.clip(values, 0, 1) * (bins - 1)
    low = np.minimum(place.astype(np.int64), bins - 2)
    part = place - low
    counts = np.bincount(low, 1 - part, bins) + np.bincount(low + 1, part, bins)
    found: Floats = counts.astype(np.float64)
    return found


def _alike(finds: Masks, i: int, here: Masks, j: int) -> bool:
    a, b = finds.label_of(i).name, here.label_of(j).name
    return a == b or PLAIN in (a, b)
