"""A project as tracking sees it: rows to read, rows to replace, chunks to keep."""

from __future__ import annotations

import secrets

import numpy as np

from masklet.annotate.overtaken import Overtaken, relabelled
from masklet.core import Masks
from masklet.store.project import Project


class ProjectTarget:
    """One video of a project. Everything that one run changes is one unit of undo."""

    def __init__(self, project: Project, video_id: int | None = None) -> None:
        self._project, self._runs = project, project.runs
        self._store = project.masks(video_id)
        self.batch = f"track-{secrets.token_hex(4)}"
        """name of the unit of undo"""
        self.overtaken = Overtaken(self._store, self.batch)
        """what people did to objects since this target was made"""

    def load(self, frames: range | None = None) -> Masks:
        """Current rows, of some frames or of all."""
        return self._store.load(frames)

    def replace(self, frames: range, objects: list[int], rows: Masks) -> None:
        """In one transaction, put `rows` in the place of all untrusted rows of `objects` there.

        Objects that people removed, locked or split meanwhile are left out.
        """
        with self._project.transaction("normal"):
            gone = self.overtaken.look()
            if gone:
                objects = [number for number in objects if number not in gone]
                rows = rows.take(~np.isin(rows.object_id, list(gone)))
            rows = relabelled(rows, self._store)
            self._store.replace(frames, objects, rows, durable="normal", batch=self.batch)

    def get(self, key: str) -> Masks | None:
        """The rows of a finished chunk, None where there are none."""
        return self._runs.get(key)

    def put(self, key: str, rows: Masks) -> None:
        """Keep the rows of a finished chunk."""
        self._runs.put(key, rows, self._store.video_id)
