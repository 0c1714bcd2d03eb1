"""What a person does to masks: draw, remove, say what the picture does not show, declare complete."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from masklet.annotate.objects import editable, editable_all
from masklet.core import DataError, Flags, Masks, Origin, Review, Step, UsageError
from masklet.core.arrays import UInt32s
from masklet.ops.runs import area, canonical, empty
from masklet.ops.table import Row, areas, build
from masklet.store import Draft, StoredRow

_KEPT = Flags.OCCLUDED | Flags.TRUNCATED | Flags.SCENE_CUT | Flags.CROWD
"""What stays true of a row whose mask is drawn anew."""


def put(
    draft: Draft, frame: int, object_id: int, runs: UInt32s, step: Step, origin: Origin, score: float
) -> None:
    """Draw the mask of one object on one frame; an empty one says that it is not there.

    The row is a keyframe that a person stands behind. Where a program's row, a rejected or a corrected
    one stood there it counts as corrected.
    """
    check_frames(draft, [frame])
    label_id = editable(draft, object_id).label_id
    old = row_on(draft, frame, object_id)
    mask = canonical(runs)
    row = Row(
        frame,
        object_id,
        label_id,
        mask,
        score=score,
        origin=origin,
        review=_review_after(old),
        flags=_flags_after(old, bool(area(mask))),
        step=0,
    )
    draft.put(build(draft.video, draft.labels, [row], [step]), keep_trusted=False)


def put_rows(draft: Draft, rows: Masks) -> None:
    """Put what a program answered, under the labels of its objects.

    An answer to a person's prompt is a keyframe and replaces whatever stood there; any other row
    leaves alone what a person stands behind. Raises `DataError` for untracked rows.
    """
    check_frames(draft, rows.frame.tolist())
    if np.any(rows.object_id < 0):
        raise DataError("found rows without an object (-1); expected rows of objects of the video")
    numbers = rows.objects.tolist()
    of = dict(zip(numbers, editable_all(draft, numbers), strict=True))
    labels, asked = draft.labels, rows.trusted
    key, outside = np.uint16(Flags.KEYFRAME), np.uint16(Flags.OUTSIDE)
    flags = np.where(asked, rows.flags | key, rows.flags)
    flags = np.where(areas(rows) == 0, flags | outside, flags & ~outside)
    label_id = np.array([of[number].label_id for number in rows.object_id.tolist()], np.int16)
    draft.put(
        rows.replace(labels=tuple(labels), label_id=label_id, flags=flags, checked=[]),
        keep_trusted=True,
    )


def delete(draft: Draft, frames: Iterable[int], object_ids: Sequence[int]) -> None:
    """Remove the rows of objects on frames; frames without them do no harm."""
    wanted = set(frames)
    check_frames(draft, wanted)
    editable_all(draft, object_ids)
    chosen = set(object_ids)
    draft.remove([row for row in draft.rows(wanted) if row.object_id in chosen])


def mark_outside(draft: Draft, frame: int, object_id: int, step: Step) -> None:
    """Say that an object is not in the picture: its mask becomes an empty one."""
    check_frames(draft, [frame])
    old = row_on(draft, frame, object_id)
    if old is None or old.area or not old.trusted:
        width, height = draft.video.sizes_wh(np.array([frame]))[0].tolist()
        put(draft, frame, object_id, empty((width, height)), step, Origin.HUMAN, float("nan"))


def mark_inside(draft: Draft, frame: int, object_id: int, step: Step, before: UInt32s | None) -> None:
    """Take back that an object is not in the picture.

    `before` is its mask from before that was said; without one, nothing is known of it there again.
    """
    check_frames(draft, [frame])
    editable(draft, object_id)
    old = row_on(draft, frame, object_id)
    if old is None or old.area:
        return
    if before is None:
        draft.remove([old])
    else:
        put(draft, frame, object_id, before, step, Origin.HUMAN, float("nan"))


def mark_flag(draft: Draft, frame: int, object_id: int, flag: Flags, on: bool) -> None:
    """Say a fact about a row (`OCCLUDED`, `KEYFRAME`) or take it back. The row must be there.

    Whoever says something of a program's row has looked at it: it is accepted.
    """
    check_frames(draft, [frame])
    editable(draft, object_id)
    old = row_on(draft, frame, object_id)
    if old is None:
        raise UsageError(f"object {object_id} has no mask on frame {frame}; draw one or mark it outside")
    flags = old.flags | int(flag) if on else old.flags & ~int(flag)
    if flags != old.flags:
        review = old.review if old.trusted else int(Review.ACCEPTED)
        draft.set([old._replace(flags=flags, review=review)])


def complete(draft: Draft, frames: Iterable[int], on: bool) -> None:
    """Declare frames complete, so that an object without a mask there is absent; or take it back."""
    wanted = list(frames)
    check_frames(draft, wanted)
    draft.check(wanted, on)


def row_on(draft: Draft, frame: int, object_id: int) -> StoredRow | None:
    """The row of an object on a frame, None where there is none."""
    return next((row for row in draft.rows([frame]) if row.object_id == object_id), None)


def check_frames(draft: Draft, frames: Iterable[int]) -> None:
    """Raises `UsageError` for a frame that the video does not have."""
    n_frames = draft.video.n_frames
    for frame in frames:
        if frame < 0 or frame >= n_frames >= 0:
            last = f"0..{n_frames - 1}" if n_frames >= 0 else "0 or more"
            raise UsageError(f"frame {frame} is not in the video; expected {last}")


def _review_after(old: StoredRow | None) -> Review:
    if old is None:
        return Review.TODO
    return Review.TODO if old.trusted and old.review != Review.CORRECTED else Review.CORRECTED


def _flags_after(old: StoredRow | None, seen: bool) -> int:
    kept = int(_KEPT) & old.flags if old is not None else 0
    return kept | int(Flags.KEYFRAME) | (0 if seen else int(Flags.OUTSIDE))
