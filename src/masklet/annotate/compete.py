"""Objects compete for pixels: where two masks claim the same ones, the surer row keeps them."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from masklet.annotate.lines import line_rows
from masklet.core import Masks
from masklet.core.arrays import UInt32s
from masklet.ops.runs import area, difference, intersection, union
from masklet.ops.table import boxes

Pair = tuple[int, int]
"""Two object ids, the smaller one first."""


@dataclass(frozen=True)
class Overlaps:
    """Where truth itself lets objects overlap: there they do not compete.

    Args:
        together: for each pair that overlaps anywhere, the rising frames on which both have truth.
        shared: those of them on which they overlap.
    """

    together: dict[Pair, list[int]]
    shared: dict[Pair, set[int]]

    @classmethod
    def of(cls, truth: Masks) -> Overlaps:
        """Found in trusted rows."""
        shared: dict[Pair, set[int]] = {}
        for i, j in _touching(truth):
            if area(intersection(truth.row_runs(i), truth.row_runs(j))):
                pair = int(truth.object_id[i]), int(truth.object_id[j])
                shared.setdefault(pair, set()).add(int(truth.frame[i]))
        together = {
            (a, b): np.intersect1d(truth.of(a).frame, truth.of(b).frame).tolist() for a, b in shared
        }
        return cls(together, shared)

    def around(self, frames: range) -> set[Pair]:
        """Pairs that overlap on the last frame with truth of both up to `frames`, or on the next one.

        Truth farther off has no say, so that a correction is felt between its neighbours only.
        """
        return {pair for pair in self.shared if self._near(pair, frames) & self.shared[pair]}

    def _near(self, pair: Pair, frames: range) -> set[int]:
        both = self.together[pair]
        before, after = bisect_right(both, frames.start), bisect_left(both, frames.stop - 1)
        return {*both[max(before - 1, 0) : before], *both[after : after + 1]}


def compete(rows: Masks, allowed: set[Pair]) -> Masks:
    """The rows without shared pixels, save between `allowed` pairs; trusted rows never yield.

    A row that loses all its pixels is dropped. A line neither takes nor yields: cut where it crosses
    something, it would be two lines.
    """
    line = line_rows(rows)
    strength = [_strength(rows, i) for i in range(len(rows))]
    changed: dict[int, UInt32s] = {}
    for i, j in _touching(rows):
        if line[i] or line[j] or (int(rows.object_id[i]), int(rows.object_id[j])) in allowed:
            continue
        a, b = changed.get(i, rows.row_runs(i)), changed.get(j, rows.row_runs(j))
        if not area(intersection(a, b)):
            continue
        if strength[i] >= strength[j]:
            changed[j] = difference(b, a)
        else:
            changed[i] = difference(a, b)
    return _with_runs(rows, changed) if changed else rows


def apart(rows: Masks, others: Masks) -> Masks:
    """The rows without the pixels of `others` on their frames; trusted rows and lines stay whole.

    A row that loses all its pixels is dropped. `others` holds rows of objects that are not in `rows`.
    """
    line, other_line = line_rows(rows), line_rows(others)
    taken: dict[int, UInt32s] = {}
    for i in range(len(others)):
        frame, runs = int(others.frame[i]), others.row_runs(i)
        if not other_line[i]:
            taken[frame] = union(taken[frame], runs) if frame in taken else runs
    changed: dict[int, UInt32s] = {}
    for i, frame in enumerate(rows.frame.tolist()):
        if frame in taken and not line[i] and not rows.trusted[i]:
            runs = rows.row_runs(i)
            if area(intersection(runs, taken[frame])):
                changed[i] = difference(runs, taken[frame])
    return _with_runs(rows, changed) if changed else rows


def _strength(rows: Masks, i: int) -> float:
    if rows.trusted[i]:
        return math.inf
    score = float(rows.score[i])
    return 1.0 if math.isnan(score) else score


def _touching(rows: Masks) -> Iterator[tuple[int, int]]:
    """Pairs of rows on one frame whose boxes meet."""
    if len(rows) < 2:
        return
    xyxy = boxes(rows)
    starts = np.flatnonzero(np.diff(rows.frame, prepend=-1))
    for start, stop in zip(starts, [*starts[1:], len(rows)], strict=True):
        for i in range(start, stop):
            for j in range(i + 1, stop):
                low, high = np.maximum(xyxy[i, :2], xyxy[j, :2]), np.minimum(xyxy[i, 2:], xyxy[j, 2:])
                if np.all(low < high):
                    yield i, j


def _with_runs(rows: Masks, changed: dict[int, UInt32s]) -> Masks:
    kept = [i for i in range(len(rows)) if i not in changed or area(changed[i])]
    runs = [changed.get(i, rows.row_runs(i)) for i in kept]
    offset = np.cumsum([0, *map(len, runs)])
    left = rows.take(np.array(kept, np.int64))
    return left.replace(runs=np.concatenate([rows.runs[:0], *runs]), offset=offset)
