"""Objects of a video: names, colours, locks, order."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from masklet.annotate.objects import ObjectInfo
from masklet.core.labels import LabelKind
from masklet.web import asking
from masklet.web.editing import edited

KINDS: tuple[LabelKind, ...] = ("area", "line")


async def listed(request: Request) -> Response:
    """Every object."""
    place, number = asking.workplace(request), asking.path_id(request, "v", "video")

    def read() -> list[dict[str, Any]]:
        return [asdict(info) for info in place.session(number, asking.NOBODY).objects()]

    return JSONResponse({"objects": await run_in_threadpool(read)})


async def add(request: Request) -> Response:
    """A new object: `{label, kind?, colour?}`."""
    place, number = asking.workplace(request), asking.path_id(request, "v", "video")
    body, author = await asking.json_body(request), asking.author(request)
    label = _label(body)
    kind: LabelKind = "line" if asking.one_of(body, "kind", KINDS, "area") == "line" else "area"
    colour = asking.text(body, "colour", "", 7)

    def write() -> ObjectInfo:
        place.check_project()
        return place.session(number, author).add_object(label, kind, colour)

    return JSONResponse(asdict(await run_in_threadpool(write)), 201)


async def change(request: Request) -> Response:
    """Change what is given of `{label, colour, locked, hidden, order}`."""
    place, number = asking.workplace(request), asking.path_id(request, "v", "video")
    chosen = asking.path_id(request, "o", "object")
    body, author = await asking.json_body(request), asking.author(request)
    colour = asking.text(body, "colour", "", 7) if "colour" in body else None
    wanted: dict[str, Any] = {
        "label": _label(body) if "label" in body else None,
        "colour": colour,
        "locked": asking.boolean(body, "locked"),
        "hidden": asking.boolean(body, "hidden"),
        "order": _order(body),
    }

    def write() -> ObjectInfo:
        place.check_project()
        return place.session(number, author).change_object(chosen, **wanted)

    return JSONResponse(asdict(await run_in_threadpool(write)))


async def remove(request: Request) -> Response:
    """Take an object away with all its masks; `undo` brings it back."""
    chosen = asking.path_id(request, "o", "object")
    return await edited(request, lambda session: session.remove_object(chosen))


def _label(body: dict[str, Any]) -> str:
    label = asking.text(body, "label")
    if not label:
        raise asking.bad("the label is empty", "give the object a name")
    return label


def _order(body: dict[str, Any]) -> int | None:
    """A whole number, also a negative one; None where it is absent."""
    value = body.get("order")
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > 1_000_000:
        raise asking.bad("order is no whole number within a million", "send order so")
    return value


routes: list[BaseRoute] = [
    Route("/videos/{v}/objects", listed),
    Route("/videos/{v}/objects", add, methods=["POST"]),
    Route("/videos/{v}/objects/{o}", change, methods=["PATCH"]),
    Route("/videos/{v}/objects/{o}", remove, methods=["DELETE"]),
]
