"""What a person does: strokes, clicks for the model, Stop."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from playwright.sync_api import Page

from web_parts.bar import Bar, spread
from web_parts.browser import chromium, opened, told
from web_parts.plan import Plan
from web_parts.projects import animals, middle, seeded
from web_parts.serving import Server, served, until

Found = dict[str, Any]
"""What a click took, as the page tells it."""
ENGINE = "flow"
"""Tracks at an even pace from its first frame on."""


def brush(plan: Plan) -> list[Bar]:
    """A real mouse drags the brush in circles over a Full-HD frame with three masks."""
    home = animals(plan.films, plan.home())
    with (
        chromium() as browser,
        served(home, home, "--no-worker") as server,
        opened(browser, server.url) as page,
    ):
        page.wait_for_timeout(1500)
        told(page, "select", 1, "brush")
        page.mouse.move(*told(page, "place", 700, 540))
        page.mouse.down()
        told(page, "watchDrawing")
        for turn in range(plan.tries * 6):
            angle = turn / 9
            at = (700 + 260 * math.cos(angle), 540 + 200 * math.sin(angle))
            page.mouse.move(*told(page, "place", *at))
        found = told(page, "stopWatching")
        page.mouse.up()
    intervals, handler = found["intervals"][2:], found["handler"]
    note = f"1080p, {len(intervals)} frames, {len(handler)} events"
    return [
        Bar("brush: frame interval, p50", spread(intervals), None, "ms", note),
        Bar("brush: frame interval, p95", spread(intervals, 95), 20, "ms", note),
        Bar("brush: handler, p50", spread(handler), None, "ms", note),
        Bar("brush: handler, p95", spread(handler, 95), 1, "ms", note),
    ]


def clicks(plan: Plan) -> list[Bar]:
    """Clicks with the point tool: all but the segmenter's own time, idle and beside a tracker."""
    home = seeded(plan.films, plan.home())
    with chromium() as browser, served(home, home) as server, opened(browser, server.url) as page:
        server.wait_for_worker()
        told(page, "goto", 30)
        _click(page, 2, 30, 2)
        idle = _click(page, 2, 30, plan.tries)
        job = _begin(server, page)
        pace = _pace(page)
        busy = _click(page, 2, 30, plan.tries)
        still = told(page, "state", job) == "running"
    own = f"{len(idle)} clicks, segmenter {_own(idle):.0f} ms"
    note = f"{len(busy)} clicks, segmenter {_own(busy):.0f} ms, tracker's frame {spread(pace):.0f} ms"
    note += "" if still else " (the job ended meanwhile)"
    return [
        Bar("click idle, overhead p50", spread(_over(idle)), 10, "ms", own),
        Bar("click idle, overhead p95", spread(_over(idle), 95), None, "ms", own),
        Bar("click idle, until drawn p50", spread(_seen(idle)), None, "ms", own),
        Bar("click while tracking, p50", spread(_over(busy)), spread(pace) + 15, "ms", note),
        Bar("click while tracking, p95", spread(_over(busy), 95), spread(pace, 95) + 15, "ms", note),
    ]


def _click(page: Page, number: int, frame: int, tries: int) -> list[Found]:
    """First clicks on an animal: `trip` and `seen` from the press on, `own` is the model's."""
    told(page, "goto", frame)
    told(page, "select", number, "point")
    x, y = middle(number, frame)
    found = []
    for _ in range(tries):
        told(page, "forget")
        found.append(told(page, "click", x, y))
        page.wait_for_timeout(50)
    return found


def _over(found: Sequence[Found]) -> list[float]:
    return [one["trip"] - one["own"] for one in found]


def _seen(found: Sequence[Found]) -> list[float]:
    """Until an answer was drawn, of those that changed something."""
    return [seen - one["own"] for one in found if (seen := one["seen"]) is not None]


def _own(found: Sequence[Found]) -> float:
    return spread([one["own"] for one in found])


def _begin(server: Server, page: Page) -> str:
    """A job that tracks; its id as soon as its first frames have come to the page."""
    asked = {"video": 1, "engine": ENGINE, "direction": "forward", "reuse": False}
    before = told(page, "count")
    job = str(server.ask("jobs", asked)["id"])
    until(lambda: told(page, "count") > before + 5, "a tracker's first frames")
    return job


def _pace(page: Page, frames: int = 40) -> list[float]:
    """Milliseconds between frames of the tracker, as they come to the page."""
    before = told(page, "count")
    until(lambda: told(page, "count") > before + frames, "a tracker's frames")
    gaps: list[float] = told(page, "gaps", before)
    return gaps


def stop(plan: Plan) -> list[Bar]:
    """Stop, pressed in the page, until the page says that the job is stopped."""
    home = seeded(plan.films, plan.home())
    found, pace = [], []
    with chromium() as browser, served(home, home) as server, opened(browser, server.url) as page:
        server.wait_for_worker()
        for turn in range(max(3, plan.tries // 4)):
            job = _begin(server, page)
            pace += _pace(page, 10 + turn)
            done = told(page, "stop", job)
            if done["state"] == "stopped":
                found.append(done["ms"])
    note = f"{len(found)} times, tracker's frame {spread(pace):.0f} ms (largest {max(pace):.0f})"
    return [
        Bar("Stop until stopped, p50", spread(found), spread(pace) + 120, "ms", note),
        Bar("Stop until stopped, largest", float(np.max(found)), max(pace) + 120, "ms", note),
    ]
