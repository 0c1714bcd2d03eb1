"""Doing the next items in a thread while the caller is busy with this one."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from typing import TypeVar

Item = TypeVar("Item")

DEPTH = 4
"""Items made ahead: enough to hide one slow picture, few enough that memory stays small."""


def read_ahead(make: Callable[[], Iterator[Item]], depth: int = DEPTH) -> Iterator[Item]:
    """The items of `make()`, made in a thread that is at most `depth` items ahead.

    An exception of the thread is raised here, in its place. When this iterator is closed the thread
    ends before the next item.
    """
    ready: queue.Queue[tuple[str, object]] = queue.Queue(depth)
    stop = threading.Event()

    def put(kind: str, value: object) -> None:
        while not stop.is_set():
            try:
                ready.put((kind, value), timeout=0.1)
            except queue.Full:
                continue
            break

    def work() -> None:
        try:
            for item in make():
                put("item", item)
                if stop.is_set():
                    return
            put("end", None)
        except BaseException as error:  # noqa: BLE001 - handed over to the caller, whatever it is
            put("error", error)

    thread = threading.Thread(target=work, name="masklet-read-ahead", daemon=True)
    thread.start()
    try:
        while True:
            kind, value = ready.get()
            if kind == "end":
                return
            if kind == "error":
                raise value  # type: ignore[misc]
            yield value  # type: ignore[misc]
    finally:
        stop.set()
        thread.join()
