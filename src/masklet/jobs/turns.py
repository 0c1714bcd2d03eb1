"""One device, many who want it: whoever clicks goes between two frames of whoever tracks."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Turns:
    """Gives the device away between two frames.

    A tracking thread works inside `working` and calls `offer` after each frame. A click waits in
    `urgent` until every such thread has come to its next offer, and has the device then; the threads go
    on when no click is left.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._urgent = 0
        self._working: set[int] = set()
        self._parked: set[int] = set()

    @contextmanager
    def working(self) -> Iterator[None]:
        """This thread works in the block."""
        me = threading.get_ident()
        with self._changed:
            self._changed.wait_for(lambda: not self._urgent)
            self._working.add(me)
        try:
            yield
        finally:
            with self._changed:
                self._working.discard(me)
                self._changed.notify_all()

    def offer(self) -> None:
        """Wait while somebody urgent wants the device. Costs next to nothing where nobody does."""
        if self._urgent:
            with self.resting():
                pass

    @contextmanager
    def resting(self) -> Iterator[None]:
        """This thread leaves the device alone in the block, as when it waits for a person."""
        me = threading.get_ident()
        with self._changed:
            self._parked.add(me)
            self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                self._changed.wait_for(lambda: not self._urgent)
                self._parked.discard(me)

    @contextmanager
    def urgent(self) -> Iterator[None]:
        """The device is ours in the block, from the next offer of everybody else on."""
        with self._changed:
            self._urgent += 1
            self._changed.wait_for(lambda: self._working <= self._parked)
        try:
            yield
        finally:
            with self._changed:
                self._urgent -= 1
                self._changed.notify_all()
