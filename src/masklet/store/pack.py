"""A whole `Masks` (without its video) as one blob: what a finished chunk of work is kept as.

Layout: 4 bytes length of a JSON head, the head (row count, labels, steps, byte length of each
part), then the parts, little-endian columns and run-length blobs, compressed together with zlib.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import astuple
from itertools import pairwise
from typing import Any

import numpy as np

from masklet.core.errors import DataError
from masklet.core.masks import Masks
from masklet.core.steps import Step
from masklet.core.video import Video
from masklet.store.catalog import label_from
from masklet.store.codec import decode_runs, encode_runs

_COLUMNS = {
    "frame": "<i4",
    "object_id": "<i4",
    "label_id": "<i2",
    "score": "<f4",
    "identity_score": "<f4",
    "origin": "<u1",
    "review": "<u1",
    "flags": "<u2",
    "step": "<i2",
    "checked": "<i4",
}
_FAST = 1
"""zlib level: chunks are written while an engine waits."""


def pack(masks: Masks) -> bytes:
    """`masks` as bytes; `unpack` gives it back equal in every column."""
    blobs = encode_runs(masks.runs, masks.offset)
    parts = [getattr(masks, name).astype(dtype).tobytes() for name, dtype in _COLUMNS.items()]
    parts.append(np.array([len(blob) for blob in blobs], "<u4").tobytes())
    parts.append(b"".join(blobs))
    head: dict[str, Any] = {
        "labels": [astuple(label) for label in masks.labels],
        "steps": [astuple(step) for step in masks.steps],
        "parts": [len(part) for part in parts],
    }
    text = json.dumps(head, ensure_ascii=False).encode()
    return len(text).to_bytes(4, "little") + text + zlib.compress(b"".join(parts), _FAST)


def unpack(contents: bytes, video: Video) -> Masks:
    """The `Masks` on `video` that `pack` made `contents` from. `DataError` where it is damaged."""
    try:
        return _unpack(contents, video)
    except (ValueError, TypeError, KeyError, IndexError, zlib.error, RecursionError) as error:
        raise DataError(f"a stored chunk is damaged ({error})") from error


def _unpack(contents: bytes, video: Video) -> Masks:
    stop = 4 + int.from_bytes(contents[:4], "little")
    head = json.loads(contents[4:stop])
    body = zlib.decompress(contents[stop:])
    ends = np.cumsum([0, *head["parts"]]).tolist()
    parts = [body[a:b] for a, b in pairwise(ends)]
    columns = {
        name: np.frombuffer(part, dtype)
        for (name, dtype), part in zip(_COLUMNS.items(), parts[:-2], strict=True)
    }
    edges = np.cumsum([0, *np.frombuffer(parts[-2], "<u4").tolist()]).tolist()
    blobs = [parts[-1][a:b] for a, b in pairwise(edges)]
    runs, offset = decode_runs(blobs)
    labels = tuple(map(label_from, head["labels"]))
    steps = tuple(Step(*step) for step in head["steps"])
    return Masks(video, labels, runs=runs, offset=offset, steps=steps, **columns)
