"""The frames worth a look: where masks are worst, each bad stretch once, and where identities switch."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from masklet.core.arrays import Floats, Int64s
from masklet.core.masks import Masks
from masklet.evaluate.case import Case
from masklet.evaluate.report import Failure, Parts, Rows

GOOD = 0.9
"""A mask of this J or more is no failure."""
APART = 0.05
"""Failures of one object stand this share of its judged frames apart, unless all is well between."""


def failures(case: Case, parts: Parts, rows: Rows, most: int) -> tuple[Failure, ...]:
    """Up to `most` worst frames by J, worst first, and up to as many id switches, by time."""
    bad = list(_worst(case, rows, parts.region.j, most)) if parts.region is not None else []
    switched = list(_switches(case, parts, most)) if parts.identity is not None else []
    return (*sorted(bad, key=lambda one: one.value), *switched)


def _worst(case: Case, rows: Rows, j: Floats, most: int) -> Iterator[Failure]:
    taken: dict[int, list[int]] = {}
    apart = max(round(APART * len(case.frames)), 1)
    place = np.searchsorted(case.frames, rows.frame)
    found = 0
    for i in np.argsort(j, kind="stable").tolist():
        if found == most or j[i] >= GOOD:
            return
        one, at = int(rows.object_id[i]), int(place[i])
        if any(abs(at - other) <= apart for other in taken.get(one, [])):
            continue
        taken.setdefault(one, []).append(at)
        found += 1
        frame = int(rows.frame[i])
        yield Failure(
            case.name,
            frame,
            one,
            float(j[i]),
            _what(bool(rows.predicted[i]), bool(rows.true[i])),
            _of(case.pred, frame, one),
            _of(case.truth, frame, one),
            _around(rows, j, i),
        )


def _around(rows: Rows, j: Floats, i: int) -> tuple[int, int]:
    """The stretch of the object's frames around entry `i` that are nearer to its J than to `GOOD`."""
    mine: Int64s = np.flatnonzero(rows.object_id == rows.object_id[i])
    at = int(np.searchsorted(mine, i))
    poor = j[mine] < (j[i] + GOOD) / 2
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
