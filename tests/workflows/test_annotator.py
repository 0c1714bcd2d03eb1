"""The annotator as people use it: a real server, a real worker, a real browser, and what goes wrong."""

from __future__ import annotations

import io
import json
import os
import signal
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page

import masklet
from annotator_kit import VIEW, Person, Served, served, until
from browser_kit import Chromium
from jobs_kit import FILM, annotate, project_of, rows_of
from masklet.core import Origin, Review
from masklet.core.arrays import Bools
from masklet.ops.runs import decode
from masklet.store.project import Project

pytestmark = pytest.mark.timeout(900)
BALL = (608, 280, 690, 365)
"""Around the ball on the first frame of the real video."""


def mask_of(server: Served, frame: int, who: int = 1) -> Bools:
    rows = rows_of(server.out / "project.masklet").on(frame).of(who)
    assert len(rows) == 1, f"object {who} has {len(rows)} masks on frame {frame}"
    mask: Bools = decode(rows.row_runs(0), (rows.video.width, rows.video.height))
    return mask


def test_the_main_job(chromium: Chromium, shared_data: Path, tmp_path: Path) -> None:
    """Box, Track with the default engine, stop, correct frame 40, again, review, COCO."""

    def job(page: Page) -> None:
        me = Person(page, server)
        me.add_object("ball")
        page.keyboard.press("g")
        me.drag(*BALL)
        until(lambda: server.get("videos/1")["rows"] == 1, "the answer to the box")
        me.track()
        until(lambda: server.jobs()[0]["frame"] >= 44, "45 frames")
        page.get_by_role("button", name="Stop").click()
        until(lambda: server.jobs()[0]["state"] == "stopped", "the end")
        assert 45 <= server.get("videos/1")["rows"] < 247
        me.goto(40)
        page.keyboard.press("b")
        me.drag(600, 300, 640, 330)
        until(lambda: mask_of(server, 40)[300:331:30, 600:641:40].diagonal().all(), "the stroke")
        me.saved()
        drawn = mask_of(server, 40)
        me.track()
        until(lambda: server.jobs()[-1]["state"] == "done", "the second run")
        assert np.array_equal(mask_of(server, 40), drawn)
        review(page, server)
        compare(me, tmp_path / "coco.json")

    with served(shared_data / "clips/05_default_juggle.mp4", tmp_path / "out") as server:
        chromium.use(job, **VIEW)


def review(page: Page, server: Served) -> None:
    """Accept the worst run of doubtful masks."""
    queue = server.get("videos/1/review")
    worst = queue["items"][0]
    page.get_by_role("link", name="Review").click()
    page.get_by_role("button", name="Accept").click()
    until(lambda: server.get("videos/1/review")["total"] == queue["total"] - 1, "one less to review")
    rows = rows_of(server.out / "project.masklet").on(worst["worst"]).of(worst["object"])
    assert rows.review.tolist() == [Review.ACCEPTED]


def compare(me: Person, path: Path) -> None:
    """Export COCO and find in the file what is in the project."""
    me.page.get_by_role("link", name="Project").click()
    me.page.get_by_role("tab", name="Import and export").click()
    me.page.get_by_role("button", name="Export").click()
    with me.page.expect_download() as download:
        me.page.get_by_role("link", name=".json").click(timeout=120_000)
    download.value.save_as(path)
    assert len(json.loads(path.read_text())["annotations"]) == me.server.get("videos/1")["rows"]
    mine = rows_of(me.server.out / "project.masklet")
    theirs = masklet.read(path, video=mine.video)
    assert np.array_equal(theirs.frame, mine.frame)
    assert np.array_equal(theirs.runs, mine.runs)


def test_two_tabs_see_each_other(chromium: Chromium, small: Served) -> None:
    def both(page: Page) -> None:
        one, two = Person(page, small), Person(page.context.new_page(), small)
        for person in (one, two):
            person.page.bring_to_front()
            person.page.keyboard.press("1")
            person.page.keyboard.press("b")
        one.page.bring_to_front()
        one.drag(10, 10, 40, 10)
        one.saved()
        two.page.bring_to_front()
        two.drag(10, 40, 40, 40)
        two.saved()
        until(lambda: strokes(small, 10, 40), "both strokes")
        one.page.bring_to_front()
        until(lambda: pixel(one, 25, 40) == pixel(two, 25, 40), "the other's stroke")
        one.track()
        until(lambda: small.jobs()[0]["state"] == "done", "the end of the job")
        last = int(rows_of(small.out / "project.masklet").of(1).frame[-1])
        for person in (one, two):
            person.page.bring_to_front()
            person.goto(last)
        assert pixel(one, *middle(small, last)) == pixel(two, *middle(small, last))

    chromium.use(both, **VIEW)


def test_worker_and_server_are_killed_while_it_tracks(
    chromium: Chromium, small: Served, film: Path, tmp_path: Path
) -> None:
    def job(page: Page) -> None:
        me = Person(page, small)
        me.track()
        until(lambda: small.jobs()[0]["done"] > 20, "some frames")
        os.kill(small.worker(), signal.SIGKILL)
        me.goto(0)  # and the view follows the tracker no more
        page.keyboard.press("1")
        page.keyboard.press("b")
        me.drag(10, 10, 40, 10)
        me.saved()
        until(lambda: small.jobs()[0]["done"] > 64, "the next worker")
        small.kill()
        me.offline()
        me.drag(10, 40, 40, 40)
        small.start()
        me.saved()
        until(lambda: small.jobs()[0]["state"] == "done", "the end of the job")
        until(lambda: strokes(small, 10, 40), "both strokes")
        me.track()
        until(lambda: small.jobs()[-1]["state"] == "done", "a run on what is true now")

    chromium.use(job, **VIEW)
    rows = rows_of(small.out / "project.masklet")
    assert rows.frames.tolist() == list(range(FILM.n_frames))
    assert rows.take(rows.trusted).frames.tolist() == [0]
    whole = project_of(film, tmp_path / "whole")
    with Project.open(whole) as project:
        project.masks().append(rows.take(rows.trusted))
    masklet.track(str(film), out=whole.parent, engine="flow")
    assert rows == rows_of(whole)


def test_the_network_is_cut(chromium: Chromium, small: Served) -> None:
    def strokes(page: Page) -> None:
        me = Person(page, small)
        page.keyboard.press("1")
        page.keyboard.press("b")
        page.context.set_offline(True)
        me.drag(10, 10, 40, 10)
        me.drag(10, 40, 40, 40)
        me.offline()
        assert not mask_of(small, 0)[10, 10:40].all()
        with Project.open(small.out / "project.masklet") as project:
            annotate(project, 5)
        page.context.set_offline(False)
        me.saved()
        until(lambda: mask_of(small, 0)[40, 10:40].all(), "the strokes")
        assert mask_of(small, 0)[10, 10:40].all()
        page.keyboard.press("Control+z")
        until(lambda: not mask_of(small, 0)[40, 10:40].all(), "the last stroke taken back")
        assert mask_of(small, 0)[10, 10:40].all()

    chromium.use(strokes, **VIEW)
    rows = rows_of(small.out / "project.masklet").on(0).of(1)
    assert rows.origin.tolist() == [Origin.HUMAN]


def strokes(server: Served, *rows: int) -> bool:
    """Are the strokes there that tests draw from x = 10 to 40?"""
    mask = mask_of(server, 0)
    return all(mask[y, 10:40].all() for y in rows)


def middle(server: Served, frame: int) -> tuple[int, int]:
    ys, xs = np.nonzero(mask_of(server, frame))
    return int(np.median(xs)), int(np.median(ys))


def pixel(person: Person, x: int, y: int) -> str:
    """The colour that a person sees at a pixel of the video."""
    left, top = person.at(x, y)
    clip = {"x": left - 1, "y": top - 1, "width": 3, "height": 3}
    picture = Image.open(io.BytesIO(person.page.screenshot(clip=clip))).convert("RGB")
    return "#{:02x}{:02x}{:02x}".format(*picture.getpixel((1, 1)))
