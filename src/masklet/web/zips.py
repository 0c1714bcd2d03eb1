"""Zips: folders into one file, and one that somebody sent back into a folder, carefully."""

from __future__ import annotations

import shutil
import stat
import zipfile
from pathlib import Path, PurePosixPath

from masklet.core import DataError
from masklet.formats.cvat_zip import BROKEN, PLAIN, RATIO

LARGEST = 16 << 30
"""Bytes that a zip may unpack to."""
MOST = 500_000
"""Files that it may hold."""
_PACKED = (".png", ".jpg", ".jpeg", ".zip", ".parquet")
_REMEDY = "do not trust this file; zip the folder again"


def pack(folder: Path, target: Path) -> None:
    """Everything below `folder` into a new zip; pictures are not compressed twice."""
    with zipfile.ZipFile(target, "x", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                kind = zipfile.ZIP_STORED if path.suffix.lower() in _PACKED else zipfile.ZIP_DEFLATED
                archive.write(path, path.relative_to(folder).as_posix(), kind)


def unpack(source: Path, folder: Path, name: str, largest: int = LARGEST) -> None:
    """The files of a zip into an empty folder.

    Paths that lead out of it, links, and more bytes than were announced or than `largest` are refused
    before or while they are written. Raises `DataError`; what was written until then stays.
    """
    try:
        with zipfile.ZipFile(source) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            _check(entries, source.stat().st_size, name, largest)
            room = shutil.disk_usage(folder).free
            if sum(entry.file_size for entry in entries) > room:
                raise DataError(f"{name!r} unpacks to more than the {room} bytes that are free")
            for entry in entries:
                _extract(archive, entry, folder, name)
    except BROKEN as error:
        said = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DataError(f"{name!r} is a damaged zip ({said}); {_REMEDY}") from error


def _check(entries: list[zipfile.ZipInfo], packed: int, name: str, largest: int) -> None:
    size = sum(entry.file_size for entry in entries)
    if len(entries) > MOST or size > largest or (size > PLAIN and size > RATIO * packed):
        raise DataError(
            f"{name!r} unpacks from {packed} bytes to {len(entries)} files of {size}; expected at most "
            f"{MOST} files, {largest} bytes and {RATIO} times as much; {_REMEDY}"
        )
    seen = set()
    for entry in entries:
        parts = PurePosixPath(entry.filename.replace("\\", "/")).parts
        out = (
            not parts
            or parts[0].startswith("/")
            or ".." in parts
            or ":" in parts[0]
            or "\0" in entry.filename
        )
        if out or stat.S_ISLNK(entry.external_attr >> 16):
            raise DataError(f"{name!r} holds {entry.filename[:60]!r}, which leads elsewhere; {_REMEDY}")
        if parts in seen:
            raise DataError(f"{name!r} holds {entry.filename[:60]!r} twice; {_REMEDY}")
        seen.add(parts)


def _extract(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, folder: Path, name: str) -> None:
    """One file, read by the piece so that what unpacks to more than it says is stopped."""
    target = folder.joinpath(*PurePosixPath(entry.filename.replace("\\", "/")).parts)
    target.parent.mkdir(parents=True, exist_ok=True)
    written = 0
    with archive.open(entry) as stream, target.open("xb") as out:
        while data := stream.read(1 << 20):
            written += len(data)
            if written > entry.file_size:
                raise DataError(f"{name!r} unpacks to more bytes than it says; {_REMEDY}")
            out.write(data)
