"""Frames and packets without a browser: exactness, steps, jumps, sizes, over the server's own routes."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import numpy as np

from masklet.core import Label, Masks, Video
from masklet.media import read_image
from masklet.media.opening import open_media
from masklet.ops import runs
from masklet.ops.table import Row, build
from masklet.store.project import Project
from masklet.web import wire
from masklet.web.app import create_app
from masklet.web.workplace import Workplace
from web_parts.bar import Bar
from web_parts.films import HEIGHT, MAKERS, WIDTH, film, first_number, number_of

PAUSE = 0.12
"""Seconds between two steps of a person who holds a key at eight frames a second."""


def bars(folder: Path) -> list[Bar]:
    """Every bar of this part; films are made in `folder` once."""
    return asyncio.run(_bars(folder))


async def _bars(folder: Path) -> list[Bar]:
    found = [await exactness(folder)]
    for name, p50, p95 in (("gop30.mp4", None, 400), ("gop250.mp4", 450, None)):
        found += await steps(folder, name)
        found += await jumps(folder, name, p50, p95)
    return found + packets()


@asynccontextmanager
async def served(path: Path, home: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a server with one video and nothing in its caches."""
    home.mkdir(parents=True, exist_ok=True)
    for old in home.rglob("*"):
        if old.is_file():
            old.unlink()
    source = open_media(path)
    Project.create(home / "p.masklet", source.video, [Label("rat")]).close()
    place = Workplace(Project.open(home / "p.masklet"))
    transport = httpx.ASGITransport(create_app(place))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8800") as client:
        yield client
    place.close()


async def ask(client: httpx.AsyncClient, frame: int, more: str = "") -> tuple[float, httpx.Response]:
    """(milliseconds, answer) of a frame that a tab wants to see."""
    headers = {"X-Tab": "bench", "X-Cursor": str(frame)}
    began = time.perf_counter()
    answer = await client.get(f"/api/v1/videos/1/frames/{frame}{more}", headers=headers)
    return (time.perf_counter() - began) * 1000, answer


async def exactness(folder: Path, n: int = 240, tries: int = 40) -> Bar:
    """Wrong frames on the seven films, by barcode: random jumps, then backwards."""
    wrong = asked = 0
    for name in MAKERS:
        path = film(folder, name, n)
        async with served(path, folder / "home") as client:
            count = len(open_media(path).video.times)
            chosen = random.Random(name).sample(range(count), tries)
            for frame in [*chosen, *range(count - 1, count - 11, -1)]:
                _, answer = await ask(client, frame, "?w=960")
                image, _ = read_image(answer.content)
                wrong += number_of(image) != frame + first_number(name)
                asked += 1
    return Bar("wrong frames, 7 films", wrong, 0, f"of {asked}", "server JPEG, 960 wide")


async def steps(folder: Path, name: str, n: int = 120) -> list[Bar]:
    """Steps forward and back at a person's pace."""
    async with served(film(folder, name), folder / "home") as client:
        await ask(client, 20)
        times = []
        for frame in [*range(21, 21 + n), *range(20 + n, 20, -1)]:
            await asyncio.sleep(PAUSE)
            times.append((await ask(client, frame))[0])
    p50, p95 = np.percentile(times, [50, 95])
    note = f"{name}, {len(times)} steps, server alone"
    return [Bar("step p50", float(p50), 16, "ms", note), Bar("step p95", float(p95), 50, "ms", note)]


async def jumps(
    folder: Path, name: str, most_p50: float | None, most_p95: float | None, n: int = 40
) -> list[Bar]:
    """Jumps to frames anywhere, each first as a picture at hand, then exactly."""
    async with served(film(folder, name), folder / "home") as client:
        await ask(client, 0)
        exact, near = [], []
        for frame in random.Random(2).sample(range(600), n):
            await asyncio.sleep(0.3)
            first, second = await asyncio.gather(ask(client, frame, "?approx=1"), ask(client, frame))
            near.append(first[0])
            exact.append(second[0])
    note = f"{name}, {n} jumps, server alone"
    return [
        Bar("jump p50", float(np.percentile(exact, 50)), most_p50, "ms", note),
        Bar("jump p95", float(np.percentile(exact, 95)), most_p95, "ms", note),
        Bar("picture at hand p50", float(np.percentile(near, 50)), 100, "ms", note),
        Bar("picture at hand p95", float(np.percentile(near, 95)), None, "ms", note),
    ]


def packets() -> list[Bar]:
    """Bytes and encoding of three animals in Full HD, plain and behind the bars of a cage."""
    found = []
    cases = ((False, 4000, 2, "3 objects"), (True, 15_000, None, "3 objects, a bar every 32 pixels"))
    for behind, size, most, note in cases:
        rows = _animals(behind)
        times = [_timed(rows) for _ in range(200)]
        found.append(Bar("packet", len(wire.encode(rows, 0)), size, "bytes", note))
        found.append(Bar("encode p50", float(np.percentile(times, 50)), most, "ms", note))
    return found


def _timed(rows: Masks) -> float:
    began = time.perf_counter()
    wire.encode(rows, 0)
    return (time.perf_counter() - began) * 1000


def _animals(behind_bars: bool) -> Masks:
    """Three bodies of a rat's size with a rough outline."""
    rng = np.random.default_rng(1)
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    rows = []
    for number in range(3):
        angle = np.arctan2(y - 540, x - 480 * (number + 1))
        rough = 1 + sum(
            float(a) * np.sin(k * angle + float(b))
            for k, a, b in zip(range(2, 30), rng.normal(0, 0.02, 28), rng.uniform(0, 6, 28), strict=True)
        )
        mask = np.hypot((x - 480 * (number + 1)) / 170, (y - 540) / 100) < rough
        if behind_bars:
            mask &= x % 32 > 4
        rows.append(Row(0, number + 1, 0, runs.encode(mask), score=0.9))
    return build(Video("v", WIDTH, HEIGHT, 1), [Label("rat")], rows)


def table(found: Sequence[Bar]) -> str:
    """The bars as a table."""
    from web_parts.bar import HEAD

    return "\n".join([HEAD, *(bar.row() for bar in found)])
