"""The workers of this machine: the first one answers clicks too, more come when a job wants several."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future

from masklet.jobs.events import Answer, Click, Event, Live, Moved
from masklet.jobs.link import Link


class Crew:
    """As `Link`, for several worker processes.

    Args:
        url: database of jobs.
        listener: called with each event, in threads of its own.
        name: of the first worker; the others count on from it.
    """

    def __init__(self, url: str, listener: Callable[[Event], None], name: str = "local") -> None:
        self._url, self._listener, self._name = url, listener, name
        self._lock = threading.Lock()
        self._links = [Link(url, listener, name)]

    def start(self) -> None:
        """Start the first worker, in the background; an event tells when it is ready."""
        self._links[0].start()

    @property
    def alive(self) -> bool:
        """Is there a worker that answers clicks?"""
        return self._links[0].alive

    @property
    def pid(self) -> int | None:
        """Process id of the first worker; None where there is none."""
        return self._links[0].pid

    def click(self, click: Click) -> Future[Answer]:
        """As `Link.click`."""
        return self._links[0].click(click)

    def ensure(self, workers: int) -> None:
        """Have so many workers at least. Those that are there already count."""
        with self._lock:
            while len(self._links) < workers:
                more = Link(self._url, self._heard, f"{self._name}-{len(self._links) + 1}")
                self._links.append(more)
                more.start()

    def close(self) -> None:
        """Let all of them go."""
        with self._lock:
            for link in self._links:
                link.close()

    def _heard(self, event: Event) -> None:
        """Of the further workers only their work matters: the worker shown is the first."""
        if isinstance(event, Live | Moved):
            self._listener(event)
