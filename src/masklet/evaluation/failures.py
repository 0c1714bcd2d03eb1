"""The frames worth a look: where masks are worst, each bad stretch once, and where identities switch."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from masklet.core.arrays import Floats, Int64s
from masklet.core.masks import Masks
from masklet.evaluation.case import Case
from masklet.evaluation.report import Failure, Parts, Rows

GOOD = 0.9
"""A mask of this J or more is no failure."""
ALIKE = 0.1
"""The J of a stretch differs at most so much from that of the frame that is shown."""
APART = 0.03
"""Stretches of one object that are shown lie this share of its judged frames apart."""


def failures(case: Case, parts: Parts, rows: Rows, most: int) -> tuple[Failure, ...]:
    """Up to `most` worst frames by J, worst first, and up to as many id switches, by time."""
    bad = list(_worst(case, rows, parts.region.j, most)) if parts.region is not None else []
    switched = list(_switches(case, parts, most)) if parts.identity is not None else []
    return (*sorted(bad, key=lambda one: one.value), *switched)


def _worst(case: Case, rows: Rows, j: Floats, most: int) -> Iterator[Failure]:
    taken: dict[int, list[tuple[int, int]]] = {}
    apart = int(np.ceil(APART * (case.frames[-1] - case.frames[0] + 1)))
    found = 0
    for i in np.argsort(j, kind="stable").tolist():
        if found == most or j[i] >= GOOD:
            return
        one, frame = int(rows.object_id[i]), int(rows.frame[i])
        stretches = taken.setdefault(one, [])
        if any(first - apart <= frame <= last + apart for first, last in stretches):
            continue
        stretches.append(_around(rows, j, i))
        found += 1
        yield Failure(
            case.name,
            frame,
            one,
            float(j[i]),
            _what(bool(rows.predicted[i]), bool(rows.true[i])),
            _of(case.pred, frame, one),
            _of(case.truth, frame, one),
            stretches[-1],
        )


def _around(rows: Rows, j: Floats, i: int) -> tuple[int, int]:
    """First and last frame of the object's stretch around entry `i` that is about as bad."""
    mine: Int64s = np.flatnonzero(rows.object_id == rows.object_id[i])
    at = int(np.searchsorted(mine, i))
    poor = (np.abs(j[mine] - j[i]) <= ALIKE) & (j[mine] < GOOD)
    first = last = at
    while first > 0 and poor[first - 1]:
        first -= 1
    while last + 1 < len(mine) and poor[last + 1]:
        last += 1
    return int(rows.frame[mine[first]]), int(rows.frame[mine[last]])


def _what(predicted: bool, true: bool) -> str:
    if predicted and true:
        return "masks differ"
    return "nothing predicted" if true else "nothing is there"


def _switches(case: Case, parts: Parts, most: int) -> Iterator[Failure]:
    for switch in parts.identity.switches[:most]:
        frame = int(switch.frame)
        yield Failure(
            case.name,
            frame,
            int(switch.object_id),
            float("nan"),
            f"id switch: {switch.before} -> {switch.now}",
            case.pred.on(frame),
            case.truth.on(frame),
            (int(switch.last_right), frame),
        )


def _of(masks: Masks, frame: int, object_id: int) -> Masks:
    on = masks.on(frame)
    return on.take(on.object_id == object_id)
