"""One server a project: a file beside it says which one, as long as that one lives."""

from __future__ import annotations

import errno
import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from masklet.core import DataError
from masklet.core.atomic import cannot_write

_NO_LOCKS = (errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL)
"""What file systems answer that cannot lock files."""


class Served:
    """Holds the file `PROJECT.serving` and the system's lock on it.

    The lock goes with the process, however that ends: what is left of a server that was killed is
    recognised by that. On a file system without locks, the process number decides.

    Args:
        project: the file that is served.

    Raises `DataError`, with the other one's address, where somebody serves it already.
    """

    def __init__(self, project: Path) -> None:
        self.path = project.with_name(project.name + ".serving")
        self._project = project
        self._file = -1
        while self._file < 0:
            self._file = self._take()

    def say(self, url: str) -> None:
        """Note the address, for those who come later. Without the token."""
        told = json.dumps({"pid": os.getpid(), "url": url}).encode()
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, told, 0)

    def release(self) -> None:
        """Let go; the file disappears. Twice does no harm."""
        if self._file >= 0:
            with suppress(OSError):
                self.path.unlink()
            os.close(self._file)
            self._file = -1

    def _take(self) -> int:
        """The locked file, or -1 where it was removed just now and must be made anew."""
        try:
            number = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise cannot_write(self.path, error) from error
        try:
            if not _locked(number):
                raise self._refused(_told(number))
            if not _is_at(number, self.path):
                os.close(number)
                return -1
            self._note(number)
        except BaseException:
            with suppress(OSError):
                os.close(number)
            raise
        return number

    def _note(self, number: int) -> None:
        os.ftruncate(number, 0)
        os.pwrite(number, json.dumps({"pid": os.getpid(), "url": ""}).encode(), 0)

    def _refused(self, told: dict[str, Any]) -> DataError:
        where = f" at {told['url']}" if told.get("url") else ""
        return DataError(
            f"{self._project} is served already{where} by process {told.get('pid', '?')}; "
            "open that address, or stop that server first"
        )


def _locked(number: int) -> bool:
    """Lock an open file for this process; False where another one has it."""
    try:
        import fcntl
    except ImportError:  # Windows
        return not _lives(_told(number).get("pid"))
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _NO_LOCKS:
            return not _lives(_told(number).get("pid"))
        return False
    return True


def _told(number: int) -> dict[str, Any]:
    """What the file says; nothing where it is not whole."""
    try:
        found = json.loads(os.pread(number, 4096, 0))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _lives(pid: object) -> bool:
    if not isinstance(pid, int) or pid <= 0 or pid == os.getpid():
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _is_at(number: int, path: Path) -> bool:
    """Is the open file still the one of that name?"""
    try:
        return os.path.samestat(os.fstat(number), path.stat())
    except OSError:
        return False
