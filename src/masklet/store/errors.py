"""What can go wrong with a project file, each in one line."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from masklet.core.errors import DataError

_WHY = {
    sqlite3.SQLITE_BUSY: "is in use by another program; close that one or try again later",
    sqlite3.SQLITE_LOCKED: "is in use by another program; close that one or try again later",
    sqlite3.SQLITE_FULL: "cannot grow: the disk is full; free some space and try again "
    "(what was saved before is safe)",
    sqlite3.SQLITE_READONLY: "cannot be written: the file or its folder is read-only; "
    "open it read-only or copy it to another place",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened: no permission, or its folder is read-only; "
    "check the rights, or open it read-only",
    sqlite3.SQLITE_PERM: "cannot be opened: no permission; change the rights of the file",
    sqlite3.SQLITE_NOTADB: "is not a masklet project: it is no SQLite file; "
    "check the path, or convert the file with `masklet convert`",
    sqlite3.SQLITE_CORRUPT: "is damaged; take a backup copy, or save what is left with "
    "`sqlite3 FILE .recover`",
    sqlite3.SQLITE_IOERR_SHORT_READ: "is damaged: it ends too early; take a backup copy, or save what "
    "is left with `sqlite3 FILE .recover`",
    sqlite3.SQLITE_IOERR: "cannot be read or written: the disk reports an error or is full; "
    "check the disk and its free space",
    sqlite3.SQLITE_TOOBIG: "cannot hold a value of this size; split the rows",
    sqlite3.SQLITE_NOMEM: "needs more memory than there is; load fewer frames at a time",
}
_LOOKS_DAMAGED = (ValueError, TypeError, ArithmeticError, IndexError, KeyError)


class ConflictError(DataError):
    """Somebody else changed the same rows in the meantime. Load them again, then decide."""


def damaged(path: Path | str, what: object) -> DataError:
    """A `DataError` for contents that SQLite accepts and masklet cannot understand."""
    line = " ".join(str(what).split())
    return DataError(f"project {path} is damaged ({line}); take a backup copy")


def explain(path: Path | str, error: sqlite3.Error) -> DataError:
    """A `DataError` that says in one line what SQLite found wrong with the project at `path`."""
    code = getattr(error, "sqlite_errorcode", None)
    if not isinstance(code, int):
        return damaged(path, error)
    why = _WHY.get(code) or _WHY.get(code & 0xFF)
    return DataError(f"project {path} {why}") if why else damaged(path, error)


@contextmanager
def one_line(path: Path | str) -> Iterator[None]:
    """Turn whatever SQLite raises inside the block into a `DataError` naming the project."""
    try:
        yield
    except sqlite3.Error as error:
        raise explain(path, error) from error
    except UnicodeDecodeError as error:  # SQLite quoting what it found in a damaged file
        raise damaged(path, "text that is not UTF-8") from error


@contextmanager
def reading(path: Path | str) -> Iterator[None]:
    """Around code that decodes stored values: what does not decode is a damaged project."""
    try:
        with guarding(path):
            yield
    except DataError as error:
        raise error if str(path) in str(error) else damaged(path, error) from error


@contextmanager
def guarding(path: Path | str) -> Iterator[None]:
    """Around code that works on stored values and may refuse the caller's own with a `DataError`."""
    try:
        yield
    except _LOOKS_DAMAGED as error:
        raise damaged(path, f"{type(error).__name__}: {error}") from error
