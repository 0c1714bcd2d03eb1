"""Masks that flicker made steady: outlines averaged over neighbouring frames, after they were moved.

A mask is the set where its signed distance (pixels to the outline, positive inside) is above zero; the
weighted mean of the distances of several frames, each moved so that the centres lie on a smooth path,
is the distance of a mask between them: shape-based interpolation (Raya & Udupa, 1990) over more than
two frames. The path is a parabola fitted to the centres (Savitzky & Golay, 1964), so an animal that
speeds up or turns is not held back.

What is thin does not survive an average: a tail of three pixels that swings by four lies nowhere twice.
So what an opening takes away from a mask and what reaches far out of the rest is put back afterwards as
the frame itself has it; and thin deep gaps, such as cage bars cut, are cut again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from masklet.core import Flags, Masks, Step, UsageError
from masklet.core.arrays import Bools, Float32s, Floats, UInt32s
from masklet.ops.cleaning import opened
from masklet.ops.raster import components, depth, signed_distance
from masklet.ops.runs import decode_crop, encode_crop
from masklet.ops.table import boxes, replaced_runs

FRAMES = 2
"""Frames on either side that take part unless told otherwise."""
REACH = 16
"""Distances count up to so many pixels: what is further in or out says no more."""
ANCHOR = 2.0
"""A row that stands for truth counts so many times."""
UNLIKE = 0.6
"""IoU with a neighbour, their centres in one place, from which on it counts, more and more."""
MAIN = 0.1
"""Parts smaller than this share of the largest do not count where the centre is found."""
AT_ONCE = 256
"""Frames that are worked on together."""


def smoothed(masks: Masks, frames: int = FRAMES) -> Masks:
    """Steady masks; rows that change carry a new `Step`.

    Args:
        masks: any rows.
        frames: so many on either side take part, with weights that fall to the ends.

    Rows that stand for truth (`Masks.trusted`) never change, and weigh double in the mean. A window ends
    where an object is absent or declared outside, where the scene is cut, and at masks that the
    picture's border cuts; a neighbour of quite another shape does not count. What the border cuts stays
    as it is, as do lines, objects without a number and empty masks.
    Raises `UsageError` for less than one frame.
    """
    check_frames(frames)
    changed: dict[int, UInt32s] = {}
    for obj in masks.objects[masks.objects >= 0].tolist():
        rows = np.flatnonzero(masks.object_id == obj)
        changed |= dict(_object(masks, rows, frames))
    return replaced_runs(masks, changed, Step.of("smooth", {"frames": int(frames)}))


def check_frames(frames: object) -> None:
    """Raise `UsageError` for anything but a whole number from 1 on."""
    if isinstance(frames, bool) or not isinstance(frames, int | np.integer) or frames < 1:
        raise UsageError(
            f"smoothing over {frames} frames on either side; expected at least 1, a whole number"
        )


def smoothed_parts(
    load: Callable[[range], Masks], n_frames: int, frames: int = FRAMES
) -> Iterator[tuple[Masks, Masks]]:
    """(rows before, rows after), `AT_ONCE` frames at a time; together what `smoothed` gives.

    Args:
        load: the rows of a range of frames.
        n_frames: length of the video.
        frames: as in `smoothed`. No more rows than of `AT_ONCE` + 2 x `frames` frames are held.
    """
    for start in range(0, n_frames, AT_ONCE):
        stop = min(start + AT_ONCE, n_frames)
        around = load(range(max(start - frames, 0), min(stop + frames, n_frames)))
        here = (around.frame >= start) & (around.frame < stop)
        checked = around.checked[(around.checked >= start) & (around.checked < stop)]
        after = smoothed(around, frames)
        yield around.take(here).replace(checked=checked), after.take(here).replace(checked=checked)


@dataclass(frozen=True, eq=False)
class _Field:
    """One mask as distances.

    Args:
        distance: `(h, w) float32`, px, -`REACH`..`REACH`.
        corner: (x, y) of its top-left pixel on the frame.
        centre: (x, y) of the mask's main parts, px.
        thin, gaps: `(h, w) bool`: put back, and cut out again.
    """

    distance: Float32s
    corner: tuple[int, int]
    centre: Floats
    thin: Bools
    gaps: Bools


def _object(masks: Masks, rows: np.ndarray, frames: int) -> Iterator[tuple[int, UInt32s]]:
    """(row, new runs) of what changes of one object; `rows` by rising frame."""
    usable, part = _parts(masks, rows)
    fields: dict[int, _Field | None] = {}
    for at, row in enumerate(rows.tolist()):
        fields = {k: field for k, field in fields.items() if k >= at - frames}
        if not usable[at] or masks.trusted[row]:
            continue
        near = [
            k
            for k in range(max(at - frames, 0), min(at + frames + 1, len(rows)))
            if usable[k] and part[k] == part[at] and abs(_gap(masks, rows, k, at)) <= frames
        ]
        for k in near:
            if k not in fields:
                fields[k] = _field(masks, int(rows[k]))
        known = {k: field for k in near if (field := fields[k]) is not None}
        if at not in known or len(known) < 2:
            continue
        ways = np.array([_gap(masks, rows, k, at) for k in known], np.float64)
        weights = 1 - np.abs(ways) / (frames + 1)
        weights[masks.trusted[rows[list(known)]]] *= ANCHOR
        size_wh = masks.video.size_wh(int(masks.frame[row]))
        runs = _mean(known[at], list(known.values()), ways, weights, size_wh)
        if not np.array_equal(runs, masks.row_runs(row)):
            yield row, runs


def _gap(masks: Masks, rows: np.ndarray, k: int, at: int) -> int:
    return int(masks.frame[rows[k]]) - int(masks.frame[rows[at]])


def _parts(masks: Masks, rows: np.ndarray) -> tuple[Bools, np.ndarray]:
    """Rows that take part; and the number of the unbroken stretch that each lies in."""
    box, frame = boxes(masks.take(rows)), masks.frame[rows]
    sizes = masks.video.sizes_wh(frame)
    inside = (box[:, :2] > 0).all(axis=1) & (box[:, 2:] < sizes).all(axis=1)
    line = np.array([label.kind == "line" for label in masks.labels])
    usable: Bools = inside & ~line[masks.label_id[rows]] & ((masks.flags[rows] & Flags.OUTSIDE) == 0)
    cut = (masks.flags[rows] & Flags.SCENE_CUT) != 0
    apart = np.diff(frame, prepend=frame[:1] - 1) != 1
    broken = apart | cut | ~usable | ~np.append(True, usable[:-1])
    return usable, np.cumsum(broken)


def _field(masks: Masks, row: int) -> _Field | None:
    """The distances of a row; None where everything is thin."""
    size_wh = masks.video.size_wh(int(masks.frame[row]))
    x0, y0, x1, y1 = boxes(masks.take([row]))[0].tolist()
    margin = REACH + 1
    around = x0 - margin, y0 - margin, x1 + margin, y1 + margin
    mask, corner = decode_crop(masks.row_runs(row), size_wh, around)
    radius = max(2.0, 0.12 * float(np.sqrt(mask.sum())))
    thin = _far(mask & ~opened(mask, radius), depth(~opened(mask, radius)), radius)
    body = mask & ~thin
    filled = ~opened(~body, radius)
    gaps = _far(filled & ~body, depth(filled), radius)
    if not opened(body | gaps, 1.0).any():
        return None
    numbers, facts = components(mask)
    large = np.append(False, facts[:, 4] > MAIN * facts[:, 4].max())
    ys, xs = np.nonzero(large[numbers])
    centre = np.array([xs.mean() + corner[0], ys.mean() + corner[1]])
    distance = np.clip(signed_distance(mask), -REACH, REACH)
    return _Field(distance, corner, centre, thin, gaps)


def _far(rest: Bools, away: Float32s, radius: float) -> Bools:
    """The connected parts of `rest` that somewhere lie more than twice `radius` away and are long."""
    numbers, facts = components(rest)
    furthest = np.zeros(len(facts) + 1, np.float32)
    np.maximum.at(furthest, numbers[rest], away[rest])
    long = np.append(0, facts[:, 2:4].max(axis=1, initial=0)) > 2 * radius
    kept: Bools = (furthest > 2 * radius) & long
    return kept[numbers]


def _mean(
    mine: _Field, fields: list[_Field], ways: Floats, weights: Floats, size_wh: tuple[int, int]
) -> UInt32s:
    """Runs of the weighted mean of some masks, moved onto the path of their centres.

    Args:
        mine: the mask of the frame itself.
        fields: it and its neighbours.
        ways: `(k,)`, frames from the frame to each.
        weights: `(k,)`.
        size_wh: the frame.
    """
    weights = weights * [_likeness(mine, field) for field in fields]
    goal = _on_path(np.array([field.centre for field in fields]), ways, weights)
    total = np.zeros(mine.distance.shape, np.float64)
    for field, weight in zip(fields, weights, strict=True):
        shift = goal - field.centre + field.corner - np.array(mine.corner)
        total += weight * _moved(field.distance, shift, mine.distance.shape)
    dx, dy = np.rint(goal - mine.centre).astype(int).tolist()
    mean = total > 0
    for part, value in ((mine.thin, True), (mine.gaps, False)):
        if part.any():
            mean[_whole(part, (dx, dy))] = value
    return encode_crop(mean, mine.corner, size_wh)


def _likeness(mine: _Field, other: _Field) -> float:
    """0..1: how well a mask fits another one, once its centre lies where that one's does."""
    shift = np.rint(mine.centre - other.centre + other.corner - np.array(mine.corner))
    seen, there = mine.distance > 0, _moved(other.distance, shift, mine.distance.shape) > 0
    overlap = float((seen & there).sum() / max((seen | there).sum(), 1))
    return max(0.0, (overlap - UNLIKE) / (1 - UNLIKE))


def _on_path(centres: Floats, ways: Floats, weights: Floats) -> Floats:
    """(x, y) at way 0 on the weighted parabola through centres; on a line where they are under five."""
    degree = 2 if len(ways) >= 5 else 1
    powers = ways[:, None] ** np.arange(min(degree, len(ways) - 1) + 1)
    root = np.sqrt(weights)[:, None]
    found: Floats = np.linalg.lstsq(powers * root, centres * root, rcond=None)[0][0]
    return found


def _moved(field: Float32s, shift: Floats, shape: tuple[int, ...]) -> Floats:
    """A field moved by (x, y) pixels, not whole ones, onto a canvas; far outside beyond it."""
    whole = np.floor(shift).astype(int)
    part_x, part_y = (shift - whole).tolist()
    canvas = np.full((shape[0] + 1, shape[1] + 1), -float(REACH))
    x, y = (int(v) for v in whole)
    left, top = max(x + 1, 0), max(y + 1, 0)
    right, low = min(x + 1 + field.shape[1], shape[1] + 1), min(y + 1 + field.shape[0], shape[0] + 1)
    if left < right and top < low:
        canvas[top:low, left:right] = field[top - y - 1 : low - y - 1, left - x - 1 : right - x - 1]
    across = (1 - part_x) * canvas[:, 1:] + part_x * canvas[:, :-1]
    moved: Floats = (1 - part_y) * across[1:] + part_y * across[:-1]
    return moved


def _whole(part: Bools, move: tuple[int, int]) -> Bools:
    """`(h, w) bool` moved by whole pixels within its canvas."""
    ys, xs = np.nonzero(part)
    out = np.zeros_like(part)
    h, w = part.shape
    out[np.clip(ys + move[1], 0, h - 1), np.clip(xs + move[0], 0, w - 1)] = True
    return out
