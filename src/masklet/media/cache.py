"""What is remembered of files between runs: content hashes and frame indexes.

Nothing here can give wrong frames: an index is found by the hash of the file's bytes, its own
version and the versions of FFmpeg's libraries. What cannot be read is built again; what cannot be
written is not remembered.
"""

from __future__ import annotations

import json
import sys
import zipfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import av
import numpy as np

from masklet.core import DataError
from masklet.core.atomic import writing
from masklet.core.content import cache_folder, content_hash, short
from masklet.media.index import FrameIndex
from masklet.media.indexing import build_index

VERSION = 4
_ARRAYS = ("pts", "dts", "pos", "order", "times", "starts")


def indexed(path: Path) -> tuple[str, FrameIndex]:
    """(content hash, index) of a video file: remembered, or built now."""
    digest = content_hash(path)
    entry = cache_folder() / "frames" / f"{digest}-{short(_versions())}.npz"
    index = _load(entry)
    if index is None:
        index = build_index(path)
        _save(entry, index)
    return digest, index


def _versions() -> str:
    return json.dumps([VERSION, sys.byteorder, sorted(av.library_versions.items())])


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
