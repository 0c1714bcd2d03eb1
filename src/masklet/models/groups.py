"""Foreground of a frame as groups of parts, and which object each group belongs to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from masklet.core.arrays import Bools, Floats, Int32s
from masklet.models import vision

CLAIM = 0.1
"""Share of an object's expected mask that must lie on a group to claim it."""
SIZE = 0.25
"""Share of an object's usual area that a group needs before a lost object is found in it."""
COLLAPSED = 0.15
"""Below this share of its usual area an object is sought elsewhere too."""


@dataclass(frozen=True, eq=False)
class Groups:
    """Parts that lie near each other count as one group.

    numbers: `(h, w) int32`, 0 = background. areas: `(k + 1,) int64` foreground pixels by number.
    """

    numbers: Int32s
    areas: Int32s

    @classmethod
    def of(cls, rough: Bools, bridge: int, least: float) -> Groups:
        """Parts closer than `bridge` joined; groups below `least` pixels left out."""
        numbers, _ = vision.components(vision.dilate(rough, -(-bridge // 2)))
        numbers = np.where(rough, numbers, 0)
        areas = np.bincount(numbers.ravel(), minlength=1)
        areas[0] = 0
        small = areas < least
        numbers[small[numbers]] = 0
        return cls(numbers, np.where(small, 0, areas).astype(np.int32))

    def mask(self, chosen: Sequence[int]) -> Bools:
        """Union of some groups."""
        table = np.zeros(len(self.areas), bool)
        table[list(chosen)] = True
        return table[self.numbers]


def claims(groups: Groups, expected: Sequence[Bools]) -> dict[int, list[int]]:
    """Group number to the objects (places in `expected`) whose expected mask lies on it."""
    found: dict[int, list[int]] = {}
    for k, mask in enumerate(expected):
        counts = np.bincount(groups.numbers[mask], minlength=len(groups.areas))
        counts[0] = 0
        for g in np.flatnonzero(counts):
            enough = counts[g] >= CLAIM * mask.sum() or counts[g] >= 0.5 * groups.areas[g]
            if enough:
                found.setdefault(int(g), []).append(k)
    return found


def adopt(groups: Groups, free: Sequence[int], area: float, worth: Floats) -> int | None:
    """Of the `free` groups the one that a lost object of usual `area` most likely is.

    `worth` `(k + 1,) float64`: how much each group looks like it (0..1), by number. None where
    none is of plausible size.
    """
    best, best_worth = None, 0.0
    for g in free:
        size = float(groups.areas[g]) / max(area, 1.0)
        if size < SIZE or size > 3.0:
            continue
        value = min(size, 1 / size) ** 0.5 * (0.2 + float(worth[g]))
        if value > best_worth:
            best, best_worth = int(g), value
    return best
