"""The outline of a mask along the edges of its pixels: what COCO's polygon rule fills again exactly."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from masklet.core.arrays import Bools, Floats, UInt32s
from masklet.ops.runs import decode_crop


class Outlines(NamedTuple):
    """Closed rings `(k, 2) float64` (x, y) around the parts of a mask; the number of holes left out."""

    rings: list[Floats]
    holes: int


def outlines(runs: UInt32s, size_wh: tuple[int, int]) -> Outlines:
    """Rings of every 4-connected part, largest first; corners only, at whole numbers.

    Coordinates have their origin at the corner of the top-left pixel, so a single pixel at (0, 0)
    is the square (0, 0), (1, 0), (1, 1), (0, 1).
    """
    crop, (x, y) = decode_crop(runs, size_wh)
    if not crop.size:
        return Outlines([], 0)
    rings, holes = [], 0
    for ring in _trace(crop):
        if _signed_area(ring) > 0:
            rings.append(ring + np.array([x, y]))
        else:
            holes += 1
    rings.sort(key=lambda ring: -_signed_area(ring))
    return Outlines(rings, holes)


def _trace(crop: Bools) -> list[Floats]:
    """Walk along pixel edges with the mask on the right hand; at a crossing stay with the same part."""
    following = _edges(crop)
    rings = []
    while following:
        start = next(iter(following))
        point, step = start, following[start][0]
        walk = []
        while True:
            walk.append(point)
            step = _take(following, point, step)
            point = (point[0] + step[0], point[1] + step[1])
            if point == start and not _continues(following, point, step):
                break
        rings.append(_corners(np.array(walk, np.float64)))
    return rings


Point = tuple[int, int]


def _edges(crop: Bools) -> dict[Point, list[Point]]:
    """Steps that leave every corner point: right above the mask, down on its right side, and so on."""
    padded = np.pad(crop, 1)
    inside = padded[1:-1, 1:-1]
    sides = (
        (inside & ~padded[:-2, 1:-1], (0, 0), (1, 0)),
        (inside & ~padded[1:-1, 2:], (1, 0), (0, 1)),
        (inside & ~padded[2:, 1:-1], (1, 1), (-1, 0)),
        (inside & ~padded[1:-1, :-2], (0, 1), (0, -1)),
    )
    following: dict[Point, list[Point]] = {}
    for open_side, (dx, dy), step in sides:
        ys, xs = np.nonzero(open_side)
        for x, y in zip((xs + dx).tolist(), (ys + dy).tolist(), strict=True):
            following.setdefault((x, y), []).append(step)
    return following


def _take(following: dict[Point, list[Point]], point: Point, came: Point) -> Point:
    """Remove and return the step to go from here: at a crossing the right turn, round the same pixel."""
    steps = following[point]
    right = (-came[1], came[0])
    step = right if len(steps) > 1 and right in steps else steps[0]
    steps.remove(step)
    if not steps:
        del following[point]
    return step


def _continues(following: dict[Point, list[Point]], point: Point, came: Point) -> bool:
    """Does the walk, back at its start, go on through it? Only where two parts touch at a corner."""
    return point in following and (-came[1], came[0]) in following[point]


def _corners(walk: Floats) -> Floats:
    before, after = walk - np.roll(walk, 1, axis=0), np.roll(walk, -1, axis=0) - walk
    corners: Floats = walk[np.any(before != after, axis=1)]
    return corners


def _signed_area(ring: Floats) -> float:
    x, y = ring[:, 0], ring[:, 1]
    return float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y) / 2)
