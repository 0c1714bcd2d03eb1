"""Exports and imports of annotations, in every format."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from masklet.core import DataError, Masks, Origin
from masklet.store.errors import ConflictError
from masklet.web import asking, exports
from masklet.web.errors import Refusal, halves
from masklet.web.workplace import Workplace

_UNSAFE = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]+')


async def export(request: Request) -> Response:
    """Write the masks of a video in a format; with `trust_only`, those that a person stands behind."""
    place, number = asking.workplace(request), asking.path_id(request, "v", "video")
    body = await asking.json_body(request)
    name, trust = asking.text(body, "format"), asking.boolean(body, "trust_only", False)

    def make() -> dict[str, Any]:
        rows = place.store(number).load()
        if trust:
            rows = rows.take(rows.trusted)
        title = _UNSAFE.sub("_", rows.video.name).strip(" .")[:80] or "masks"
        try:
            made = place.exports.make([rows], title, name)
        except DataError as error:
            raise _without_folder(error, place.scratch) from error
        size = made.path.stat().st_size
        return {"id": made.id, "name": made.name, "size": size, "warnings": list(made.warnings)}

    return JSONResponse(await run_in_threadpool(make), 201)


async def fetch(request: Request) -> Response:
    """The file of an export."""
    place, number = asking.workplace(request), asking.path_word(request, "id", "export")
    made = place.exports.get(number)
    headers = {"Cache-Control": "no-store"}
    return FileResponse(made.path, filename=made.name, headers=headers, media_type=_KIND)


_KIND = "application/octet-stream"


async def take(request: Request) -> Response:
    """Put the annotations of an upload into a video; one revision, one undo."""
    place, number = asking.workplace(request), asking.path_id(request, "v", "video")
    body = await asking.json_body(request)
    upload, name = asking.text(body, "upload"), asking.text(body, "format", "")
    author, tab = asking.author(request), asking.tab(request)
    return JSONResponse(await run_in_threadpool(_take, place, number, upload, name, author, tab))


def _take(
    place: Workplace, number: int, upload_id: str, name: str, author: str, tab: str
) -> dict[str, Any]:
    upload, path = place.uploads.whole(upload_id)
    try:
        objects = place.session(number, "").objects()
        above = max((one.id for one in objects), default=0)
        rows, told = exports.read(path, upload.name, place.video(number), name, above)
        _check_locked(rows, {one.id for one in objects if one.locked})
        rows, kept = _beside_drawn(rows, place.store(number).load(rows.frames.tolist()))
        told = [*told, *kept]
        with place.watcher.writing(number, tab) as signed:
            revision = place.store(number).append(rows, author)
            signed(revision)
    except DataError as error:
        place.uploads.remove(upload_id)
        if isinstance(error, ConflictError):
            raise
        text, remedy = halves(str(error))
        raise Refusal(400, "bad_annotations", text, remedy) from error
    place.uploads.remove(upload_id)
    return {"revision": revision, "rows": len(rows), "warnings": told}


def _beside_drawn(rows: Masks, known: Masks) -> tuple[Masks, list[str]]:
    """The rows of a file where no person drew a mask, and a sentence about the others."""
    drawn = known.take(known.origin == Origin.HUMAN)
    taken = set(zip(drawn.frame.tolist(), drawn.object_id.tolist(), strict=True))
    asked = zip(rows.frame.tolist(), rows.object_id.tolist(), strict=True)
    free = np.array([one not in taken for one in asked], np.bool_)
    if free.all():
        return rows, []
    count = int((~free).sum())
    return rows.take(free), [
        f"{count} masks of the file were left out: a person drew those objects on those frames here; "
        "delete them here first to have the file's"
    ]


def _check_locked(rows: Masks, locked: set[int]) -> None:
    found = sorted(locked & set(rows.objects.tolist()))
    if found:
        raise DataError(f"the file has masks of object {found[0]}, which is locked; unlock it first")


def _without_folder(error: DataError, folder: Path) -> Refusal:
    text, remedy = halves(re.sub(re.escape(str(folder)) + r"/export-\w+/", "", str(error)))
    return Refusal(400, "bad_data", text, remedy)


routes: list[BaseRoute] = [
    Route("/videos/{v}/exports", export, methods=["POST"]),
    Route("/exports/{id}", fetch),
    Route("/videos/{v}/imports", take, methods=["POST"]),
]
