"""COCO's ways to write one mask - polygons, run lengths as numbers, run lengths as text - and runs.

Source: the data format page of COCO (cocodataset.org/#format-data) and its reference code,
pycocotools, whose own rule turns polygons into pixels here, since that is what defines them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from pycocotools import mask as coco_mask

from masklet.core import DataError
from masklet.core.arrays import UInt32s
from masklet.formats.jsontext import as_kind, need, numbers
from masklet.ops.runs import from_coco, to_coco

LARGEST_SIDE = 65_500
"""Pixels; w * h of a frame must stay below 2 ** 32, the range of a run length."""


def size_of(where: str, mapping: Mapping[str, Any]) -> tuple[int, int]:
    """(width, height) of an image or video entry; `DataError` where they are not sizes."""
    size = need(where, mapping, "width", int), need(where, mapping, "height", int)
    if not all(1 <= side <= LARGEST_SIDE for side in size):
        raise DataError(f"{where} is {size[0]}x{size[1]}; expected sides of 1 to {LARGEST_SIDE} pixels")
    return size


def runs_of(where: str, segmentation: Any, size_wh: tuple[int, int]) -> UInt32s | None:
    """Run lengths of a COCO segmentation; None for an empty one.

    Args:
        where: names the annotation in errors.
        segmentation: list of polygons `[x, y, x, y, ...]`, or `{"size": [h, w], "counts": ...}` with
            counts as a list or as compressed text.
        size_wh: width and height of the image.

    Raises `DataError` for anything else, for run lengths of another size and for coordinates far
    outside the image.
    """
    if isinstance(segmentation, dict):
        return _from_rle(where, segmentation, size_wh)
    polygons = as_kind(f"{where}, 'segmentation'", segmentation, list)
    if polygons and not isinstance(polygons[0], list):
        polygons = [polygons]
    rings = [ring for ring in (_ring(where, polygon, size_wh) for polygon in polygons) if len(ring) >= 6]
    return _from_rings(rings, size_wh) if rings else None


def rle_of(runs: UInt32s, size_wh: tuple[int, int]) -> dict[str, Any]:
    """Run lengths as COCO's compressed RLE, a JSON value."""
    return {"size": [size_wh[1], size_wh[0]], "counts": to_coco(runs, size_wh).decode("ascii")}


def rings_to_runs(rings: Sequence[Sequence[float]], size_wh: tuple[int, int]) -> UInt32s:
    """Union of polygons `[x, y, ...]` (three points or more each) by COCO's own rule."""
    return _from_rings([list(ring) for ring in rings], size_wh)


def _from_rings(rings: list[list[float]], size_wh: tuple[int, int]) -> UInt32s:
    width, height = size_wh
    merged = coco_mask.merge(coco_mask.frPyObjects(rings, height, width))
    return from_coco(merged["counts"], size_wh)


def _from_rle(where: str, rle: dict[str, Any], size_wh: tuple[int, int]) -> UInt32s:
    size = need(where, rle, "size", list)
    if size != [size_wh[1], size_wh[0]]:
        raise DataError(
            f"{where} has a mask of size {size} (height, width); expected {[size_wh[1], size_wh[0]]}"
        )
    counts = rle.get("counts")
    if not isinstance(counts, str | list):
        raise DataError(f"{where}, 'counts': found {counts!r:.40}; expected a list or text")
    try:
        return from_coco(counts, size_wh)
    except DataError as error:
        raise DataError(f"{where}: {error}") from error


def _ring(where: str, polygon: Any, size_wh: tuple[int, int]) -> list[float]:
    ring = numbers(f"{where}, a polygon of 'segmentation'", polygon)
    if len(ring) % 2:
        raise DataError(f"{where} has a polygon of {len(ring)} numbers; expected x, y pairs")
    if np.any(np.abs(ring) > 4 * max(size_wh) + 1000):
        raise DataError(
            f"{where} has a polygon point at {np.abs(ring).max():.6g}, far outside the image of "
            f"{size_wh[0]}x{size_wh[1]}; expected pixels"
        )
    return [float(x) for x in ring]
