"""Workplace: everything that one server has open. Routes and the socket share it."""

from __future__ import annotations

import math
import os
import tempfile
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from masklet.core import MaskletError, Video
from masklet.jobs.events import Event, Moved, WorkerState
from masklet.jobs.spec import Job
from masklet.store import Project, VideoStore
from masklet.verbs.projects import PROJECT
from masklet.web import offers, wire
from masklet.web.errors import Refusal, halves, missing
from masklet.web.exports import Exports
from masklet.web.films import Films
from masklet.web.frame_cache import FrameCache
from masklet.web.frames import Frames
from masklet.web.hub import Hub, packed, told
from masklet.web.library import Library
from masklet.web.statistics import Measured
from masklet.web.uploads import Uploads
from masklet.web.watch import Watcher

if TYPE_CHECKING:
    from masklet.annotate.objects import ObjectInfo
    from masklet.annotate.session import Session
    from masklet.jobs.board import Board
    from masklet.jobs.crew import Crew

_FRESH = 0.5
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
        author: a name that is offered to who has given none.
    """

    def __init__(
        self,
        project: Project,
        media: Sequence[Path] = (),
        board: Board | None = None,
        link: Crew | None = None,
        engine: str = "auto",
        token: str = "",
        author: str = "",
    ) -> None:
        self.project = project
        self.media = tuple(media)
        self.board, self.link = board, link
        self.engine, self.token, self.author = engine, token, author
        self.hub = Hub()
        self._videos: tuple[float, Mapping[int, Video]] = (-math.inf, {})
        folders = (self.folder, self.folder / "media", *self.media)
        self.films = Films(self.video, folders, self._film_moved)
        self.frames = Frames(self.films, FrameCache(self.folder / "cache"))
        self.library = Library(self.media)
        self.uploads = Uploads(self.folder / ".uploads")
        self.exports = Exports(lambda: self.scratch)
        self.measured = Measured()
        self.watcher = Watcher(self)
        self._opened = project.path.stat()
        self.worker_state = WorkerState(False, "no worker is started")
        self._sessions: OrderedDict[tuple[int, str], Session] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """What the project is called: as its file, or as its folder where the file has no own name."""
        path = self.project.path.resolve()
        return path.parent.name if path.name == PROJECT else path.stem

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
        found = self.videos().get(video_id) or self.videos(0).get(video_id)
        if found is None:
            raise missing(f"video {video_id}")
        return found

    def videos(self, age: float = _FRESH) -> Mapping[int, Video]:
        """Every video by its number, as read at most `age` seconds ago: each frame asks for it."""
        read, known = self._videos
        if time.monotonic() - read >= age:
            read, known = time.monotonic(), self.project.videos()
            self._videos = (read, known)
        return known

    def check_project(self) -> None:
        """409 where the project's file was moved, deleted or replaced since it was opened.

        SQLite would go on writing into a file that has no name any more, and all would be lost.
        """
        path = self.project.path
        try:
            if os.path.samestat(self._opened, path.stat()):
                return
            found = "another file took its place"
        except OSError:
            found = "it is not where it was"
        raise Refusal(
            409,
            "project_gone",
            f"the project {path.name} cannot be saved to: {found}",
            "put the file back as it was, or start the server again; what was saved is in that file",
        )

    def own_jobs(self) -> list[Job]:
        """The jobs of this project, oldest first; a database may hold those of others too."""
        return [job for job in self.jobs().jobs() if job.spec.project == self._own()]

    def _own(self) -> str:
        """The project as jobs name it."""
        return str(self.project.path.resolve())

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

    def object_info(self, video_id: int, object_id: int) -> ObjectInfo:
        """An object of a video. 404 where there is none."""
        for found in self.session(video_id, "").objects():
            if found.id == object_id:
                return found
        raise missing(f"object {object_id}")

    def worker(self) -> dict[str, Any]:
        """Is the worker there, and what does it do: `{"alive", "what"}`."""
        return {"alive": self.worker_state.alive, "what": self.worker_state.what}

    def worker_link(self) -> Crew:
        """The way to the worker. 503 where this server runs without one."""
        if self.link is None:
            raise Refusal(
                503,
                "no_worker",
                "this server has no worker",
                "start masklet serve without --no-worker",
            )
        return self.link

    def jobs(self) -> Board:
        """The jobs. 503 where this server runs without them."""
        if self.board is None:
            raise Refusal(
                503,
                "no_jobs",
                "this server keeps no jobs",
                "start masklet serve without --no-worker, or with --db",
            )
        return self.board

    def check_job(self, video_id: int, wanted: Mapping[str, Any]) -> None:
        """Can a job begin: are its engine, objects and film there? 400, 404 or 409 where not."""
        known = {one["name"]: one for one in offers.engines()}
        engine = known.get(wanted["engine"])
        if engine is None:
            names = ", ".join(sorted(known))
            raise Refusal(
                400, "bad_engine", f"no engine is called {wanted['engine']!r}", f"one of: {names}"
            )
        if not engine["available"]:
            text, remedy = halves(engine["why"])
            raise Refusal(409, "engine_unavailable", f"{engine['name']} {text}", remedy)
        self.films.source(video_id)
        for chosen in wanted["objects"]:
            self.object_info(video_id, chosen)

    def heard(self, event: Event) -> None:
        """What the worker tells, in a thread of its link: passed on to the tabs."""
        if isinstance(event, WorkerState):
            self.worker_state = event
            self.hub.post(self.hub.everybody, "worker", {"t": "worker", **self.worker()})
        elif isinstance(event, Moved):
            if event.job.spec.project != self._own():
                return  # a database of jobs may be shared
            job = told(event.job)
            self.hub.post(self.hub.everybody, ("job", job["id"]), {"t": "job", "job": job})
        else:
            words = {"t": "live", "video": event.video, "job": event.job, "frame": event.frame}
            payload = packed(words, wire.encode(event.rows, event.frame))
            self.hub.post(self.hub.live, event.video, event.frame, payload)

    def video_info(self, video_id: int, *, opened: bool = True) -> dict[str, Any]:
        """What a browser is told of a video: size, length, state of its file, how much is drawn.

        Without `opened`, a file that was not opened yet is only looked for: a list of many videos
        does not wait until each of them is read.
        """
        video, store = self.video(video_id), self.store(video_id)
        state, message = (self.films.state if opened else self.films.glance)(video_id)
        objects = self.session(video_id, "").objects()
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
            "rows": store.n_rows,
            "objects": [asdict(info) for info in objects],
        }

    def _film_moved(self, video_id: int, video: Video) -> None:
        """A film was found elsewhere: workers find it by what the project says."""
        with suppress(MaskletError, Refusal):  # a project that cannot be written can still be looked at
            self.check_project()
            self.project.update_video(video, video_id)
            self.videos(0)

    def close(self) -> None:
        """Let go of everything but board and link, which who made them closes."""
        self.frames.close()
        self.films.close()
        self.project.close()
        if "_temporary" in self.__dict__:
            self._temporary.cleanup()
