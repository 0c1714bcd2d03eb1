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
    free = sorted(annotated(store) - locked)
    if not free:
        raise UsageError("every annotated object is locked; unlock what is to be tracked")
    return tuple(free)


def annotated(store: VideoStore) -> set[int]:
    """Objects that a person annotated on some frame."""
    tracks = store.timeline().tracks
    return {track.object_id for track in tracks if track.object_id >= 0 and track.trusted.any()}
