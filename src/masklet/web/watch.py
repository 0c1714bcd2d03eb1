"""Watching a project: whoever changes it, every tab is told within a moment."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from masklet.core import MaskletError
from masklet.store.changed import Touched
from masklet.web.errors import report
from masklet.web.hub import told

if TYPE_CHECKING:
    from masklet.web.workplace import Workplace

EVERY = 0.1
"""Seconds between two looks while somebody is connected."""
_FILMS_EVERY = 2.0
_AGAIN = 2.0
_PATIENCE = 0.5
"""Seconds that writes under way may keep a look waiting."""


class Watcher:
    """Looks at the revision of every video that is shown, at the jobs and at the films' files.

    It does not matter who changed something: a tab, the worker, the command line or another machine
    on the same file. A change that a tab of this server makes is announced with that tab's name.
    """

    def __init__(self, place: Workplace) -> None:
        self._place = place
        self._seen: dict[int, int] = {}
        self._jobs: dict[str, Any] = {}
        self._board: object = None
        self._films: dict[int, tuple[str, str]] = {}
        self._numbers: set[int] | None = None
        self._looked = 0.0
        self._writing: dict[int, int] = {}
        self._since: dict[int, float] = {}
        self._lock = threading.Lock()

    @contextmanager
    def writing(self, video: int, tab: str) -> Iterator[Callable[[int], None]]:
        """Around a write of a tab; call what is yielded with the revision that it made.

        No look at the video falls between the write and its signature. 409 where the project's file
        is gone.
        """
        self._place.check_project()
        hub = self._place.hub
        with self._lock:
            self._writing[video] = self._writing.get(video, 0) + 1
            self._since.setdefault(video, time.monotonic())
        try:
            yield lambda revision: hub.signed(video, revision, tab)
        finally:
            with self._lock:
                self._writing[video] -= 1
                if not self._writing[video]:
                    del self._writing[video], self._since[video]

    def known(self, video: int) -> int:
        """The revision up to which changes of a video were announced; the current one at first."""
        if video not in self._seen:
            self._seen[video] = self._place.project.masks(video).revision
        return self._seen[video]

    async def run(self) -> None:
        """Look until cancelled. What cannot be read now is looked at again, less often."""
        wait = EVERY
        while True:
            await asyncio.sleep(wait)
            if not self._place.hub.clients:
                continue
            try:
                await self._look()
                wait = EVERY
            except (MaskletError, OSError):
                wait = _AGAIN  # a busy, moved or unreadable project: writes and reads say so themselves
            except Exception as error:  # noqa: BLE001 - tabs would hear of nothing any more
                report(error)
                wait = _AGAIN

    async def _look(self) -> None:
        hub = self._place.hub
        for video in hub.videos():
            found = await asyncio.to_thread(self._changes, video)
            hub.touched(video, found)
        for key, message in await asyncio.to_thread(self._others):
            hub.everybody(key, message)

    def _changes(self, video: int) -> list[Touched]:
        if self._held(video) or video not in self._place.videos():
            return []
        store, before = self._place.project.masks(video), self.known(video)
        if store.revision == before:
            return []
        found = store.changes_since(before)
        self._seen[video] = max([before, *(one.revision for one in found)])
        return found

    def _held(self, video: int) -> bool:
        with self._lock:
            began = self._since.get(video)
        return began is not None and time.monotonic() - began < _PATIENCE

    def _others(self) -> list[tuple[object, dict[str, Any]]]:
        """What changed of jobs and of films since the last look."""
        found: list[tuple[object, dict[str, Any]]] = []
        board = self._place.board
        if board is not None and (version := board.version()) != self._board:
            self._board = version
            jobs = {job.id: told(job) for job in self._place.own_jobs()}
            news = [job for name, job in jobs.items() if self._jobs.get(name) != job]
            self._jobs = jobs
            found += [(("job", job["id"]), {"t": "job", "job": job}) for job in news]
        if time.monotonic() - self._looked >= _FILMS_EVERY:
            found += self._film_news()
            self._looked = time.monotonic()
        return found

    def _film_news(self) -> list[tuple[object, dict[str, Any]]]:
        """Videos that came or went, and files that were moved, deleted, changed or put back."""
        numbers = set(self._place.videos())
        found: list[tuple[object, dict[str, Any]]] = []
        if self._numbers not in (None, numbers):
            found.append(("project", {"t": "project"}))
        self._numbers = numbers
        for video in self._place.hub.videos() & numbers:
            state = self._place.films.state(video)
            if self._films.setdefault(video, state) != state:
                self._films[video] = state
                words = {"t": "video", "video": video, "state": state[0], "message": state[1]}
                found.append((("video", video), words))
        return found
