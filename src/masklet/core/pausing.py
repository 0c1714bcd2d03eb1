"""Places in long work where somebody else may have a turn, or stop it.

Long work calls `pause_point` every some ten milliseconds: after a frame, after a step of a fit. Nothing
happens there unless whoever runs the work has said, by `pausing`, what is to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Hook = Callable[[str, int, int], None]
"""Told what goes on, and how many steps are done of how many; an empty word where nobody can say."""
_hook: ContextVar[Hook | None] = ContextVar("masklet_pause", default=None)


class Stopped(BaseException):
    """Somebody stopped the work. No error: like `KeyboardInterrupt` it passes by `except Exception`."""


def pause_point(what: str = "", done: int = 0, of: int = 0) -> None:
    """Let go for a moment, where somebody asked for that. May raise `Stopped`.

    Work that shows nothing for long says what it does, and how far it is.
    """
    hook = _hook.get()
    if hook is not None:
        hook(what, done, of)


@contextmanager
def pausing(hook: Hook) -> Iterator[None]:
    """In the block, `pause_point` calls `hook`.

    It holds for this thread; a thread that is to be paused too is started in a copy of the context
    (`contextvars.copy_context`).
    """
    token = _hook.set(hook)
    try:
        yield
    finally:
        _hook.reset(token)
