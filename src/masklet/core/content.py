"""Hashes of files' contents, remembered between runs."""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from pathlib import Path

from masklet.core.atomic import writing
from masklet.core.errors import DataError

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
    entry = cache_folder() / "hashes" / f"{short(stamp[0])}.json"
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


def short(text: object) -> str:
    """24 hex digits that stand for a text, fit for a file's name."""
    return hashlib.blake2b(str(text).encode(), digest_size=12).hexdigest()


def _hash_bytes(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, lambda: hashlib.blake2b(digest_size=16)).hexdigest()
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}") from error


def _remember(entry: Path, data: bytes) -> None:
    try:
        with writing(entry) as beside:
            beside.write_bytes(data)
    except DataError:
        return
