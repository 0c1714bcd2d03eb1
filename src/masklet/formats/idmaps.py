"""A picture of ids (one number a pixel) to run lengths of every id, and back."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from masklet.core import DataError, Masks
from masklet.core.arrays import Int32s, UInt16s, UInt32s
from masklet.formats.png import Ids
from masklet.ops.runs import decode_crop

MANY = 32
"""A picture of more ids than this is looked at twice: it may be a photograph."""
RESTLESS = 0.2
"""Share of neighbouring pixels that differ, above which a picture of many ids is no mask."""


def split(ids: Ids, where: str) -> list[tuple[int, UInt32s]]:
    """(id, run lengths) of every id but 0 in a picture `(h, w)`, ids rising; one pass for all ids.

    Runs go down the columns, background first, and add up to w * h. Raises `DataError` for a
    picture whose values change from pixel to pixel, as in a photograph; `where` names it.
    """
    flat = ids.ravel(order="F")
    if not flat.size:
        return []
    change = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    starts = np.concatenate([[0], change])
    ends = np.concatenate([change, [flat.size]])
    values = flat[starts]
    known = np.unique(values[values != 0])
    if len(known) > MANY and len(change) > RESTLESS * flat.size:
        raise DataError(
            f"{where} is a picture, not a mask: {len(known)} values and {len(change) / flat.size:.0%} "
            "of neighbouring pixels differ; expected one even number an object"
        )
    found = []
    for value in known:
        mine = values == value
        edges = np.stack([starts[mine], ends[mine]], axis=1).ravel()
        runs = np.diff(edges, prepend=0, append=flat.size)
        found.append((int(value), (runs[:-1] if runs[-1] == 0 else runs).astype(np.uint32)))
    return found


class Painted(NamedTuple):
    """A picture of ids `(h, w) uint16`, and how many pixels were claimed twice."""

    ids: UInt16s
    overlap: int


def paint(masks: Masks, values: Int32s, size_wh: tuple[int, int]) -> Painted:
    """Paint rows of one frame, row `i` as number `values[i]`; a later row covers an earlier one."""
    width, height = size_wh
    canvas = np.zeros((height, width), np.uint16)
    overlap = 0
    for row, value in enumerate(values):
        crop, (x, y) = decode_crop(masks.row_runs(row), size_wh)
        part = canvas[y : y + crop.shape[0], x : x + crop.shape[1]]
        overlap += int(np.count_nonzero(part[crop]))
        part[crop] = value
    return Painted(canvas, overlap)
