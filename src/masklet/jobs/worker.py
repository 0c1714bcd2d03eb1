"""A worker: a process that holds warm engines, takes jobs and answers clicks of whoever started it."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Connection
from typing import Any

from masklet.core import MaskletError
from masklet.jobs.clicks import Clicks
from masklet.jobs.desk import Desk
from masklet.jobs.durable import launch, take_over
from masklet.jobs.events import Answer, Event, WorkerState
from masklet.jobs.ledger import Ledger
from masklet.jobs.pulse import BEAT, Pulse
from masklet.jobs.queue import prepare
from masklet.jobs.quiet import calm_dbos

REAP = 5.0
"""Seconds between two looks for jobs of workers that died."""


def work(url: str, executor: str, link: Connection | None = None, about: str = "") -> None:
    """Take jobs of a database until the link breaks or a signal comes.

    Args:
        url: database of jobs.
        executor: name of this worker; one that comes back under the same name goes on with its jobs.
        link: to the process that started this one; None = nobody.
        about: shown to people.
    """
    ledger, wire = Ledger(url), Wire(link)
    prepare(url)
    ledger.beat(executor, about)
    desk = Desk(ledger, executor, wire.tell)
    clicks = Clicks(desk)
    threading.Thread(target=_beat, args=(url, ledger, executor, about), daemon=True).start()
    calm_dbos()
    launch(url, desk)
    wire.tell(WorkerState(True, "ready"))
    code = 0
    try:
        with suppress(KeyboardInterrupt):
            wire.listen(clicks) if link is not None else signal.pause()
    except Exception:  # noqa: BLE001 - said, and told by the exit code: the process ends below
        traceback.print_exc()
        code = 1
    finally:
        ledger.leave(executor)
        desk.close()
        # Threads of a job are in the middle of a chunk: it is done again by whoever goes on.
        os._exit(code)


class Wire:
    """The link to whoever started this worker. Several threads may tell at once."""

    def __init__(self, link: Connection | None) -> None:
        self._link = link
        self._lock = threading.Lock()

    def tell(self, event: Event) -> None:
        """Send an event; nothing happens where nobody listens."""
        self._send(("event", event))

    def listen(self, clicks: Clicks) -> None:
        """Hand over clicks until the other side is gone."""
        assert self._link is not None
        while True:
            try:
                kind, number, thing = self._link.recv()
            except (EOFError, OSError):
                return
            if kind == "click":
                clicks.add(thing, self._replier(number))

    def _replier(self, number: int) -> Callable[[Answer | BaseException], None]:
        return lambda outcome: self._send(("answer", number, sendable(outcome)))

    def _send(self, message: tuple[Any, ...]) -> None:
        if self._link is None:
            return
        with self._lock:
            try:
                self._link.send(message)
            except (BrokenPipeError, ConnectionError):
                return  # `listen` meets the same and ends the worker


def sendable(outcome: Answer | BaseException) -> Answer | BaseException:
    """What can be sent: errors of masklet as they are, others as their text."""
    if isinstance(outcome, Answer):
        return outcome
    if isinstance(outcome, MaskletError):
        return MaskletError(str(outcome))
    return MaskletError(f"the segmenter failed: {type(outcome).__name__}: {outcome}")


def _beat(url: str, ledger: Ledger, executor: str, about: str) -> None:
    """Say every second that this worker is alive, and take over from those that are not."""
    pulse, looked = Pulse(), time.monotonic()
    while True:
        ledger.beat(executor, about)
        beats = ledger.beats()
        dead = [one for one in beats if pulse.dead(beats, one) and one != executor]
        if dead and time.monotonic() - looked > REAP:
            looked = time.monotonic()
            for one in dead:
                take_over(url, one)
                ledger.leave(one)
        time.sleep(BEAT)


def main() -> None:
    """`python -m masklet.jobs.worker`: settings come as one line of JSON on standard input.

    Where the process that started it is gone before the worker is up, it ends without a word.
    """
    signal.signal(
        signal.SIGINT, signal.SIG_IGN
    )  # Ctrl-C is for the server, which then lets go of the link
    line = sys.stdin.readline()
    if not line.endswith("\n"):
        return
    told, link = json.loads(line), None
    if "address" in told:
        try:
            link = Client(told["address"], authkey=bytes.fromhex(told["key"]))
        except (OSError, EOFError, AuthenticationError):
            return
    work(told["db"], told["executor"], link, told.get("about", ""))


if __name__ == "__main__":
    main()
