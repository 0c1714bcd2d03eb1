"""The one WebSocket: what changed and live masks to the tabs, clicks and presence from them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.routing import BaseRoute, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from masklet._version import __version__
from masklet.store.changed import Touched
from masklet.web import asking, clicks
from masklet.web.errors import Refusal, refusal_of, report
from masklet.web.hub import Client

if TYPE_CHECKING:
    from masklet.web.workplace import Workplace

MOST_TABS = 200
_SLOWEST = 60.0
"""Seconds within which a tab must take a message."""
_TOO_MANY = 1013
_REPLAYED = 2000
"""Changes that are told one by one to a tab that comes back."""


async def socket(ws: WebSocket) -> None:
    """Serve one tab until it goes."""
    place: Workplace = ws.app.state.workplace
    await ws.accept()
    if len(place.hub.clients) >= MOST_TABS:
        await ws.close(_TOO_MANY, "too many tabs are open")
        return
    client = Client()
    place.hub.clients.add(client)
    asked = clicks.Clicks(place, client)
    sender = asyncio.create_task(_send(ws, client))
    try:
        await _listen(ws, place, client, asked)
    except (WebSocketDisconnect, OSError):
        pass  # the tab is closed or its network is gone; it comes back with `since`
    finally:
        place.hub.leave(client)
        sender.cancel()
        await asked.close()


async def _send(ws: WebSocket, client: Client) -> None:
    """Send what waits, as fast as the tab takes it; who takes nothing any more is cut off."""
    try:
        while not client.outbox.overrun:
            message = await client.outbox.next()
            sent = ws.send_bytes(message) if isinstance(message, bytes) else ws.send_text(message)
            await asyncio.wait_for(sent, _SLOWEST)
        await ws.close(_TOO_MANY, "too much was left unread")
    except (WebSocketDisconnect, OSError, RuntimeError, TimeoutError):
        if ws.application_state is WebSocketState.CONNECTED:
            client.outbox.overrun = True


async def _listen(ws: WebSocket, place: Workplace, client: Client, asked: clicks.Clicks) -> None:
    while True:
        message = await ws.receive()
        if message["type"] == "websocket.disconnect":
            return
        req: object = None
        try:
            if message.get("text") is None:
                raise asking.bad("a binary message came", "send JSON as text")
            told = asking.parse_object(message["text"])
            req = told.get("req")
            await _take(place, client, asked, told)
        except Exception as error:  # noqa: BLE001 - whatever a tab sends, it gets an answer and stays
            refused = refusal_of(error)
            if refused.status == 500:
                report(error)
            client.outbox.say(error_message(refused, req))


async def _take(place: Workplace, client: Client, asked: clicks.Clicks, told: Mapping[str, Any]) -> None:
    kind = asking.one_of(told, "t", ("hello", "watch", "click", "presence", "ping"))
    if kind == "ping":
        client.outbox.latest("pong", {"t": "pong"})
    elif kind == "hello":
        await _hello(place, client, told)
    elif kind == "click":
        await asked.take(told)
    elif client.video is None or asking.integer(told, "video") != client.video:
        raise asking.bad(f"{kind} names a video that this tab does not show", "say hello with it first")
    elif kind == "watch":
        first, stop = asking.integer(told, "from"), asking.integer(told, "to")
        client.watched = range(first, stop)
    else:
        client.frame = asking.integer(told, "frame")
        chosen = told.get("object")
        client.object_id = None if chosen is None else asking.integer(told, "object")
        place.hub.presence(client.video)


async def _hello(place: Workplace, client: Client, told: Mapping[str, Any]) -> None:
    """Who the tab is, what it shows and what it knows already; it is told what it missed."""
    client.author = asking.text(told, "author", "", 64) or asking.NOBODY
    client.tab = asking.word(told, "tab")
    number = told.get("video")
    video = None if number is None else asking.integer(told, "video")
    since = asking.integer(told, "since", 0)
    revision: int = 0
    missed: list[Touched] = []
    if video is not None:
        revision, missed = await run_in_threadpool(_missed, place, video, since)
    place.hub.show(client, video)
    client.outbox.say({"t": "ready", "version": __version__, "revision": revision})
    if video is not None:
        place.hub.touched(video, missed, [client])
    client.outbox.latest("worker", {"t": "worker", **place.worker()})


def _missed(place: Workplace, video: int, since: int) -> tuple[int, list[Touched]]:
    """The revision of a video, and what changed after `since`; everything where that is long ago."""
    store = place.store(video)
    place.watcher.known(video)
    revision = store.revision
    if since >= revision:
        return revision, []
    if since > 0 and revision - since <= _REPLAYED:
        return revision, store.changes_since(since)
    objects = tuple(store.objects())
    whole = (range(max(store.video.n_frames, 0)),)
    return revision, [Touched(revision, "append", "", "", whole, objects, objects)]


def error_message(refused: Refusal, req: object = None) -> dict[str, Any]:
    """A refusal as the socket tells it."""
    known = {"req": req} if isinstance(req, int) else {}
    return {"t": "error", **known, **refused.body["error"]}


routes: list[BaseRoute] = [WebSocketRoute("/socket", socket)]
