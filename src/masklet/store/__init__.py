"""The project on disk: one SQLite file that survives crashes and remembers every change."""

from masklet.store.changed import Touched
from masklet.store.draft import Draft
from masklet.store.errors import ConflictError
from masklet.store.history import Change, Version
from masklet.store.objects import Attributes
from masklet.store.project import Project
from masklet.store.rows import StoredRow
from masklet.store.runlog import RunLog
from masklet.store.timeline import Timeline, Track
from masklet.store.undo import Moved
from masklet.store.video_store import VideoStore

__all__ = [
    "Attributes",
    "Change",
    "ConflictError",
    "Draft",
    "Moved",
    "Project",
    "RunLog",
    "StoredRow",
    "Timeline",
    "Touched",
    "Track",
    "Version",
    "VideoStore",
]
