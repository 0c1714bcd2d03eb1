"""Folders that are written as a whole, and never in place of somebody's other files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from masklet.core import DataError
from masklet.core.atomic import writing


@contextmanager
def writing_folder(path: Path, own: Callable[[Path], bool]) -> Iterator[Path]:
    """Like `writing`, for a path that may become a folder.

    A folder that stands there is replaced only when `own` knows it as one of this format and all of
    its files are written anew; else `DataError`, and nothing is touched.
    """
    with writing(path) as beside:
        yield beside
        if path.is_dir() and beside.is_dir():
            _check_replaceable(path, beside, own)


def _check_replaceable(path: Path, beside: Path, own: Callable[[Path], bool]) -> None:
    old, new = _files(path), _files(beside)
    strangers = sorted(old - new)
    if strangers or (old and not own(path)):
        name = strangers[0] if strangers else min(old)
        raise DataError(
            f"{path} already holds other files ({name}); choose another folder or empty this one"
        )


def _files(folder: Path) -> set[Path]:
    return {p.relative_to(folder) for p in folder.rglob("*") if not p.is_dir()}
