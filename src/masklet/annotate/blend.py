"""Two runs over the same frames, one from each side: agree, blend or choose.

The score of a row stays an estimate of its IoU with the truth. With scores `a` and `b`, nearness to
their own truth `t` and `1 - t`, shares `p` and `1 - p` in proportion to score x nearness, and IoU `o`
of the two masks:

- agreeing: `(1 - c) (p a + (1 - p) b) + c (1 + o) / 2`, `c = 2 t (1 - t)`. Two runs with independent
  errors overlap by about 1 less both errors, so half of what is missing is the error of each. That
  counts as much as the scores half-way, and nothing next to truth, where one run is right whatever
  the other says.
- differing: the surer one stays, with `p a + (1 - p) o b`: right with the chance of its share, else
  as right as it overlaps the other one. Likewise its identity score.
- lines (tails): what overlaps are the pixels near the other line; they are not blended, the surer
  one stays.
- found by one run only: `p a` against a silence of confidence `ABSENT`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from masklet.annotate.lines import line_overlap, line_rows
from masklet.core import Flags, Masks
from masklet.ops.overlap import iou_runs
from masklet.ops.raster import blend
from masklet.ops.table import Row, build, row_at

AGREE = 0.6
"""IoU from which two masks are taken for two drawings of one thing and blended."""
ABSENT = 0.5
"""Confidence of an engine's silence: a mask found by one side only must beat it."""
UNSURE = 0.5
"""An identity score below this is flagged."""


@dataclass(frozen=True)
class Anchors:
    """For each object the frames of known truth on the left and on the right of a frame."""

    left: dict[int, int]
    right: dict[int, int]

    def trust(self, obj: int, frame: int) -> tuple[float, float]:
        """How much to believe the run from the left and from the right: 1 at the anchor, 0 far off."""
        if obj not in self.left or obj not in self.right:
            return (1.0, 0.0) if obj in self.left else (0.0, 1.0)
        a, b = self.left[obj], self.right[obj]
        t = (frame - a) / (b - a)
        return 1 - t, t


def merge(forward: Masks, backward: Masks, anchors: Anchors) -> Masks:
    """One row for each (frame, object) of either run.

    Where both have a mask and they agree, the signed distances of both outlines are averaged with
    weights score x nearness; where they do not, the more confident one stays and is flagged. Their
    scores: see above.
    """
    left = {_key(forward, i): i for i in range(len(forward))}
    right = {_key(backward, i): i for i in range(len(backward))}
    lines = dict(zip(left, line_rows(forward), strict=True))
    rows: list[Row] = []
    for frame, obj in sorted(left.keys() | right.keys()):
        row = _merge_one(
            _row(forward, left.get((frame, obj))),
            _row(backward, right.get((frame, obj))),
            anchors.trust(obj, frame),
            forward.video.size_wh(frame),
            lines.get((frame, obj), False),
        )
        if row is not None:
            rows.append(row)
    return build(forward.video, forward.labels, rows)


def _key(masks: Masks, row: int) -> tuple[int, int]:
    return int(masks.frame[row]), int(masks.object_id[row])


def _row(masks: Masks, i: int | None) -> Row | None:
    return None if i is None else row_at(masks, i)


def _merge_one(
    a: Row | None, b: Row | None, trust: tuple[float, float], size_wh: tuple[int, int], line: bool
) -> Row | None:
    if a is None or b is None:
        return _one_sided(a, b, trust)
    score_a, score_b = _score(a), _score(b)
    share_b = _share(trust[1] * score_b, trust[0] * score_a)
    overlap = line_overlap(a.runs, b.runs, size_wh) if line else iou_runs(a.runs, b.runs)
    better, other, share = (b, a, share_b) if share_b > 0.5 else (a, b, 1 - share_b)
    if overlap < AGREE:
        return _chosen(better, other, share, overlap)
    counts = 2 * trust[0] * trust[1]
    own = (1 - share_b) * score_a + share_b * score_b
    return better._replace(
        runs=better.runs if line or overlap == 1.0 else blend(a.runs, b.runs, share_b, size_wh),
        score=(1 - counts) * own + counts * (1 + overlap) / 2,
        identity_score=(1 - share_b) * a.identity_score + share_b * b.identity_score,
        flags=int(a.flags | b.flags),
    )


def _chosen(better: Row, other: Row, share: float, overlap: float) -> Row:
    """The one of two masks that differ, and how sure it is after that."""
    rest = (1 - share) * overlap
    identity = share * better.identity_score + rest * other.identity_score
    flags = better.flags | Flags.DISAGREE | (Flags.UNSURE_IDENTITY if identity < UNSURE else 0)
    score = share * _score(better) + rest * _score(other)
    return better._replace(score=score, identity_score=identity, flags=int(flags))


def _one_sided(a: Row | None, b: Row | None, trust: tuple[float, float]) -> Row | None:
    """A mask that only one run found, if that run is sure enough against the other's silence."""
    row, (mine, other) = (a, trust) if a is not None else (b, trust[::-1])
    if row is None or other == 0:
        return row
    share = _share(mine * _score(row), other * ABSENT)
    if share < 0.5:
        return None
    return row._replace(score=share * _score(row), flags=int(row.flags | Flags.DISAGREE))


def _share(mine: float, other: float) -> float:
    return mine / (mine + other) if mine + other > 0 else 0.5


def _score(row: Row) -> float:
    return 1.0 if math.isnan(row.score) else float(np.clip(row.score, 0.0, 1.0))
