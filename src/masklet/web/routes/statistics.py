"""What the masks of a video measure: numbers, plots' data, and the whole table."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from masklet.core import DataError
from masklet.ops.zones import Zone
from masklet.web import asking
from masklet.web.statistics import statistics

_MOST_ZONES, _MOST_CORNERS = 100, 1000


async def numbers(request: Request) -> Response:
    """Areas, scores, ways, times in `zones`, curves and heat maps; in `scale` millimetres a pixel."""
    place, number = asking.workplace(request), asking.path_id(request, "v", "video")
    body = await asking.json_body(request)
    zones, scale = _zones(body), _scale(body.get("scale", 0))

    def read() -> dict[str, Any]:
        store = place.store(number)
        size = store.video.width, store.video.height
        return statistics(place.measured.table(store, scale, zones), size, zones)

    return JSONResponse(await run_in_threadpool(read))


async def measures(request: Request) -> Response:
    """The whole table of `masklet measure`, as CSV."""
    place, number = asking.workplace(request), asking.path_id(request, "v", "video")
    scale = request.query_params.get("scale", "0")

    def write() -> tuple[str, bytes]:
        from masklet.formats.tables import write_table

        path = place.scratch / f"measures-{secrets.token_hex(6)}.csv"
        try:
            write_table(place.measured.table(place.store(number), _scale(scale)), path)
            return place.video(number).name, path.read_bytes()
        finally:
            path.unlink(missing_ok=True)

    name, data = await run_in_threadpool(write)
    shown = f"attachment; filename*=UTF-8''{quote(f'{name}-measures.csv', safe='')}"
    headers = {"Content-Disposition": shown, "Cache-Control": "no-store"}
    return Response(data, media_type="text/csv; charset=utf-8", headers=headers)


def _scale(value: object) -> float:
    try:
        found = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        found = -1.0
    if not 0 <= found <= 1e6:
        raise asking.bad(
            f"scale is {value!r:.40}", "give millimetres a pixel, a positive number, or none"
        )
    return found


def _zones(body: Mapping[str, Any]) -> list[Zone]:
    entries = body.get("zones", [])
    if not isinstance(entries, list) or len(entries) > _MOST_ZONES:
        raise asking.bad(
            "zones is no list that can be used", f"send at most {_MOST_ZONES} of name and polygon"
        )
    return [_zone(entry) for entry in entries]


def _zone(entry: object) -> Zone:
    name, polygon = (entry.get("name"), entry.get("polygon")) if isinstance(entry, dict) else ("", [])
    remedy = "send {name, polygon: [[x, y], [x, y], [x, y]]}"
    if not isinstance(name, str) or not isinstance(polygon, list) or len(polygon) > _MOST_CORNERS:
        raise asking.bad("a zone has no name or no polygon", remedy)
    if not all(_is_point(point) for point in polygon):
        raise asking.bad(f"zone {name[:40]!r} has a corner that is no pair of numbers", remedy)
    try:
        return Zone(name[:100], polygon)  # type: ignore[arg-type]
    except DataError as error:
        raise asking.bad(str(error), remedy) from error


def _is_point(point: object) -> bool:
    return (
        isinstance(point, list)
        and len(point) == 2
        and all(isinstance(n, int | float) and not isinstance(n, bool) for n in point)
    )


routes: list[BaseRoute] = [
    Route("/videos/{v}/statistics", numbers, methods=["POST"]),
    Route("/videos/{v}/measures.csv", measures),
]
