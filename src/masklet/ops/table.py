"""Whole tables of masks: areas and boxes, building, joining, replacing rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from masklet.core import DataError, Label, Masks, Origin, Review, Step, Video
from masklet.core.arrays import Int32s, Int64s, UInt32s


class Row(NamedTuple):
    """One row of `Masks`, for building tables row by row."""

    frame: int
    object_id: int
    label_id: int
    runs: UInt32s
    score: float = float("nan")
    identity_score: float = float("nan")
    origin: int = Origin.HUMAN
    review: int = Review.TODO
    flags: int = 0
    step: int = -1


def build(video: Video, labels: Sequence[Label], rows: Iterable[Row], steps: Sequence[Step] = ()) -> Masks:
    """A table from rows in any order."""
    listed = list(rows)
    if not listed:
        return Masks(video, tuple(labels), steps=tuple(steps))
    columns = {
        name: np.array([getattr(row, name) for row in listed])
        for name in Row._fields
        if name != "runs"
    }
    lengths = [len(row.runs) for row in listed]
    offset = np.concatenate([[0], np.cumsum(lengths)])
    runs = np.concatenate([row.runs for row in listed])
    return Masks(video, tuple(labels), runs=runs, offset=offset, steps=tuple(steps), **columns)


def areas(masks: Masks) -> Int64s:
    """`(n,) int64` foreground pixels of each row."""
    odd = (np.arange(len(masks.runs)) - np.repeat(masks.offset[:-1], np.diff(masks.offset))) % 2
    sums = np.concatenate([[0], np.cumsum(masks.runs * odd, dtype=np.int64)])
    return sums[masks.offset[1:]] - sums[masks.offset[:-1]]


def boxes(masks: Masks) -> Int32s:
    """`(n, 4) int32` (x0, y0, x1, y1) half-open; zeros where a mask is empty."""
    from masklet.ops.runs import box

    found = [box(masks.row_runs(i), masks.video.size_wh(int(masks.frame[i]))) for i in range(len(masks))]
    return np.array(found, np.int32).reshape(-1, 4)


def concat(parts: Sequence[Masks]) -> Masks:
    """One table of all rows: labels are joined by name and kind, steps by equality.

    Raises `DataError` where the videos differ or two rows claim one (frame, object).
    """
    if not parts:
        raise DataError("nothing to join; expected at least one table of masks")
    first = parts[0]
    labels: list[Label] = []
    steps: list[Step] = []
    moved = []
    for part in parts:
        if part.video is not first.video and part.video != first.video:
            raise DataError(f"cannot join masks of {part.video.uri!r} with those of {first.video.uri!r}")
        moved.append(_moved(part, labels, steps))
    names = ("frame", "object_id", "label_id", "runs", "score", "identity_score")
    names += ("origin", "review", "flags", "step", "checked")
    columns = {name: np.concatenate([getattr(part, name) for part in moved]) for name in names}
    starts = np.cumsum([0] + [len(part.runs) for part in moved])
    offset = [part.offset[:-1] + start for part, start in zip(moved, starts, strict=False)]
    columns["offset"] = np.concatenate([*offset, starts[-1:]])
    return Masks(first.video, tuple(labels), steps=tuple(steps), **columns)


def _moved(part: Masks, labels: list[Label], steps: list[Step]) -> Masks:
    to_label = [_place(labels, label, _same_label) for label in part.labels]
    to_step = [_place(steps, step, lambda a, b: a == b) for step in part.steps]
    label_id = np.array([*to_label, 0], np.int16)[part.label_id]
    step = np.array([*to_step, -1], np.int16)[part.step]
    bare = part.replace(labels=tuple(labels), label_id=label_id, steps=tuple(steps), step=step)
    return bare


def _same_label(a: Label, b: Label) -> bool:
    return (a.name, a.kind) == (b.name, b.kind)


def _place(known, item, same) -> int:  # type: ignore[no-untyped-def]
    for place, other in enumerate(known):
        if same(other, item):
            return place
    known.append(item)
    return len(known) - 1


def upsert(base: Masks, new: Masks, keep_trusted: bool = True) -> Masks:
    """`base` with the rows of `new` in the place of those with the same (frame, object_id)."""
    fixed = base.trusted if keep_trusted else np.zeros(len(base), bool)
    pairs = list(zip(base.frame.tolist(), base.object_id.tolist(), strict=True))
    held = {pair for pair, keep in zip(pairs, fixed, strict=True) if keep}
    coming = [
        pair if pair not in held or pair[1] < 0 else None
        for pair in zip(new.frame.tolist(), new.object_id.tolist(), strict=True)
    ]
    replaced = {pair for pair in coming if pair is not None and pair[1] >= 0}
    stay = np.array([pair not in replaced for pair in pairs], bool)
    return concat([base.take(stay), new.take(np.array([pair is not None for pair in coming], bool))])


def signed(masks: Masks, step: Step) -> Masks:
    """The same rows, all made by `step`."""
    return masks.replace(steps=(step,), step=np.zeros(len(masks), np.int16))


def with_video(masks: Masks, video: Video) -> Masks:
    """The same rows on another description of the same video; `DataError` where sizes differ."""
    mine = masks.video
    if (mine.width, mine.height) != (video.width, video.height):
        raise DataError(
            f"the masks are {mine.width}x{mine.height}, {video.uri} is {video.width}x{video.height}; "
            "expected masks of the video's own size"
        )
    return masks.replace(video=video)


def with_labels(masks: Masks, labels: Sequence[Label]) -> Masks:
    """The same rows counting in `labels`, which must contain every label in use."""
    return masks.replace(labels=tuple(labels))
