"""Tracking jobs: put up, looked at, stopped, taken up again, led frame by frame."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from masklet.core import UsageError
from masklet.jobs.board import Board
from masklet.jobs.spec import Job, JobSpec
from masklet.web import asking
from masklet.web.errors import Refusal, halves, missing
from masklet.web.hub import told

_MOST_OBJECTS = 10_000
_MOST_STEPS = 100_000


async def listed(request: Request) -> Response:
    """Every job, oldest first."""
    place = asking.workplace(request)
    return JSONResponse({"jobs": [told(job) for job in await run_in_threadpool(place.own_jobs)]})


async def submit(request: Request) -> Response:
    """Put up a job."""
    place, body = asking.workplace(request), await asking.json_body(request)
    number, board = asking.integer(body, "video"), place.jobs()
    wanted: dict[str, Any] = {
        "kind": asking.one_of(body, "kind", ("initial", "resegment", "between"), "initial"),
        "frames": asking.text(body, "frames", "", 100_000),
        "direction": asking.one_of(body, "direction", ("both", "forward", "backward"), "both"),
        "engine": asking.text(body, "engine", place.engine, 60) or place.engine,
        "objects": tuple(asking.integers(body, "objects", _MOST_OBJECTS)),
        "workers": asking.integer(body, "workers", 1),
        "mode": asking.one_of(body, "mode", ("automatic", "frame_by_frame"), "automatic"),
        "reuse": asking.boolean(body, "reuse", True),
        "stop_at_flag": asking.boolean(body, "stop_at_flag", False),
    }
    author = asking.author(request)

    def put_up() -> dict[str, Any]:
        place.check_project()
        place.check_job(number, wanted)
        path = str(place.project.path.resolve())
        spec = JobSpec(path, number, author=author, **wanted)
        spec.ranges(place.video(number).n_frames)
        if place.link is not None and spec.kind == "between":
            place.link.ensure(min(spec.workers, os.cpu_count() or 1))
        return told(board.job(board.submit(spec)))

    return JSONResponse(await run_in_threadpool(put_up), 201)


async def one(request: Request) -> Response:
    """One job."""
    return await _done(request, lambda board, name: board.job(name))


async def stop(request: Request) -> Response:
    """End it at its next frame."""
    return await _done(request, lambda board, name: board.stop(name))


async def resume(request: Request) -> Response:
    """Go on where it was."""
    return await _done(request, lambda board, name: board.resume(name))


async def retry(request: Request) -> Response:
    """Do it again."""
    return await _done(request, lambda board, name: board.retry(name))


async def step(request: Request) -> Response:
    """Let one that goes frame by frame go on for `{n}` frames."""
    frames = asking.integer(await asking.json_body(request), "n", 1)
    if not 1 <= frames <= _MOST_STEPS:
        raise asking.bad(f"n is {frames}", f"send 1 to {_MOST_STEPS}")
    return await _done(request, lambda board, name: board.step(name, frames))


async def _done(request: Request, act: Callable[[Board, str], Job]) -> Response:
    place, name = asking.workplace(request), asking.path_word(request, "id", "job")
    board = place.jobs()

    def run() -> dict[str, Any]:
        if name not in [job.id for job in place.own_jobs()]:
            raise missing(f"job {name}")
        try:
            return told(act(board, name))
        except UsageError as error:
            text, remedy = halves(str(error))
            raise Refusal(409, "wrong_state", text, remedy) from error

    return JSONResponse(await run_in_threadpool(run))


routes: list[BaseRoute] = [
    Route("/jobs", listed),
    Route("/jobs", submit, methods=["POST"]),
    Route("/jobs/{id}", one),
    Route("/jobs/{id}/stop", stop, methods=["POST"]),
    Route("/jobs/{id}/resume", resume, methods=["POST"]),
    Route("/jobs/{id}/retry", retry, methods=["POST"]),
    Route("/jobs/{id}/step", step, methods=["POST"]),
]
