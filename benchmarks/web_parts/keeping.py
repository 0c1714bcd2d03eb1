"""What must not be lost: saves through kill -9, and what two tabs see."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

import httpx
import numpy as np

from masklet.core import Label, Masks, Video
from masklet.core.arrays import UInt32s
from masklet.ops import runs
from masklet.ops.table import Row, build
from masklet.web import wire
from web_parts.bar import Bar, spread
from web_parts.browser import chromium, opened, told
from web_parts.films import HEIGHT, WIDTH
from web_parts.plan import Plan
from web_parts.projects import animals
from web_parts.serving import Server, served

FRAMES = 40
TABS = 2
Target = tuple[int, int]
"""(frame, object)."""


@dataclass
class Stream:
    """One tab that saves as fast as answers come, and remembers what was acknowledged."""

    tab: int
    sent: dict[Target, list[UInt32s]] = field(default_factory=dict)
    known: dict[Target, int] = field(default_factory=dict)
    times: list[float] = field(default_factory=list)
    revisions: dict[Target, int] = field(default_factory=dict)

    def run(self, url: str, seed: int, revision: int) -> None:
        """Until the server is gone."""
        rng = np.random.default_rng(seed)
        with httpx.Client(base_url=f"{url}api/v1/", timeout=20) as client:
            while True:
                target = (int(rng.integers(FRAMES)), self.tab)
                try:
                    self._save(client, target, rng, revision)
                except httpx.TransportError:
                    return

    def _save(
        self, client: httpx.Client, target: Target, rng: np.random.Generator, revision: int
    ) -> None:
        rows = _blob(target, rng)
        made = self.sent.setdefault(target, [])
        made.append(rows.row_runs(0))
        number = len(made) - 1
        match = max(self.revisions.get(target, 0), revision)
        headers = {"If-Match": f'"{match}"', "X-Author": f"tab{self.tab}", "X-Tab": str(self.tab)}
        began = time.perf_counter()
        body = wire.encode(rows, target[0])
        answer = client.put(f"videos/1/masks/{target[0]}/{target[1]}", content=body, headers=headers)
        if answer.status_code != 200:
            raise SystemExit(f"a save was refused: {answer.status_code} {answer.text[:200]}")
        self.times.append((time.perf_counter() - began) * 1000)
        self.known[target] = number
        self.revisions[target] = int(answer.json()["revision"])

    def lost(self, client: httpx.Client) -> int:
        """Acknowledged saves that are not there: neither they nor what was sent after them."""
        gone = 0
        for (frame, chosen), number in self.known.items():
            data = client.get("videos/1/masks", params={"from": frame, "to": frame + 1}).content
            rows = wire.decode(data, _VIDEO, (Label("rat"),)).rows
            found = [rows.row_runs(i) for i in range(len(rows)) if rows.object_id[i] == chosen]
            fits = self.sent[frame, chosen][number:]
            gone += not any(np.array_equal(one, mask) for one in found for mask in fits)
        return gone


_VIDEO = Video("video", WIDTH, HEIGHT, 240)


def _blob(target: Target, rng: np.random.Generator) -> Masks:
    """A rectangle with a notch, different every time."""
    wide, high = int(rng.integers(40, 400)), int(rng.integers(40, 300))
    mask = np.ones((high, wide), bool)
    mask[: int(rng.integers(1, high)), : int(rng.integers(1, wide))] = False
    corner = (int(rng.integers(0, WIDTH - wide)), int(rng.integers(0, HEIGHT - high)))
    row = Row(target[0], target[1], 0, runs.encode_crop(mask, corner, (WIDTH, HEIGHT)))
    return build(_VIDEO, (Label("rat"),), [row])


def kill(plan: Plan) -> list[Bar]:
    """Two tabs save without pause; server and worker get kill -9; started again, what is there?"""
    home = animals(plan.films, plan.home(), frames=FRAMES)
    streams = [Stream(tab + 1) for tab in range(TABS)]
    rounds, lost = max(2, plan.tries // 10), 0
    rng = np.random.default_rng(3)
    with served(home, home) as server:
        for turn in range(rounds):
            _round(server, streams, turn, float(rng.uniform(2, 4)))
            with httpx.Client(base_url=f"{server.url}api/v1/", timeout=60) as client:
                lost += sum(one.lost(client) for one in streams)
    times = [ms for one in streams for ms in one.times]
    note = f"{len(times)} acknowledged, {rounds} kills"
    return [
        Bar("kill -9: acknowledged saves lost", lost, 0, "", note),
        Bar("save, p50", spread(times), None, "ms", f"{TABS} tabs at once, synced to disk"),
        Bar("save, p95", spread(times, 95), None, "ms", f"{TABS} tabs at once, synced to disk"),
    ]


def _round(server: Server, streams: list[Stream], turn: int, seconds: float) -> None:
    """Save for some seconds, kill, start again."""
    revision = int(server.ask("videos/1")["revision"])
    threads = [
        threading.Thread(target=one.run, args=(server.url, 10 * turn + one.tab, revision))
        for one in streams
    ]
    for thread in threads:
        thread.start()
    time.sleep(seconds)
    server.kill()
    for thread in threads:
        thread.join()
    server.start()


def tabs(plan: Plan) -> list[Bar]:
    """A stroke in one tab: how long until another one shows it, and do both show the same?"""
    home = animals(plan.films, plan.home(), frames=8)
    times, differ = [], 0
    with (
        chromium() as browser,
        served(home, home, "--no-worker") as server,
        opened(browser, server.url) as one,
        opened(browser, server.url) as other,
    ):
        for turn in range(max(3, plan.tries // 4)):
            one.bring_to_front()
            told(one, "select", 1 + turn % 3, "brush")
            before = told(other, "area", 1 + turn % 3)
            x, y = 200 + 37 * turn, 150 + 11 * turn
            one.mouse.move(*told(one, "place", x, y))
            one.mouse.down()
            one.mouse.move(*told(one, "place", x + 60, y), steps=3)
            one.mouse.up()
            drawn = told(one, "now")
            times.append(told(other, "changes", 1 + turn % 3, before) - drawn)
            other.wait_for_timeout(300)
            differ += told(one, "area", 1 + turn % 3) != told(other, "area", 1 + turn % 3)
    note = f"{len(times)} strokes, from the end of the stroke on; it is saved 0.3 s after it"
    return [
        Bar("two tabs that do not converge", differ, 0, "", note),
        Bar("second tab shows a stroke, p50", spread(times), None, "ms", note),
        Bar("second tab shows a stroke, largest", max(times), None, "ms", note),
    ]
