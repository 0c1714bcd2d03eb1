"""A CVAT export as a stream of bytes: the XML itself, or annotations.xml inside a zip."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

from masklet.core import DataError

MEMBER = "annotations.xml"
LARGEST = 1 << 32
"""Bytes that the XML of a zip may unpack to."""
PLAIN = 1 << 26
"""Below this many bytes any compression ratio is believed."""
RATIO = 400
"""A larger member that shrank more than this is taken for a zip bomb."""

BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    RuntimeError,
    NotImplementedError,
    ValueError,
    OverflowError,
)
"""What reading a zip that is damaged may raise."""


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """The bytes of the XML at `path`. `DataError` for a folder, a bad zip or an unreadable file."""
    try:
        with path.open("rb") as file:
            magic = file.read(4)
            file.seek(0)
            if magic[:2] != b"PK":
                yield file
                return
            with _member(file) as stream:
                yield stream
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror or error}; expected a CVAT export") from None


@contextmanager
def _member(file: BinaryIO) -> Iterator[BinaryIO]:
    try:
        archive = zipfile.ZipFile(file)
        stream = archive.open(_chosen(archive))
    except BROKEN as error:
        raise _damaged(error) from None
    with archive, stream:
        yield cast(BinaryIO, _Guarded(cast(BinaryIO, stream)))


class _Guarded:
    """A stream out of a zip whose every failure is a `DataError`."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def read(self, size: int) -> bytes:
        try:
            return self._stream.read(size)
        except BROKEN as error:
            raise _damaged(error) from None


def _damaged(error: Exception) -> DataError:
    said = str(error).splitlines()[0] if str(error) else type(error).__name__
    return DataError(f"found a damaged zip ({said}); expected a CVAT export: export it again")


def _chosen(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    """The one annotations.xml of the archive, checked."""
    entries = archive.infolist()
    for entry in entries:
        parts = PurePosixPath(entry.filename.replace("\\", "/"))
        if parts.is_absolute() or ".." in parts.parts or entry.filename[1:2] == ":":
            raise DataError(
                f"found a zip with the path {entry.filename[:60]!r}, which leaves its folder; "
                "expected a CVAT export: do not trust this file"
            )
    found = [entry for entry in entries if PurePosixPath(entry.filename).name == MEMBER]
    if len(found) != 1:
        raise DataError(f"found a zip with {len(found)} files {MEMBER}; expected a CVAT export with one")
    size, packed = found[0].file_size, max(found[0].compress_size, 1)
    if size > LARGEST or (size > PLAIN and size > RATIO * packed):
        raise DataError(
            f"found a zip whose {MEMBER} unpacks from {packed} to {size} bytes; "
            f"expected at most {LARGEST} and {RATIO} times as much: do not trust this file"
        )
    return found[0]
