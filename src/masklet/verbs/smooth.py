"""Masks that flicker made steady, as a step of its own that one can see and take or leave."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from masklet.core import Label, Masks, Video
from masklet.core.arrays import Floats
from masklet.evaluation.spread import known_mean
from masklet.evaluation.steadiness import median, motion
from masklet.infer.smoothing import FRAMES, check_frames, smoothed_parts
from masklet.ops.table import concat
from masklet.verbs.outputs import check_outputs
from masklet.verbs.projects import PROJECT, project_at
from masklet.verbs.report_text import columns

Parts = Iterator[tuple[Masks, Masks]]
_BEFORE = 3
"""Frames before a row that its measures look at."""


@dataclass(frozen=True)
class Flicker:
    """How much one object flickers; the measures are those of `masklet.steady`.

    Args:
        area_change: median relative change of the area from frame to frame.
        jerk: median length of the third difference of the centre, px.
        temporal_iou: mean IoU with the frame before.
    """

    area_change: float
    jerk: float
    temporal_iou: float


@dataclass(frozen=True)
class Smoothed:
    """What smoothing did.

    Args:
        rows, changed: masks, and how many of them are not what they were.
        before, after: flicker by object.
        masks: the rows afterwards; None where they went from project to project, which is done
            with a few hundred frames in memory at a time.
    """

    rows: int
    changed: int
    before: Mapping[int, Flicker]
    after: Mapping[int, Flicker]
    masks: Masks | None


def smooth(
    masks: Masks | str | Path,
    out: str | Path | None = None,
    *,
    frames: int = FRAMES,
    format: str | None = None,  # noqa: A002 (the word of the command line)
    reading: Mapping[str, Any] | None = None,
    media: str | Path | None = None,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Smoothed:
    """Average outlines over neighbouring frames; rows of persons never change.

    Args:
        masks: `Masks`, a project, or a file or folder in any known format, of one video.
        out: file or folder to write, its format told by its suffix; None = only return the rows.
        frames: frames on either side that take part, with weights that fall to the ends.
        format, reading: name and options of the format read, where content leaves a doubt.
        media: the video or pictures, for formats without sizes.
        progress: called with frames done and to do.

    What is kept and where windows end: `masklet.infer.smoothing.smoothed`. Raises `UsageError` where
    `out` is the input or `frames` is below 1.
    """
    check_frames(frames)
    if out is not None:
        check_outputs([out], [masks, media])
    if isinstance(masks, str | Path) and _is_project(masks) and Path(out or "").suffix == ".masklet":
        assert out is not None
        return _between_projects(project_at(masks), Path(out), frames, progress)
    table = masks if isinstance(masks, Masks) else _read(masks, format, reading, media)
    tally = _Tally()
    kept = list(tally.watch(_parts_of(table, frames), _end(table), progress))
    if not kept:
        kept = [table]
    after = concat(kept)
    if out is not None:
        from masklet.formats.files import write

        write(after, out)
    return tally.result(after)


def smooth_text(done: Smoothed) -> str:
    """A table: the flicker of each object before and after."""
    head = ["object", "area change", "", "jerk px", "", "temporal IoU", ""]
    rows = [head, ["", *["before", "after"] * 3]]
    for obj, was in done.before.items():
        now = done.after[obj]
        rows.append(
            [
                str(obj),
                *(f"{value:.3f}" for value in (was.area_change, now.area_change)),
                *(f"{value:.2f}" for value in (was.jerk, now.jerk)),
                *(f"{value:.3f}" for value in (was.temporal_iou, now.temporal_iou)),
            ]
        )
    return f"{columns(rows)}\n{done.changed} of {done.rows} masks changed"


def _is_project(path: str | Path) -> bool:
    return project_at(path).suffix == ".masklet" and project_at(path).is_file()


def _read(
    path: str | Path, name: str | None, reading: Mapping[str, Any] | None, media: str | Path | None
) -> Masks:
    from masklet.formats.files import read
    from masklet.media.opening import open_media

    place = project_at(path) if (Path(path) / PROJECT).is_file() else Path(path)
    video = open_media(media).video if media is not None else None
    return read(place, video, name, **(reading or {}))


def _end(table: Masks) -> int:
    """The frame after the last row or checked frame."""
    return 1 + int(max([-1, *table.frame[-1:].tolist(), *table.checked[-1:].tolist()]))


def _parts_of(table: Masks, frames: int) -> Parts:
    def load(some: range) -> Masks:
        low, high = np.searchsorted(table.frame, [some.start, some.stop]).tolist()
        checked = table.checked[(table.checked >= some.start) & (table.checked < some.stop)]
        return table.take(slice(low, high)).replace(checked=checked)

    return smoothed_parts(load, _end(table), frames)


def _between_projects(
    source: Path, out: Path, frames: int, progress: Callable[[int, int], None]
) -> Smoothed:
    from masklet.store.project import Project

    tally = _Tally()
    with Project.open(source, readonly=True) as old, Project.filling(out) as new:
        rows = old.masks()
        video: Video = rows.video
        labels: tuple[Label, ...] = rows.labels
        number = new.add_video(video, labels)
        for part in tally.watch(
            smoothed_parts(rows.load, video.n_frames, frames), video.n_frames, progress
        ):
            new.masks(number).append(part, durable="normal", batch="smooth", keep_trusted=False)
    return tally.result(None)


class _Tally:
    """Counts and measures parts of a table as they pass by."""

    def __init__(self) -> None:
        self._sides = (_Measures(), _Measures())
        self._rows = self._changed = 0

    def watch(
        self, parts: Parts, n_frames: int, progress: Callable[[int, int], None]
    ) -> Iterator[Masks]:
        """The rows afterwards, part by part."""
        done = 0
        for before, after in parts:
            self._rows += len(before)
            self._changed += sum(
                not np.array_equal(before.row_runs(row), after.row_runs(row))
                for row in range(len(before))
            )
            for side, rows in zip(self._sides, (before, after), strict=True):
                side.add(rows)
            done = max(done, *(int(f) + 1 for f in before.frame[-1:]), 0)
            progress(done, n_frames)
            yield after

    def result(self, masks: Masks | None) -> Smoothed:
        """What was seen."""
        before, after = (side.by_object() for side in self._sides)
        return Smoothed(self._rows, self._changed, before, after, masks)


@dataclass
class _Measures:
    """Three numbers a row: all that is kept of a table that is never in memory as a whole."""

    _tail: Masks | None = None
    _known: dict[int, list[Floats]] = field(default_factory=dict)

    def add(self, rows: Masks) -> None:
        """Rows of further frames."""
        rows = rows.replace(checked=())
        if not len(rows):
            return
        around = rows if self._tail is None else concat([self._tail, rows])
        first = int(rows.frame[0])
        span = np.arange(int(around.frame[0]), int(around.frame[-1]) + 1, dtype=np.int32)
        moved = motion(around, span)
        new = around.frame >= first
        table = np.stack([moved.area_change, moved.jerk, moved.temporal_iou], axis=1)
        for obj in np.unique(around.object_id[new & (around.object_id >= 0)]).tolist():
            self._known.setdefault(obj, []).append(table[new & (around.object_id == obj)])
        self._tail = around.take(around.frame > int(around.frame[-1]) - _BEFORE)

    def by_object(self) -> dict[int, Flicker]:
        """The measures of each object."""
        found = {}
        for obj in sorted(self._known):
            change, jerk, same = np.concatenate(self._known[obj]).T
            found[obj] = Flicker(median(change), median(jerk), known_mean(same))
        return found
