"""What lies between two polylines: the rule by which CVAT interpolates polygons. Numpy only.

Written from a description of the rule. Sums run one after the other and distances are
sqrt(dx * dx + dy * dy), since ties between neighbours are decided by the last bit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

from masklet.core.arrays import Floats, Int64s


@dataclass(frozen=True)
class _Stretch:
    """Emitted points `first..last` that stand for one stretch of one curve.

    A stretch of a single emitted point is kept as it is; a longer one is thinned out so that its
    points are at least `apart` from one another.
    """

    first: int
    last: int
    apart: float


@dataclass(frozen=True, eq=False)
class Between:
    """Two curves whose points are matched, ready to be blended at any time between them."""

    left: Floats
    right: Floats
    stretches: tuple[_Stretch, ...]
    closed: bool

    def at(self, t: float) -> Floats:
        """The curve at `t` from 0 (left) to 1 (right), `(k, 2) float64`."""
        points: list[Sequence[float]] = (self.left + (self.right - self.left) * t).tolist()
        kept = [point for stretch in self.stretches for point in _thinned(points, stretch)]
        return np.array(kept[:-1] if self.closed and len(kept) > 1 else kept)


def between(left: Floats, right: Floats, closed: bool) -> Between:
    """Match the points of two curves.

    Args:
        left: `(a, 2) float64`, the curve at the earlier keyframe.
        right: `(b, 2) float64`, at the later one.
        closed: polygons; each curve then ends where it began.
    """
    if closed:
        left, right = np.concatenate([left, left[:1]]), np.concatenate([right, right[:1]])
    matches = _match(_offsets(left), _offsets(right))
    i = np.repeat(np.arange(len(matches)), [len(one) for one in matches])
    j = np.concatenate(matches)
    return Between(left[i], right[j], tuple(_stretches(matches, left, right)), closed)


def _lengths(curve: Floats) -> Floats:
    """Length along a curve from its start to every point, `(k,)`."""
    step = np.diff(curve, axis=0)
    each = np.sqrt(step[:, 0] * step[:, 0] + step[:, 1] * step[:, 1])
    return np.concatenate([[0.0], np.cumsum(each)])


def _offsets(curve: Floats) -> Floats:
    lengths = _lengths(curve)
    relative: Floats = lengths / lengths[-1] if lengths[-1] > 0 else lengths
    return relative


def _match(left: Floats, right: Floats) -> list[Int64s]:
    """For every left point the right points that it goes to: its nearest, and orphans nearest to it."""
    away = np.abs(left[:, None] - right[None, :])
    nearest = away.argmin(axis=1)
    matches = [[int(j)] for j in nearest]
    for j in np.setdiff1d(np.arange(len(right)), nearest):
        matches[int(away[:, j].argmin())].append(int(j))
    return [np.array(sorted(one), np.int64) for one in matches]


def _stretches(matches: Sequence[Int64s], left: Floats, right: Floats) -> Iterator[_Stretch]:
    start = np.cumsum([0, *map(len, matches)]).tolist()
    i = 0
    while i < len(matches):
        end = i
        if len(matches[i]) > 1:
            yield _Stretch(
                start[i], start[i + 1] - 1, _spacing(right[matches[i][0] : matches[i][-1] + 1])
            )
        else:
            while end + 1 < len(matches) and np.array_equal(matches[end + 1], matches[i]):
                end += 1
            yield _Stretch(start[i], start[end], _spacing(left[i : end + 1]))
        i = end + 1


def _spacing(curve: Floats) -> float:
    """Half the mean room that each point of a curve has."""
    return float(_lengths(curve)[-1]) / (2 * len(curve))


def _thinned(points: Sequence[Sequence[float]], stretch: _Stretch) -> list[Sequence[float]]:
    first, last = points[stretch.first], points[stretch.last]
    if stretch.first == stretch.last:
        return [first]
    kept = [first]
    for point in points[stretch.first + 1 : stretch.last]:
        if _distance(kept[-1], point) >= stretch.apart:
            kept.append(point)
    kept.append(last)
    if len(kept) == 2 and _distance(first, last) < stretch.apart:
        return [[(first[0] + last[0]) / 2, (first[1] + last[1]) / 2]]
    return kept


def _distance(a: Sequence[float], b: Sequence[float]) -> float:
    dx, dy = b[0] - a[0], b[1] - a[1]
    return sqrt(dx * dx + dy * dy)
