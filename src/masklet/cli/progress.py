"""A progress bar with an ETA on a terminal, a line every ten seconds elsewhere."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

QUIET_SECONDS = 2.0
"""Work shorter than this shows nothing."""
LINE_SECONDS = 10.0
"""Off a terminal, one line this often."""

ENOUGH = 5
"""Steps after which the time that is left can be told; the first ones hold the preparation."""

Report = Callable[[int, int], None]
"""Told (done, total)."""


@contextmanager
def progress(title: str) -> Iterator[Report]:
    """Yield a function to call with (done, total); it appears once the work takes over two seconds."""
    if sys.stderr.isatty():
        with _bar(title) as report:
            yield report
    else:
        yield _lines(title)


@contextmanager
def _bar(title: str) -> Iterator[Report]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TextColumn("ETA"),
        TimeRemainingColumn(),
    )
    bar = Progress(*columns, console=Console(stderr=True), transient=True)
    task = bar.add_task(title, total=None, rate="")
    began = time.monotonic()

    def report(done: int, total: int) -> None:
        spent = time.monotonic() - began
        if spent > QUIET_SECONDS and not bar.live.is_started:
            bar.start()
        rate = f"{done / spent:.1f}/s" if spent > 0 else ""
        bar.update(task, completed=done, total=total, rate=rate)

    try:
        yield report
    finally:
        bar.stop()


def _lines(title: str) -> Report:
    began = said = time.monotonic()
    first = 0.0
    shown = False

    def report(done: int, total: int) -> None:
        nonlocal said, first, shown
        now = time.monotonic()
        first = first or now
        last = shown and done == total
        if not last and (now - said < LINE_SECONDS or not done):
            return
        said, shown = now, not last
        known = done >= ENOUGH and now > first
        left = f", about {(now - first) / (done - 1) * (total - done):.0f} s left" if known else ""
        end = f", {now - began:.0f} s" if last else left
        sys.stderr.write(f"{title}: {done}/{total}{end}\n")

    return report


@contextmanager
def stages() -> Iterator[Callable[[str, int, int], None]]:
    """Yield a function to call with (title, done, total): one bar for each new title."""
    current: list[tuple[str, Report]] = []
    with ExitStack() as stack:

        def report(title: str, done: int, total: int) -> None:
            if not current or current[-1][0] != title:
                stack.close()
                current.append((title, stack.enter_context(progress(title))))
            current[-1][1](done, total)

        yield report


@contextmanager
def busy(title: str) -> Iterator[None]:
    """On a terminal, a moving sign that appears once the work takes over two seconds."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(title) as sign:
        sign.stop()
        timer = threading.Timer(QUIET_SECONDS, sign.start)
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
