"""Draft: a change of one video being put together, written as one revision when it is done."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence

from masklet.core.arrays import Int64s
from masklet.core.labels import Label
from masklet.core.masks import Masks
from masklet.core.steps import Step
from masklet.core.video import Video
from masklet.store import catalog, editing
from masklet.store.changed import as_ranges
from masklet.store.editing import Place
from masklet.store.objects import Attributes, next_object, read_noted, read_objects, write_objects
from masklet.store.rows import COLUMNS, StoredRow, to_rows


class Draft:
    """What a change makes of rows, checked frames and objects. Made by `VideoStore.edit`.

    Later calls see what earlier ones did; nothing is in the project before the block ends.
    """

    def __init__(self, sql: sqlite3.Connection, video_id: int, steps: Sequence[Step]) -> None:
        self._sql = sql
        self._video_id = video_id
        self._known_steps = steps
        self._existing: dict[Place, tuple[StoredRow, int]] = {}
        self._wanted: dict[Place, StoredRow | None] = {}
        self._checks: dict[int, bool] = {}
        self._noted = read_noted(sql, video_id)
        self._renoted: dict[int, Attributes | None] = {}
        self.revision = 0
        """Number of the change once it is written; that of the last one where it changes nothing."""
        self.frames: tuple[range, ...] = ()
        """Frames that it touched, once it is written."""
        self.touched: tuple[int, ...] = ()
        """Objects that it touched, once it is written."""

    @property
    def video(self) -> Video:
        """What the rows lie on."""
        return catalog.read_video(self._sql, self._video_id)

    @property
    def labels(self) -> list[Label]:
        """Classes, in the order that `label_id` counts."""
        return catalog.read_labels(self._sql, self._video_id)

    def rows(self, frames: Iterable[int]) -> list[StoredRow]:
        """Rows on `frames`, sorted."""
        wanted = set(frames)
        self._existing |= editing.current_rows(self._sql, self._video_id, wanted)
        return self._seen(lambda row: row.frame in wanted)

    def rows_of(self, object_id: int) -> list[StoredRow]:
        """Rows of one object, sorted."""
        query = (
            f"SELECT {COLUMNS}, revision FROM masks INDEXED BY masks_by_object "
            "WHERE video = ? AND object_id = ?"
        )
        for *values, revision in self._sql.execute(query, (self._video_id, object_id)):
            row = StoredRow._make(values)
            self._existing[row.place] = (row, revision)
        return self._seen(lambda row: row.object_id == object_id)

    def _seen(self, chosen: Callable[[StoredRow], bool]) -> list[StoredRow]:
        now = {place: row for place, (row, _) in self._existing.items()} | self._wanted
        return sorted((row for row in now.values() if row is not None and chosen(row)), key=_place_of)

    def put(self, masks: Masks, keep_trusted: bool) -> list[StoredRow]:
        """Put rows, as `VideoStore.append` does; those that are written. All must be tracked.

        A row that differs from the one in its place by its step alone changes nothing.
        """
        catalog.check_fits(self.video, masks.video)
        labels = catalog.merge_labels(self._sql, self._video_id, masks.labels)
        rows = to_rows(masks, labels, self._step_ids(masks.steps))
        current = {row.place: (row, 0) for row in self.rows(masks.frame.tolist())}
        rows = [row for row in rows if not _same(row, current)]
        written = editing.worth_writing(rows, current, keep_trusted)
        self.set(written)
        return written

    def set(self, rows: Iterable[StoredRow]) -> None:
        """Put rows as they are; read the rows of their frames or objects first."""
        self._wanted |= {row.place: row for row in rows}

    def remove(self, rows: Iterable[StoredRow]) -> None:
        """Take away rows that were read here."""
        self._wanted |= {row.place: None for row in rows}

    def check(self, frames: Iterable[int], on: bool) -> None:
        """Declare frames complete, or take that back."""
        self._checks |= dict.fromkeys(frames, on)

    def objects(self) -> dict[int, Attributes]:
        """Every object and what is known of it, as `VideoReader.objects`."""
        known = read_objects(self._sql, self._video_id)
        for number, attributes in self._renoted.items():
            if attributes is None:
                known.pop(number, None)
            else:
                known[number] = attributes
        return dict(sorted(known.items()))

    def next_object(self) -> int:
        """An id that no object has or had."""
        return max([next_object(self._sql, self._video_id) - 1, *self._renoted]) + 1

    def note(self, object_id: int, attributes: Attributes | None) -> None:
        """Say something of an object; None forgets it, and it is gone once it has no rows."""
        self._renoted[object_id] = attributes

    def skip(self, author: str, rows: Iterable[StoredRow]) -> None:
        """Remember that somebody put off looking at rows, as long as they stay what they are."""
        values = [
            (self._video_id, author, row.frame, row.object_id, self._existing[row.place][1])
            for row in rows
        ]
        self._sql.executemany("INSERT OR REPLACE INTO skipped VALUES (?, ?, ?, ?, ?)", values)

    def label_id(self, label: Label) -> int:
        """The project's number of a label, which is added where there is none of its name and kind."""
        return int(catalog.merge_labels(self._sql, self._video_id, [label])[0])

    def step_id(self, step: Step) -> int:
        """The project's number of a step, which is added where it is new."""
        return int(self._step_ids([step])[0])

    def _step_ids(self, steps: Sequence[Step]) -> Int64s:
        known = [*self._known_steps]
        found = catalog.merge_steps(self._sql, self._video_id, known, steps)
        self._known_steps = known + catalog.read_steps(self._sql, self._video_id, len(known))
        return found

    def write(self, verb: str, author: str, expected_revision: int | None) -> None:
        """Write all of it as one revision. `ConflictError` as `VideoStore.append` raises it."""
        sql, video_id = self._sql, self._video_id
        old = {place: self._existing[place][0] for place in self._wanted if place in self._existing}
        rows = [row for place, row in self._wanted.items() if row is not None and old.get(place) != row]
        gone = [place for place, row in self._wanted.items() if row is None and place in old]
        places = [*gone, *(row.place for row in rows)]
        editing.check_unchanged(sql, video_id, places, self._existing, expected_revision)
        checked = set(editing.read_checked(sql, video_id)) if self._checks else set()
        checks = {frame: on for frame, on in self._checks.items() if (frame in checked) is not on}
        noted = {number: (self._noted.get(number), now) for number, now in self._renoted.items()}
        if not (rows or gone or checks or noted):
            self.revision = editing.last_revision(sql, video_id)
            return
        self.revision = editing.new_revision(sql, video_id, verb, author)
        editing.remove_rows(sql, video_id, self.revision, gone, self._existing)
        editing.put_rows(sql, video_id, self.revision, rows, self._existing)
        for on in (True, False):
            some = [frame for frame, state in checks.items() if state is on]
            editing.set_checked(sql, video_id, self.revision, some, on)
        write_objects(sql, video_id, self.revision, noted)
        self.frames = as_ranges([*checks, *(place[0] for place in places)])
        self.touched = tuple(sorted({*noted, *(place[1] for place in places)}))


def _same(row: StoredRow, current: editing.Existing) -> bool:
    return row.place in current and current[row.place][0]._replace(step=row.step) == row


def _place_of(row: StoredRow) -> Place:
    return row.place
