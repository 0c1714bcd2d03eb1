"""Workplace: everything that one server has open. Routes and the socket share it."""

from __future__ import annotations

import tempfile
import threading
from collections import OrderedDict
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from masklet.core import Video
from masklet.serve.errors import missing
from masklet.serve.films import Films
from masklet.serve.hub import Hub
from masklet.store import Project, VideoStore

if TYPE_CHECKING:
    from masklet.annotate.session import Session
    from masklet.jobs.board import Board
    from masklet.jobs.link import Link

_SESSIONS = 64
"""Editing sessions kept: one for a person and a video."""


class Workplace:
    """An open project with its films, people, jobs and worker.

    Args:
        project: open for writing.
        media: folders whose videos may be added, also searched for films that moved.
        board: the jobs; None where the server runs without.
        link: the way to the worker process; None where the server runs without.
        engine: name of the engine that a job takes where it names none.
        token: the secret that a browser must have; empty on loopback.
    """

    def __init__(
        self,
        project: Project,
        media: Sequence[Path] = (),
        board: Board | None = None,
        link: Link | None = None,
        engine: str = "auto",
        token: str = "",
    ) -> None:
        self.project = project
        self.media = tuple(media)
        self.board, self.link = board, link
        self.engine, self.token = engine, token
        self.hub = Hub()
        self.films = Films(project.videos, (self.folder, self.folder / "media", *self.media))
        self._sessions: OrderedDict[tuple[int, str], Session] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def folder(self) -> Path:
        """The folder in which the project lies."""
        return self.project.path.resolve().parent

    @cached_property
    def _temporary(self) -> tempfile.TemporaryDirectory[str]:
        return tempfile.TemporaryDirectory(prefix="masklet-serve-")

    @property
    def scratch(self) -> Path:
        """A folder for what need not outlive the server: exports, uploads under way."""
        return Path(self._temporary.name)

    def video(self, video_id: int) -> Video:
        """A video by its number. 404 where there is none."""
        videos = self.project.videos()
        if video_id not in videos:
            raise missing(f"video {video_id}")
        return videos[video_id]

    def store(self, video_id: int) -> VideoStore:
        """The masks of a video. 404 where there is none."""
        self.video(video_id)
        return self.project.masks(video_id)

    def session(self, video_id: int, author: str) -> Session:
        """The editing of a video by one person. 404 where there is no such video."""
        from masklet.annotate.session import Session

        self.video(video_id)
        key = (video_id, author)
        with self._lock:
            found = self._sessions.pop(key, None) or Session(self.project, video_id, author)
            self._sessions[key] = found
            while len(self._sessions) > _SESSIONS:
                self._sessions.popitem(last=False)
        return found

    def video_info(self, video_id: int) -> dict[str, Any]:
        """What a browser is told of a video: size, length, state of its file, how much is drawn."""
        video, store = self.video(video_id), self.store(video_id)
        state, message = self.films.state(video_id)
        rows, objects = store.counts()
        return {
            "id": video_id,
            "name": video.name,
            "width": video.width,
            "height": video.height,
            "frames": video.n_frames,
            "fps": video.fps,
            "hash": video.content_hash,
            "revision": store.revision,
            "state": state,
            "message": message,
            "rows": rows,
            "objects": objects,
        }

    def close(self) -> None:
        """Let go of everything but board and link, which who made them closes."""
        self.films.close()
        self.project.close()
        if "_temporary" in self.__dict__:
            self._temporary.cleanup()
