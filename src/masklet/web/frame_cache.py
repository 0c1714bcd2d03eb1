"""JPEGs kept in memory and in a folder, so that no frame is decoded twice."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import threading
import time
import zlib
from collections import OrderedDict, defaultdict
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

LIMIT = 2 << 30
MEMORY = 96 << 20
SPARE = 1 << 30
"""Bytes of the disk that are left to others."""
_PAUSE = 60.0
"""Seconds without writing after the disk refused."""
_EVERY = 32
"""Files between two looks at how full the disk is."""
_ENDING = ".jpg"
_LEFT_BEHIND = 600
_SAFE = re.compile(r"[0-9a-f]{8,64}")


class FrameKey(NamedTuple):
    """Which JPEG: of which contents, which frame, how wide (0 = as it is), how good."""

    hash: str
    frame: int
    width: int
    quality: int


class FrameCache:
    """JPEGs by `FrameKey`; those not asked for longest go first, in memory and on the disk alike.

    A file is written beside and renamed, and ends with a checksum of its bytes, so what a crash or a
    power cut spoils is not shown but made again. Where the disk is full, or has less than `spare`
    bytes left, nothing is written for a while; nobody is told, since all of it can be made again.
    Several servers may share a folder.

    Args:
        folder: where; made when it is first needed. It may be deleted at any time.
        limit: bytes on the disk.
        memory: bytes in memory.
        spare: bytes of the disk that are left free.
    """

    def __init__(
        self, folder: Path, limit: int = LIMIT, memory: int = MEMORY, spare: int = SPARE
    ) -> None:
        self._folder, self._limit, self._spare = folder, limit, spare
        self._memory = _Recent(memory)
        self._sizes: OrderedDict[FrameKey, int] = OrderedDict()
        self._used = 0
        self._frames: defaultdict[str, defaultdict[int, set[FrameKey]]] = defaultdict(_frames)
        self._lock = threading.Lock()
        self._scanned = False
        self._paused_until = 0.0
        self._written = 0

    def get(self, key: FrameKey) -> bytes | None:
        """The JPEG; None where it is not kept."""
        with self._lock:
            data = self._memory.get(key)
        if data is None:
            data = self._read(key)
            if data is not None:
                self.remember(key, data)
        return data

    def recent(self, key: FrameKey) -> bytes | None:
        """The JPEG if it is in memory."""
        with self._lock:
            return self._memory.get(key)

    def holds(self, key: FrameKey) -> bool:
        """Is it kept somewhere? Cheap."""
        with self._lock:
            return key in self._memory or key in self._sizes

    def near(self, content_hash: str, frame: int, reach: int) -> FrameKey | None:
        """What is kept of the frame nearest to `frame`, at most `reach` away."""
        self._scan()
        with self._lock:
            frames = self._frames.get(content_hash)
            if not frames:
                return None
            for away in range(reach + 1):
                for at in (frame - away, frame + away):
                    if frames.get(at):
                        return max(frames[at], key=lambda key: (key.width == 0, key.width))
        return None

    def remember(self, key: FrameKey, data: bytes) -> None:
        """Keep a JPEG in memory."""
        with self._lock:
            for gone in self._memory.add(key, data):
                if gone not in self._sizes:
                    self._forget_frame(gone)
            self._frames[key.hash][key.frame].add(key)

    def write(self, key: FrameKey, data: bytes) -> None:
        """Keep a JPEG on the disk too, where there is room; never raises for what a disk may do."""
        self._scan()
        with self._lock:
            if key in self._sizes or time.monotonic() < self._paused_until:
                return
        if not _SAFE.fullmatch(key.hash) or len(data) > self._limit:
            return
        try:
            self._check_room()
            self._put(self._path(key), data + zlib.crc32(data).to_bytes(4, "little"))
        except OSError:
            self._paused_until = time.monotonic() + _PAUSE
            return
        self._note(key, len(data) + 4)

    def _put(self, path: Path, data: bytes) -> None:
        beside = path.with_name(f".{secrets.token_hex(6)}")
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            beside.write_bytes(data)
            beside.replace(path)
        except OSError:
            with suppress(OSError):
                beside.unlink(missing_ok=True)
            raise

    def _check_room(self) -> None:
        self._written += 1
        if self._written % _EVERY == 1:
            self._folder.mkdir(parents=True, exist_ok=True)
            if shutil.disk_usage(self._folder).free < self._spare:
                raise OSError("little room is left")

    def _note(self, key: FrameKey, size: int) -> None:
        """Count a new file, and drop the oldest until all of them fit."""
        gone = []
        with self._lock:
            self._used += size - self._sizes.pop(key, 0)
            self._sizes[key] = size
            self._frames[key.hash][key.frame].add(key)
            while self._used > self._limit:
                old, freed = self._sizes.popitem(last=False)
                self._used -= freed
                gone.append(old)
                if old not in self._memory:
                    self._forget_frame(old)
        for old in gone:
            with suppress(OSError):
                self._path(old).unlink(missing_ok=True)

    def _read(self, key: FrameKey) -> bytes | None:
        if not _SAFE.fullmatch(key.hash):
            return None
        path = self._path(key)
        try:
            data = path.read_bytes()
        except OSError:
            self._drop(key)
            return None
        if len(data) < 8 or zlib.crc32(data[:-4]).to_bytes(4, "little") != data[-4:]:
            with suppress(OSError):
                path.unlink(missing_ok=True)
            self._drop(key)
            return None
        with self._lock:
            if key in self._sizes:
                self._sizes.move_to_end(key)
        with suppress(OSError):
            os.utime(path)
        return data[:-4]

    def _drop(self, key: FrameKey) -> None:
        with self._lock:
            self._used -= self._sizes.pop(key, 0)
            if key not in self._memory:
                self._forget_frame(key)

    def _forget_frame(self, key: FrameKey) -> None:
        keys = self._frames[key.hash].get(key.frame)
        if keys is not None:
            keys.discard(key)
            if not keys:
                del self._frames[key.hash][key.frame]

    def _path(self, key: FrameKey) -> Path:
        return self._folder / key.hash / f"{key.width}-{key.quality}" / f"{key.frame}{_ENDING}"

    def _scan(self) -> None:
        """Once: what an earlier server left, oldest first."""
        with self._lock:
            if self._scanned:
                return
            self._scanned = True
            found = []
            with suppress(OSError):
                for path in self._folder.glob("*/*/*"):
                    with suppress(OSError):
                        found.append((path.stat().st_mtime, path.stat().st_size, path))
            for changed, size, path in sorted(found):
                key = _key_of(path)
                if key is not None:
                    self._sizes[key], self._used = size, self._used + size
                    self._frames[key.hash][key.frame].add(key)
                elif path.name.startswith(".") and time.time() - changed > _LEFT_BEHIND:
                    with suppress(OSError):
                        path.unlink(missing_ok=True)


class _Recent:
    """Bytes by key, the oldest asked for dropped first."""

    def __init__(self, limit: int) -> None:
        self._limit, self._used = limit, 0
        self._data: OrderedDict[FrameKey, bytes] = OrderedDict()

    def __contains__(self, key: FrameKey) -> bool:
        return key in self._data

    def get(self, key: FrameKey) -> bytes | None:
        if key in self._data:
            self._data.move_to_end(key)
        return self._data.get(key)

    def add(self, key: FrameKey, data: bytes) -> list[FrameKey]:
        """Keep it; the keys that had to go."""
        self._used += len(data) - len(self._data.pop(key, b""))
        self._data[key] = data
        gone = []
        while self._used > self._limit and len(self._data) > 1:
            old, freed = self._data.popitem(last=False)
            self._used -= len(freed)
            gone.append(old)
        return gone


def _frames() -> defaultdict[int, set[FrameKey]]:
    return defaultdict(set)


def _key_of(path: Path) -> FrameKey | None:
    width, _, quality = path.parent.name.partition("-")
    numbers = (path.stem, width, quality)
    if path.suffix != _ENDING or not all(text.isdecimal() for text in numbers):
        return None
    frame, *shape = map(int, numbers)
    return FrameKey(path.parent.parent.name, frame, *shape)
