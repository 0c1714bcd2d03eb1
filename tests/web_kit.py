"""What tests of the server share: a scene, packets, a client without a network."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import Future
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import httpx
import numpy as np
from websockets.asyncio.client import ClientConnection, connect

from masklet.core import Flags, Label, Masks, Origin, Video
from masklet.jobs.events import Answer, Click
from masklet.ops.runs import encode
from masklet.testing.scenes import Scene
from masklet.web import wire
from masklet.web.app import create_app
from masklet.web.gate import Gate
from masklet.web.running import Server, config_of
from masklet.web.server import listening
from masklet.web.workplace import Workplace

SCENE = Scene("arena", 2, size_wh=(96, 64), n_frames=12, seed=7)
FRAME = Video("frame", *SCENE.size_wh, SCENE.n_frames)
"""The size of the scene's frames, for packets."""


def run(work: Coroutine[Any, Any, None]) -> None:
    """Run what a test does, within a minute."""
    asyncio.run(asyncio.wait_for(work, 60))


def packet(frame: int, chosen: int, x: int = 10, y: int = 10, noise: int = -1) -> bytes:
    """A packet of one object: a square of 12 pixels at (x, y), or noise that packs badly."""
    pixels = np.zeros((FRAME.height, FRAME.width), bool)
    pixels[y : y + 12, x : x + 12] = True
    if noise >= 0:
        pixels = np.random.default_rng(noise).random(pixels.shape) < 0.5
    runs = encode(pixels)
    rows = Masks(
        FRAME,
        (Label("object"),),
        frame=np.array([frame]),
        object_id=np.array([chosen]),
        runs=runs,
        offset=np.array([0, len(runs)]),
    )
    return wire.encode(rows, frame)


@asynccontextmanager
async def asked(place: Workplace, gate: Gate | None = None) -> AsyncIterator[httpx.AsyncClient]:
    """A client that speaks to the app without a network; the address is one on loopback."""
    transport = httpx.ASGITransport(create_app(place, gate), raise_app_exceptions=True)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8800") as client:
        yield client


@contextmanager
def serving(place: Workplace, gate: Gate | None = None) -> Iterator[int]:
    """A real server on a free port of loopback, in a thread; the port."""
    begun = threading.Event()
    server = Server(config_of(create_app(place, gate)), begun.set)
    with listening("127.0.0.1", 0, print) as listener:
        thread = threading.Thread(target=server.run_on, args=(listener,))
        thread.start()
        try:
            assert begun.wait(30)
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join(30)


class Tab:
    """A browser's tab as the server sees it: one socket and what came through it."""

    def __init__(self, ws: ClientConnection, name: str) -> None:
        self.ws, self.name = ws, name

    async def say(self, **message: Any) -> None:
        """Send a message."""
        await self.ws.send(json.dumps(message))

    async def hear(
        self, kind: str, fits: Callable[[dict[str, Any]], bool] = lambda _: True
    ) -> dict[str, Any]:
        """The next message of a kind that fits; others are passed over. Within 20 seconds."""
        async with asyncio.timeout(20):
            while True:
                message = parsed(await self.ws.recv())
                if message["t"] == kind and fits(message):
                    return message


def parsed(data: str | bytes) -> dict[str, Any]:
    """A message of the socket; the packet of a binary one as `packet`."""
    if isinstance(data, str):
        return dict(json.loads(data))
    length = int.from_bytes(data[:4], "little")
    return {**json.loads(data[4 : 4 + length]), "packet": data[4 + length :]}


@asynccontextmanager
async def opened(port: int, name: str, video: int | None = 1, since: int = 0) -> AsyncIterator[Tab]:
    """A tab that has said hello and heard that the server is ready."""
    async with connect(f"ws://127.0.0.1:{port}/api/v1/socket") as ws:
        tab = Tab(ws, name)
        await tab.say(t="hello", author=name, tab=name, video=video, since=since)
        await tab.hear("ready")
        yield tab


class FakeWorker:
    """A worker whose answers the test gives."""

    def __init__(self) -> None:
        self.asked: list[tuple[Click, Future[Answer]]] = []

    def click(self, click: Click) -> Future[Answer]:
        """Remember what was asked."""
        future: Future[Answer] = Future()
        self.asked.append((click, future))
        return future

    def close(self) -> None:
        """Nothing to close."""


def answered(click: Click, x: int = 30) -> Answer:
    """What a model would say to a click: a square at `x`, prompted."""
    rows = wire.decode(packet(click.frame, click.object_id, x), FRAME).rows
    score = np.array([0.75], np.float32)
    origin = np.array([Origin.PROMPTED])
    flags = np.array([Flags.KEYFRAME])
    return Answer(
        rows.replace(labels=(Label(click.label),), score=score, origin=origin, flags=flags), 0.01
    )
