"""Outlines to pixels and back. The only file of this room that uses OpenCV.

Convention: pixel (x, y) covers [x, x + 1) x [y, y + 1), origin at the corner of the top-left pixel.
A pixel's centre thus lies at (x + 0.5, y + 0.5), which is what OpenCV calls (x, y): half a pixel is
taken off on the way in and added on the way out. As OpenCV does, a polygon covers the pixels inside
and those that its outline passes through. Outlines that `polygons` finds run through the centres of
border pixels, so that `polygon_mask` gives the very same mask back.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import cv2
import numpy as np

from masklet.core.arrays import Bools, Float32s, Floats, Image, Int32s, UInt32s
from masklet.core.enums import Flags, ShapeKind
from masklet.core.errors import LossWarning, UsageError
from masklet.core.masks import Masks
from masklet.core.shapes import Shapes
from masklet.ops.centreline import centre_line
from masklet.ops.outlines import (
    box_corners,
    box_points,
    check_points,
    cvat_mask,
    cvat_points,
    ellipse_mask,
    pixel_box,
    widen,
)
from masklet.ops.rings import FAR, Polygon, near, ring_area
from masklet.ops.runs import box, decode_crop, empty, encode_crop, union
from masklet.ops.tracks import Drawn, as_singles, as_tracks, object_ids, origins

_SHIFT = 8
"""OpenCV takes coordinates in 1/256 pixel."""


def polygon_mask(rings: Sequence[Floats], size_wh: tuple[int, int]) -> tuple[Bools, tuple[int, int]]:
    """The pixels of one polygon, even-odd over all its rings (so holes stay open).

    Args:
        rings: `(k, 2)` each, pixels; may reach beyond the frame. Two points give a line, one a dot.
        size_wh: the frame.

    Returns:
        crop `(ch, cw) bool` and its offset (x, y); a `(0, 0)` crop where nothing is on the frame.
    """
    drawn = [np.asarray(ring, np.float64).reshape(-1, 2) for ring in rings]
    drawn = [near(ring, size_wh) for ring in drawn if len(ring)]
    drawn = [ring for ring in drawn if len(ring)]
    canvas, offset = _canvas(drawn, 0, size_wh)
    if canvas.size:
        cv2.fillPoly(canvas, [_fixed(ring, offset) for ring in drawn], 1, shift=_SHIFT)
    return canvas.view(np.bool_), offset


def polyline_mask(
    points: Floats, width: float, size_wh: tuple[int, int]
) -> tuple[Bools, tuple[int, int]]:
    """The pixels of a line through `(k, 2)` points, with round ends; crop and offset as above.

    Those whose centre is at most `width / 2` away, and a connected chain of pixels in any case.
    """
    ring = np.asarray(points, np.float64).reshape(-1, 2)
    inner = np.clip(ring, -FAR, FAR)
    if len(inner) == 1:
        inner = np.repeat(inner, 2, axis=0)
    canvas, offset = _canvas([inner] if len(inner) else [], max(0, round(width)), size_wh)
    if canvas.size:
        cv2.polylines(canvas, [_fixed(inner, offset)], False, 1, 1, cv2.LINE_8, _SHIFT)
        if width > 1:
            widen(canvas.view(np.bool_), inner - offset, width / 2)
    return canvas.view(np.bool_), offset


def polygon_runs(parts: Sequence[Polygon], size_wh: tuple[int, int]) -> UInt32s:
    """Runs of the union of several polygons."""
    runs = empty(size_wh)
    for i, part in enumerate(parts):
        drawn = encode_crop(*polygon_mask(part.rings, size_wh), size_wh)
        runs = union(runs, drawn) if i else drawn
    return runs


def _canvas(
    rings: Sequence[Floats], margin: int, size_wh: tuple[int, int]
) -> tuple[Image, tuple[int, int]]:
    """An empty picture that holds all rings and `margin`, cut at the frame."""
    if not rings:
        return np.zeros((0, 0), np.uint8), (0, 0)
    low = np.floor(np.min([ring.min(axis=0) for ring in rings], axis=0)).astype(int) - 1 - margin
    high = np.ceil(np.max([ring.max(axis=0) for ring in rings], axis=0)).astype(int) + 1 + margin
    x0, y0 = (int(v) for v in np.maximum(low, 0))
    x1, y1 = (int(v) for v in np.minimum(high, size_wh))
    if x0 >= x1 or y0 >= y1:
        return np.zeros((0, 0), np.uint8), (0, 0)
    return np.zeros((y1 - y0, x1 - x0), np.uint8), (x0, y0)


def _fixed(ring: Floats, offset_xy: tuple[int, int]) -> Int32s:
    fixed: Int32s = np.rint((ring - 0.5 - offset_xy) * (1 << _SHIFT)).astype(np.int32)
    return fixed


def polygons(runs: UInt32s, size_wh: tuple[int, int]) -> list[Polygon]:
    """Outlines of a mask, one `Polygon` a part (8-connected), with its holes; largest area first.

    `polygon_runs(polygons(runs, size_wh), size_wh)` gives `runs` back exactly.
    """
    crop, offset = decode_crop(runs, size_wh)
    if not crop.size:
        return []
    found, tree = cv2.findContours(crop.view(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    rings = [ring.reshape(-1, 2) + (np.array(offset) + 0.5) for ring in found]
    parents = tree.reshape(-1, 4)[:, 3]
    parts = [
        Polygon(rings[i], tuple(rings[j] for j in np.flatnonzero(parents == i)))
        for i in np.flatnonzero(parents < 0)
    ]
    return sorted(parts, key=lambda part: -ring_area(part.outer))


def simplify(polygon: Polygon, max_points: int = 20) -> tuple[Polygon, float]:
    """The polygon with at most `max_points` points in each ring, and its IoU with the given one.

    Douglas & Peucker (1973) with the smallest tolerance that suffices, found by bisection; a hole
    that shrinks to less than a triangle is closed.
    """
    if max_points < 3:
        raise UsageError(f"a polygon of {max_points} points cannot be drawn; ask for 3 or more")
    outer = thin_out(polygon.outer, max_points, closed=True)
    holes = tuple(thin_out(hole, max_points, closed=True) for hole in polygon.holes)
    simple = Polygon(outer, tuple(hole for hole in holes if len(hole) >= 3))
    return simple, _likeness(polygon, simple)


def thin_out(line: Floats, max_points: int, closed: bool) -> Floats:
    """At most `max_points` of the points of a line or ring, chosen by Douglas & Peucker."""
    if len(line) <= max_points:
        return line
    pixels = line.astype(np.float32)[:, None, :]
    low, high = 0.0, float(np.ptp(line, axis=0).max()) + 1
    best = line[:: max(1, -(-len(line) // max_points))]
    while high - low > 0.02:
        middle = (low + high) / 2
        kept = cv2.approxPolyDP(pixels, middle, closed).reshape(-1, 2)
        if len(kept) > max_points:
            low = middle
        else:
            high = middle
            best = kept if len(kept) >= (3 if closed else 2) else best
    return best.astype(np.float64)


def _likeness(a: Polygon, b: Polygon) -> float:
    """IoU of two polygons, drawn on one canvas that holds both."""
    points = np.concatenate([*a.rings, *b.rings])
    low = np.floor(points.min(axis=0)) - 1
    w, h = (np.ceil(points.max(axis=0)) - low + 2).astype(int).tolist()
    drawn = []
    for polygon in (a, b):
        canvas = np.zeros((h, w), np.bool_)
        crop, (x, y) = polygon_mask([ring - low for ring in polygon.rings], (w, h))
        canvas[y : y + crop.shape[0], x : x + crop.shape[1]] = crop
        drawn.append(canvas)
    joint = int(np.count_nonzero(drawn[0] | drawn[1]))
    return int(np.count_nonzero(drawn[0] & drawn[1])) / joint if joint else 1.0


def hull(points: Floats) -> Floats:
    """Convex hull of `(k, 2)` points, a ring; the points themselves where they all coincide."""
    found = cv2.convexHull(points.astype(np.float32))
    if found is None:
        return points.astype(np.float64)
    ring: Floats = found.reshape(-1, 2).astype(np.float64)
    return ring


def components(mask: Bools, connectivity: int = 8) -> tuple[Int32s, Int32s]:
    """Connected parts of `(h, w) bool`.

    Returns:
        `(h, w) int32`, 0 = background, 1.. = part; and `(parts, 5) int32`: x, y, width, height, area.
    """
    if not mask.size:
        return np.zeros(mask.shape, np.int32), np.zeros((0, 5), np.int32)
    _, numbers, facts, _ = cv2.connectedComponentsWithStats(
        np.ascontiguousarray(mask).view(np.uint8), connectivity=connectivity
    )
    return numbers, facts[1:]


def closed(mask: Bools, radius: int) -> Bools:
    """Morphological closing of `(h, w) bool` by a disc; give a margin of `radius` yourself."""
    side = 2 * radius + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    filled: Image = cv2.morphologyEx(mask.view(np.uint8), cv2.MORPH_CLOSE, disc)
    return filled.view(np.bool_)


def depth(mask: Bools) -> Float32s:
    """Euclidean distance of every foreground pixel to the nearest background pixel, `(h, w) float32`."""
    found: Float32s = cv2.distanceTransform(mask.view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return found


def signed_distance(mask: Bools) -> Float32s:
    """Distance to the outline in pixels, positive inside, `(h, w) float32`; zero nowhere."""
    far = np.float32(sum(mask.shape))
    inside = np.minimum(depth(mask), far)
    outside = np.minimum(depth(~mask), far)
    signed: Float32s = np.where(mask, inside - 0.5, 0.5 - outside).astype(np.float32)
    return signed


def blend(
    runs_a: UInt32s, runs_b: UInt32s, weight_b: float, size_wh: tuple[int, int], align: bool = False
) -> UInt32s:
    """A mask between two masks: where the weighted mean of their signed distances is positive.

    Args:
        runs_a: one mask.
        runs_b: the other, on the same frame.
        weight_b: 0 gives `runs_a`, 1 gives `runs_b`.
        size_wh: the frame.
        align: move both onto their weighted mean centre first (for masks of different frames).

    Where one is empty, the heavier one is the answer. After shape-based interpolation
    (Raya & Udupa, 1990).
    """
    box_a, box_b = box(runs_a, size_wh), box(runs_b, size_wh)
    if weight_b <= 0 or weight_b >= 1 or box_a[2] == 0 or box_b[2] == 0:
        return runs_a if weight_b < 0.5 else runs_b
    shift_a, shift_b = _shifts(box_a, box_b, weight_b) if align else ((0, 0), (0, 0))
    low = np.minimum(np.add(box_a[:2], shift_a), np.add(box_b[:2], shift_b)) - 1
    high = np.maximum(np.add(box_a[2:], shift_a), np.add(box_b[2:], shift_b)) + 1
    fields = [
        signed_distance(_seen(runs, low - shift, high - shift, size_wh))
        for runs, shift in ((runs_a, shift_a), (runs_b, shift_b))
    ]
    mean = (1 - weight_b) * fields[0] + weight_b * fields[1]
    return encode_crop(mean > 0, (int(low[0]), int(low[1])), size_wh)


def _seen(runs: UInt32s, low: Floats, high: Floats, size_wh: tuple[int, int]) -> Bools:
    x0, y0, x1, y1 = (int(v) for v in (*low, *high))
    return decode_crop(runs, size_wh, (x0, y0, x1, y1))[0]


def _shifts(
    box_a: tuple[int, ...], box_b: tuple[int, ...], weight_b: float
) -> tuple[tuple[int, int], tuple[int, int]]:
    """Whole-pixel moves that bring the centres of two boxes together at their weighted mean."""
    way = [(box_b[k] + box_b[k + 2] - box_a[k] - box_a[k + 2]) / 2 for k in (0, 1)]
    a = round(weight_b * way[0]), round(weight_b * way[1])
    return a, (a[0] - round(way[0]), a[1] - round(way[1]))


def shapes_to_masks(shapes: Shapes, line_width: float = 3) -> Masks:
    """Every drawn shape as a mask of its own; overlapping shapes all keep their full masks.

    Shapes declared outside give no row. Object ids are the tracks' numbers (`tracks.object_ids`);
    keyframes and single shapes are HUMAN, what a track has between its keyframes is INTERPOLATED.
    Only what is there is drawn: fill gaps first with `interpolation.fill_gaps`.

    Args:
        shapes: on a video of known size.
        line_width: thickness of polylines, pixels.

    Warns `LossWarning` for points and tags, which have no area, and for shapes off the frame.
    """
    rows = np.flatnonzero(shapes.flags & Flags.OUTSIDE == 0)
    drawable = np.isin(shapes.kind[rows], list(_DRAW))
    if not np.all(drawable):
        _lose(f"{np.count_nonzero(~drawable)} points and tags have no area and give no mask")
    found: list[tuple[int, UInt32s]] = []
    for row in rows[drawable].tolist():
        size_wh = shapes.video.size_wh(int(shapes.frame[row]))
        kind, points = int(shapes.kind[row]), shapes.row_points(row)
        check_points(kind, points, int(shapes.frame[row]))
        crop, offset = _DRAW[kind](points, float(shapes.rotation[row]), size_wh, line_width)
        found.append((row, encode_crop(crop, offset, size_wh)))
    kept = [(row, runs) for row, runs in found if len(runs) > 1]
    if len(kept) < len(found):
        _lose(f"{len(found) - len(kept)} shapes lie off the frame and give no mask")
    index = np.array([row for row, _ in kept], np.int64)
    return Masks(
        shapes.video,
        shapes.labels,
        frame=shapes.frame[index],
        object_id=object_ids(shapes)[index],
        label_id=shapes.label_id[index],
        runs=np.concatenate([np.empty(0, np.uint32), *(runs for _, runs in kept)]),
        offset=np.cumsum([0, *(len(runs) for _, runs in kept)]),
        origin=origins(shapes)[index],
        flags=shapes.flags[index],
    )


_Drawer = Callable[[Floats, float, tuple[int, int], float], tuple[Bools, tuple[int, int]]]
_DRAW: Mapping[int, _Drawer] = {
    ShapeKind.POLYGON: lambda points, _, size_wh, __: polygon_mask([points], size_wh),
    ShapeKind.POLYLINE: lambda points, _, size_wh, width: polyline_mask(points, width, size_wh),
    ShapeKind.BOX: lambda points, turn, size_wh, _: _box_mask(points, turn, size_wh),
    ShapeKind.ELLIPSE: lambda points, turn, size_wh, _: ellipse_mask(points, turn, size_wh),
    ShapeKind.CUBOID: lambda points, _, size_wh, __: polygon_mask(
        [hull(points.reshape(-1, 2))], size_wh
    ),
    ShapeKind.MASK: lambda points, *_: cvat_mask(points),
}


def _box_mask(
    points: Floats, rotation: float, size_wh: tuple[int, int]
) -> tuple[Bools, tuple[int, int]]:
    if rotation % 360:
        return polygon_mask([box_corners(points, rotation)], size_wh)
    x0, y0, x1, y1 = pixel_box(points, size_wh)
    return np.ones((y1 - y0, x1 - x0), np.bool_), (x0, y0)


def masks_to_shapes(
    masks: Masks, max_points: int | None = None, kind: Literal["polygon", "mask", "box"] = "polygon"
) -> Shapes:
    """Masks as drawings.

    Args:
        masks: rows with an empty mask are left out.
        max_points: at most so many points a polygon or line; None = exact outlines.
        kind: `polygon` and `box` give tracks with a keyframe on every frame and an outside keyframe
            after every stay, so identity is kept and form is not: a polygon holds the largest part
            without its holes, and a mask of a `line` label becomes its centre line. `mask` gives
            single shapes that lose nothing, their object in the group and the attribute `track_id`.

    Warns `LossWarning` for holes and extra parts that are dropped.
    """
    if kind not in ("polygon", "mask", "box"):
        raise UsageError(f"kind is {kind!r}; expected 'polygon', 'mask' or 'box'")
    lost = Counter[str]()
    drawn: list[Drawn] = []
    for row in np.flatnonzero(np.diff(masks.offset) > 1).tolist():
        runs, size_wh = masks.row_runs(row), masks.video.size_wh(int(masks.frame[row]))
        if kind == "mask":
            drawn.append(Drawn(row, ShapeKind.MASK, cvat_points(runs, size_wh)))
        elif kind == "box":
            drawn.append(Drawn(row, ShapeKind.BOX, box_points(runs, size_wh)))
        elif masks.label_of(row).kind == "line":
            line = skeleton_line(runs, size_wh, max_points)
            drawn.append(Drawn(row, ShapeKind.POLYLINE, line.ravel()))
            lost["masks of line labels keep only their centre line"] += 1
        else:
            drawn.append(Drawn(row, ShapeKind.POLYGON, _outline(runs, size_wh, max_points, lost)))
    for what, times in (+lost).items():
        _lose(f"{times} {what}")
    return as_singles(masks, drawn) if kind == "mask" else as_tracks(masks, drawn)


def _outline(
    runs: UInt32s, size_wh: tuple[int, int], max_points: int | None, lost: Counter[str]
) -> Floats:
    parts = polygons(runs, size_wh)
    lost["masks have holes, which a polygon cannot hold: they are filled"] += bool(parts[0].holes)
    lost["masks have several parts, a polygon holds one: the largest is kept"] += len(parts) > 1
    outer = parts[0].outer
    return (outer if max_points is None else thin_out(outer, max_points, closed=True)).ravel()


def skeleton_line(runs: UInt32s, size_wh: tuple[int, int], max_points: int | None = None) -> Floats:
    """Centre line of a long thin mask's largest part, `(k, 2) float64` points from end to end.

    Without `max_points` it is as short as it can be within one pixel of the path.
    """
    crop, (x, y) = decode_crop(runs, size_wh)
    numbers, facts = components(crop)
    if not len(facts):
        return np.empty((0, 2))
    inside = np.pad(numbers == 1 + int(np.argmax(facts[:, 4])), 1)
    line = centre_line(depth(inside)) + np.array([x - 1, y - 1])
    if max_points is None:
        straight = cv2.approxPolyDP(line.astype(np.float32)[:, None], 1.0, False)
        return np.asarray(straight, np.float64).reshape(-1, 2)
    return thin_out(line, max_points, closed=False)


def _lose(what: str) -> None:
    warnings.warn(what, LossWarning, stacklevel=3)
