"""Library: videos and folders of pictures in the folders that the server was started with."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from masklet.core.content import short
from masklet.media.images import SUFFIXES as PICTURES
from masklet.media.images import natural_key
from masklet.web.errors import missing
from masklet.web.uploads import VIDEOS

_DEEP = 6
_MOVING = frozenset((".gif",))
"""Pictures that may hold many frames are offered each by itself."""
MOST = 5000
"""Items and folders that are looked at below one folder."""


@dataclass(frozen=True)
class Item:
    """Something that can be added to a project.

    Args:
        id: names it for clients, who never see paths.
        name: below its folder; a folder of pictures ends with a slash.
        size: bytes; of pictures, all together.
        path: where it lies.
    """

    id: str
    name: str
    size: int
    path: Path


class Library:
    """What lies below some folders. A link that leads out of them is passed over.

    Args:
        folders: those that the server was started with.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = [Path(folder) for folder in folders]
        self._paths: dict[str, tuple[Path, Path]] = {}
        self._lock = threading.Lock()

    def folders(self) -> list[tuple[str, list[Item]]]:
        """(name, items) of every folder, read anew."""
        listed = []
        for place, folder in enumerate(self._folders):
            items = sorted(_items(place, folder), key=lambda item: natural_key(item.name))
            with self._lock:
                self._paths |= {item.id: (folder, item.path) for item in items}
            listed.append((folder.resolve().name or str(folder), items))
        return listed

    def path(self, item_id: str) -> Path:
        """Where an item lies. 404 for what is not, or no longer, in these folders."""
        with self._lock:
            known = item_id in self._paths
        if not known:
            self.folders()
        with self._lock:
            folder, path = self._paths.get(item_id, (Path(), Path()))
        if item_id not in self._paths or not _inside(path, folder.resolve()) or not path.exists():
            raise missing("such video in the server's folders", "look at the list again")
        return path

    def each(self) -> Iterator[Path]:
        """Where every item lies."""
        for _, items in self.folders():
            yield from (item.path for item in items)


def _items(place: int, folder: Path) -> Iterator[Item]:
    """Videos, and folders that hold pictures, below `folder`."""
    root, looked = folder.resolve(), 0
    waiting = [(root, 0)]
    while waiting and looked < MOST:
        here, deep = waiting.pop()
        pictures, size = 0, 0
        for entry in _entries(here, root):
            looked += 1
            ending = Path(entry.name).suffix.lower()
            if entry.is_dir():
                if deep < _DEEP:
                    waiting.append((Path(entry.path), deep + 1))
            elif ending in VIDEOS or ending in _MOVING:
                yield _item(place, Path(entry.path), root, entry.stat().st_size)
            elif ending in PICTURES:
                pictures, size = pictures + 1, size + entry.stat().st_size
        if pictures:
            yield _item(place, here, root, size)


def _entries(folder: Path, root: Path) -> list[os.DirEntry[str]]:
    """What a folder holds: not hidden, readable, and truly below `root`."""
    try:
        with os.scandir(folder) as found:
            listed = sorted(found, key=lambda entry: entry.name)
    except OSError:
        return []
    kept = []
    for entry in listed:
        if entry.name.startswith("."):
            continue
        try:
            follows = not entry.is_symlink() or (entry.is_file() and _inside(Path(entry.path), root))
            if follows and (entry.is_dir() or entry.is_file()):
                kept.append(entry)
        except OSError:
            continue
    return kept


def _inside(path: Path, root: Path) -> bool:
    try:
        return path.resolve().is_relative_to(root)
    except (OSError, RuntimeError):
        return False


def _item(place: int, path: Path, root: Path, size: int) -> Item:
    key = path.relative_to(root).as_posix()
    name = root.name if path == root else key
    ending = "/" if path.is_dir() else ""
    return Item(short(f"{place}/{key}{ending}"), f"{name}{ending}", size, path)
