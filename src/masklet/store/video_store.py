"""VideoStore: the masks of one video in a project. Implements `masklet.core.Store`."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from masklet.core.labels import Label
from masklet.core.masks import Masks
from masklet.store import catalog, editing, undo
from masklet.store.database import Durability
from masklet.store.draft import Draft
from masklet.store.errors import guarding, reading
from masklet.store.rows import StoredRow, to_rows
from masklet.store.undo import Moved
from masklet.store.video_reader import VideoReader


class VideoStore(VideoReader):
    """The current masks of one video, and every state that they were in before.

    Made by `Project.masks`. Every method is one transaction: it happens wholly or not at all,
    whatever happens to the process. Labels and steps are numbered by the video; rows that come
    with other lists are renumbered.
    """

    def set_labels(self, labels: Sequence[Label]) -> None:
        """Rename or recolour classes, or add some at the end. `DataError` for a shorter list."""
        with self._writing("full") as sql:
            catalog.replace_labels(sql, self.video_id, labels)

    def append(
        self,
        rows: Masks,
        author: str = "",
        *,
        keep_trusted: bool = True,
        durable: Durability = "full",
        batch: str = "",
        expected_revision: int | None = None,
    ) -> int:
        """Add rows or replace those with the same (frame, object_id); the revision that holds them.

        Untracked rows (`object_id` -1) have no name by which they could be replaced: they are
        added. Rows equal to what is stored already change nothing. `rows.checked` is added to the
        checked frames.

        Args:
            rows: on this video (same size, length and contents).
            author: who; undo and blame go by it.
            keep_trusted: a row that a person stands behind (`Masks.trusted`) is replaced only by
                another such row; False replaces everything.
            durable: `full` for a person's save, `normal` for the many writes of an engine.
            batch: name that ties several calls into one unit for `undo`.
            expected_revision: `revision` when the caller last loaded; `ConflictError` where one of
                the (frame, object_id) was changed or deleted since. Other rows do not matter.

        Raises `DataError` for rows of another video, `ConflictError` (nothing is written then).
        """
        with self._writing(durable) as sql:
            stored = self._renumbered(sql, rows)
            existing = editing.current_rows(sql, self.video_id, rows.frame.tolist())
            places = [row.place for row in stored if row.object_id >= 0]
            editing.check_unchanged(sql, self.video_id, places, existing, expected_revision)
            stored = editing.with_slots(stored, existing)
            stored = editing.worth_writing(stored, existing, keep_trusted)
            return editing.change(
                sql,
                self.video_id,
                ("append", author, batch),
                stored,
                [],
                existing,
                rows.checked.tolist(),
            )

    def replace(
        self,
        frames: Iterable[int],
        objects: Iterable[int],
        rows: Masks,
        author: str = "",
        *,
        keep_trusted: bool = True,
        durable: Durability = "full",
        batch: str = "",
    ) -> int:
        """Put `rows` in the place of all rows of `objects` on `frames`; the revision of it.

        As `append`, and what stands there and does not come again is removed. With `keep_trusted`,
        rows that a person stands behind stay as they are.
        """
        here, chosen = set(map(int, frames)), set(map(int, objects))
        with self._writing(durable) as sql:
            stored = self._renumbered(sql, rows)
            coming = {row.place for row in stored if row.object_id >= 0}
            existing = editing.current_rows(sql, self.video_id, here.union(rows.frame.tolist()))
            standing = [
                row for row, _ in existing.values() if row.frame in here and row.object_id in chosen
            ]
            if keep_trusted:
                standing = editing.untrusted(standing)
            gone = [row.place for row in standing if row.place not in coming]
            left = editing.without(existing, gone)
            stored = editing.with_slots(stored, left)
            stored = editing.worth_writing(stored, left, keep_trusted)
            return editing.change(
                sql,
                self.video_id,
                ("replace", author, batch),
                stored,
                gone,
                existing,
                rows.checked.tolist(),
            )

    def _renumbered(self, sql: sqlite3.Connection, rows: Masks) -> list[StoredRow]:
        """`rows` in the project's own numbers of labels and steps."""
        with reading(self._database.path):
            video, steps = catalog.read_video(sql, self.video_id), self._all_steps(sql)
        catalog.check_fits(video, rows.video)
        labels = catalog.merge_labels(sql, self.video_id, rows.labels)
        return to_rows(rows, labels, catalog.merge_steps(sql, self.video_id, steps, rows.steps))

    def delete(
        self,
        frames: Iterable[int],
        objects: Iterable[int] | None = None,
        author: str = "",
        *,
        keep_trusted: bool = False,
        durable: Durability = "full",
        batch: str = "",
        expected_revision: int | None = None,
    ) -> int:
        """Remove the rows of `objects` (None = all) on `frames`; the revision of the removal.

        With `keep_trusted`, rows that a person stands behind stay. `undo` brings them back. Raises
        `ConflictError` where one of the rows was changed after `expected_revision`.
        """
        here = set(map(int, frames))
        chosen = None if objects is None else set(map(int, objects))
        with self._writing(durable) as sql:
            existing = editing.current_rows(sql, self.video_id, here)
            rows = [row for row, _ in existing.values() if chosen is None or row.object_id in chosen]
            if keep_trusted:
                rows = editing.untrusted(rows)
            gone = [row.place for row in rows]
            editing.check_unchanged(sql, self.video_id, gone, existing, expected_revision)
            return editing.change(sql, self.video_id, ("delete", author, batch), [], gone, existing, [])

    def check(self, frames: Iterable[int], author: str = "") -> int:
        """Declare frames complete: an object without a row there is absent. The revision of it."""
        return self._set_checked(frames, author, True)

    def uncheck(self, frames: Iterable[int], author: str = "") -> int:
        """Take that declaration back."""
        return self._set_checked(frames, author, False)

    def _set_checked(self, frames: Iterable[int], author: str, checked: bool) -> int:
        here = set(map(int, frames))
        with self._writing("full") as sql:
            with reading(self._database.path):
                n_frames = catalog.read_video(sql, self.video_id).n_frames
            return editing.change_checked(sql, self.video_id, author, here, checked, n_frames)

    def undo(self, author: str | None = None) -> int | None:
        """Take back the last edit (of `author`), also one from before a restart.

        Returns the revision of the undo, None where there is nothing to take back. Raises
        `ConflictError` where a row of that edit was changed by somebody else afterwards.
        """
        with self._writing("full") as sql:
            return undo.undo(sql, self.video_id, author)

    def undo_or_pass(self, author: str) -> Moved | None:
        """As `undo`, but an edit that somebody else built on is passed over: it stays as it is, and the
        next undo of this author goes on with the one before. `passed` of the answer says why.
        """
        with self._writing("full") as sql:
            return undo.undo_or_pass(sql, self.video_id, author)

    def redo_or_pass(self, author: str) -> Moved | None:
        """As `redo`, but what cannot be done again is passed over, as by `undo_or_pass`."""
        with self._writing("full") as sql:
            return undo.redo_or_pass(sql, self.video_id, author)

    def redo(self, author: str | None = None) -> int | None:
        """Do again what the last undo (of `author`) took back; None where there is nothing."""
        with self._writing("full") as sql:
            return undo.redo(sql, self.video_id, author)

    @contextmanager
    def edit(
        self,
        verb: str,
        author: str = "",
        *,
        expected_revision: int | None = None,
        durable: Durability = "full",
    ) -> Iterator[Draft]:
        """A block in which a change of several parts is put together; one revision, one undo.

        Args:
            verb: what is done; `look` for what `undo` need not take back.
            author: who; undo and blame go by it.
            expected_revision: as in `append`, for every row that the change touches.
            durable: as in `append`.
        """
        with self._database.write(durable) as sql:
            with reading(self._database.path):
                draft = Draft(sql, self.video_id, self._all_steps(sql))
            yield draft
            with guarding(self._database.path):
                draft.write(verb, author, expected_revision)

    @contextmanager
    def _writing(self, durable: Durability) -> Iterator[sqlite3.Connection]:
        with self._database.write(durable) as sql, guarding(self._database.path):
            yield sql
