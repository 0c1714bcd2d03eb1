"""What the threads of one worker share: open projects and media, warm engines, turns."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from masklet.annotate.engine import engine_id
from masklet.core import DataError, MediaSource, Propagator, Segmenter, Video
from masklet.jobs.events import Event, Moved
from masklet.jobs.ledger import Ledger, job_of
from masklet.jobs.turns import Turns
from masklet.media.images import is_pattern
from masklet.media.opening import open_media
from masklet.store.project import Project

KEPT = 3
"""Engines, videos and projects of each kind that stay open."""


class Desk:
    """The things of a worker. Used from several threads.

    Args:
        ledger: where jobs stand.
        executor: name of this worker.
        tell: receives events for whoever started this worker.
    """

    def __init__(self, ledger: Ledger, executor: str, tell: Callable[[Event], None]) -> None:
        self.ledger, self.executor, self.tell = ledger, executor, tell
        self.turns = Turns()
        self._lock = threading.RLock()
        self._projects: OrderedDict[str, Project] = OrderedDict()
        self._media: dict[str, OrderedDict[tuple[str, str], MediaSource]] = {}
        self._engines: OrderedDict[str, Propagator] = OrderedDict()
        self._segmenters: OrderedDict[str, Segmenter] = OrderedDict()

    def project(self, path: str) -> Project:
        """A project, open for writing. It stays open."""
        with self._lock:
            if path not in self._projects:
                self._projects[path] = Project.open(path)
            return self._projects[path]

    def media(self, video: Video, purpose: str) -> MediaSource:
        """The pixels of a video of a project, one reader for each `purpose`.

        Readers of a purpose are closed only for others of that purpose: whoever tracks keeps its own,
        however many videos are clicked on.

        Raises `DataError` where the file is gone, or is not the one that the project knows.
        """
        key = (video.uri, _signature(video.uri))
        with self._lock:
            shelf = self._media.setdefault(purpose, OrderedDict())
            found = shelf.get(key)
            if found is None:
                found = _opened(video)
            _keep(shelf, key, found)
            check_same(video, found.video)
            return found

    def warm(self, engine: Propagator) -> Propagator:
        """An engine equal to this one that ran before and is warm, else this one."""
        name = f"{engine_id(engine)} {type(engine).__name__}"
        with self._lock:
            known = self._engines.get(name, engine)
            _keep(self._engines, name, known)
            return known

    def segmenter(self, name: str) -> Segmenter:
        """The Segmenter of a name; it stays warm."""
        from masklet.verbs.prompting import segmenter_of

        with self._lock:
            if name not in self._segmenters:
                _keep(self._segmenters, name, segmenter_of(name))
            return self._segmenters[name]

    def unchanged(self, video: Video) -> Callable[[], None]:
        """A check for again and again: `DataError` where the file is not the one of now any more."""
        before = _signature(video.uri)

        def check() -> None:
            if _signature(video.uri) != before:
                raise DataError(
                    f"the file {Path(video.uri).name} was changed, moved or deleted while it was "
                    "tracked; put the right file back, then retry"
                )

        return check

    def moved(self, name: str) -> None:
        """Tell whoever started this worker at once that a job is in another state."""
        row = self.ledger.row(name)
        self.tell(Moved(job_of(row, row.state, 0)))

    def close(self) -> None:
        """Close what is open."""
        with self._lock:
            for project in self._projects.values():
                project.close()


def _opened(video: Video) -> MediaSource:
    """The pixels of a video. Whoever reads what went wrong may sit elsewhere: no folders are told."""
    path = Path(video.uri)
    if path.is_absolute() and not is_pattern(video.uri) and not path.exists():
        raise DataError(
            f"{path.name}, the file of this video, is not where it was; put it back, then retry"
        )
    try:
        return open_media(video.uri)
    except DataError as error:
        raise DataError(str(error).replace(f"{path.parent}{os.sep}", "")) from error


def _signature(uri: str) -> str:
    """Differs where a file was put in another one's place; empty for what is no single file."""
    path = Path(uri)
    if not path.is_file():
        return ""
    found = path.stat()
    return f"{found.st_size} {found.st_mtime_ns} {found.st_ino}"


def check_same(known: Video, found: Video) -> None:
    """Raise `DataError` where a file is not the video that a project knows."""
    if other := known.unlike(found):
        name, before, now = other
        raise DataError(
            f"{Path(known.uri).name} is not the video that the project knows: its {name} is {now}, "
            f"expected {before}; put the right file back, or add this one as a video of its own"
        )


def _keep(shelf: OrderedDict[Any, Any], key: Any, thing: Any) -> Any:
    """Put `thing` at the end of a shelf that holds a few; what falls off is closed where it can be."""
    shelf[key] = thing
    shelf.move_to_end(key)
    while len(shelf) > KEPT:
        _, old = shelf.popitem(last=False)
        if hasattr(old, "close"):
            old.close()
    return thing
