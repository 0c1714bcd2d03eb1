"""What should be looked at, worst first; what a person said of it; who changed what."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from masklet.annotate.judging import Doubt, Item
from masklet.store import Change
from masklet.web import asking
from masklet.web.editing import edited

MOST_ITEMS = 100_000
_MOST_CHANGES = 1000
VERDICTS = ("accept", "reject", "skip")


async def queue(request: Request) -> Response:
    """Doubtful stretches, the most doubtful first, and how many there are in all."""
    place, number = asking.workplace(request), asking.path_id(request, "v", "video")
    limit, author = asking.number(request, "limit", 200), asking.author(request)

    def read() -> list[Doubt]:
        return place.session(number, author).queue(limit=None)

    found = await run_in_threadpool(read)
    return JSONResponse({"total": len(found), "items": [_doubt(one) for one in found[:limit]]})


async def judge(request: Request) -> Response:
    """`{verdict, items: [[frame, object] or [frame, object, last], ...]}`."""
    body = await asking.json_body(request)
    verdict = asking.one_of(body, "verdict", VERDICTS)
    items = _items(body)
    return await edited(request, lambda session: session.judge(verdict, items))  # type: ignore[arg-type]


async def history(request: Request) -> Response:
    """Who changed the mask of one object on one frame, the newest first."""
    place, number = asking.workplace(request), asking.path_id(request, "v", "video")
    frame, chosen = asking.number(request, "frame"), asking.number(request, "object")

    def read() -> list[dict[str, Any]]:
        changes = place.store(number).history(frame, chosen)
        return [_blame(change) for change in reversed(changes[-_MOST_CHANGES:])]

    return JSONResponse({"changes": await run_in_threadpool(read)})


def _doubt(one: Doubt) -> dict[str, Any]:
    return {
        "frame": one.frame,
        "last": one.last,
        "worst": one.worst,
        "object": one.object_id,
        "label": one.label,
        "reasons": list(one.reasons),
        "weight": one.weight,
        "score": one.score,
        "skipped": one.skipped,
    }


def _items(body: Mapping[str, Any]) -> list[Item]:
    given = body.get("items")
    if not isinstance(given, list) or not 0 < len(given) <= MOST_ITEMS:
        raise asking.bad("items are no list", f"send 1 to {MOST_ITEMS} of [frame, object]")
    found: list[Item] = []
    for one in given:
        numbers = asking.integers({"item": one}, "item", 3)
        if len(numbers) == 2:
            found.append((numbers[0], numbers[1]))
        elif len(numbers) == 3:
            found.append((numbers[0], numbers[1], numbers[2]))
        else:
            raise asking.bad("an item is not [frame, object]", "send it so")
    return found


def _blame(change: Change) -> dict[str, Any]:
    after = change.after
    step = after.step if after is not None else None
    words = {"add": "added", "replace": "changed", "remove": "removed"}[change.action]
    by = f" by {step.model or step.verb}" if step is not None else ""
    return {
        "revision": change.revision,
        "verb": change.verb,
        "author": change.author,
        "time": datetime.fromtimestamp(change.time, UTC).isoformat(timespec="seconds"),
        "what": f"{words}{by}",
        "origin": None if after is None else after.origin.name.lower(),
        "review": None if after is None else after.review.name.lower(),
        "score": None if after is None else after.score,
    }


routes: list[BaseRoute] = [
    Route("/videos/{v}/review", queue),
    Route("/videos/{v}/review", judge, methods=["POST"]),
    Route("/videos/{v}/history", history),
]
