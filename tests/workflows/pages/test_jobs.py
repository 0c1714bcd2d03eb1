"""Jobs as a person leads them: frame by frame, stopped and taken up again, failed, in parallel."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
from playwright.sync_api import Page

from annotator_kit import VIEW, Person, Served, served, until
from browser_kit import Chromium
from flows_kit import after, rows, said, stored, truth
from jobs_kit import FILM, project_of
from masklet.core import Flags, Origin


def reaches(server: Served, state: str, frame: int | None = None) -> None:
    """Wait until the newest job is in a state, and at a frame."""

    def there() -> bool:
        (*_, job) = server.jobs() or [{"state": ""}]
        return job["state"] == state and frame in (None, job["frame"])

    until(there, f"{state} at {frame}")


def shows(page: Page, frame: int) -> None:
    """Wait until the page shows a frame, itself."""
    place = page.get_by_label("Frame number")
    until(lambda: place.input_value() == str(frame), f"frame {frame}", 60)
    page.get_by_text("exact", exact=True).first.wait_for()


def test_frame_by_frame_with_a_correction(chromium: Chromium, small: Served) -> None:
    def walk(page: Page) -> None:
        me = Person(page, small)
        page.keyboard.press("Control+b")
        dialog = page.get_by_role("dialog", name="Track")
        dialog.get_by_text("Frame by frame").click()
        dialog.get_by_role("button", name="Track").click()
        reaches(small, "waiting", 1)
        strip = page.get_by_label("Running job")
        strip.get_by_role("button", name="Next frame").click()
        reaches(small, "waiting", 2)
        shows(page, 2)
        page.keyboard.press("1")
        page.keyboard.press("b")
        after(small, lambda: me.drag(10, 10, 40, 10))
        drawn = stored(small, 2)
        assert drawn is not None
        assert drawn[10, 10:40].all()
        assert (drawn & truth(2)).sum() > 0.5 * truth(2).sum()
        page.keyboard.press("Control+e")
        reaches(small, "waiting", 3)
        shows(page, 3)
        strip.get_by_role("button", name="Stop").click()
        reaches(small, "stopped")
        strip.wait_for(state="detached")
        found = rows(small)
        assert np.array_equal(stored(small, 2), drawn)
        assert found.on(2).of(1).origin.tolist() == [Origin.HUMAN]
        assert found.frames.tolist()[:4] == [0, 1, 2, 3]
        third = stored(small, 3)
        assert third is not None
        assert third[6:16, 10:40].any()

    chromium.use(walk, **VIEW)


def test_stop_resume_and_retry_from_the_page_of_jobs(
    chromium: Chromium, film: Path, tmp_path: Path
) -> None:
    mine = Path(shutil.copy(film, tmp_path / "mine.mp4"))
    project_of(mine, tmp_path / "out", 0)

    def lead(page: Page) -> None:
        Person(page, server)
        page.get_by_role("link", name="Jobs").click()
        form = page.get_by_label("New job")
        form.get_by_text("Frame by frame").click()
        form.get_by_role("button", name="Start").click()
        reaches(server, "waiting", 1)
        card = page.locator("article.job")
        card.get_by_role("button", name="Stop").click()
        reaches(server, "stopped")
        away = mine.rename(tmp_path / "away")
        card.get_by_role("button", name="Resume").click()
        reaches(server, "failed")
        said(page, re.compile("failed"))
        assert "mine.mp4" in str(card.inner_text())
        card.get_by_text("Log").click()
        assert "mine.mp4" in card.get_by_label("Log").inner_text()
        assert str(tmp_path) not in card.inner_text()
        away.rename(mine)
        card.get_by_role("button", name="Retry").click()
        reaches(server, "waiting", 1)
        card.get_by_role("button", name="Stop").click()
        reaches(server, "stopped")
        card.get_by_role("button", name="Resume").click()
        reaches(server, "waiting", 1)
        card.get_by_label("How many frames").fill("500")
        card.get_by_role("button", name="Next 500").click()
        reaches(server, "done")
        card.get_by_text(f"{FILM.n_frames - 1} / {FILM.n_frames - 1}").wait_for()
        card.get_by_role("button", name="Open").click()
        page.get_by_role("toolbar", name="Tools").wait_for()

    with served(mine, tmp_path / "out", "--engine", "flow") as server:
        chromium.use(lead, **VIEW)
        assert rows(server).frames.tolist() == list(range(FILM.n_frames))


def test_between_keyframes_by_two_workers(chromium: Chromium, film: Path, tmp_path: Path) -> None:
    project_of(film, tmp_path / "out", 0, 66, 133, 199)

    def start(page: Page) -> None:
        me = Person(page, server)
        page.keyboard.press("Control+b")
        dialog = page.get_by_role("dialog", name="Track")
        dialog.get_by_text("Between keyframes").click()
        dialog.get_by_label("Workers").fill("2")
        dialog.get_by_role("button", name="Track").click()
        dialog.wait_for(state="detached")
        until(lambda: workers(server) == 2, "the second worker")
        reaches(server, "done")
        assert "3 stretches for 2 workers" in "".join(server.jobs()[-1]["log"])
        me.goto(100)
        page.locator(".objects li").first.get_by_text(re.compile(r"0\.\d\d|1\.00")).wait_for()

    with served(film, tmp_path / "out", "--engine", "flow") as server:
        chromium.use(start, **VIEW)
        found = rows(server)
    assert found.frames.tolist() == list(range(FILM.n_frames))
    assert found.take(found.trusted).frames.tolist() == [0, 66, 133, 199]
    assert not (found.flags & Flags.PROVISIONAL).any()


def workers(server: Served) -> int:
    command = ["pgrep", "-P", str(server.process.pid), "-f", "masklet.jobs.worker"]
    return len(subprocess.run(command, capture_output=True, text=True).stdout.split())
