"""Pictures of `masklet serve` for the docs: `python scripts/screenshots.py`.

A server process with its worker, and a real browser. Of a generated film two frames are annotated (the
scene's truth); everything else is what the engine of `--engine` makes of it, so this takes some minutes.
`--browser PATH` where the system has no Chromium and Playwright none of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from shutil import which
from typing import Any

import numpy as np
from playwright.sync_api import Page, sync_playwright

from masklet.core.enums import Origin
from masklet.media.opening import open_media
from masklet.media.writer import VideoWriter
from masklet.store.project import Project
from masklet.testing.scenes import Scene
from masklet.verbs.projects import PROJECT

HERE = Path(__file__).resolve().parents[1] / "docs" / "images" / "serve"
LARGEST = 300_000
SIZE = {"width": 1440, "height": 900}
SCENE = Scene(
    "arena",
    2,
    size_wh=(960, 640),
    n_frames=240,
    seed=3,
    coats=("black", "grey"),
    crossing=0.9,
    activity=0.9,
)
"""The animals climb over each other: there is something to review."""
DRAWN = (0, 120)
STEPS = 3
"""Frames that the job which goes frame by frame has done."""
ENV = {**os.environ, "LOGNAME": "annotator", "PYTHONUNBUFFERED": "1"}
LONGEST = 1800.0
"""Seconds that the tracking may take."""


def make(folder: Path) -> Path:
    """A film of the scene and a project of it. Returns the project's path."""
    film, path = folder / "videos" / "two-rats.mp4", folder / "open field" / PROJECT
    film.parent.mkdir()
    path.parent.mkdir()
    with VideoWriter(film, SCENE.size_wh, fps=SCENE.fps) as writer:
        for _, image in SCENE.frames():
            writer.write(image)
    truth = SCENE.truth()
    drawn = truth.take(np.isin(truth.frame, DRAWN))
    origin = np.full(len(drawn), Origin.HUMAN, np.uint8)
    with open_media(film) as media, Project.create(path, media.video, truth.labels) as project:  # type: ignore[attr-defined]
        rows = drawn.replace(video=media.video, origin=origin, checked=np.array(DRAWN, np.int32))
        project.masks(1).append(rows, author=ENV["LOGNAME"])
    return path


class Server:
    """A running `masklet serve` of a project."""

    def __init__(self, url: str) -> None:
        self.url = url

    def ask(self, path: str, body: Any = None) -> Any:
        """What the server answers; with a body it is posted."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", "Origin": self.url.rstrip("/")}
        request = urllib.request.Request(f"{self.url}api/v1/{path}", data, headers)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def job(self, until: str, **spec: Any) -> str:
        """Start a job and wait until it is in this state. Returns its id."""
        name: str = self.ask("jobs", {"video": 1, **spec})["id"]
        self.wait(name, until)
        return name

    def wait(self, name: str, until: str, done: int = 0) -> None:
        """Wait until a job is in this state with so many frames done."""
        end = time.monotonic() + LONGEST
        while (job := self.ask(f"jobs/{name}"))["state"] != until or job["done"] < done:
            if job["state"] == "failed" or time.monotonic() > end:
                raise SystemExit(f"the job is {job['state']}; expected {until}: {job['message']}")
            print(f"{job['state']} {job['done']} of {job['total']}", end="\r", flush=True)
            time.sleep(1)


@contextmanager
def served(path: Path) -> Iterator[Server]:
    """A server process of this project, at a port that is free."""
    command = [sys.executable, "-m", "masklet", "serve", str(path), "--no-open", "--port", "0"]
    told = ["--media", str(path.parents[1] / "videos")]
    process = subprocess.Popen([*command, *told], stdout=subprocess.PIPE, text=True, env=ENV)
    assert process.stdout is not None
    try:
        for line in process.stdout:
            if found := re.search(r"open (http://127\.0\.0\.1:\d+/)", line):
                yield Server(found[1])
                return
        raise SystemExit("the server ended before it began; expected it to listen. See above.")
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


def work(server: Server, engine: str) -> str:
    """Track the film; then one job that waits for a person, and one behind it.

    Returns the frame and object in the worst doubt, as addresses hold them.
    """
    server.job("done", engine=engine)
    some = {"kind": "resegment", "engine": engine}
    name = server.job("waiting", frames="180-200", mode="frame_by_frame", **some)
    server.ask(f"jobs/{name}/step", {"n": STEPS})
    server.wait(name, "waiting", STEPS)
    server.job("queued", frames="60-110", **some)
    doubts = server.ask("videos/1/review")["items"]
    if not doubts:
        raise SystemExit("nothing is in doubt; expected something to review: take another scene")
    return f"{doubts[0]['worst']}/{doubts[0]['object']}"


@dataclass(frozen=True)
class View:
    """A view: its address, what shows that it is there, what is done then, and what shows that."""

    place: str
    there: str
    press: str = ""
    click: str = ""
    then: str = ""


_ANNOTATE = View("annotate/1/{worst}", "text=exact")
_REVIEW = View("review/1", ".queue canvas")
_PROJECT = View("project/1", ".videos")
VIEWS = {
    "annotate": _ANNOTATE,
    "track": replace(_ANNOTATE, press="Control+b", then="dialog[open]"),
    "review": _REVIEW,
    "sheet": replace(_REVIEW, press="c"),
    "jobs": View("jobs/1", ".job"),
    "project": _PROJECT,
    "statistics": replace(_PROJECT, click="#tab-statistics", then=".plot canvas"),
    "settings": replace(_ANNOTATE, press="F2", then="dialog[open]"),
    "keys": replace(_ANNOTATE, press="F1", then="dialog[open]"),
}


def shoot(page: Page, address: str, worst: str, theme: str, out: Path) -> None:
    """One picture of every view."""
    for name, view in VIEWS.items():
        page.goto(address)
        page.wait_for_selector(".top nav a")
        page.goto(f"{address}#/{view.place.format(worst=worst)}")
        page.wait_for_selector(view.there)
        if view.press:
            page.keyboard.press(view.press)
        if view.click:
            page.click(view.click)
        if view.then:
            page.wait_for_selector(view.then)
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(1000)
        path = out / f"{name}-{theme}.png"
        page.screenshot(path=path)
        shrink(path)


def shrink(path: Path) -> None:
    """256 colours, so that the repository stays small."""
    from PIL import Image

    with Image.open(path) as image:
        small = image.convert("RGB").quantize(256)
    small.save(path, optimize=True)
    if path.stat().st_size > LARGEST:
        raise SystemExit(f"{path} has {path.stat().st_size} bytes; expected at most {LARGEST}")


def chromium() -> str | None:
    """The system's browser; None lets Playwright take its own."""
    found = (which(name) for name in ("chromium", "chromium-browser", "google-chrome"))
    return next(filter(None, found), None)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--browser", default=chromium(), help="path of a Chromium")
    asked.add_argument("--engine", default="adapt")
    asked.add_argument("--out", type=Path, default=HERE)
    asked.add_argument("--theme", action="append", choices=("dark", "light"))
    told = asked.parse_args()
    told.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        path = make(Path(folder))
        browser = playwright.chromium.launch(
            executable_path=told.browser, args=["--disable-gpu", "--no-sandbox"]
        )
        with served(path) as server:
            worst = work(server, told.engine)
            for theme in told.theme or ("dark", "light"):
                page = browser.new_page(viewport=SIZE, color_scheme=theme)  # type: ignore[arg-type]
                shoot(page, server.url, worst, theme, told.out)
                page.close()
        browser.close()


if __name__ == "__main__":
    main()
