"""Which objects a job tracks: those asked for, or all that have truth and that nobody locked."""

from __future__ import annotations

from masklet.core import UsageError
from masklet.store.video_store import VideoStore


def chosen(store: VideoStore, asked: tuple[int, ...]) -> tuple[int, ...]:
    """Ids; empty = all.

    Raises `UsageError` where one that was asked for is locked, or all are.
    """
    locked = {number for number, one in store.objects().items() if one.locked}
    if wrong := sorted(locked.intersection(asked)):
        raise UsageError(f"object {wrong[0]} is locked; unlock it, or leave it out")
    if asked or not locked:
        return asked
    rows = store.load()
    free = sorted(set(rows.object_id[rows.trusted].tolist()) - locked - {-1})
    if not free:
        raise UsageError("every annotated object is locked; unlock what is to be tracked")
    return tuple(free)
