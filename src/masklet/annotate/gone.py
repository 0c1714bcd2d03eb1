"""An object that was not found for long is gone: a row that says so, where it was missed first.

Such a row is flagged `OUTSIDE` and holds an empty mask. It is a program's word: its origin is
`PROPAGATED`, so that it is never truth, ends no run, and gives way to whatever is found or drawn there.
"""

from __future__ import annotations

import numpy as np

from masklet.annotate.stretches import Direction
from masklet.annotate.track import TrackStore
from masklet.core import Flags, Label, Masks, Origin, Review, Step, UsageError
from masklet.ops.runs import empty
from masklet.ops.table import Row, build, concat, row_keys, signed

STEP = "gone"
"""Verb of the step that signs a program's rows of this kind."""


def check_after(after: int) -> None:
    """Raise `UsageError` for a number of frames that makes no sense."""
    if after < 0:
        raise UsageError(f"objects are gone after {after} frames; expected 1 or more, 0 = never")


def outside_row(rows: Masks, object_id: int, frame: int, label: Label, origin: Origin) -> Masks:
    """One row on the video of `rows`: the object is not here. Score 1; NaN where a person says so."""
    score = float("nan") if origin == Origin.HUMAN else 1.0
    flags = int(Flags.OUTSIDE | Flags.KEYFRAME)
    runs = empty(rows.video.size_wh(frame))
    row = Row(frame, object_id, 0, runs, score, score, int(origin), flags=flags)
    return build(rows.video, (label,), [row])


def told_gone(rows: Masks) -> Masks:
    """The rows by which a program said that an object is gone."""
    return rows.take(((rows.flags & Flags.OUTSIDE) != 0) & ~rows.trusted)


def closed(rows: Masks, wanted: list[range], after: int, direction: Direction) -> Masks:
    """For each object that was tracked and then not found on `after` frames: a row that it is gone.

    Args:
        rows: all rows of a video after a run.
        wanted: rising disjoint ranges that the run was to fill.
        after: so many of them without the object, from its last row on, close it; 0 = never.
        direction: of the run. One that only goes backward knows nothing of what comes after.

    A gap between two stays of an object counts as much as one at the end. Where a person spoke on an
    object's first missing frame (a row, or "this frame is complete") nothing is added.
    """
    nothing = rows.take([]).replace(checked=())
    if not after or direction == "backward":
        return nothing
    looked = np.array([frame for part in wanted for frame in part], np.int64)
    there = ((rows.flags & Flags.OUTSIDE) == 0) & (rows.review != Review.REJECTED)
    parts = [nothing]
    for obj in rows.objects[rows.objects >= 0].tolist():
        mine = np.flatnonzero((rows.object_id == obj) & there)
        said = rows.frame[(rows.object_id == obj) & rows.trusted]
        frames = rows.frame[mine].astype(np.int64)
        first, until = frames + 1, np.append(frames[1:], rows.video.n_frames)
        missing = np.searchsorted(looked, until) - np.searchsorted(looked, first)
        spoken = np.isin(first, said) | np.isin(first, rows.checked) | ~np.isin(first, looked)
        for i in np.flatnonzero((missing >= after) & ~spoken).tolist():
            label = rows.label_of(int(mine[i]))
            parts.append(outside_row(rows, obj, int(first[i]), label, Origin.PROPAGATED))
    return signed(concat(parts), Step.of(STEP, {"after": after}))


def close(store: TrackStore, wanted: list[range], after: int, direction: Direction) -> Masks:
    """Tell the store which objects are gone (`closed`), and take back what does not hold any more.

    Returns all rows afterwards. With `after` 0 nothing changes.
    """
    rows = store.load()
    if not after or direction == "backward":
        return rows
    now, before = closed(rows, wanted, after, direction), told_gone(rows)
    inside = [any(frame in part for part in wanted) for frame in before.frame.tolist()]
    before = before.take(np.array(inside, bool))
    stale = before.take(~np.isin(row_keys(before), row_keys(now)))
    fresh = now.take(~np.isin(row_keys(now), row_keys(before)))
    for table, put in ((stale, False), (fresh, True)):
        for i in range(len(table)):
            frame, row = int(table.frame[i]), table.take([i] if put else [])
            store.replace(range(frame, frame + 1), [int(table.object_id[i])], row)
    return store.load() if len(stale) or len(fresh) else rows
