"""COCO's average precision and recall for masks: every complete frame is an image.

Lin et al., "Microsoft COCO: Common Objects in Context", ECCV 2014; the twelve numbers of
cocodataset.org/#detection-eval. They equal those of pycocotools where that is given the same scores
(`Masks` hold them in single precision) and the pixels of the masks as the areas of true objects.
COCO's own files state areas of polygons, which can put an object near 32² or 96² into another range;
and pycocotools takes the areas of predictions from their boxes where results state boxes as well.

- A frame of the case's `complete` ones is an image; frames on which the truth is not complete are left
  out, since what is found there beyond the truth may be right.
- A prediction without score (NaN) has score 1.
- Among predictions of equal score in a frame the earlier row goes first: the lower object id.
- Rows of the truth flagged `Flags.CROWD` are COCO's `iscrowd`.
- Labels without true object do not count, wherever predicted; nor do they in COCO.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from masklet.core.arrays import Floats, Int64s
from masklet.core.enums import Flags
from masklet.core.masks import Masks
from masklet.evaluation.case import Case, Settings
from masklet.evaluation.matching import THRESHOLDS, Overlaps, Ranges, Rules, Sides, match
from masklet.evaluation.pieces import Piece, complete_pieces
from masklet.evaluation.precision import MOST, AveragePrecision, Matched, average, joined, matched_of
from masklet.ops.overlap import intersections_at
from masklet.ops.table import areas

DetectionScores = AveragePrecision
AREAS: Ranges = ((0, 1e10), (0, 32**2), (32**2, 96**2), (96**2, 1e10))
"""All, small, medium, large, in pixels."""


def measure(case: Case, settings: Settings) -> Matched:
    """Match the rows of every complete frame; `settings` are not asked."""
    del settings
    return match_rows(case, Rules(THRESHOLDS, AREAS, MOST[-1]))


def total(parts: Sequence[Matched]) -> DetectionScores:
    """The twelve numbers over all videos."""
    return average(parts)


def match_rows(case: Case, rules: Rules) -> Matched:
    """Match the rows of each complete frame and label by `rules`."""
    found = (_match_piece(case, piece, rules) for piece in complete_pieces(case))
    return joined([_nothing(case, rules), *found])


def _match_piece(case: Case, piece: Piece, rules: Rules) -> Matched:
    pred, truth = piece.pred, piece.truth
    sides = Sides(
        frame_and_label(pred),
        known_scores(pred),
        areas(pred).astype(np.float64),
        frame_and_label(truth),
        areas(truth).astype(np.float64),
        (truth.flags & Flags.CROWD) != 0,
    )
    label_of = pred.label_id.astype(np.int64), truth.label_id.astype(np.int64)
    matches = match(sides, _overlaps(pred, truth, sides), rules)
    return matched_of(case.labels, sides, label_of, matches, rules.max_dets)


def _nothing(case: Case, rules: Rules) -> Matched:
    """The matches of no frame."""
    n_bytes = -(-len(rules.thresholds) * len(rules.ranges) // 8)
    flags = np.empty((0, n_bytes), np.uint8)
    asked = np.zeros((len(case.labels), len(rules.ranges)), np.int64)
    none = np.empty(0)
    return Matched(
        case.labels,
        none.astype(np.int16),
        none.astype(np.float32),
        none.astype(np.int32),
        flags,
        flags,
        asked,
    )


def known_scores(masks: Masks) -> Floats:
    """Scores of all rows, 1 where there is none."""
    return np.where(np.isnan(masks.score), 1.0, masks.score.astype(np.float64))


def frame_and_label(masks: Masks) -> Int64s:
    """One number for each (frame, label)."""
    groups: Int64s = masks.frame.astype(np.int64) << 16 | masks.label_id
    return groups


def same_group(mine: Int64s, theirs: Int64s) -> tuple[Int64s, Int64s]:
    """Indices of all pairs, one of `mine` and one of `theirs`, that have one group; `(p,)` each."""
    order = np.argsort(theirs, kind="stable")
    ordered = theirs[order]
    first, last = np.searchsorted(ordered, mine, "left"), np.searchsorted(ordered, mine, "right")
    count = last - first
    i = np.repeat(np.arange(len(mine)), count)
    place = np.repeat(first - (np.cumsum(count) - count), count) + np.arange(len(i))
    return i, order[place]


def _overlaps(pred: Masks, truth: Masks, sides: Sides) -> Overlaps:
    """IoU of the rows of one frame and label; with a crowd the share of the prediction that is in it."""
    i, j = same_group(sides.pred_group, sides.true_group)
    shared = intersections_at(pred, truth, i, j)
    met = np.flatnonzero(shared)
    i, j, shared = i[met], j[met], shared[met]
    whole = sides.pred_area[i] + np.where(sides.crowd[j], 0, sides.true_area[j] - shared)
    return Overlaps(i, j, shared / whole)
