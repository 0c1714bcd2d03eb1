"""How steadily masks move, without any truth: what changes from frame to frame, and what to look at.

A real animal's area, place and outline change little between frames; a mask that flickers does not
follow one. All measures compare a row with the rows of the same object on the frames before it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from masklet.core.arrays import Floats, Int32s, Int64s
from masklet.core.enums import Flags, Origin, Review
from masklet.core.masks import Masks
from masklet.evaluation.spread import known_mean
from masklet.ops.moments import centroids
from masklet.ops.overlap import iou_pairs
from masklet.ops.table import areas

_ROWS_AT_ONCE = 4000
USUAL = 6.0
"""A change of more than this many times the object's median change is unusual."""
LEAST_CHANGE = 0.25
"""A relative change of area below this is never unusual."""
LOST = 0.1
"""A mask that overlaps its predecessor less than this may be on another object."""


@dataclass(frozen=True, eq=False)
class Motion:
    """How each row differs from the rows of its object before it; `n` rows, NaN where those are absent.

    Args:
        position: `(n,) int64`, place of the row's frame among the frames looked at.
        area_change: `(n,)`, |A(t) - A(t-1)| divided by the mean of both areas, 0..2.
        temporal_iou: `(n,)`, IoU of the masks on t and t-1.
        jerk: `(n,)`, px: length of the third difference of the centroid,
            c(t) - 3c(t-1) + 3c(t-2) - c(t-3); 0 for any motion of constant acceleration.
    """

    position: Int64s
    area_change: Floats
    temporal_iou: Floats
    jerk: Floats


@dataclass(frozen=True)
class Steadiness:
    """One object, without truth.

    Args:
        object_id: of the object.
        frames: on which it has a mask.
        area_change: median of `Motion.area_change`.
        jerk: median of `Motion.jerk`, px.
        temporal_iou: mean of `Motion.temporal_iou`.
        dropouts: times it is absent on exactly one frame.
        gap_rate: share of the frames from its first to its last on which it is absent.
    """

    object_id: int
    frames: int
    area_change: float
    jerk: float
    temporal_iou: float
    dropouts: int
    gap_rate: float


def motion(masks: Masks, frames: Int32s) -> Motion:
    """Measures of every row. `frames` `(f,) int32` sorted: those looked at; others have no rows.

    Two frames are neighbours where they are as far apart as is usual among `frames`; frames of
    different sizes are not compared.
    """
    position = np.searchsorted(frames, masks.frame)
    before = predecessors(masks, frames)
    area = areas(masks).astype(np.float64)
    change, same, jerk = (np.full(len(masks), np.nan) for _ in range(3))
    has = np.flatnonzero(before >= 0)
    sizes = masks.video.sizes_wh(masks.frame)
    has = has[np.all(sizes[has] == sizes[before[has]], axis=1)]
    was = before[has]
    total = area[has] + area[was]
    change[has] = np.divide(
        2 * np.abs(area[has] - area[was]), total, where=total > 0, out=np.zeros(len(has))
    )
    for at in range(0, len(has), _ROWS_AT_ONCE):
        some = slice(at, at + _ROWS_AT_ONCE)
        same[has[some]] = iou_pairs(masks.take(has[some]), masks.take(was[some]))
    jerk[:] = _jerk(centroids(masks), before)
    return Motion(position, change, same, jerk)


def predecessors(masks: Masks, frames: Int32s) -> Int64s:
    """The row of the same object on the neighbouring frame before, `(n,)`; -1 = none, or no object."""
    found = np.full(len(masks), -1, np.int64)
    step = int(np.median(np.diff(frames))) if len(frames) > 1 else 1
    order = np.lexsort((masks.frame, masks.object_id))
    ids, at = masks.object_id[order], masks.frame[order]
    follows = (ids[1:] == ids[:-1]) & (ids[1:] >= 0) & (np.diff(at) == step)
    found[order[1:][follows]] = order[:-1][follows]
    return found


def steadiness(masks: Masks) -> tuple[Steadiness, ...]:
    """Every tracked object of a table by itself, by rising id, over the frames that have any mask."""
    there = areas(masks) > 0
    seen = masks.take(there) if not there.all() else masks
    frames = _span(seen)
    moved = motion(seen, frames)
    return tuple(_of_object(seen, moved, int(one)) for one in seen.objects if one >= 0)


def flagged(masks: Masks) -> Masks:
    """The same table with reasons for review set on rows that no person drew or accepted.

    `AREA_JUMP`: the area changes much more than is usual for the object. `UNSURE_IDENTITY`: the mask
    hardly overlaps the one before. `VANISHES`: the object is absent on exactly the next frame.
    """
    frames = _span(masks)
    moved = motion(masks, frames)
    flags = masks.flags.copy()
    for one in masks.objects[masks.objects >= 0]:
        rows = np.flatnonzero(masks.object_id == one)
        change = moved.area_change[rows]
        usual = np.nanmedian(change) if np.isfinite(change).any() else np.nan
        jump = change > max(LEAST_CHANGE, USUAL * usual)
        flags[rows[jump]] |= np.uint16(Flags.AREA_JUMP)
        flags[rows[moved.temporal_iou[rows] < LOST]] |= np.uint16(Flags.UNSURE_IDENTITY)
        flags[rows[_before_dropout(moved.position[rows])]] |= np.uint16(Flags.VANISHES)
    drawn = np.isin(masks.origin, (Origin.HUMAN, Origin.PROMPTED))
    accepted = np.isin(masks.review, (Review.ACCEPTED, Review.CORRECTED))
    return masks.replace(flags=np.where(drawn | accepted, masks.flags, flags))


def dropouts(position: Int64s) -> int:
    """How often exactly one frame is missing in `(k,)` rising positions."""
    return len(_before_dropout(position))


def _before_dropout(position: Int64s) -> Int64s:
    return np.flatnonzero(np.diff(position) == 2)


def _of_object(masks: Masks, moved: Motion, object_id: int) -> Steadiness:
    rows = np.flatnonzero(masks.object_id == object_id)
    at = moved.position[rows]
    span = int(at[-1] - at[0]) + 1
    return Steadiness(
        object_id,
        len(rows),
        median(moved.area_change[rows]),
        median(moved.jerk[rows]),
        known_mean(moved.temporal_iou[rows]),
        dropouts(at),
        1 - len(rows) / span,
    )


def _span(masks: Masks) -> Int32s:
    """All frames from the first to the last with a mask, as far apart as is usual."""
    drawn = masks.frames
    step = int(np.median(np.diff(drawn))) if len(drawn) > 1 else 1
    if not len(drawn) or np.any(np.diff(drawn) % step):
        return drawn
    return np.arange(drawn[0], drawn[-1] + 1, step, dtype=np.int32)


def _jerk(centre: Floats, before: Int64s) -> Floats:
    """`(n,)`, NaN where one of the three rows before is absent."""
    padded = np.vstack([centre, [[np.nan, np.nan]]])
    back = np.append(before, -1)
    first, second = back, back[back]
    third = back[second]
    found = padded - 3 * padded[first] + 3 * padded[second] - padded[third]
    length: Floats = np.hypot(found[:-1, 0], found[:-1, 1])
    return length


def median(values: Floats) -> float:
    """Median of the known values; NaN where there is none."""
    known = values[~np.isnan(values)]
    return float(np.median(known)) if len(known) else float("nan")
