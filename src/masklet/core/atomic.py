"""Files that are either whole or not there: write beside, then rename."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from masklet.core.errors import DataError

_WHY = {
    errno.ENOSPC: "the disk is full; free some space or choose another place",
    errno.EDQUOT: "the disk quota is used up; free some space or choose another place",
    errno.EROFS: "the file system is read-only; choose another place",
    errno.EACCES: "no permission to write there; choose another place or change its rights",
    errno.EPERM: "no permission to write there; choose another place or change its rights",
    errno.ENOTDIR: "a part of this path is a file, not a folder; choose another place",
    errno.EEXIST: "a part of this path is a file, not a folder; choose another place",
    errno.EISDIR: "this is a folder; give the name of a file",
    errno.ENAMETOOLONG: "the name is too long; choose a shorter one",
}

_DATABASE = b"SQLite format 3\0"


def cannot_write(path: Path | str, error: OSError) -> DataError:
    """A `DataError` that says in one line why `path` could not be written and what to do."""
    why = _WHY.get(error.errno or 0, error.strerror or str(error))
    return DataError(f"cannot write {path}: {why}")


@contextmanager
def writing(path: Path | str) -> Iterator[Path]:
    """Yield a temporary path beside `path`; on success it is synced and takes the place of `path`.

    What is written there may be a file or a folder; an existing folder is replaced as a whole. On
    any error the temporary one is removed and what stood at `path` stays. The temporary name keeps
    the suffix, since some writers choose by it. `OSError` becomes a `DataError`.
    """
    target = Path(path)
    _check_no_project(target)
    beside = target.with_name(f".{target.stem}.{os.getpid()}-{secrets.token_hex(3)}{target.suffix}")
    try:
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            yield beside
            _sync(beside)
            _take_place(beside, target)
        except OSError as error:
            raise cannot_write(target, error) from error
    finally:
        _remove(beside)


def _check_no_project(target: Path) -> None:
    """Refuse to replace a database: a project holds what no other file has."""
    try:
        with target.open("rb") as stream:
            database = stream.read(len(_DATABASE)) == _DATABASE
    except OSError:
        return
    if database:
        raise DataError(
            f"{target} exists already and is a project, whose history is in no other file; choose "
            "another name, or remove it yourself"
        )


def _take_place(beside: Path, target: Path) -> None:
    if not (target.is_dir() and beside.is_dir()):
        beside.replace(target)
        return
    old = beside.with_name(beside.name + ".old")
    target.rename(old)
    beside.rename(target)
    _remove(old)


def _sync(path: Path) -> None:
    for part in [path, *path.rglob("*")] if path.is_dir() else [path]:
        if part.is_file():
            with part.open("rb") as stream:
                os.fsync(stream.fileno())


def _remove(path: Path) -> None:
    # What cannot be removed (a read-only disk, a name too long) was never made.
    with suppress(OSError):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
