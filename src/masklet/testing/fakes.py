"""Engines, a store and a source that do little, exactly and at once: for tests, plugins and examples."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from masklet.core.arrays import Bools, Image, UInt32s
from masklet.core.enums import Origin
from masklet.core.errors import DataError, UsageError
from masklet.core.labels import Label
from masklet.core.masks import Masks
from masklet.core.prompts import Prompt
from masklet.core.protocols import MediaSource
from masklet.core.video import Video
from masklet.ops import table
from masklet.ops.runs import decode_crop, encode_crop


class ArraySource:
    """A `MediaSource` over frames in memory.

    Args:
        frames: `(n, h, w, 3) uint8` RGB; copied.
        fps: frames per second, gives the presentation times.
        uri: name of the video.

    Raises `DataError` for another shape or type.
    """

    def __init__(self, frames: npt.ArrayLike, fps: float = 25.0, uri: str = "array:") -> None:
        held = np.array(frames)
        if held.ndim != 4 or held.shape[-1] != 3 or held.dtype != np.uint8:
            raise DataError(f"frames are {held.shape} {held.dtype}; expected (n, h, w, 3) uint8")
        self._frames = held
        n, h, w, _ = held.shape
        self._video = Video(uri, w, h, n, np.arange(n) / fps)

    @property
    def video(self) -> Video:
        """Size, length and times."""
        return self._video

    def frames(
        self, start: int = 0, stop: int | None = None, step: int = 1
    ) -> Iterator[tuple[int, Image]]:
        """(index, `(h, w, 3) uint8` RGB), copies, from `start` up to `stop`, `step` > 0 at a time."""
        if start < 0 or step < 1:
            raise UsageError(f"frames from {start} in steps of {step}; expected start >= 0, step >= 1")
        end = len(self._frames) if stop is None else min(stop, len(self._frames))
        for index in range(start, end, step):
            yield index, self[index]

    def __getitem__(self, index: int) -> Image:
        """A copy of one frame; `DataError` outside 0..n - 1."""
        if not 0 <= index < len(self._frames):
            raise DataError(f"frame {index} is not in the array; expected 0..{len(self._frames) - 1}")
        image: Image = self._frames[index].copy()
        return image


class EchoPropagator:
    """A Propagator that repeats every object's nearest trusted row, score 1."""

    def propagate(self, media: MediaSource, seeds: Masks, frames: range) -> Iterator[tuple[int, Masks]]:
        """(frame, rows) for each of `frames`; the pixels are never read."""
        sources = _trusted(seeds)
        for frame in frames:
            yield frame, _moved(media.video, sources, frame, (0, 0), 0.0)


class DriftPropagator:
    """A Propagator whose masks slide away from the truth by a known amount.

    Args:
        shift_xy: whole pixels a frame, in the direction of time.
        fall: what the score loses a frame away from the trusted row, down to 0.
    """

    def __init__(self, shift_xy: tuple[int, int] = (1, 0), fall: float = 0.02) -> None:
        self.shift_xy = shift_xy
        self.fall = fall

    def propagate(self, media: MediaSource, seeds: Masks, frames: range) -> Iterator[tuple[int, Masks]]:
        """(frame, rows) for each of `frames`; an object that has slid out of the picture has no row."""
        sources = _trusted(seeds)
        for frame in frames:
            yield frame, _moved(media.video, sources, frame, self.shift_xy, self.fall)


def _trusted(seeds: Masks) -> Masks:
    trusted = seeds.take(seeds.trusted)
    if not len(trusted):
        raise DataError("no trusted row among the seeds; expected at least one annotated object")
    return trusted


def _moved(video: Video, sources: Masks, frame: int, shift: tuple[int, int], fall: float) -> Masks:
    rows = []
    for object_id in sources.objects:
        mine = np.flatnonzero(sources.object_id == object_id)
        row = int(mine[np.argmin(np.abs(sources.frame[mine] - frame))])
        gap = frame - int(sources.frame[row])
        runs = _shifted(sources.row_runs(row), video.size_wh(frame), (shift[0] * gap, shift[1] * gap))
        if runs is None:
            continue
        score = max(0.0, 1.0 - fall * abs(gap))
        label = int(sources.label_id[row])
        rows.append(table.Row(frame, int(object_id), label, runs, score, score, Origin.PROPAGATED))
    return table.build(video, sources.labels, rows)


def _shifted(runs: UInt32s, size_wh: tuple[int, int], by: tuple[int, int]) -> UInt32s | None:
    """The mask moved by whole pixels and cut at the picture; None when nothing is left."""
    crop, (x, y) = decode_crop(runs, size_wh)
    w, h = size_wh
    x, y = x + by[0], y + by[1]
    inside = crop[max(0, -y) : max(0, h - y), max(0, -x) : max(0, w - x)]
    if not inside.any():
        return None
    return encode_crop(inside, (max(0, x), max(0, y)), size_wh)


class ThresholdSegmenter:
    """A Segmenter that takes every connected bright part for an object.

    Args:
        threshold: a pixel belongs to an object when its mean of R, G and B is above it.
        min_area: smaller parts are left out, pixels.
        label: name of the label of all rows.
    """

    def __init__(self, threshold: float = 128.0, min_area: int = 1, label: str = "object") -> None:
        self.threshold = threshold
        self.min_area = min_area
        self.label = label

    def segment(self, image: Image, prompts: Sequence[Prompt] | None = None) -> Masks:
        """One row a part, untracked (-1); with prompts one row a prompt: the part that it points at.

        `DataError` for an image that is not `(h, w, 3) uint8`.
        """
        from masklet.testing import paint

        if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
            raise DataError(f"image is {image.shape} {image.dtype}; expected (h, w, 3) uint8")
        h, w = image.shape[:2]
        found = paint.parts(image.mean(axis=2) > self.threshold)
        found = [(at, crop) for at, crop in found if np.count_nonzero(crop) >= self.min_area]
        labels = [
            Label(name) for name in dict.fromkeys([p.label for p in prompts or ()] or [self.label])
        ]
        rows = []
        if not prompts:
            rows = [self._row(-1, 0, at, crop, (w, h), Origin.PREDICTED) for at, crop in found]
        for prompt in prompts or ():
            label = next(i for i, known in enumerate(labels) if known.name == prompt.label)
            for at, crop in found:
                if _points_at(prompt, at, crop):
                    rows.append(self._row(prompt.object_id, label, at, crop, (w, h), Origin.PROMPTED))
                    break
        return table.build(Video("image:", w, h, 1), labels, rows)

    def _row(
        self,
        object_id: int,
        label: int,
        at: tuple[int, int],
        crop: Bools,
        size_wh: tuple[int, int],
        origin: Origin,
    ) -> table.Row:
        return table.Row(0, object_id, label, encode_crop(crop, at, size_wh), 1.0, 1.0, origin)


def _points_at(prompt: Prompt, at: tuple[int, int], crop: Bools) -> bool:
    """Does the prompt's first positive point, or the middle of its box, lie on the part?"""
    if prompt.positive.any():
        x, y = prompt.points[prompt.positive][0]
    elif prompt.box is not None:
        x, y = (prompt.box[0] + prompt.box[2]) / 2, (prompt.box[1] + prompt.box[3]) / 2
    else:
        return False
    column, row = int(np.floor(x)) - at[0], int(np.floor(y)) - at[1]
    return 0 <= row < crop.shape[0] and 0 <= column < crop.shape[1] and bool(crop[row, column])


class MemoryStore:
    """A Store that forgets everything with the process.

    Args:
        video: what the rows lie on.
        labels: labels that are known from the start.
    """

    def __init__(self, video: Video, labels: Sequence[Label] = ()) -> None:
        self._masks = Masks(video, tuple(labels))
        self._history: list[Masks] = []

    def load(self) -> Masks:
        """All current rows."""
        return self._masks

    def append(self, rows: Masks) -> None:
        """Add rows or replace those with the same (frame, object_id); `DataError` for another video."""
        self._masks = table.upsert(self._masks, rows, keep_trusted=False)
        self._history.append(rows)

    def history(self) -> Sequence[Any]:
        """The rows of every `append`, oldest first."""
        return tuple(self._history)
