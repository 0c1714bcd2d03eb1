"""Annotations out of the project as files of other tools, and theirs into it."""

from __future__ import annotations

import secrets
import shutil
import tempfile
import threading
import warnings
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from masklet.core import DataError, LossWarning, Masks, UsageError, Video
from masklet.core.protocols import Annotation
from masklet.core.registry import available
from masklet.formats import files
from masklet.ops.table import with_video
from masklet.web import zips
from masklet.web.errors import missing

KEPT = 16
"""Exports that can still be fetched; older ones are made again."""
_ENDINGS = {
    "masklet": ".masklet",
    "parquet": ".parquet",
    "cvat-video": ".xml",
    "cvat-images": ".xml",
    "coco": ".json",
    "ytvis": ".json",
}
_WARNING = threading.RLock()
"""Python's list of warnings belongs to the whole process: one export or import at a time."""


@dataclass(frozen=True)
class Export:
    """A file that can be fetched.

    Args:
        id: names it for clients.
        name: what it is to be called.
        path: where it lies.
        warnings: what the format could not hold.
    """

    id: str
    name: str
    path: Path
    warnings: tuple[str, ...]


class Exports:
    """The last few exports. They end with the server.

    Args:
        folder: gives the folder for them, when it is first needed.
    """

    def __init__(self, folder: Callable[[], Path]) -> None:
        self._folder = folder
        self._made: OrderedDict[str, Export] = OrderedDict()
        self._lock = threading.Lock()

    def make(self, items: Sequence[Annotation], name: str, format_name: str) -> Export:
        """Write `items` of one video as a file; a format of many files as a zip.

        Raises `UsageError` for an unknown format, `DataError` where it cannot hold the items.
        """
        known = sorted(available("formats"))
        if format_name not in known:
            raise UsageError(f"no format is called {format_name!r}; expected one of: {', '.join(known)}")
        number = secrets.token_hex(12)
        home = self._folder() / f"export-{number}"
        home.mkdir()
        try:
            path = home / f"{name}{_ENDINGS.get(format_name, '')}"
            with losses() as told:
                files.write(items, path, format_name)
            path = _one_file(path, f"{name}-{format_name}.zip")
        except BaseException:
            shutil.rmtree(home, ignore_errors=True)
            raise
        export = Export(number, path.name, path, tuple(told))
        with self._lock:
            self._made[number] = export
            gone = [self._made.popitem(last=False)[1] for _ in range(len(self._made) - KEPT)]
        for old in gone:
            shutil.rmtree(old.path.parent, ignore_errors=True)
        return export

    def get(self, number: str) -> Export:
        """An export by its id. 404 where there is none."""
        with self._lock:
            if number not in self._made:
                raise missing("such export", "make it again")
            return self._made[number]


@contextmanager
def losses() -> Iterator[list[str]]:
    """Collects what is lost in the block: the texts of its `LossWarning`s."""
    told: list[str] = []
    with _WARNING, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", LossWarning)
        yield told
        told += dict.fromkeys(str(one.message) for one in caught)


def read(
    path: Path, name: str, video: Video, format_name: str = "", above: int = 0
) -> tuple[Masks, list[str]]:
    """(rows on `video`, warnings) of a file that somebody sent; a zip is looked into.

    Args:
        path: the file.
        name: its own name.
        video: what the rows are to lie on.
        format_name: empty = judged by content.
        above: new objects get ids that are greater.

    Every row has an object: those without one get new ids, by label and place among their frame's.
    Raises `DataError` where nothing can be read or it does not fit the video.
    """
    with tempfile.TemporaryDirectory(prefix="import-", dir=path.parent) as folder:
        inside = Path(folder) / "it"
        inside.mkdir()
        place = _placed(path, name, inside)
        with losses() as told:
            try:
                rows = files.read(place, video, format_name or None)
            except (DataError, UsageError) as error:
                raise type(error)(_plain(str(error), folder, path, name)) from error
            return identified(with_video(rows, video), above), told


def identified(rows: Masks, above: int = 0) -> Masks:
    """Rows without an object get ids above all others: one for the first of a label on its frame,
    one for the second, ..."""
    nameless = np.flatnonzero(rows.object_id < 0)
    if not len(nameless):
        return rows
    keys = np.stack([rows.frame[nameless], rows.label_id[nameless]], axis=1).astype(np.int64)
    order = np.lexsort((keys[:, 1], keys[:, 0]))
    fresh = np.append(True, np.any(np.diff(keys[order], axis=0) != 0, axis=1))
    first = np.maximum.accumulate(np.where(fresh, np.arange(len(order)), 0))
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order)) - first
    slots, slot = np.unique(np.stack([keys[:, 1], rank], axis=1), axis=0, return_inverse=True)
    ids = rows.object_id.copy()
    free = np.arange(len(slots)) + max(int(ids.max(initial=0)), above) + 1
    ids[nameless] = free[slot.reshape(-1)]
    return rows.replace(object_id=ids)


def _placed(path: Path, name: str, folder: Path) -> Path:
    """The upload under its own name; what a zip holds, where it is no annotation file itself."""
    place = folder / name
    place.hardlink_to(path)
    with path.open("rb") as stream:
        if stream.read(2) != b"PK":
            return place
    try:
        files.identify(place)
    except (DataError, UsageError):
        place.unlink()
        zips.unpack(path, folder, name)
        while len(inside := [one for one in folder.iterdir() if one.name != "__MACOSX"]) == 1:
            folder = inside[0]
            if not folder.is_dir():
                break
        return folder
    return place


def _one_file(path: Path, name: str) -> Path:
    if not path.is_dir():
        return path
    target = path.with_name(name)
    zips.pack(path, target)
    shutil.rmtree(path)
    return target


def _plain(message: str, folder: str, path: Path, name: str) -> str:
    """A message without the server's folders."""
    return message.replace(f"{folder}/it/", "").replace(f"{folder}/it", name).replace(str(path), name)
