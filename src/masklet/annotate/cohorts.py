"""Objects that are tracked together, so that one that is added later changes nothing of the others.

An engine sees all objects of a run and lets them compete. So an object that comes later, on a frame
where the others have no truth, would change their masks far from that frame. It is tracked by itself
instead, and leaves the others their pixels. What is drawn together on one frame is tracked together.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass

import numpy as np

from masklet.annotate.looks import visible
from masklet.annotate.track import TrackStore
from masklet.core import Flags, Masks
from masklet.core.arrays import Bools

FIRST = 0
"""The cohort of the objects that came first."""


def cohorts(rows: Masks) -> dict[int, list[int]]:
    """The objects that have truth by cohort, the first cohort first.

    A later cohort is called by its first object. Which one an object is in stands in the steps of its
    tracked rows; an object without any joins those that have truth on a frame with it, else it begins
    a cohort, with all others of its kind. Lines go with the first cohort.
    """
    truth = rows.take(rows.trusted & (rows.object_id >= 0) & ((rows.flags & Flags.OUTSIDE) == 0))
    before = _before(rows)
    old = {obj: before[obj] for obj in truth.objects.tolist() if obj in before}
    new = [obj for obj in truth.objects.tolist() if obj not in old]
    lines = {int(truth.object_id[i]) for i in range(len(truth)) if truth.label_of(i).kind == "line"}
    placed = dict(old)
    alone = []
    for obj in new:
        beside = truth.object_id[np.isin(truth.frame, truth.of(obj).frame)].tolist()
        met = sorted({old[other] for other in beside if other in old})
        if met or not old or obj in lines:
            placed[obj] = met[0] if met else FIRST
        else:
            alone.append(obj)
    placed |= dict.fromkeys(alone, min(alone, default=FIRST))
    return {
        name: [o for o in sorted(placed) if placed[o] == name] for name in sorted({*placed.values()})
    }


def _before(rows: Masks) -> dict[int, int]:
    """The cohort that most tracked rows of an object were made in."""
    names = [
        json.loads(step.arguments).get("cohort", FIRST) if step.verb == "track" else -1
        for step in rows.steps
    ]
    of_row = np.array([*names, -1], np.int64)[rows.step]
    found: dict[int, Counter[int]] = {}
    for obj, name in zip(rows.object_id.tolist(), of_row.tolist(), strict=True):
        if name >= 0:
            found.setdefault(obj, Counter())[name] += 1
    return {obj: counts.most_common(1)[0][0] for obj, counts in found.items()}


@dataclass(frozen=True)
class Cohort:
    """A store whose truth is that of some objects.

    Args:
        store: the store of all.
        objects: the members.
        earlier: members of cohorts before this one.
    """

    store: TrackStore
    objects: list[int]
    earlier: list[int]

    def load(self, frames: range | None = None) -> Masks:
        """Rows of the members where no frames are named; what stands there else."""
        rows = self.store.load(frames)
        return rows if frames is not None else rows.take(self._mine(rows))

    def replace(self, frames: range, objects: list[int], rows: Masks) -> None:
        """As the store."""
        self.store.replace(frames, objects, rows)

    def beside(self, frames: range) -> Masks:
        """What the members must leave alone: truth of others, and all of earlier cohorts."""
        rows = visible(self.store.load(frames))
        first = np.isin(rows.object_id, self.earlier)
        return rows.take(~self._mine(rows) & (first | rows.trusted))

    def _mine(self, rows: Masks) -> Bools:
        mine: Bools = np.isin(rows.object_id, self.objects)
        return mine
