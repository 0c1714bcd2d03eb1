"""Files that are either whole or not there: write beside, then rename."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from collections.abc import Iterator, Sequence
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

_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK)
"""What file systems answer that give a file only one name (FAT)."""
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
    beside = _beside(target)
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


@contextmanager
def making(path: Path | str, logs: Sequence[str] = ()) -> Iterator[Path]:
    """As `writing`, for a file that must not be there: neither now nor when it is done.

    Of two that make the same file at once, the first one done stays and the other one fails.

    Args:
        path: where it is to appear.
        logs: endings of files that belong to it while it is open, none of which may be left: those
            that an earlier file of this name left behind go before the new one appears.

    Raises `DataError`.
    """
    target = Path(path)
    beside = _beside(target)
    try:
        try:
            _check_new(target)
            target.parent.mkdir(parents=True, exist_ok=True)
            yield beside
            if any(_with_ending(beside, ending).exists() for ending in logs):
                raise OSError(errno.ENOSPC, "its log could not be written back")
            _sync(beside)
            with _alone(target.parent):
                _check_new(target)
                for ending in logs:
                    _with_ending(target, ending).unlink(missing_ok=True)
                _appear(beside, target)
        except OSError as error:
            raise cannot_write(target, error) from error
    finally:
        for ending in ("", *logs):
            _remove(_with_ending(beside, ending))


def _beside(target: Path) -> Path:
    return target.with_name(f".{target.stem}.{os.getpid()}-{secrets.token_hex(3)}{target.suffix}")


def _with_ending(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)


def _check_new(target: Path) -> None:
    if target.exists() or target.is_symlink():
        raise DataError(f"{target} exists already; open it, delete it or choose another name")


def _appear(beside: Path, target: Path) -> None:
    """Give a file its name, which nobody else can have taken."""
    try:
        os.link(beside, target)
    except FileExistsError:
        _check_new(target)
        raise
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        os.close(os.open(target, os.O_CREAT | os.O_EXCL))
        beside.replace(target)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One process at a time; where the system cannot do that, names alone keep two apart."""
    try:
        import fcntl
    except ImportError:
        yield
        return
    number = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):
            fcntl.flock(number, fcntl.LOCK_EX)
        yield
    finally:
        os.close(number)


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
