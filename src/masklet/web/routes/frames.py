"""Exact frames as JPEG, what is at hand while one waits, and the times of all frames."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from masklet.web import asking
from masklet.web.desk import Desk
from masklet.web.errors import Refusal, missing
from masklet.web.frame_cache import FrameKey

JPEG = "image/jpeg"
_FOR_EVER = "private, max-age=31536000, immutable"
_ASK_AGAIN = "private, no-cache"
_WIDEST = 16_384


class _Wanted(NamedTuple):
    """What a request for a frame says."""

    video: int
    frame: int
    width: int
    hash: str
    tab: str
    cursor: int | None


async def frame(request: Request) -> Response:
    """Frame `n`, exactly, `w` pixels wide; with `approx=1`, what is at hand near it, small.

    The answer may be kept for ever where the address names the contents (`h`), since then it can never
    be the frame of another video.
    """
    wanted = _wanted(request)
    frames = asking.workplace(request).frames
    desk = await run_in_threadpool(frames.desk, wanted.video, wanted.frame)
    _check(wanted, desk)
    if request.query_params.get("approx") == "1":
        found, data = await run_in_threadpool(desk.near, wanted.frame, wanted.tab, wanted.cursor)
        return Response(
            data, media_type=JPEG, headers={"X-Frame": str(found), "Cache-Control": "no-store"}
        )
    key = desk.key(wanted.frame, wanted.width)
    headers = {
        "ETag": f'"{key.hash}-{key.frame}-{key.width}-{key.quality}"',
        "X-Frame": str(wanted.frame),
        "Cache-Control": _FOR_EVER if wanted.hash else _ASK_AGAIN,
    }
    if headers["ETag"] in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(await _made(desk, key, wanted), media_type=JPEG, headers=headers)


async def _made(desk: Desk, key: FrameKey, wanted: _Wanted) -> bytes:
    """The JPEG; others may wait for the same one, so that who goes away does not stop it."""
    answer = await run_in_threadpool(desk.ask, key, wanted.tab, wanted.cursor)
    return await asyncio.shield(asyncio.wrap_future(answer))


def _wanted(request: Request) -> _Wanted:
    width = asking.number(request, "w", 0)
    said = request.headers.get("x-cursor", "")
    cursor = int(said) if said.isascii() and said.isdigit() and len(said) < 10 else None
    return _Wanted(
        asking.path_id(request, "v", "video"),
        asking.path_id(request, "n", "frame"),
        min(width, _WIDEST),
        request.query_params.get("h", ""),
        asking.tab(request) if cursor is not None else "",
        cursor,
    )


def _check(wanted: _Wanted, desk: Desk) -> None:
    video = desk.source.video
    if wanted.hash and wanted.hash != video.content_hash:
        raise Refusal(
            409,
            "video_changed",
            f"frame {wanted.frame} is asked for of another version of {video.name!r}",
            "reload the page",
        )
    if not 0 <= wanted.frame < video.n_frames:
        raise missing(f"frame {wanted.frame}", f"the last is {video.n_frames - 1}")


async def times(request: Request) -> Response:
    """Presentation time of every frame, little-endian float64 seconds; empty where unknown."""
    place, number = asking.workplace(request), asking.path_id(request, "v", "video")
    video = await run_in_threadpool(place.video, number)
    return Response(video.times.astype("<f8").tobytes(), media_type="application/octet-stream")


routes: list[BaseRoute] = [
    Route("/videos/{v}/frames/{n}", frame),
    Route("/videos/{v}/times", times),
]
