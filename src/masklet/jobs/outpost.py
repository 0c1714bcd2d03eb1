"""A worker that somebody starts by hand, on this machine or another one."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable

from masklet.core import MissingExtraError


def work_here(db: str, name: str, say: Callable[[str], None]) -> None:
    """Take jobs of a database until the process is told to end.

    Args:
        db: as in `Board`.
        name: of this worker; empty = host and process.
        say: receives sentences worth showing.

    Raises `DataError` where the database cannot be used, `MissingExtraError` without DBOS.
    """
    try:
        from masklet.jobs.worker import work
    except ImportError as error:
        raise MissingExtraError("dbos", "serve", "a worker") from error
    name = name or f"{socket.gethostname()}-{os.getpid()}"
    say(f"worker {name} takes jobs; Ctrl-C stops it, and another worker goes on with what it left")
    work(db, name, about=f"{socket.gethostname()} {os.getpid()}")
