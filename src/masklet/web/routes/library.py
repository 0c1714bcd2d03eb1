"""The server's own folders, and how a video comes into the project."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from masklet.core import DataError, Video
from masklet.media.opening import open_media
from masklet.web import asking, probe
from masklet.web.errors import Refusal, halves
from masklet.web.workplace import Workplace


async def library(request: Request) -> Response:
    """Videos and folders of pictures that can be added."""
    place = asking.workplace(request)

    def read() -> list[dict[str, Any]]:
        return [
            {"name": name, "items": [{"id": x.id, "name": x.name, "size": x.size} for x in items]}
            for name, items in place.library.folders()
        ]

    return JSONResponse({"folders": await run_in_threadpool(read)})


async def add(request: Request) -> Response:
    """Add the `library` item or the `upload` to the project, unless it is in it already."""
    place, body = asking.workplace(request), await asking.json_body(request)
    item, upload = body.get("library"), body.get("upload")
    if isinstance(item, str) and upload is None:
        info = await run_in_threadpool(_add_item, place, item)
    elif isinstance(upload, str) and item is None:
        info = await run_in_threadpool(_add_upload, place, upload)
    else:
        raise asking.bad("no video is named", "send the id of a library item, or of an upload")
    return JSONResponse(info, 201)


def _add_item(place: Workplace, item: str) -> dict[str, Any]:
    path = place.library.path(item)
    try:
        video = _opened(path)
    except DataError as error:
        raise _refused(error, path, path.name) from error
    return _added(place, video)


def _add_upload(place: Workplace, upload_id: str) -> dict[str, Any]:
    upload, part = place.uploads.whole(upload_id)
    try:
        probe.check(part, upload.name)
    except DataError as error:
        place.uploads.remove(upload_id)
        raise _refused(error, part, upload.name) from error
    path = place.uploads.keep(upload_id, place.folder / "media")
    try:
        video = _opened(path)
        info = _added(place, video)
    except DataError as error:
        path.unlink(missing_ok=True)
        raise _refused(error, path, upload.name) from error
    if place.films.path(info["id"]) != str(path):
        path.unlink(missing_ok=True)
    return info


def _opened(path: Path) -> Video:
    source = open_media(path.resolve())
    getattr(source, "close", lambda: None)()
    return source.video


def _added(place: Workplace, video: Video) -> dict[str, Any]:
    """The video's `VideoInfo`; where the project has these contents, of the one that it has."""
    with place.project.transaction():
        known = place.project.videos()
        same = [n for n, one in known.items() if one.content_hash == video.content_hash != ""]
        number = same[0] if same else place.project.add_video(video)
    if same and place.films.state(number)[0] != "ok":
        place.project.update_video(video, number)
        place.films.forget(number)
    place.videos(0)
    return place.video_info(number)


def _refused(error: DataError, path: Path, name: str) -> Refusal:
    text, remedy = halves(str(error).replace(str(path.resolve()), name).replace(str(path), name))
    return Refusal(400, "bad_video", text, remedy)


routes: list[BaseRoute] = [
    Route("/library", library),
    Route("/videos", add, methods=["POST"]),
]
