"""What a browser loads, when it paints first, and how soon a very long project can be used."""

from __future__ import annotations

import gzip
import time
import urllib.error
import urllib.request
from pathlib import Path

from playwright.sync_api import Browser, Page

import masklet.web
from masklet.web import bundle
from web_parts.bar import Bar, spread
from web_parts.browser import chromium, fresh, opened, told
from web_parts.plan import Plan
from web_parts.projects import animals, long_project
from web_parts.serving import Server, served

STATIC = Path(masklet.web.__file__).parent / "static"


def payload(plan: Plan) -> list[Bar]:
    """Bytes of the page as sent with gzip: what Annotate loads at first, and every file there is."""
    home = animals(plan.films, plan.home(), frames=4)
    with chromium() as browser, served(home, home, "--no-worker") as server:
        with fresh(browser) as page:
            asked: list[str] = []
            page.on("request", lambda request: asked.append(request.url))
            page.goto(server.url)
            page.get_by_text("exact", exact=True).first.wait_for()
            page.wait_for_timeout(1000)
        files = sorted(
            {one.partition("#")[0] for one in asked if "/api/" not in one and "http" in one[:5]}
        )
        first = {one: _size(one) for one in files}
        every = first | {one: _size(one) for one in _later(server.url)}
    return [
        Bar(
            "UI, first load of Annotate",
            sum(first.values()) / 1000,
            60,
            "kB gzip",
            f"{len(first)} files",
        ),
        Bar("UI, all files together", sum(every.values()) / 1000, 60, "kB gzip", f"{len(every)} files"),
    ]


def _later(url: str) -> list[str]:
    """Addresses of what is loaded when it is asked for."""
    names = [path.relative_to(STATIC).as_posix() for path in sorted(STATIC.rglob("*.js"))]
    found = [f"{url}static/{bundle.LATER}{name}" for name in names if "types.js" not in name]
    return [f"{url}static/pages.css", *(one for one in found if _there(one))]


def _there(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=60).close()
    except urllib.error.HTTPError:
        return False
    return True


def _size(url: str) -> int:
    """Bytes of a body as it is sent to who takes gzip."""
    asked = urllib.request.Request(url, headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(asked, timeout=60) as answer:
        body = answer.read()
        if answer.headers.get("Content-Encoding") == "gzip":
            gzip.decompress(body)
    return len(body)


def paint(plan: Plan) -> list[Bar]:
    """First paint of a page that the browser has never seen, by its own clock."""
    home = animals(plan.films, plan.home(), frames=4)
    times, usable = [], []
    with chromium() as browser, served(home, home, "--no-worker") as server:
        for _ in range(max(3, plan.tries // 4)):
            with fresh(browser) as page:
                page.goto(server.url)
                page.get_by_text("exact", exact=True).first.wait_for()
                usable.append(float(page.evaluate("performance.now()")))
                times.append(_first_paint(page))
    note = f"{len(times)} loads, nothing cached"
    return [
        Bar("first paint, p50", spread(times), 1000, "ms", note),
        Bar("first paint, largest", max(times), None, "ms", note),
        Bar("exact frame shown, p50", spread(usable), None, "ms", note),
    ]


def _first_paint(page: Page) -> float:
    return float(
        page.evaluate("performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN")
    )


DRAWN = """async () => {
  const tracks = () => [...document.querySelectorAll(".strip canvas")].some((canvas) => {
    const { width, height } = canvas;
    if (width < 200 || height < 60) return false;
    const pixels = canvas.getContext("2d").getImageData(Math.floor(width / 2), 30, 1, height - 30).data;
    return pixels.some((value) => value);
  });
  const exact = () => /exact/.test(document.querySelector(".transport")?.textContent ?? "");
  for (let i = 0; i < 20000 && !(tracks() && exact()); i++) await new Promise(requestAnimationFrame);
  return performance.now();
}"""
"""JavaScript: milliseconds since navigation when the frame is exact and tracks are on the timeline."""


def long(plan: Plan) -> list[Bar]:
    """A project of 100,000 frames with two animals on each: opened, then a jump in it."""
    home = long_project(plan.films, plan.home(), plan.many)
    opening, jumping = [], []
    with chromium() as browser, served(home, home, "--no-worker") as server:
        starting = server.seconds
        for turn in range(max(3, plan.tries // 8)):
            opening.append(_open(browser, server))
            if not turn:
                with opened(browser, server.url) as page:
                    frames = [plan.many * k // 7 for k in range(1, 7)]
                    jumping = told(page, "jumps", frames, 300, 0)["exact"]
    note = f"{plan.many} frames, {2 * plan.many} masks"
    return [
        Bar("long project: first opening", opening[0] / 1000, 2, "s", note),
        Bar(
            "long project: opening, p50", spread(opening) / 1000, 2, "s", f"{note}, {len(opening)} times"
        ),
        Bar("masklet serve until it listens", starting, None, "s", note),
        Bar("long project: jump, p50", spread(jumping), None, "ms", note),
    ]


def _open(browser: Browser, server: Server) -> float:
    with fresh(browser) as page:
        began = time.perf_counter()
        page.goto(server.url, wait_until="commit")
        inside = float(page.evaluate(DRAWN))
        outside = (time.perf_counter() - began) * 1000
    return max(inside, outside)
