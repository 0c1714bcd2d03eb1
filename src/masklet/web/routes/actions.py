"""Edits of more than one mask, and undo and redo."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from masklet.web import asking
from masklet.web.editing import Edit, edited

MOST_OBJECTS = 10_000


async def act(request: Request) -> Response:
    """`{do: merge | split | complete | mark | delete, ...}`."""
    place, number = asking.workplace(request), asking.path_id(request, "v", "video")
    body = await asking.json_body(request)
    n_frames = (await run_in_threadpool(place.video, number)).n_frames
    return await edited(request, _ACTIONS[asking.one_of(body, "do", tuple(_ACTIONS))](body, n_frames))


async def undo(request: Request) -> Response:
    """Take back this author's last edit; one that somebody else built on is passed over (`passed`)."""
    return await edited(request, lambda session: session.undo(pass_over=True))


async def redo(request: Request) -> Response:
    """Do again what this author took back last, or pass it over likewise."""
    return await edited(request, lambda session: session.redo(pass_over=True))


def _merge(body: Mapping[str, Any], _: int) -> Edit:
    keep, gone = asking.integer(body, "keep"), asking.integer(body, "gone")
    return lambda session: session.merge(keep, gone)


def _split(body: Mapping[str, Any], n_frames: int) -> Edit:
    chosen, frame = asking.integer(body, "object"), asking.frame_of(body, "frame", n_frames)
    return lambda session: session.split(chosen, frame)


def _complete(body: Mapping[str, Any], n_frames: int) -> Edit:
    parts, on = asking.ranges(body, "frames", n_frames), asking.boolean(body, "on", True)
    frames = sorted({frame for part in parts for frame in part})
    return lambda session: session.complete(frames, bool(on))


def _mark(body: Mapping[str, Any], n_frames: int) -> Edit:
    frame, chosen = asking.frame_of(body, "frame", n_frames), asking.integer(body, "object")
    said = {name: asking.boolean(body, name) for name in ("outside", "occluded", "keyframe")}
    if all(value is None for value in said.values()):
        raise asking.bad("nothing is marked", "send outside, occluded or keyframe as true or false")
    return lambda session: session.mark(frame, chosen, **said)


def _delete(body: Mapping[str, Any], n_frames: int) -> Edit:
    parts = asking.ranges(body, "frames", n_frames)
    objects = asking.integers(body, "objects", MOST_OBJECTS)
    if not objects:
        raise asking.bad("no objects are named", "send objects as a list of ids")
    frames = sorted({frame for part in parts for frame in part})
    return lambda session: session.delete(frames, objects)


_ACTIONS: Mapping[str, Callable[[Mapping[str, Any], int], Edit]] = {
    "merge": _merge,
    "split": _split,
    "complete": _complete,
    "mark": _mark,
    "delete": _delete,
}

routes: list[BaseRoute] = [
    Route("/videos/{v}/actions", act, methods=["POST"]),
    Route("/videos/{v}/undo", undo, methods=["POST"]),
    Route("/videos/{v}/redo", redo, methods=["POST"]),
]
