"""What is remembered of files between runs: content hashes and frame indexes.

Nothing here can give wrong frames: an index is found by the hash of the file's bytes, its own
version and the versions of FFmpeg's libraries. What cannot be read is built again; what cannot be
written is not remembered.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
import zipfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import av
import numpy as np

from masklet.core import DataError
from masklet.core.atomic import writing
from masklet.media.index import FrameIndex
from masklet.media.indexing import build_index

VERSION = 3
_ARRAYS = ("pts", "dts", "pos", "order", "times", "starts")
_SETTLED_NS = 2_000_000_000
"""A file changed less than this ago might change again within one tick of its clock."""


def cache_folder() -> Path:
    """`$MASKLET_CACHE`, or the platform's own place for caches."""
    if named := os.environ.get("MASKLET_CACHE"):
        return Path(named)
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "masklet"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home())) / "masklet" / "cache"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "masklet"


def content_hash(path: Path) -> str:
    """blake2b (128 bit, hex) of the file's bytes; remembered by path, size, time and inode."""
    before = path.stat()
    stamp = [str(path.resolve()), before.st_size, before.st_mtime_ns, before.st_ino]
    entry = cache_folder() / "hashes" / f"{_short(stamp[0])}.json"
    try:
        known = json.loads(entry.read_text("utf-8"))
        if known["stamp"] == stamp and isinstance(known["hash"], str):
            return known["hash"]
    except (OSError, ValueError, KeyError, TypeError):
        known = None
    found = _hash_bytes(path)
    if time.time_ns() - before.st_mtime_ns > _SETTLED_NS:
        _remember(entry, json.dumps({"stamp": stamp, "hash": found}).encode())
    return found


def indexed(path: Path) -> tuple[str, FrameIndex]:
    """(content hash, index) of a video file: remembered, or built now."""
    digest = content_hash(path)
    entry = cache_folder() / "frames" / f"{digest}-{_short(_versions())}.npz"
    index = _load(entry)
    if index is None:
        index = build_index(path)
        _save(entry, index)
    return digest, index


def _versions() -> str:
    return json.dumps([VERSION, sys.byteorder, sorted(av.library_versions.items())])


def _short(text: object) -> str:
    return hashlib.blake2b(str(text).encode(), digest_size=12).hexdigest()


def _hash_bytes(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, lambda: hashlib.blake2b(digest_size=16)).hexdigest()
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}") from error


def _load(entry: Path) -> FrameIndex | None:
    try:
        with entry.open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
            facts: dict[str, Any] = json.loads(str(stored["facts"]))
            arrays = {name: stored[name] for name in _ARRAYS}
        for name in ("size_wh", "time_base", "notes"):
            facts[name] = tuple(facts[name])
        return FrameIndex(**facts, **arrays)
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile):
        return None


def _save(entry: Path, index: FrameIndex) -> None:
    facts = {name: value for name, value in asdict(index).items() if name not in _ARRAYS}
    arrays = {name: getattr(index, name) for name in _ARRAYS}
    try:
        with writing(entry) as beside:
            np.savez_compressed(beside, facts=np.array(json.dumps(facts)), **arrays)
    except DataError:
        return


def _remember(entry: Path, data: bytes) -> None:
    try:
        with writing(entry) as beside:
            beside.write_bytes(data)
    except DataError:
        return
