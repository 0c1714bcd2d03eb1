"""Masks: the one noun. A frozen table of columns, one row = one object on one frame."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from dataclasses import replace as _replace
from typing import Any

import numpy as np

from masklet.core.arrays import (
    Bools,
    Float32s,
    Int16s,
    Int32s,
    Int64s,
    UInt8s,
    UInt16s,
    UInt32s,
    blocks,
    frozen,
    gathered,
)
from masklet.core.enums import Origin, Review
from masklet.core.errors import DataError
from masklet.core.labels import Label
from masklet.core.steps import Step
from masklet.core.video import Video

_ROW_COLUMNS = {
    "frame": np.int32,
    "object_id": np.int32,
    "label_id": np.int16,
    "score": np.float32,
    "identity_score": np.float32,
    "origin": np.uint8,
    "review": np.uint8,
    "flags": np.uint16,
    "step": np.int16,
}


@dataclass(frozen=True, eq=False)
class Masks:
    """Instance masks on the frames of one video.

    Rows are sorted by (frame, object_id); that pair is unique except for `object_id` -1
    ("not tracked"), which may repeat on a frame. A mask is a list of run lengths over the whole
    frame, column by column from the top-left pixel, background first: the order of COCO's
    run-length encoding, so that a mask costs about as many numbers as its outline has columns.
    Boxes and areas are derived (`masklet.ops`), never stored.

    Args:
        video: what the rows lie on.
        labels: classes; `label_id` is an index into this tuple.
        frame: `(n,) int32`, 0-based, in presentation order.
        object_id: `(n,) int32`, stable through the video; -1 = not tracked.
        label_id: `(n,) int16`.
        runs: `(r,) uint32`, run lengths of all rows one after the other.
        offset: `(n + 1,) int64`, row `i` owns `runs[offset[i]:offset[i + 1]]`.
        score: `(n,) float32` in 0..1; NaN = drawn by a person.
        identity_score: `(n,) float32` in 0..1, how sure that this is still this object; NaN = unknown.
        origin: `(n,) uint8`, `Origin`.
        review: `(n,) uint8`, `Review`.
        flags: `(n,) uint16`, `Flags`.
        step: `(n,) int16` index into `steps`; -1 = unknown.
        steps: the operations that made the rows.
        checked: `(k,) int32`, frames that a person declared complete, sorted: an object without a
            row there is absent, not unseen.

    A scalar given for a row column is repeated. Raises `DataError` where a rule is broken.
    """

    video: Video
    labels: tuple[Label, ...] = ()
    frame: Int32s = field(default_factory=lambda: np.empty(0, np.int32))
    object_id: Int32s = field(default_factory=lambda: np.array(-1, np.int32))
    label_id: Int16s = field(default_factory=lambda: np.array(0, np.int16))
    runs: UInt32s = field(default_factory=lambda: np.empty(0, np.uint32))
    offset: Int64s = field(default_factory=lambda: np.zeros(1, np.int64))
    score: Float32s = field(default_factory=lambda: np.array(np.nan, np.float32))
    identity_score: Float32s = field(default_factory=lambda: np.array(np.nan, np.float32))
    origin: UInt8s = field(default_factory=lambda: np.array(Origin.HUMAN, np.uint8))
    review: UInt8s = field(default_factory=lambda: np.array(Review.TODO, np.uint8))
    flags: UInt16s = field(default_factory=lambda: np.array(0, np.uint16))
    step: Int16s = field(default_factory=lambda: np.array(-1, np.int16))
    steps: tuple[Step, ...] = ()
    checked: Int32s = field(default_factory=lambda: np.empty(0, np.int32))

    def __post_init__(self) -> None:
        n = len(np.atleast_1d(self.frame))
        for name, dtype in _ROW_COLUMNS.items():
            column = frozen(getattr(self, name), dtype, (n,))
            if column.shape != (n,):
                raise DataError(f"column {name} has shape {column.shape}; expected ({n},)")
            object.__setattr__(self, name, column)
        object.__setattr__(self, "runs", frozen(self.runs, np.uint32))
        object.__setattr__(self, "offset", frozen(self.offset, np.int64))
        object.__setattr__(self, "checked", frozen(np.unique(self.checked), np.int32))
        object.__setattr__(self, "labels", tuple(self.labels))
        object.__setattr__(self, "steps", tuple(self.steps))
        _check_offsets(self)
        if n > 1 and not _is_sorted(self.frame, self.object_id):
            _sort_rows(self)
        _check_rows(self)

    def __len__(self) -> int:
        return len(self.frame)

    def __repr__(self) -> str:
        return (
            f"Masks({len(self)} rows, {len(self.objects)} objects on {len(self.frames)} of "
            f"{self.video.n_frames} frames of {self.video.uri!r}, "
            f"{self.video.width}x{self.video.height})"
        )

    def __eq__(self, other: object) -> bool:
        """Same video, labels, steps and every column, NaN equal to NaN."""
        if not isinstance(other, Masks):
            return NotImplemented
        for spec in fields(self):
            mine, theirs = getattr(self, spec.name), getattr(other, spec.name)
            if isinstance(mine, np.ndarray):
                nan = mine.dtype.kind == "f"
                if not np.array_equal(mine, theirs, equal_nan=nan):
                    return False
            elif mine != theirs:
                return False
        return True

    __hash__ = None  # type: ignore[assignment]

    @property
    def frames(self) -> Int32s:
        """Frames that have at least one row, sorted."""
        return np.unique(self.frame)

    @property
    def objects(self) -> Int32s:
        """Object ids that occur, sorted."""
        return np.unique(self.object_id)

    @property
    def trusted(self) -> Bools:
        """`(n,) bool`: rows that stand for truth: drawn, prompted, imported or accepted by a person.

        Only such rows seed a Propagator, and none of them is ever overwritten by a program.
        """
        return is_trusted(self.origin, self.review)

    def row_runs(self, row: int) -> UInt32s:
        """Run lengths of one row, a view."""
        return self.runs[self.offset[row] : self.offset[row + 1]]

    def take(self, rows: Any) -> Masks:
        """The rows that a boolean mask, an index array or a slice chooses, as new `Masks`."""
        index = np.atleast_1d(np.arange(len(self))[rows])
        if len(index) == len(self) and np.array_equal(index, np.arange(len(self))):
            return self
        runs, offset = gathered(self.runs, self.offset, index)
        columns = {name: getattr(self, name)[index] for name in _ROW_COLUMNS}
        return self.replace(runs=runs, offset=offset, **columns)

    def on(self, frame: int) -> Masks:
        """What is known of one frame: its rows, and whether it was checked."""
        lo, hi = np.searchsorted(self.frame, [frame, frame + 1])
        return self.take(slice(int(lo), int(hi))).replace(checked=self.checked[self.checked == frame])

    def of(self, object_id: int) -> Masks:
        """The rows of one object."""
        return self.take(self.object_id == object_id)

    def each_frame(self) -> Iterator[tuple[int, Masks]]:
        """(frame, its rows) for every frame that has rows, in order."""
        for frame in self.frames:
            yield int(frame), self.on(int(frame))

    def replace(self, **columns: Any) -> Masks:
        """A copy with some columns changed. An edit worth knowing of adds a `Step`."""
        return _replace(self, **columns)

    def label_of(self, row: int) -> Label:
        """The label of one row."""
        return self.labels[int(self.label_id[row])]


def is_trusted(origin: UInt8s | np.uint8, review: UInt8s | np.uint8) -> Bools:
    """The rule behind `Masks.trusted`, on bare columns."""
    by_origin: Bools = np.isin(origin, (Origin.HUMAN, Origin.PROMPTED, Origin.IMPORTED))
    by_review: Bools = np.isin(review, (Review.ACCEPTED, Review.CORRECTED))
    kept: Bools = (by_origin | by_review) & (review != Review.REJECTED)
    return kept


def _is_sorted(frame: Int32s, object_id: Int32s) -> bool:
    later = frame[1:] > frame[:-1]
    same = frame[1:] == frame[:-1]
    return bool(np.all(later | (same & (object_id[1:] >= object_id[:-1]))))


def _sort_rows(masks: Masks) -> None:
    order = np.lexsort((masks.object_id, masks.frame))
    runs, offset = gathered(masks.runs, masks.offset, order)
    for name, dtype in _ROW_COLUMNS.items():
        object.__setattr__(masks, name, frozen(getattr(masks, name)[order], dtype))
    object.__setattr__(masks, "runs", frozen(runs, np.uint32))
    object.__setattr__(masks, "offset", frozen(offset, np.int64))


def _check_offsets(masks: Masks) -> None:
    n, offset = len(masks.frame), masks.offset
    if offset.shape != (n + 1,):
        raise DataError(f"column offset has shape {offset.shape}; expected ({n + 1},) for {n} rows")
    if offset[0] != 0 or offset[-1] != len(masks.runs) or np.any(np.diff(offset) < 0):
        raise DataError("column offset must rise from 0 to the number of runs")


def _check_rows(masks: Masks) -> None:
    frame, ids, n_frames = masks.frame, masks.object_id, masks.video.n_frames
    if len(frame) == 0:
        return
    last = n_frames - 1 if n_frames >= 0 else np.iinfo(np.int32).max
    if frame[0] < 0 or frame[-1] > last:
        wrong = frame[0] if frame[0] < 0 else frame[-1]
        raise DataError(f"frame {wrong} is not in the video; expected 0..{last}")
    twice = (frame[1:] == frame[:-1]) & (ids[1:] == ids[:-1]) & (ids[1:] >= 0)
    if np.any(twice):
        at = int(np.flatnonzero(twice)[0])
        raise DataError(f"object {ids[at]} has two masks on frame {frame[at]}; expected one")
    if masks.label_id.min() < 0 or masks.label_id.max() >= len(masks.labels):
        raise DataError(
            f"label_id runs {masks.label_id.min()}..{masks.label_id.max()}; "
            f"expected 0..{len(masks.labels) - 1} ({len(masks.labels)} labels)"
        )
    if masks.step.max() >= len(masks.steps):
        raise DataError(f"step {masks.step.max()} is not among the {len(masks.steps)} steps")
    _check_areas(masks)


def _check_areas(masks: Masks) -> None:
    pixels = np.zeros(len(masks), np.int64)
    for some in blocks(masks.offset):
        own = masks.offset[some.start : some.stop + 1]
        sums = np.concatenate([[0], np.cumsum(masks.runs[own[0] : own[-1]], dtype=np.int64)])
        pixels[some] = np.diff(sums[own - own[0]])
    sizes = masks.video.sizes_wh(masks.frame).astype(np.int64)
    wrong = np.flatnonzero(pixels != sizes[:, 0] * sizes[:, 1])
    if len(wrong):
        i = int(wrong[0])
        raise DataError(
            f"the mask of object {masks.object_id[i]} on frame {masks.frame[i]} covers "
            f"{pixels[i]} pixels; expected {sizes[i, 0]}x{sizes[i, 1]} = {sizes[i, 0] * sizes[i, 1]}"
        )
