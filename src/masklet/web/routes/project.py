"""What the server is, what it has open, and one video in detail."""

from __future__ import annotations

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from masklet._version import __version__
from masklet.web import asking, offers


async def health(_: Request) -> Response:
    """It lives."""
    return JSONResponse({"ok": True, "version": __version__})


async def me(request: Request) -> Response:
    """The version, whether a token was needed, and a name for who has given none.

    Where several people come in with a token there is no such name: each is to undo his own changes.
    """
    place = asking.workplace(request)
    hint = "" if place.token else place.author
    told = {"version": __version__, "token_needed": bool(place.token), "author_hint": hint}
    return JSONResponse(told)


async def project(request: Request) -> Response:
    """Videos, engines, formats and the worker."""
    place = asking.workplace(request)

    def read() -> dict[str, Any]:
        return {
            "name": place.name,
            "videos": [place.video_info(number, opened=False) for number in place.project.videos()],
            "engine": place.engine,
            "engines": offers.engines(),
            "formats": offers.formats(),
            "worker": place.worker(),
        }

    return JSONResponse(await run_in_threadpool(read))


async def video(request: Request) -> Response:
    """One video with its labels, complete frames, and the size of each frame where they differ."""
    place, number = asking.workplace(request), asking.path_id(request, "v", "video")

    def read() -> dict[str, Any]:
        info, store = place.video_info(number), place.store(number)
        labels = [{"name": x.name, "kind": x.kind, "colour": x.colour} for x in store.labels]
        sizes = place.video(number).frame_sizes
        more = {} if sizes is None else {"sizes": sizes.tolist()}
        return {**info, "labels": labels, "checked": store.checked, **more}

    return JSONResponse(await run_in_threadpool(read))


routes: list[BaseRoute] = [
    Route("/health", health),
    Route("/me", me),
    Route("/project", project),
    Route("/videos/{v}", video),
]
