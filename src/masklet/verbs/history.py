"""What happened to a project, taken back and done again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from masklet.core import Step, UsageError
from masklet.store.history import Change
from masklet.store.project import Project
from masklet.store.video_store import VideoStore
from masklet.verbs.engines import RAN
from masklet.verbs.projects import project_at
from masklet.verbs.remembering import noted
from masklet.verbs.track import MASKS


@dataclass(frozen=True)
class Entry:
    """One thing that was done, as `undo` takes it back: a save, or a whole tracking run.

    Args:
        first: number of its first revision.
        last: of its last one.
        time: seconds since the epoch, UTC, of the last one.
        author: who did it; empty for a program that gave no name.
        verb: `append`, `replace`, `delete`, `undo`, `redo`, or `ran` for a run that kept nothing.
        rows: how many (frame, object) it added, replaced or removed.
        frames: the frames of these rows, rising.
        by: what made the rows: verb and model of their step; empty where unknown.
    """

    first: int
    last: int
    time: float
    author: str
    verb: str
    rows: int
    frames: tuple[int, ...]
    by: str

    def __str__(self) -> str:
        if self.verb == RAN:
            return f"a run that kept no row ({self.by})"
        rows = "1 row" if self.rows == 1 else f"{self.rows} rows"
        where = ""
        if self.frames:
            first, last = self.frames[0], self.frames[-1]
            where = f" on frame {first}" if first == last else f" on frames {first}-{last}"
        return f"{self.verb} of {rows}{where}{f' ({self.by})' if self.by else ''}"


def history(project: str | Path, *, video: int | None = None) -> tuple[Entry, ...]:
    """Everything that was done to the masks of a video, oldest first.

    Args:
        project: a project, or the folder of results that holds it.
        video: number of the video, where the project has several.

    The run that began last is told of also where it kept no row: `verb` is `ran`, `rows` 0, and there
    is nothing that `undo` could take back. Raises `DataError` where there is no project.
    """
    with Project.open(project_at(project), readonly=True) as opened:
        entries, step = _entries(opened.masks(video).history()), noted(opened, video)
        return entries if step is None else _with_run(entries, step)


def undo(project: str | Path, steps: int = 1, *, video: int | None = None) -> tuple[Entry, ...]:
    """Take back the last `steps` things that were done: all of them, or none where one conflicts.

    `masks.parquet` beside the project is written anew.

    Args:
        project: a project, or the folder of results that holds it.
        steps: how many; fewer are taken back where there are fewer.
        video: number of the video, where the project has several.

    Returns what each step changed. Raises `UsageError` for `steps` below 1.
    """
    return _moved(project, steps, video, VideoStore.undo)


def redo(project: str | Path, steps: int = 1, *, video: int | None = None) -> tuple[Entry, ...]:
    """Do again what the last `undo` took back, step by step. Arguments and result as there."""
    return _moved(project, steps, video, VideoStore.redo)


def _moved(
    project: str | Path, steps: int, video: int | None, move: Callable[[VideoStore], int | None]
) -> tuple[Entry, ...]:
    from masklet.formats.files import write

    if steps < 1:
        raise UsageError(f"{steps} steps were asked for; expected at least 1")
    path = project_at(project)
    with Project.open(path) as opened:
        store = opened.masks(video)
        before = store.revision
        with opened.transaction():
            moved = 0
            while moved < steps and move(store) is not None:
                moved += 1
        done = _entries(store.history(since=before))
        beside = path.with_name(MASKS)
        if moved and beside.exists() and len(opened.videos()) == 1:
            write(store.load(), beside, "parquet")
    return done


def _entries(changes: Sequence[Change]) -> tuple[Entry, ...]:
    return tuple(
        _entry(list(unit))
        for _, unit in groupby(changes, key=lambda c: (c.verb, c.author, c.batch or c.revision))
    )


def _with_run(entries: Sequence[Entry], step: Step) -> tuple[Entry, ...]:
    """With a run that left no rows, at its time."""
    before = [entry for entry in entries if entry.time <= step.time]
    number, by = before[-1].last if before else 0, f"track {step.model}"
    if any(by in entry.by for entry in entries[len(before) :]):
        return tuple(entries)
    ran = Entry(number, number, step.time, step.person, RAN, 0, (), by)
    return (*before, ran, *entries[len(before) :])


def _entry(changes: Sequence[Change]) -> Entry:
    places = {(change.frame, change.object_id) for change in changes}
    made = [change.after or change.before for change in changes]
    steps = {version.step for version in made if version is not None and version.step is not None}
    names = sorted({f"{step.verb} {step.model}".strip() for step in steps})
    last = changes[-1]
    return Entry(
        first=changes[0].revision,
        last=last.revision,
        time=last.time,
        author=last.author,
        verb=last.verb,
        rows=len(places),
        frames=tuple(sorted({frame for frame, _ in places})),
        by=", ".join(names),
    )
