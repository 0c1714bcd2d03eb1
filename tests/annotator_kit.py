"""`masklet serve` as a process, and a page of it as a person uses it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

PATIENCE = 240.0
"""Seconds after which a test gives up: engines fit themselves, and the machine may be busy."""
VIEW = {"viewport": {"width": 1440, "height": 900}}


class Served:
    """A server process. It may be killed and started again at the same port."""

    def __init__(self, path: Path, out: Path, *more: str) -> None:
        self._command = [
            *(sys.executable, "-m", "masklet", "serve", str(path), "--out", str(out), "--no-open"),
            *more,
        ]
        self.out, self.port = out, 0
        self.start()

    def start(self) -> None:
        command = [*self._command, "--port", str(self.port)]
        env = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env)
        assert self.process.stdout is not None
        said = []
        for line in self.process.stdout:
            said.append(line)
            if found := re.search(r"open (http://127\.0\.0\.1:(\d+)/\S*)", line):
                self.url, self.port = found[1], int(found[2])
                return
        raise AssertionError(f"the server did not start: {''.join(said)}")

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.ended()

    def ended(self) -> None:
        self.process.wait(30)
        if self.process.stdout is not None:
            self.process.stdout.close()

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(f"{self.url}api/v1/{path}", timeout=60) as answer:
            return json.load(answer)

    def jobs(self) -> list[dict[str, Any]]:
        jobs: list[dict[str, Any]] = self.get("jobs")["jobs"]
        return jobs

    def worker(self) -> int:
        """Process id of the worker."""
        found = subprocess.run(
            ["pgrep", "-P", str(self.process.pid), "-f", "masklet.jobs.worker"],
            capture_output=True,
            text=True,
            check=True,
        )
        return int(found.stdout.split()[0])


@contextmanager
def served(path: Path, out: Path, *more: str) -> Iterator[Served]:
    server = Served(path, out, *more)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.process.send_signal(signal.SIGINT)
            try:
                server.ended()
            except subprocess.TimeoutExpired:
                server.kill()


def until(ready: Callable[[], Any], what: str, patience: float = PATIENCE) -> Any:
    """What `ready` gives as soon as it is true."""
    end = time.monotonic() + patience
    while not (found := ready()):
        assert time.monotonic() < end, f"waited {patience} s for: {what}"
        time.sleep(0.1)
    return found


class Person:
    """Somebody before a page."""

    def __init__(self, page: Page, server: Served) -> None:
        self.page, self.server = page, server
        info = server.get("videos/1")
        self.size = info["width"], info["height"]
        page.goto(server.url)
        page.get_by_role("toolbar", name="Tools").wait_for()
        page.get_by_text("exact").first.wait_for()

    def add_object(self, label: str) -> None:
        self.page.keyboard.press("n")
        box = self.page.get_by_role("dialog").get_by_label("Label")
        box.fill(label)
        self.page.keyboard.press("Enter")
        self.page.get_by_role("dialog").wait_for(state="detached")

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Where a pixel of the video is on the page, to some pixels, as long as all of it is shown."""
        box = self.page.locator("#stage").bounding_box()
        found = re.search(r"(\d+) %", self.page.get_by_role("group", name="View").inner_text())
        assert box is not None
        assert found is not None
        scale = int(found[1]) / 100
        left = box["x"] + (box["width"] - self.size[0] * scale) / 2
        top = box["y"] + (box["height"] - self.size[1] * scale) / 2
        return left + x * scale, top + y * scale

    def goto(self, frame: int) -> None:
        box = self.page.get_by_label("Frame number")
        box.fill(str(frame))
        box.press("Enter")
        self.page.wait_for_timeout(100)
        self.page.get_by_text("exact", exact=True).first.wait_for()
        self.page.locator("#stage").focus()

    def drag(self, x0: float, y0: float, x1: float, y1: float) -> None:
        """From one pixel of the video to another one."""
        self.page.mouse.move(*self.at(x0, y0))
        self.page.mouse.down()
        self.page.mouse.move(*self.at((x0 + x1) / 2, (y0 + y1) / 2), steps=4)
        self.page.mouse.move(*self.at(x1, y1), steps=4)
        self.page.mouse.up()

    def saved(self) -> None:
        """Wait for the badge."""
        self.page.get_by_text("Saved", exact=True).first.wait_for(timeout=60_000)

    def offline(self) -> None:
        """Wait for the badge that says so."""
        self.page.get_by_text(re.compile(r"^Offline")).first.wait_for(timeout=60_000)

    def track(self, *choose: str) -> None:
        """The Track dialog, with those choices made."""
        self.page.keyboard.press("Control+b")
        dialog = self.page.get_by_role("dialog", name="Track")
        for name in choose:
            dialog.get_by_text(name, exact=True).click()
        dialog.get_by_role("button", name="Track").click()
        dialog.wait_for(state="detached")
