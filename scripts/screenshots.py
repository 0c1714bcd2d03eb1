"""Pictures of `masklet serve` for the docs, of a generated scene: `python scripts/screenshots.py`.

A real server and a real browser; the masks are the scene's truth, doubted here and there, and the jobs
are invented. `--browser PATH` where the system has no Chromium and Playwright none of its own.
"""

from __future__ import annotations

import argparse
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import which
from typing import Any

import numpy as np
import uvicorn
from playwright.sync_api import Page, sync_playwright

from masklet.core import Masks
from masklet.core.enums import Flags, Origin, Review
from masklet.jobs.events import WorkerState
from masklet.jobs.spec import Job, JobSpec
from masklet.media.opening import open_media
from masklet.media.writer import VideoWriter
from masklet.store.project import Project
from masklet.testing.scenes import Scene
from masklet.verbs.projects import PROJECT
from masklet.web.app import create_app
from masklet.web.workplace import Workplace

HERE = Path(__file__).resolve().parents[1] / "docs" / "images" / "serve"
LARGEST = 300_000
SIZE = {"width": 1440, "height": 900}
SCENE = Scene("arena", 2, size_wh=(960, 640), n_frames=240, seed=5, coats=("black", "grey"))
DOUBTS = {
    (1, range(64, 70)): (Flags.LOW_SCORE, 0.41),
    (2, range(66, 69)): (Flags.OVERLAP, 0.55),
    (1, range(121, 123)): (Flags.AREA_JUMP, 0.62),
    (2, range(150, 158)): (Flags.SCORE_FALLING | Flags.UNSURE_IDENTITY, 0.33),
    (1, range(201, 202)): (Flags.SPLIT, 0.6),
}


class Told:
    """Jobs that are only shown."""

    def __init__(self, project: str) -> None:
        now = time.time()
        spec = JobSpec(project, 1, author="Ada")
        log = (
            "engine adapt: the camera stands still, two animals",
            "frames 60 to 119 done",
            "frames 120 to 155",
        )
        self._jobs = [
            Job("a", spec, "done", 239, 239, 0.0, None, "everything tracked", log[:2], now - 900),
            Job(
                "b",
                JobSpec(project, 1, "resegment", "120-180"),
                "running",
                36,
                61,
                8.4,
                3.0,
                "",
                log,
                now,
            ),
            Job(
                "c",
                JobSpec(project, 1, "between", workers=2),
                "queued",
                0,
                239,
                created=now + 1,
                position=1,
            ),
        ]

    def jobs(self) -> list[Job]:
        return self._jobs

    def version(self) -> int:
        return 0


def doubted(truth: Masks) -> Masks:
    """The truth as a tracker would tell it: frames 0 and 120 drawn, the rest carried, some doubtful."""
    rng = np.random.default_rng(3)
    drawn = np.isin(truth.frame, (0, 120))
    score = np.clip(0.93 + np.cumsum(rng.normal(0, 0.004, len(truth))) * 0.3, 0.8, 0.99).astype(
        np.float32
    )
    flags = np.where(drawn, np.uint16(Flags.KEYFRAME), np.uint16(0)).astype(truth.flags.dtype)
    for (animal, frames), (flag, value) in DOUBTS.items():
        rows = (truth.object_id == animal) & np.isin(truth.frame, frames)
        score[rows] = value + rng.normal(0, 0.02, int(rows.sum()))
        flags[rows] |= np.uint16(flag)
    score[drawn] = np.nan
    origin = np.where(drawn, Origin.HUMAN, Origin.PROPAGATED).astype(np.uint8)
    return truth.replace(
        score=score,
        flags=flags,
        origin=origin,
        review=np.full(len(truth), Review.TODO, np.uint8),
        checked=np.array([0, 120], np.int32),
    )


def make(folder: Path) -> Path:
    """A film of the scene and a project of it. Returns the project's path."""
    film, path = folder / "videos" / "two-rats.mp4", folder / "open field" / PROJECT
    film.parent.mkdir()
    path.parent.mkdir()
    with VideoWriter(film, SCENE.size_wh, fps=SCENE.fps) as writer:
        for _, image in SCENE.frames():
            writer.write(image)
    truth = SCENE.truth()
    with open_media(film) as media, Project.create(path, media.video, truth.labels) as project:  # type: ignore[attr-defined]
        rows = doubted(truth).replace(video=media.video)
        project.masks(1).append(rows, author="Ada")
    return path


@contextmanager
def served(path: Path, board: Any = None) -> Iterator[str]:
    """The address of a server of this project."""
    place = Workplace(Project.open(path), media=(path.parents[1] / "videos",), board=board, author="Ada")
    place.worker_state = WorkerState(True, "ready")
    config = uvicorn.Config(create_app(place), host="127.0.0.1", port=0, log_level="warning")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            if not thread.is_alive():
                raise SystemExit("the server ended before it began; expected it to listen. See above.")
            time.sleep(0.02)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        place.close()


def annotate(page: Page) -> None:
    page.goto(page.url.split("#")[0] + "#/annotate/1/66/1")
    page.wait_for_selector("text=exact")


def track(page: Page) -> None:
    annotate(page)
    page.keyboard.press("Control+b")
    page.wait_for_selector("dialog[open]")


def review(page: Page) -> None:
    page.goto(page.url.split("#")[0] + "#/review/1")
    page.wait_for_selector(".queue canvas")


def sheet(page: Page) -> None:
    review(page)
    page.keyboard.press("c")


def jobs(page: Page) -> None:
    page.goto(page.url.split("#")[0] + "#/jobs/1")
    page.wait_for_selector(".job")


def project(page: Page) -> None:
    page.goto(page.url.split("#")[0] + "#/project/1")
    page.wait_for_selector(".videos")


def statistics(page: Page) -> None:
    project(page)
    page.click("#tab-statistics")
    page.wait_for_selector(".plot canvas")


def settings(page: Page) -> None:
    annotate(page)
    page.keyboard.press("F2")
    page.wait_for_selector("dialog[open]")


def keys(page: Page) -> None:
    annotate(page)
    page.keyboard.press("F1")
    page.wait_for_selector("dialog[open]")


VIEWS = (annotate, track, review, sheet, jobs, project, statistics, settings, keys)


def shoot(page: Page, address: str, theme: str, out: Path) -> None:
    """One picture of every view."""
    for view in VIEWS:
        page.goto(address)
        page.wait_for_selector(".top nav a")
        view(page)
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(1000)
        path = out / f"{view.__name__}-{theme}.png"
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
    asked.add_argument("--out", type=Path, default=HERE)
    asked.add_argument("--theme", action="append", choices=("dark", "light"))
    told = asked.parse_args()
    told.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        path = make(Path(folder))
        browser = playwright.chromium.launch(
            executable_path=told.browser, args=["--disable-gpu", "--no-sandbox"]
        )
        with served(path, Told(str(path))) as address:
            for theme in told.theme or ("dark", "light"):
                page = browser.new_page(viewport=SIZE, color_scheme=theme)  # type: ignore[arg-type]
                shoot(page, address, theme, told.out)
                page.close()
        browser.close()


if __name__ == "__main__":
    main()
