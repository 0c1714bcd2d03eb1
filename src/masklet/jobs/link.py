"""The worker process of this machine, as the process sees it that started it."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from multiprocessing import AuthenticationError
from multiprocessing.connection import Connection, Listener

from masklet.jobs.events import Answer, Click, Event, WorkerState
from masklet.jobs.pending import Pending

CALM, TRIES = 60.0, 5
"""A worker that died so often within so many seconds is not started again."""


class Link:
    """Starts a worker, keeps it alive, sends it clicks, and hands on its events.

    Args:
        url: database of jobs.
        listener: called with each event, in a thread of its own.
        name: of the worker; the same name goes on with the jobs that it left.
    """

    def __init__(self, url: str, listener: Callable[[Event], None], name: str = "local") -> None:
        self._url, self._listener, self._name = url, listener, name
        self._pending = Pending()
        self._link: Connection | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the worker, in the background; an event tells when it is ready."""
        self._thread = threading.Thread(target=self._keep, name="masklet-link", daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Is there a worker that listens?"""
        return self._pending.linked

    @property
    def pid(self) -> int | None:
        """Process id of the worker; None where there is none."""
        return None if self._process is None else self._process.pid

    def click(self, click: Click) -> Future[Answer]:
        """Ask for the answer to a click; it waits until a worker is there.

        The future fails with `DataError` where the worker dies over it, or where none is started again.
        """
        return self._pending.add(click)

    def close(self) -> None:
        """Let the worker go. A job in its middle goes on when a worker of this name is there again."""
        self._closing.set()
        if self._link is not None:
            self._link.close()
        if self._process is not None:
            _end(self._process)
        if self._thread is not None:
            self._thread.join(10)
        self._pending.end()

    def _keep(self) -> None:
        """Start the worker, and again where it dies."""
        deaths: deque[float] = deque(maxlen=TRIES)
        while not self._closing.is_set():
            self._listener(WorkerState(False, "starting"))
            code = self._once()
            if self._closing.is_set():
                return
            deaths.append(time.monotonic())
            often = len(deaths) == TRIES and deaths[-1] - deaths[0] < CALM
            self._listener(WorkerState(False, _death(code, often)))
            if often:
                self._pending.end()
                return
            self._closing.wait(min(2.0 ** (len(deaths) - 2), 8.0))

    def _once(self) -> int:
        """One life of the worker; its exit code."""
        with Listener(authkey=(key := secrets.token_bytes(32))) as listener:
            told = {
                "db": self._url,
                "executor": self._name,
                "address": listener.address,
                "key": key.hex(),
                "about": f"process of {os.getpid()}",
            }
            self._process = process = subprocess.Popen(
                [sys.executable, "-m", "masklet.jobs.worker"], stdin=subprocess.PIPE
            )
            assert process.stdin is not None
            with suppress(BrokenPipeError):
                process.stdin.write(json.dumps(told).encode() + b"\n")
                process.stdin.close()
            link = _accept(listener, process, self._closing)
        if link is not None:
            self._link = link
            self._listen(link)
        return process.wait()

    def _listen(self, link: Connection) -> None:
        self._pending.connect(link)
        while True:
            try:
                kind, *rest = link.recv()
            except (EOFError, OSError):
                break
            if kind == "event":
                self._listener(rest[0])
            else:
                self._pending.settle(*rest)
        self._pending.disconnect()


def _accept(
    listener: Listener, process: subprocess.Popen[bytes], closing: threading.Event
) -> Connection | None:
    """The worker's call; None where it died before it called."""
    found: list[Connection] = []

    def take() -> None:
        with suppress(OSError, EOFError, AuthenticationError):  # it died on the way, or all is closed
            found.append(listener.accept())

    taken = threading.Thread(target=take, daemon=True)
    taken.start()
    while taken.is_alive() and process.poll() is None and not closing.is_set():
        taken.join(0.05)
    return found[0] if found else None


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process; by force where it does not listen."""
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _death(code: int, often: bool) -> str:
    how = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
    if often:
        return f"the worker {how} for the {TRIES}th time; see its messages, then start masklet again"
    return f"the worker {how}; it is being started again"
