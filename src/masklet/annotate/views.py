"""Stores as a part of a run may see them."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np

from masklet.annotate.looks import visible
from masklet.annotate.track import TrackStore
from masklet.core import Masks
from masklet.core.arrays import Bools
from masklet.ops.table import upsert


@dataclass(frozen=True)
class Known:
    """A store whose truth is what a run may know.

    A run forward neither sees nor removes what was carried back from a later look.
    """

    store: TrackStore
    truth: Masks
    forward: bool

    def load(self, frames: range | None = None) -> Masks:
        """All that is known where no frames are named; what stands there else."""
        if frames is None:
            return self.truth
        rows = self.store.load(frames)
        return rows.take(~_carried_back(rows)) if self.forward else rows

    def replace(self, frames: range, objects: list[int], rows: Masks) -> None:
        """As the store, but for what a run forward keeps."""
        if self.forward:
            standing = self.store.load(frames)
            back = _carried_back(standing) & np.isin(standing.object_id, objects)
            rows = upsert(standing.take(back).replace(checked=()), rows, keep_trusted=False)
        self.store.replace(frames, objects, rows)


@dataclass(frozen=True)
class Others:
    """What other objects than these hold."""

    store: TrackStore
    objects: list[int]

    def rows(self, frames: range) -> Masks:
        """Their visible rows on some frames."""
        found = visible(self.store.load(frames))
        return found.take(~np.isin(found.object_id, self.objects))


def _carried_back(rows: Masks) -> Bools:
    ways = [json.loads(s.arguments).get("direction") if s.verb == "track" else None for s in rows.steps]
    back = np.array([way == "backward" for way in ways] + [False], np.bool_)
    found: Bools = back[rows.step] & ~rows.trusted
    return found
