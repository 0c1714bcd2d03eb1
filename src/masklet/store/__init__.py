"""The project on disk: one SQLite file that survives crashes and remembers every change."""

from masklet.store.errors import ConflictError
from masklet.store.history import Change, Version
from masklet.store.project import Project
from masklet.store.runlog import RunLog
from masklet.store.video_store import VideoStore

__all__ = ["Change", "ConflictError", "Project", "RunLog", "Version", "VideoStore"]
