"""Clicks of one tab: asked of the worker, saved, answered; the newest on a mask counts."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool

from masklet.core import Masks
from masklet.jobs.events import Answer, Click
from masklet.web import asking, wire
from masklet.web.errors import Refusal, refusal_of
from masklet.web.hub import Client, packed

if TYPE_CHECKING:
    from masklet.web.workplace import Workplace

MOST_POINTS = 200
_MOST_WAITING = 16
Target = tuple[int, int, int]
"""(video, frame, object)."""


class Clicks:
    """What one tab asked of the model and still waits for.

    Args:
        place: what the server has open.
        client: the tab; answers go to its outbox.
    """

    def __init__(self, place: Workplace, client: Client) -> None:
        self._place, self._client = place, client
        self._newest: dict[Target, int] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def take(self, told: Mapping[str, Any]) -> None:
        """Ask the worker; the answer comes by the outbox. Raises `Refusal` for what cannot be asked."""
        req = asking.integer(told, "req")
        click = await run_in_threadpool(self._click, told)
        if len(self._tasks) >= _MOST_WAITING:
            raise Refusal(
                429, "busy", "too many clicks wait for an answer", "wait for the first of them"
            )
        target = (click.video, click.frame, click.object_id)
        self._newest[target] = req
        task = asyncio.create_task(self._answer(req, target, click))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """The tab is gone: what it waits for is not saved."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _click(self, told: Mapping[str, Any]) -> Click:
        """The checked click. 404 and 409 for objects that are not there or locked."""
        video = asking.integer(told, "video")
        film = self._place.video(video)
        frame = asking.frame_of(told, "frame", film.n_frames)
        chosen = self._place.object_info(video, asking.integer(told, "object"))
        if chosen.locked:
            raise Refusal(409, "locked", f"object {chosen.id} is locked", "unlock it, then click again")
        self._place.films.source(video)
        size = film.size_wh(frame)
        return Click(
            project=str(self._place.project.path.resolve()),
            video=video,
            frame=frame,
            object_id=chosen.id,
            label=chosen.label,
            points=_points(told, size),
            box=_box(told, size),
            refine=bool(asking.boolean(told, "refine", True)),
            client=self._client.tab or str(id(self._client)),
        )

    async def _answer(self, req: int, target: Target, click: Click) -> None:
        from masklet.web.routes.socket import error_message

        outbox = self._client.outbox
        try:
            asked = asyncio.wrap_future(self._place.worker_link().click(click))
            asked.add_done_callback(_looked_at)
            found = await asyncio.shield(asked)  # the worker may answer after the tab is gone
            if found.superseded or found.rows is None or self._newest.get(target) != req:
                return
            revision = await run_in_threadpool(self._save, click.video, found.rows)
        except Exception as error:  # noqa: BLE001 - the tab is told, and may click again
            outbox.say(error_message(refusal_of(error), req))
            return
        finally:
            if self._newest.get(target) == req:
                del self._newest[target]
        video, frame, object_id = target
        words = {"t": "answer", "req": req, "video": video, "frame": frame, "object": object_id}
        packet = wire.encode(found.rows, frame, revision)
        more = {"revision": revision, "seconds": round(found.seconds, 4)}
        outbox.say(packed({**words, **more}, packet))

    def _save(self, video: int, rows: Masks) -> int:
        session = self._place.session(video, self._client.author or asking.NOBODY)
        with self._place.watcher.writing(video, self._client.tab) as signed:
            revision = session.put_rows(rows).revision
            signed(revision)
        return revision


def _looked_at(asked: asyncio.Future[Answer]) -> None:
    """An answer that fails after its tab is gone is nobody's concern."""
    if not asked.cancelled():
        asked.exception()


def _points(told: Mapping[str, Any], size_wh: tuple[int, int]) -> tuple[tuple[float, float, bool], ...]:
    """`[[x, y, 1 or 0], ...]` inside the frame. 400 for others."""
    given = told.get("points", [])
    if not isinstance(given, list) or len(given) > MOST_POINTS:
        raise asking.bad("points are no list", f"send at most {MOST_POINTS} of [x, y, 1 or 0]")
    found = []
    for one in given:
        if not (isinstance(one, list) and len(one) == 3 and one[2] in (0, 1)):
            raise asking.bad("a point is not [x, y, 1 or 0]", "send it so")
        x, y = _inside(one[:2], size_wh)
        found.append((x, y, bool(one[2])))
    return tuple(found)


def _box(told: Mapping[str, Any], size_wh: tuple[int, int]) -> tuple[float, float, float, float] | None:
    """`[x0, y0, x1, y1]` with some area inside the frame, or None. 400 for others."""
    given = told.get("box")
    if given is None:
        return None
    if not (isinstance(given, list) and len(given) == 4):
        raise asking.bad("the box is not [x0, y0, x1, y1]", "send it so, or null")
    (x0, y0), (x1, y1) = _inside(given[:2], size_wh), _inside(given[2:], size_wh)
    if not (x0 < x1 and y0 < y1):
        raise asking.bad("the box has no area", "drag from its top left to its bottom right corner")
    return x0, y0, x1, y1


def _inside(pair: list[Any], size_wh: tuple[int, int]) -> tuple[float, float]:
    for value, size in zip(pair, size_wh, strict=True):
        plain = isinstance(value, int | float) and not isinstance(value, bool)
        if not plain or not 0 <= value <= size:
            raise asking.bad(
                f"a position is {str(value)[:40]}; expected 0 to {size}", "stay inside the picture"
            )
    return float(pair[0]), float(pair[1])
