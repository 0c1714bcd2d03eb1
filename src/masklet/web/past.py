"""Rows as they were at an earlier revision, for looking at before and after."""

from __future__ import annotations

import numpy as np

from masklet.core import Masks
from masklet.store import Version, VideoStore
from masklet.web.asking import bad

MOST_FRAMES = 64


def rows_at(store: VideoStore, frames: range, revision: int) -> Masks:
    """Rows of `frames` as they were after `revision`. 400 for many frames: each is read by itself."""
    if len(frames) > MOST_FRAMES:
        raise bad(f"{len(frames)} frames of the past are asked for", f"ask for at most {MOST_FRAMES}")
    found: dict[tuple[int, int], Version] = {}
    for frame in frames:
        for change in store.history(frame):
            if change.revision > revision or change.object_id < 0:
                continue
            place = (frame, change.object_id)
            if change.after is None:
                found.pop(place, None)
            else:
                found[place] = change.after
    return _masks(store, found)


def _masks(store: VideoStore, found: dict[tuple[int, int], Version]) -> Masks:
    places, versions = list(found), list(found.values())
    labels = list(dict.fromkeys(version.label for version in versions))
    runs = [version.runs for version in versions]
    score = [np.nan if version.score is None else version.score for version in versions]
    return Masks(
        store.video,
        tuple(labels),
        frame=np.array([frame for frame, _ in places], np.int32),
        object_id=np.array([number for _, number in places], np.int32),
        label_id=np.array([labels.index(version.label) for version in versions], np.int16),
        runs=np.concatenate([np.empty(0, np.uint32), *runs]),
        offset=np.cumsum([0, *map(len, runs)]),
        score=np.array(score, np.float32),
        origin=np.array([version.origin for version in versions], np.uint8),
        review=np.array([version.review for version in versions], np.uint8),
        flags=np.array([version.flags for version in versions], np.uint16),
    )
