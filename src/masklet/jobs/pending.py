"""Clicks without an answer: those that a worker has, and those that wait until one is there."""

from __future__ import annotations

import itertools
import threading
from concurrent.futures import Future
from contextlib import suppress
from multiprocessing.connection import Connection

from masklet.core import DataError
from masklet.jobs.events import Answer, Click


class Pending:
    """Hands clicks to the worker of the moment, and answers to who asked. Threads may share it."""

    def __init__(self) -> None:
        self._numbers = itertools.count()
        self._waiting: dict[int, Click] = {}
        self._futures: dict[int, Future[Answer]] = {}
        self._lock = threading.Lock()
        self._link: Connection | None = None
        self._over = False

    @property
    def linked(self) -> bool:
        """Is there a worker?"""
        return self._link is not None

    def add(self, click: Click) -> Future[Answer]:
        """Send a click, or keep it until a worker is there; `DataError` where none will be."""
        future: Future[Answer] = Future()
        with self._lock:
            if self._over:
                future.set_exception(_never())
                return future
            number = next(self._numbers)
            self._futures[number] = future
            if self._link is None:
                self._waiting[number] = click
            else:
                _send(self._link, number, click)
        return future

    def connect(self, link: Connection) -> None:
        """A worker is there: it gets what has waited."""
        with self._lock:
            self._link, waiting, self._waiting = link, self._waiting, {}
            for number, click in waiting.items():
                _send(link, number, click)

    def settle(self, number: int, outcome: Answer | BaseException) -> None:
        """The worker's answer to a click."""
        with self._lock:
            future = self._futures.pop(number, None)
        if future is None:
            return
        if isinstance(outcome, Answer):
            future.set_result(outcome)
        else:
            future.set_exception(outcome)

    def disconnect(self) -> None:
        """The worker died: what it had fails, as it may be what killed it; what waits waits on."""
        with self._lock:
            self._link = None
            lost = [self._futures.pop(one) for one in list(self._futures) if one not in self._waiting]
        for future in lost:
            future.set_exception(_died())

    def end(self) -> None:
        """No worker will be there again."""
        with self._lock:
            self._over, self._link, self._waiting = True, None, {}
            lost, self._futures = self._futures, {}
        for future in lost.values():
            future.set_exception(_never())


def _send(link: Connection, number: int, click: Click) -> None:
    with suppress(OSError):  # whoever listens to the link meets the same, and disconnects
        link.send(("click", number, click))


def _died() -> DataError:
    return DataError("the worker died over this click; it is being started again: click once more")


def _never() -> DataError:
    return DataError(
        "there is no worker, and none is being started: see its messages, then start masklet again"
    )
