"""What tests of the server share: a scene, packets, a client without a network."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import httpx
import numpy as np

from masklet.core import Label, Masks
from masklet.ops.runs import encode
from masklet.serve import wire
from masklet.serve.app import create_app
from masklet.serve.gate import Gate
from masklet.serve.workplace import Workplace
from masklet.testing.scenes import Scene

SCENE = Scene("arena", 2, size_wh=(96, 64), n_frames=12, seed=7)


def run(work: Coroutine[Any, Any, None]) -> None:
    """Run what a test does, within a minute."""
    asyncio.run(asyncio.wait_for(work, 60))


def packet(frame: int, chosen: int, x: int = 10, y: int = 10, noise: int = -1) -> bytes:
    """A packet of one object: a square of 12 pixels at (x, y), or noise that packs badly."""
    video = SCENE.truth(tails="none").video
    pixels = np.zeros((video.height, video.width), bool)
    pixels[y : y + 12, x : x + 12] = True
    if noise >= 0:
        pixels = np.random.default_rng(noise).random(pixels.shape) < 0.5
    runs = encode(pixels)
    rows = Masks(
        video,
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
