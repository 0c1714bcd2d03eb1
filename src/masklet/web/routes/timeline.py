"""All objects over time, in columns."""

from __future__ import annotations

import json
import struct

import numpy as np
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from masklet.store import Timeline
from masklet.web import asking

_COLUMNS = {
    "frame": "<i4",
    "score": "<f4",
    "area": "<u4",
    "flags": "<u2",
    "origin": "u1",
    "review": "u1",
}
_LENGTH = struct.Struct("<I")


async def timeline(request: Request) -> Response:
    """Frame, score, area, flags, origin and review of every row of `from` to `to`, else of all."""
    place, number = asking.workplace(request), asking.path_id(request, "v", "video")
    first, stop = asking.number(request, "from", 0), asking.number(request, "to", (1 << 31) - 1)
    part = range(first, stop) if {"from", "to"} & set(request.query_params) else None

    def read() -> bytes:
        return packed(place.store(number).timeline(part))

    return Response(await run_in_threadpool(read), media_type="application/octet-stream")


def packed(timeline: Timeline) -> bytes:
    """u32 LE length of a JSON head, the head, padding to 8 bytes, then each object's columns.

    The head is `{revision, checked, objects: [{id, n}]}`; every column is padded to 4 bytes.
    """
    head = {
        "revision": timeline.revision,
        "checked": timeline.checked.tolist(),
        "objects": [{"id": track.object_id, "n": len(track.frame)} for track in timeline.tracks],
    }
    text = json.dumps(head).encode()
    parts = [_LENGTH.pack(len(text)), text, bytes(-(4 + len(text)) % 8)]
    for track in timeline.tracks:
        for name, kind in _COLUMNS.items():
            column = np.asarray(getattr(track, name)).astype(kind).tobytes()
            parts += [column, bytes(-len(column) % 4)]
    return b"".join(parts)


routes: list[BaseRoute] = [Route("/videos/{v}/timeline", timeline)]
