"""Work done ahead: an iterator pulled by a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from queue import Empty, Full, Queue
from typing import TypeVar

T = TypeVar("T")

_POLL_S = 0.1


class _End:
    """Put last; holds the error that ended the work, if any."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


def ahead(items: Iterable[T], depth: int = 4) -> Iterator[T]:
    """The same items in the same order, made by a thread that runs at most `depth` items ahead.

    Worth it where making an item releases the interpreter lock, as decoding and drawing do. An error
    in the thread is raised here. When the caller stops early the thread ends and `items` is closed.
    """
    queue: Queue[T | _End] = Queue(maxsize=depth)
    stopped = threading.Event()
    worker = threading.Thread(target=_fill, args=(items, queue, stopped), daemon=True)
    worker.start()
    try:
        while not isinstance(item := queue.get(), _End):
            yield item
        if item.error is not None:
            raise item.error
    finally:
        stopped.set()
        _drain(queue)
        worker.join()


def _fill(items: Iterable[T], queue: Queue[T | _End], stopped: threading.Event) -> None:
    end = _End()
    iterator = iter(items)
    try:
        for item in iterator:
            if not _put(queue, item, stopped):
                break
    except BaseException as error:  # noqa: BLE001 - handed over to the caller's thread
        end = _End(error)
    finally:
        close = getattr(iterator, "close", None)
        if close is not None:
            close()
        _put(queue, end, stopped)


def _put(queue: Queue[T | _End], item: T | _End, stopped: threading.Event) -> bool:
    """Wait for room; False when the caller has stopped."""
    while not stopped.is_set():
        try:
            queue.put(item, timeout=_POLL_S)
        except Full:
            continue
        return True
    return False


def _drain(queue: Queue[T | _End]) -> None:
    """Make room, so that a waiting thread sees at once that it should stop."""
    try:
        while True:
            queue.get_nowait()
    except Empty:
        return
