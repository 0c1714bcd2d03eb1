"""VideoReader: what can be asked of the masks of one video without changing anything."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from masklet.core.labels import Label
from masklet.core.masks import Masks
from masklet.core.steps import Step
from masklet.core.video import Video
from masklet.store import catalog, changed, editing, objects, timeline
from masklet.store.changed import Touched
from masklet.store.database import Database
from masklet.store.errors import reading
from masklet.store.history import Change, read_changes
from masklet.store.objects import Attributes
from masklet.store.rows import COLUMNS, to_masks
from masklet.store.timeline import Timeline


class VideoReader:
    """The current masks of one video, and every state that they were in before.

    The reading half of `VideoStore`. Every method sees one consistent moment.
    """

    def __init__(self, database: Database, video_id: int) -> None:
        self._database = database
        self._steps: list[Step] = []
        self._timeline: Timeline | None = None
        self.video_id = video_id
        """Number of the video in its project."""

    @property
    def video(self) -> Video:
        """What the rows lie on."""
        with self._reading() as sql:
            return catalog.read_video(sql, self.video_id)

    @property
    def labels(self) -> tuple[Label, ...]:
        """Classes, in the order that `label_id` counts."""
        with self._reading() as sql:
            return tuple(catalog.read_labels(sql, self.video_id))

    @property
    def revision(self) -> int:
        """Number of the last change of this video; 0 before the first. It only grows."""
        with self._reading() as sql:
            return editing.last_revision(sql, self.video_id)

    @property
    def checked(self) -> list[int]:
        """Frames that a person declared complete, sorted."""
        with self._reading() as sql:
            return editing.read_checked(sql, self.video_id)

    def load(self, frames: Iterable[int] | None = None, objects: Iterable[int] | None = None) -> Masks:
        """Current rows; only what is asked for is read.

        Args:
            frames: a range or any frame numbers; None = all. `checked` is cut to them too.
            objects: object ids; None = all.

        Returns: `Masks` equal in every column to what was appended. Raises `DataError` where the
        file is damaged.
        """
        wanted = frames if frames is None or isinstance(frames, range) else set(map(int, frames))
        parts = [(-math.inf, math.inf)] if wanted is None else list(editing.spans(wanted))
        chosen = None if objects is None else set(map(int, objects))
        with self._reading() as sql:
            rows = [row for first, last in parts for row in _select(sql, self.video_id, first, last)]
            checked = editing.read_checked(sql, self.video_id)
            if wanted is not None:
                rows = [row for row in rows if row[0] in wanted]
                checked = [frame for frame in checked if frame in wanted]
            if chosen is not None:
                rows = [row for row in rows if row[1] in chosen]
            labels = catalog.read_labels(sql, self.video_id)
            video = catalog.read_video(sql, self.video_id)
            return to_masks(rows, video, labels, self._all_steps(sql), checked)

    def history(
        self, frame: int | None = None, object_id: int | None = None, since: int = 0
    ) -> Sequence[Change]:
        """Every row added, replaced or removed, oldest first: who, when, from what to what.

        Args:
            frame: only this frame.
            object_id: only this object.
            since: only changes after this revision.
        """
        with self._reading() as sql:
            labels, steps = catalog.read_labels(sql, self.video_id), self._all_steps(sql)
            return read_changes(sql, self.video_id, labels, steps, frame, object_id, since)

    def changes_since(self, revision: int) -> list[Touched]:
        """What each change after `revision` touched, oldest first; no mask is read for it."""
        with self._reading() as sql:
            return changed.read_touched(sql, self.video_id, revision)

    @property
    def n_rows(self) -> int:
        """How many rows there are now, those of no object (-1) too. Counted in an index."""
        query = "SELECT count(*) FROM masks INDEXED BY masks_by_object WHERE video = ?"
        with self._reading() as sql:
            return int(sql.execute(query, (self.video_id,)).fetchone()[0])

    def objects(self) -> Mapping[int, Attributes]:
        """Every object that has rows or was added, by id; untracked rows (-1) are none."""
        with self._reading() as sql:
            return objects.read_objects(sql, self.video_id)

    def timeline(self, frames: range | None = None) -> Timeline:
        """Scores, areas and flags of every tracked row, object by object; no mask is read for it."""
        with self._reading() as sql:
            if frames is not None:
                return timeline.read_timeline(sql, self.video_id, frames)
            found = timeline.follow_timeline(sql, self.video_id, self._timeline)
            if not self._database.is_writing:
                self._timeline = found
            return found

    def skipped(self, author: str) -> set[tuple[int, int]]:
        """(frame, object_id) of rows that an author put off and that did not change since."""
        query = (
            "SELECT s.frame, s.object_id FROM skipped s JOIN masks m ON m.video = s.video "
            "AND m.frame = s.frame AND m.object_id = s.object_id AND m.slot = 0 "
            "AND m.revision = s.revision WHERE s.video = ? AND s.author = ?"
        )
        with self._reading() as sql:
            return set(sql.execute(query, (self.video_id, author)))

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._database.read() as sql, reading(self._database.path):
            yield sql

    def _all_steps(self, sql: sqlite3.Connection) -> list[Step]:
        """Steps grow only at the end; inside a transaction that fails, what it added is not kept."""
        added = catalog.read_steps(sql, self.video_id, len(self._steps))
        steps = self._steps + added
        if not self._database.is_writing:
            self._steps = steps
        return steps


def _select(
    sql: sqlite3.Connection, video_id: int, first: float, last: float
) -> list[tuple[object, ...]]:
    query = (
        f"SELECT {COLUMNS} FROM masks WHERE video = ? AND frame BETWEEN ? AND ? "
        "ORDER BY frame, object_id, slot"
    )
    return sql.execute(query, (video_id, first, last)).fetchall()
