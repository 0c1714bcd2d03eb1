"""A peer for frames: a `<video>` element, which players and other annotators seek by time."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from playwright.sync_api import Page

from masklet.media.opening import open_media
from web_parts.bar import Bar, spread
from web_parts.browser import chromium, fresh
from web_parts.films import MAKERS, READ, film, first_number
from web_parts.plan import Plan

SEEK = """async ([address, rate, frames, first]) => {
  const blob = await (await fetch(address)).blob();
  const video = document.createElement("video");
  video.muted = true;
  video.src = URL.createObjectURL(blob);
  const ready = await new Promise((done) => {
    video.onloadeddata = () => done(true);
    video.onerror = () => done(false);
  });
  if (!ready) return null;
  const canvas = document.createElement("canvas");
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  const ctx = canvas.getContext("2d");
  const number = READ;
  const times = [];
  let wrong = 0;
  for (const frame of frames) {
    const began = performance.now();
    const there = new Promise((done) => { video.onseeked = done; });
    video.currentTime = frame / rate;
    await there;
    ctx.drawImage(video, 0, 0);
    const found = number(canvas);
    times.push(performance.now() - began);
    wrong += found !== frame + first;
  }
  return { times, wrong };
}"""
"""JavaScript: frames sought by their number over the frame rate; null where the film does not open."""


class _Silent(SimpleHTTPRequestHandler):
    def log_message(self, *_args: object) -> None:
        """Nothing."""


@contextmanager
def _files(folder: Path) -> Iterator[str]:
    """The address of a server for the files of a folder."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Silent, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()
        thread.join()


def video_element(plan: Plan) -> list[Bar]:
    """Wrong frames of the seven films in a `<video>`, and how long a step takes."""
    wrong = seen = closed = 0
    steps: list[float] = []
    with chromium() as browser, _files(plan.films) as url, fresh(browser) as page:
        for name in MAKERS:
            found = _sought(plan, page, url, name)
            if found is None:
                closed += 1
                continue
            wrong, seen = wrong + found[0], seen + found[1]
            steps += found[2] if name == "gop250.mp4" else []
    note = f"of {seen}, by frame / rate; {closed} of {len(MAKERS)} films do not open"
    return [
        Bar("peer <video>: wrong frames", wrong, None, "", note),
        Bar("peer <video>: step, p50", spread(steps), None, "ms", "gop250.mp4"),
        Bar("peer <video>: step, p95", spread(steps, 95), None, "ms", "gop250.mp4"),
    ]


def _sought(plan: Plan, page: Page, url: str, name: str) -> tuple[int, int, list[float]] | None:
    """(wrong, asked, milliseconds of steps) of a film; None where it does not open."""
    path = film(plan.films, name, plan.frames)
    video = open_media(path).video
    count = len(video.times)
    start = count // 3
    frames = random.Random(name).sample(range(count), plan.tries)
    frames += range(start, start + plan.tries)
    page.goto(url)
    script = SEEK.replace("READ", READ)
    asked = [url + path.name, video.fps, frames, first_number(name)]
    found = page.evaluate(script, asked)
    if found is None:
        return None
    return found["wrong"], len(frames), found["times"][plan.tries :]
