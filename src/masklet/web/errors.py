"""What a browser is told when something is refused: JSON of what was found and what to do."""

from __future__ import annotations

import errno
import os
import re
import sqlite3
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from masklet.annotate.objects import LockedError, UnknownObjectError
from masklet.core import DataError, MaskletError, UsageError
from masklet.core.errors import MissingExtraError
from masklet.store import ConflictError

_PART = r"""[^\\/\n;]*[^\\/\s;'"(:,]"""
_FOLDERS = re.compile(
    rf"(?<![\w./])(?<!http:)(?<!https:)/(?:{_PART}/)+(?=[^/\s])"
    rf"|(?<!\w)(?:[A-Za-z]:|\\)[\\/](?:{_PART}[\\/])*(?=[^\\/\s])"
)
"""The folders of an absolute path, POSIX or Windows; blanks may stand inside a name."""
_FULL = (errno.ENOSPC, errno.EDQUOT)
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_KINDS: tuple[tuple[type[MaskletError], int, str], ...] = (
    (ConflictError, 412, "stale"),
    (LockedError, 409, "locked"),
    (UnknownObjectError, 404, "not_found"),
    (MissingExtraError, 409, "missing_extra"),
    (UsageError, 400, "bad_request"),
)
_HTTP = {
    400: ("bad_request", "the request cannot be understood", "reload the page"),
    404: ("not_found", "there is nothing at this address", "check the address or go to the start page"),
    405: ("bad_method", "this address does not take that method", "use the method that the page uses"),
    406: ("not_acceptable", "there is no answer of the kind that was asked for", "reload the page"),
}


class Refusal(Exception):  # noqa: N818 - it is an answer, not a fault
    """An answer that says no.

    Args:
        status: HTTP status, 400 and above.
        code: a word that programs can tell it by.
        text: what was found and what was expected.
        remedy: what the person can do.
        more: further fields beside `error`, such as the revision that is current.
    """

    def __init__(
        self, status: int, code: str, text: str, remedy: str, more: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(f"{text}; {remedy}")
        self.status, self.code, self.text, self.remedy = status, code, text, remedy
        self.more = dict(more or {})

    @property
    def body(self) -> dict[str, Any]:
        """`{"error": {"code", "text", "remedy"}}` and what else is to be told."""
        told = {"code": self.code, "text": self.text, "remedy": self.remedy}
        return {"error": told, **self.more}

    def response(self) -> Response:
        """The same as an answer."""
        headers = {"Cache-Control": "no-store"}
        if self.status == 503:
            headers["Retry-After"] = "1"
        if self.status == 413:
            headers["Connection"] = "close"
        return JSONResponse(self.body, self.status, headers)


def missing(what: str, known: str = "") -> Refusal:
    """404 for an id that nothing has."""
    return Refusal(404, "not_found", f"there is no {what}", known or "reload the page for what there is")


def refusal_of(error: BaseException) -> Refusal:
    """What a browser is told about `error`, whichever it is."""
    if isinstance(error, Refusal):
        return error
    if isinstance(error, HTTPException):
        code, text, remedy = _HTTP.get(
            error.status_code, ("refused", str(error.detail), "reload the page")
        )
        return Refusal(error.status_code, code, text, remedy)
    if isinstance(error, MaskletError):
        text, remedy = halves(without_folders(str(error)))
        if isinstance(error, ConflictError):
            remedy = "load it again, then decide"
        return Refusal(*_kind(error), text, remedy)
    if isinstance(error, OSError):
        return _of_system(error)
    if isinstance(error, MemoryError):
        return Refusal(507, "no_memory", "the server is out of memory", "close other programs")
    return Refusal(
        500,
        "unexpected",
        f"this should not have happened: {type(error).__name__}",
        "what was saved is safe; try again, and report what the terminal of the server shows",
    )


def halves(message: str) -> tuple[str, str]:
    """(what was found, what to do) of a message whose sentences are joined by semicolons."""
    text, mark, remedy = " ".join(message.split()).rpartition("; ")
    return (text, remedy) if mark else (remedy, "change what was asked for and try again")


def without_folders(message: str) -> str:
    """A message as a browser may see it: the names of files, not where on the server they lie."""
    return _FOLDERS.sub("", message)


def _kind(error: MaskletError) -> tuple[int, str]:
    """(status, code) of what masklet raised on purpose."""
    for kind, status, code in _KINDS:
        if isinstance(error, kind):
            return status, code
    cause = error.__cause__
    if isinstance(cause, sqlite3.Error):
        return _of_database(getattr(cause, "sqlite_errorcode", 0) or 0)
    if isinstance(cause, OSError):
        told = _of_system(cause)
        return told.status, told.code
    return (400, "bad_data") if isinstance(error, DataError) else (409, "refused")


def _of_database(code: int) -> tuple[int, str]:
    plain = code & 0xFF
    if plain in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
        return 507, "disk_full"
    if plain in _BUSY:
        return 503, "busy"
    return 409, "read_only" if plain == sqlite3.SQLITE_READONLY else "project_unusable"


def _of_system(error: OSError) -> Refusal:
    why = error.strerror or str(error)
    if error.errno in _FULL:
        return Refusal(507, "disk_full", "the disk is full", "free some space and try again")
    if isinstance(error, FileNotFoundError):
        return Refusal(409, "gone", f"a file is gone: {why}", "put it back and try again")
    return Refusal(
        409, "system", f"the system refused: {why}", "check the disk and the rights of the files"
    )


async def answer_error(_: Request, error: Exception) -> Response:
    """For the app's table of handlers."""
    return refusal_of(error).response()


def report(error: Exception) -> None:
    """What nobody expected: one line in the terminal; all of it where `MASKLET_TRACEBACK` is set."""
    if os.environ.get("MASKLET_TRACEBACK"):
        traceback.print_exception(error)
        return
    where = traceback.extract_tb(error.__traceback__)[-1:]
    place = "".join(f" ({Path(one.filename).name}:{one.lineno})" for one in where)
    line = " ".join(str(error).split())
    sys.stderr.write(f"masklet: unexpected {type(error).__name__}: {line}{place}\n")
