"""What people do to objects while a run is under way that carries them.

A run reads its truth when it begins. Where somebody then removes an object, takes its truth back, locks
it, merges it into another one or splits its track, rows of that object would bring back what is no more.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from masklet.core import Label, Masks
from masklet.ops.table import concat
from masklet.store.video_store import VideoStore


@dataclass
class Overtaken:
    """Watches a video from now on.

    Args:
        store: the video.
        batch: name of the watcher's own changes, which do not count.
        reasons: by object, why its rows are not to be written any more.
    """

    store: VideoStore
    batch: str
    reasons: dict[int, str] = field(default_factory=dict, init=False)
    _seen: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self._seen = self.store.revision

    def look(self) -> dict[int, str]:
        """`reasons` as of now. Cheap where nothing was changed."""
        if self.store.revision == self._seen:
            return self.reasons
        for change in self.store.changes_since(self._seen):
            self._seen = change.revision
            if change.batch and change.batch == self.batch:
                continue
            who = f" by {change.author}" if change.author else ""
            for number in {*change.objects, *change.attributes} - {-1} - self.reasons.keys():
                if reason := self._reason(number, change.verb):
                    self.reasons[number] = f"object {number} {reason}{who}"
        return self.reasons

    def _reason(self, number: int, verb: str) -> str:
        known = self.store.objects().get(number)
        if known is None:
            return "was removed"
        if known.locked:
            return "was locked"
        if verb == "split":
            return "was split"
        tracks = [track for track in self.store.timeline().tracks if track.object_id == number]
        if not any(track.trusted.any() for track in tracks):
            return "has no annotated frame any more"
        return ""


def relabelled(rows: Masks, store: VideoStore) -> Masks:
    """The rows with the labels that their objects have now."""
    known, labels = store.objects(), store.labels
    wanted = {number: labels[one.label_id] for number, one in known.items()}
    old = [number for number in rows.objects.tolist() if _other(rows, number, wanted.get(number))]
    if not old:
        return rows
    tables = [rows.take(~np.isin(rows.object_id, old))]
    tables += [rows.of(number).replace(labels=(wanted[number],), label_id=np.int16(0)) for number in old]
    return concat(tables)


def _other(rows: Masks, number: int, label: Label | None) -> bool:
    if label is None:
        return False
    mine = rows.of(number)
    return any(mine.labels[i].name != label.name for i in set(mine.label_id.tolist()))
