"""A target for a run that is to compute everything anew, and yet go on after it was killed."""

from __future__ import annotations

from masklet.annotate.target import ProjectTarget
from masklet.core import Masks
from masklet.store.project import Project


class FreshTarget(ProjectTarget):
    """As `ProjectTarget`, but finds only those chunks that this very job has put there.

    Args:
        project, video_id: as there.
        job: the job's id. What it computes takes the place of what was kept before.
    """

    def __init__(self, project: Project, video_id: int, job: str) -> None:
        super().__init__(project, video_id)
        self._job = job

    def get(self, key: str) -> Masks | None:
        """The rows of a chunk that this job has finished, None where there are none."""
        return super().get(key) if self._runs.done(self._mark(key)) else None

    def put(self, key: str, rows: Masks) -> None:
        """Keep the rows of a finished chunk."""
        with self._project.transaction("normal"):
            self._runs.forget([key])
            super().put(key, rows)
            super().put(self._mark(key), rows.take([]).replace(checked=()))

    def forget_marks(self) -> None:
        """When the job has come to its end: what tells its chunks from others."""
        mark = self._mark("")
        kept = self._runs.keys()
        self._runs.forget([key for key in kept if key.startswith(mark)])

    def _mark(self, key: str) -> str:
        return f"fresh {self._job} {key}"
