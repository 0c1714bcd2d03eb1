"""The frames worth a look: bad masks, false alarms, wrong classes, id switches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from masklet.core.arrays import Floats, Int64s
from masklet.core.enums import Flags
from masklet.core.masks import Masks
from masklet.evaluation.case import Case
from masklet.evaluation.report import Failure, Parts, Rows
from masklet.ops.overlap import intersections, iou_pairs
from masklet.ops.table import areas

GOOD = 0.9
"""A mask of this J or more is no failure."""
ALIKE = 0.1
"""The J of a stretch differs at most so much from that of the frame that is shown."""
APART = 0.03
"""Stretches of one object that are shown lie this share of its judged frames apart."""
ON = 0.5
"""IoU from which a mask of another class is on the object."""
_NAN = float("nan")


def failures(case: Case, parts: Parts, rows: Rows, most: int) -> tuple[Failure, ...]:
    """Up to `most` of each kind: masks by J, the worst first; false alarms by area, the largest first;
    wrong classes by object; switches by time (two frames each: the last right one, and its own).
    """
    found: list[Failure] = []
    if parts.region is not None:
        found += sorted(_worst(case, rows, parts.region.j, most), key=lambda one: one.value)
    found += [*_false(case, most), *_labels(case, most)]
    if parts.identity is not None:
        found += _switches(case, parts, most)
    return tuple(found)


def _worst(case: Case, rows: Rows, j: Floats, most: int) -> Iterator[Failure]:
    """The worst frames of every object, each bad stretch once."""
    taken: dict[int, list[tuple[int, int]]] = {}
    apart = int(np.ceil(APART * (case.frames[-1] - case.frames[0] + 1))) if case.tracked else 0
    found = 0
    for i in np.argsort(j, kind="stable").tolist():
        if found == most or j[i] >= GOOD:
            return
        one, frame = int(rows.object_id[i]), int(rows.frame[i])
        stretches = taken.setdefault(one, [])
        if any(first - apart <= frame <= last + apart for first, last in stretches):
            continue
        stretches.append(_around(rows, j, i, stretches))
        found += 1
        what = "masks differ" if rows.predicted[i] and rows.true[i] else _what(bool(rows.true[i]))
        sides = _of(case.pred, frame, one), _of(case.truth, frame, one)
        yield Failure(case.name, frame, one, "masks", float(j[i]), what, *sides, stretches[-1])


def _around(rows: Rows, j: Floats, i: int, taken: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """First and last frame of the object's stretch around entry `i` that is about as bad."""
    mine: Int64s = np.flatnonzero(rows.object_id == rows.object_id[i])
    at = int(np.searchsorted(mine, i))
    poor = (np.abs(j[mine] - j[i]) <= ALIKE) & (j[mine] < GOOD)
    for start, stop in taken:
        poor &= (rows.frame[mine] < start) | (rows.frame[mine] > stop)
    first = last = at
    while first > 0 and poor[first - 1]:
        first -= 1
    while last + 1 < len(mine) and poor[last + 1]:
        last += 1
    return int(rows.frame[mine[first]]), int(rows.frame[mine[last]])


def _what(true: bool) -> str:
    return "nothing predicted" if true else "nothing is there"


def _false(case: Case, most: int) -> Iterator[Failure]:
    """Predicted masks on complete frames that answer no true object; of a track its largest one."""
    answers = np.zeros(len(case.pred), np.bool_)
    answers[case.pairs.pred_row[case.pairs.pred_row >= 0]] = True
    loose = np.flatnonzero(~answers & np.isin(case.pred.frame, case.complete))
    order = loose[np.argsort(-areas(case.pred)[loose], kind="stable")]
    seen: set[int] = set()
    for row in order.tolist():
        one, frame = int(case.pred.object_id[row]), int(case.pred.frame[row])
        if len(seen) == most:
            return
        key = one if one >= 0 else -2 - row
        if key in seen:
            continue
        frames = case.pred.frame[loose[case.pred.object_id[loose] == one]] if one >= 0 else [frame]
        around = int(np.min(frames)), int(np.max(frames))
        if _in_crowd(case, row):
            continue
        what = f"{case.pred.label_of(row).name} that answers no true object"
        seen.add(key)
        on = case.pred.take([row]), case.truth.on(frame)
        yield Failure(case.name, frame, case.own_id(one), "false", _NAN, what, *on, around)


def _in_crowd(case: Case, row: int) -> bool:
    """Whether most of a predicted mask lies in crowds, which metrics excuse."""
    on = case.truth.on(int(case.pred.frame[row]))
    crowds = on.take((on.flags & Flags.CROWD) != 0)
    one = case.pred.take([row])
    return bool(len(crowds) and 2 * intersections(one, crowds).sum() > areas(one)[0])


def _labels(case: Case, most: int) -> Iterator[Failure]:
    """Pairs of another class that lie on each other, the first frame of each object."""
    both = np.flatnonzero((case.pairs.pred_row >= 0) & (case.pairs.truth_row >= 0))
    pred, truth = case.pairs.pred_row[both], case.pairs.truth_row[both]
    other = case.pred.label_id[pred] != case.truth.label_id[truth]
    both, pred, truth = both[other], pred[other], truth[other]
    wrong = np.flatnonzero(iou_pairs(case.pred.take(pred), case.truth.take(truth)) >= ON)
    objects, first = np.unique(case.pairs.object_id[both[wrong]], return_index=True)
    for one, i in list(zip(objects.tolist(), wrong[first].tolist(), strict=True))[:most]:
        mine, theirs = int(pred[i]), int(truth[i])
        frame = int(case.truth.frame[theirs])
        names = case.truth.label_of(theirs).name, case.pred.label_of(mine).name
        yield Failure(
            case.name,
            frame,
            one,
            "label",
            _NAN,
            f"{names[0]} taken for {names[1]}",
            case.pred.take([mine]),
            case.truth.take([theirs]),
            (frame, frame),
        )


def _switches(case: Case, parts: Parts, most: int) -> Iterator[Failure]:
    """Two frames a switch: the true object with the id that was last right, and with the new one."""
    for switch in parts.identity.switches[:most]:
        around = int(switch.last_right), int(switch.frame)
        for frame, named in zip(around, (int(switch.before), int(switch.now)), strict=True):
            yield Failure(
                case.name,
                frame,
                int(switch.object_id),
                "switch",
                _NAN,
                f"id {case.own_id(named)}",
                _of(case.pred, frame, named),
                _of(case.truth, frame, int(switch.object_id)),
                around,
            )


def _of(masks: Masks, frame: int, object_id: int) -> Masks:
    on = masks.on(frame)
    return on.take(on.object_id == object_id)
