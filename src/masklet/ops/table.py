"""Whole tables of masks: built, joined, edited and measured, all rows at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from masklet.core.arrays import Int16s, Int32s, Int64s, UInt32s, blocks
from masklet.core.enums import Origin, Review
from masklet.core.errors import DataError, UsageError
from masklet.core.labels import Label
from masklet.core.masks import Masks
from masklet.core.steps import Step
from masklet.core.video import Video
from masklet.ops import codec
from masklet.ops.spans import table_spans


class Row(NamedTuple):
    """One object on one frame, before it enters a table. Columns as in `Masks`."""

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


def row_at(masks: Masks, i: int) -> Row:
    """A row of a table as one of its own, unsigned."""
    return Row(
        frame=int(masks.frame[i]),
        object_id=int(masks.object_id[i]),
        label_id=int(masks.label_id[i]),
        runs=masks.row_runs(i),
        score=float(masks.score[i]),
        identity_score=float(masks.identity_score[i]),
        origin=int(masks.origin[i]),
        review=int(masks.review[i]),
        flags=int(masks.flags[i]),
    )


def build(
    video: Video,
    labels: Sequence[Label],
    rows: Iterable[Row],
    steps: Sequence[Step] = (),
    checked: Iterable[int] = (),
) -> Masks:
    """A table from rows in any order. Raises `DataError` as `Masks` does."""
    listed = list(rows)
    done = np.array(sorted(checked), np.int32)
    if not listed:
        return Masks(video, tuple(labels), steps=tuple(steps), checked=done)
    columns: dict[str, Any] = dict(zip(Row._fields, zip(*listed, strict=True), strict=True))
    offset = np.cumsum([0, *map(len, columns["runs"])])
    columns["runs"] = np.concatenate(columns["runs"])
    return Masks(video, tuple(labels), offset=offset, steps=tuple(steps), checked=done, **columns)


def areas(masks: Masks) -> Int64s:
    """Foreground pixels of every row, `(n,) int64`; some rows at a time."""
    found = np.empty(len(masks), np.int64)
    for some in blocks(masks.offset):
        offset = masks.offset[some.start : some.stop + 1]
        pairs = np.diff(offset) >> 1
        ends = np.cumsum(pairs)
        place = np.repeat(offset[:-1] + 1 - 2 * (ends - pairs), pairs)
        place += np.arange(0, 2 * len(place), 2)
        sums = np.concatenate([[0], np.cumsum(masks.runs[place], dtype=np.int64)])
        found[some] = sums[ends] - sums[ends - pairs]
    return found


def boxes(masks: Masks) -> Int32s:
    """Tight boxes, `(n, 4) int32`: x0, y0, x1, y1 half-open; zeros for an empty mask."""
    found = np.zeros((len(masks), 4), np.int32)
    height = masks.video.sizes_wh(masks.frame)[:, 1].astype(np.uint32)
    for some in blocks(masks.offset):
        own = masks.offset[some.start : some.stop + 1]
        found[some] = _boxes(masks.runs[own[0] : own[-1]], own - own[0], height[some])
    return found


def _boxes(runs: UInt32s, offset: Int64s, height: UInt32s) -> Int32s:
    """Boxes of some rows on frames of these heights."""
    found = np.zeros((len(height), 4), np.int32)
    starts, ends, row = table_spans(runs, offset)
    if not len(row):
        return found
    tall = height[0] if np.all(height == height[0]) else height[row]
    left, right = starts // tall, (ends - 1) // tall
    crosses = left != right
    top = np.where(crosses, 0, starts - left * tall)
    bottom = np.where(crosses, tall, ends - left * tall)
    first = np.flatnonzero(np.append(True, row[1:] != row[:-1]))
    last = np.append(first[1:], len(row)) - 1
    found[row[first]] = np.stack(
        [
            left[first],
            np.minimum.reduceat(top, first),
            right[last] + 1,
            np.maximum.reduceat(bottom, first),
        ],
        axis=1,
    )
    return found


def to_coco(masks: Masks) -> list[bytes]:
    """COCO's compressed counts of every row."""
    return codec.pack(masks.runs, masks.offset)


def from_coco(counts: Sequence[codec.Counts], sizes_wh: Int32s) -> tuple[UInt32s, Int64s]:
    """Columns `runs` and `offset` from the COCO counts of many rows.

    Args:
        counts: per row, compressed (bytes, text) or plain numbers.
        sizes_wh: `(n, 2)`, frame size of each row (`Video.sizes_wh`).

    Raises `DataError` where counts are damaged or do not fill the frame.
    """
    return codec.unpack(counts, np.asarray(sizes_wh, np.int64))


def concat(parts: Sequence[Masks]) -> Masks:
    """All rows of several tables on one video as one table.

    Labels are merged by name and kind (the first colour wins), steps by value, checked frames are
    united. Raises `DataError` for different videos and for an object that has two masks on a frame.
    """
    if not parts:
        raise UsageError("nothing to join; give at least one table of masks")
    first = parts[0]
    if len(parts) == 1:
        return first
    for part in parts[1:]:
        if part.video is not first.video and part.video != first.video:
            raise DataError(
                f"masks of {first.video.uri!r} and {part.video.uri!r} cannot be joined; "
                "expected one and the same video"
            )
    labels = _merged_labels(parts)
    steps = tuple(dict.fromkeys(step for part in parts for step in part.steps))
    lengths = np.concatenate([np.diff(part.offset) for part in parts])
    columns = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in ("frame", "object_id", "score", "identity_score", "origin", "review", "flags")
    }
    return Masks(
        first.video,
        labels,
        label_id=np.concatenate([_label_ids(part, labels) for part in parts]),
        runs=np.concatenate([part.runs for part in parts]),
        offset=np.concatenate([[0], np.cumsum(lengths)]),
        step=np.concatenate([_step_ids(part, steps) for part in parts]),
        steps=steps,
        checked=np.concatenate([part.checked for part in parts]),
        **columns,
    )


def _merged_labels(parts: Sequence[Masks]) -> tuple[Label, ...]:
    merged: dict[tuple[str, str], Label] = {}
    for label in (label for part in parts for label in part.labels):
        key = (label.name, label.kind)
        if key not in merged or (label.colour and not merged[key].colour):
            merged[key] = label
    return tuple(merged.values())


def _label_ids(masks: Masks, labels: Sequence[Label]) -> Int16s:
    """`label_id` of every row, as an index into other labels; -1 where the label is not there."""
    index = {(label.name, label.kind): i for i, label in reversed(list(enumerate(labels)))}
    table = np.array([index.get((label.name, label.kind), -1) for label in masks.labels], np.int16)
    ids: Int16s = table[masks.label_id] if len(masks) else masks.label_id
    return ids


def _step_ids(masks: Masks, steps: Sequence[Step]) -> Int16s:
    index = {step: i for i, step in enumerate(steps)}
    table = np.array([*(index[step] for step in masks.steps), -1], np.int16)
    ids: Int16s = table[masks.step]
    return ids


def upsert(base: Masks, new: Masks, keep_trusted: bool = True) -> Masks:
    """`base` with the rows of `new` put in.

    A new row replaces the base row of the same frame and object. With `keep_trusted` a base row that
    stands for truth (`Masks.trusted`) stays and the new one is dropped. Untracked rows (object -1)
    are only added.
    """
    base_keys, new_keys = row_keys(base), row_keys(new)
    if keep_trusted:
        kept = ~np.isin(new_keys, base_keys[base.trusted]) | (new.object_id < 0)
        new, new_keys = new.take(kept), new_keys[kept]
    stays = ~np.isin(base_keys, new_keys) | (base.object_id < 0)
    return concat([base.take(stays), new])


def row_keys(masks: Masks) -> Int64s:
    """`(n,) int64`: one number for each (frame, object_id), for looking rows up in another table."""
    keys: Int64s = masks.frame.astype(np.int64) << 32 | (masks.object_id.astype(np.int64) & 0xFFFFFFFF)
    return keys


def with_labels(masks: Masks, labels: Sequence[Label]) -> Masks:
    """The same rows under other labels, matched by name and kind.

    Raises `DataError` for a label that rows use and `labels` lacks.
    """
    ids = _label_ids(masks, labels)
    if len(ids) and ids.min() < 0:
        lost = masks.label_of(int(np.argmin(ids)))
        names = ", ".join(label.name for label in labels) or "none"
        raise DataError(f"rows use the {lost.kind} label {lost.name!r}; the new labels are: {names}")
    return masks.replace(labels=tuple(labels), label_id=ids)


def renumbered(masks: Masks, ids: Mapping[int, int]) -> Masks:
    """Objects under other ids; those not named keep theirs. `DataError` where two objects meet."""
    known, place = np.unique(masks.object_id, return_inverse=True)
    table = np.array([ids.get(int(one), int(one)) for one in known], np.int32)
    return masks.replace(object_id=table[place]) if len(masks) else masks


def with_video(masks: Masks, video: Video) -> Masks:
    """The same rows on another description of the video. `DataError` where a frame's size differs."""
    if len(masks) and masks.frame[-1] >= video.n_frames >= 0:
        raise DataError(
            f"masks reach to frame {masks.frame[-1]}; {video.uri!r} has {video.n_frames} frames "
            f"(0..{video.n_frames - 1}): are these the masks of another video?"
        )
    mine, theirs = masks.video.sizes_wh(masks.frame), video.sizes_wh(masks.frame)
    wrong = np.flatnonzero(np.any(mine != theirs, axis=1))
    if len(wrong):
        i = int(wrong[0])
        raise DataError(
            f"the mask on frame {masks.frame[i]} is {mine[i, 0]}x{mine[i, 1]} pixels; {video.uri!r} "
            f"has {theirs[i, 0]}x{theirs[i, 1]}: resize the masks or give the video they belong to"
        )
    checked = masks.checked
    if video.n_frames >= 0:
        checked = checked[checked < video.n_frames]
    return masks.replace(video=video, checked=checked)


def signed(masks: Masks, step: Step) -> Masks:
    """The same rows, all of them made by `step`."""
    return masks.replace(steps=(step,), step=np.zeros(len(masks), np.int16))


def replaced_runs(masks: Masks, changed: Mapping[int, UInt32s], step: Step) -> Masks:
    """Some rows with other masks, signed by `step`; all else stays.

    Args:
        masks: the table.
        changed: runs by row, `0..len(masks) - 1`.
        step: added to the steps; only the changed rows refer to it.
    """
    if not changed:
        return masks
    parts = [changed[row] if row in changed else masks.row_runs(row) for row in range(len(masks))]
    steps = masks.steps if step in masks.steps else (*masks.steps, step)
    signature = masks.step.copy()
    signature[list(changed)] = steps.index(step)
    return masks.replace(
        runs=np.concatenate(parts),
        offset=np.cumsum([0, *map(len, parts)]),
        step=signature,
        steps=steps,
    )
