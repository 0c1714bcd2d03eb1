"""The page Project: videos in and out, a file that goes and comes back, labels, exchange, statistics."""

from __future__ import annotations

import csv
import json
import struct
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, Route

import masklet
from annotator_kit import VIEW, Person, Served, served, until
from browser_kit import Chromium
from flows_kit import after, put, rows, said
from jobs_kit import FILM, project_of
from masklet.core.errors import LossWarning

PIECE = 4 << 20
MISSING = 50
"""The frame that has no masks until a file with some is imported."""


def tab(page: Page, name: str) -> None:
    page.get_by_role("link", name="Project").click()
    page.get_by_role("tab", name=name).click()


def videos(server: Served) -> list[dict[str, object]]:
    found: list[dict[str, object]] = server.get("project")["videos"]
    return found


@pytest.fixture
def shelf(film: Path, tmp_path: Path) -> Path:
    """A folder with two films; one ends with 9 MB that no player looks at."""
    folder = tmp_path / "shelf"
    folder.mkdir()
    (folder / "first.mp4").write_bytes(film.read_bytes())
    tail = struct.pack(">I4s", 9 << 20, b"free") + bytes((9 << 20) - 8)
    (tmp_path / "long.mp4").write_bytes(film.read_bytes() + tail)
    return folder


def test_videos_come_and_go(chromium: Chromium, shelf: Path, tmp_path: Path) -> None:
    other = shelf / "second.mp4"
    other.write_bytes((shelf / "first.mp4").read_bytes() + struct.pack(">I4s", 8, b"free"))
    command = (shelf / "first.mp4", tmp_path / "out", "--engine", "flow", "--media", str(shelf))

    def lead(page: Page) -> None:
        Person(page, server)
        page.get_by_role("link", name="Project").click()
        item = page.locator(".library li", has_text="second.mp4")
        item.get_by_role("button", name="Add").click()
        said(page, "second is part of the project.")
        uploaded(page, tmp_path / "long.mp4")
        assert [one["name"] for one in videos(server)] == ["first", "second", "long"]
        gone_and_back(page, server, shelf / "first.mp4")

    with served(*command) as server:
        chromium.use(lead, **VIEW)


def uploaded(page: Page, file: Path) -> None:
    """The network breaks within the second piece; the first one is not sent again."""
    sent: list[int] = []

    def pieces(route: Route) -> None:
        if route.request.method == "PUT":
            sent.append(int(route.request.url.rpartition("=")[2]))
            if sent.count(PIECE) == 1 and sent[-1] == PIECE:
                return route.abort("internetdisconnected")
        return route.continue_()

    page.route("**/api/v1/uploads/*", pieces)
    page.locator("label.drop input").set_input_files(file)
    said(page, "long is part of the project.")
    assert sent == [0, PIECE, PIECE, 2 * PIECE]


def gone_and_back(page: Page, server: Served, file: Path) -> None:
    """The open video's file is deleted: the page says so, and shows it again when it is back."""
    page.goto(f"{server.url}#/annotate/1/7")
    page.get_by_text("exact").first.wait_for()
    away = file.rename(file.parent.parent / "away")
    page.get_by_role("heading", name="first cannot be shown: it is missing").wait_for(timeout=60_000)
    page.get_by_role("link", name="Project").click()
    row = page.locator("table.videos tr", has_text="first")
    row.get_by_text("missing", exact=True).wait_for()
    page.get_by_role("link", name="Annotate").click()
    away.rename(file)
    page.get_by_role("toolbar", name="Tools").wait_for(timeout=60_000)
    page.get_by_text("exact").first.wait_for()
    assert page.get_by_label("Frame number").input_value() == "7"
    file.write_bytes(file.read_bytes()[:1000])
    page.get_by_role("heading", name="first cannot be shown").wait_for(timeout=60_000)


def test_labels_exchange_and_statistics(
    chromium: Chromium, small: Served, film: Path, tmp_path: Path
) -> None:
    whole = FILM.truth(tails="none")
    put(small, whole.take(whole.frame != MISSING).replace(checked=()))
    coco = tmp_path / "other.json"
    with pytest.warns(LossWarning):
        masklet.convert(project_of(film, tmp_path / "other", MISSING), coco, to="coco")

    def lead(page: Page) -> None:
        me = Person(page, small)
        tab(page, "Labels")
        page.get_by_label("Name of the label rat").fill("mouse")
        after(small, lambda: page.get_by_label("Name of the label rat").press("Enter"))
        until(lambda: {one.name for one in rows(small).labels} >= {"mouse"}, "the label")
        page.get_by_label("Name of the label mouse").wait_for()
        tab(page, "Import and export")
        exported(me, tmp_path)
        imported(me, coco)
        tab(page, "Statistics")
        measured(me, tmp_path)

    chromium.use(lead, **VIEW)


def exported(me: Person, folder: Path) -> None:
    """As COCO and as a folder of pictures; both read as what the project holds."""
    page, mine = me.page, rows(me.server)
    section = page.locator(".columns > section", has=page.get_by_role("heading", name="Export film"))
    for name in ("coco", "davis"):
        section.get_by_label("Format").select_option(name)
        section.get_by_role("button", name="Export").click()
        with page.expect_download() as download:
            section.locator(".result a", has_text="json" if name == "coco" else "zip").click(
                timeout=60_000
            )
        download.value.save_as(folder / download.value.suggested_filename)
        assert (folder / download.value.suggested_filename).stat().st_size > 1000
    (made,) = folder.glob("film*.json")
    theirs = masklet.read(made, video=mine.video)
    assert np.array_equal(theirs.runs, mine.runs)


def imported(me: Person, coco: Path) -> None:
    """The masks of a frame that had none; undo takes them back."""
    before = rows(me.server)
    assert len(before.on(MISSING)) == 0
    after(me.server, lambda: me.page.locator("label.drop input").set_input_files(coco))
    n = len(json.loads(coco.read_text())["annotations"])
    said(me.page, f"{n} masks are imported.")
    assert len(rows(me.server).on(MISSING)) == n
    toast = me.page.locator(".toast", has_text="masks are imported")
    after(me.server, lambda: toast.get_by_role("button", name="Undo").click())
    until(lambda: rows(me.server) == before, "the masks as they were")


def measured(me: Person, folder: Path) -> None:
    """A zone that is the whole picture: every animal is in it all the time."""
    page = me.page
    page.get_by_text("Time in zones").click()
    page.get_by_label("Name", exact=True).fill("all of it")
    page.get_by_label("Corners: x,y x,y x,y").fill("0,0 160,0 160,120 0,120")
    page.get_by_role("button", name="Add zone").click()
    page.get_by_role("columnheader", name="all of it (s)").wait_for()
    saved = download(page, "CSV", folder / "zones.csv")
    assert saved[0] == ["object", "label", "zone", "seconds"]
    assert [float(row[3]) for row in saved[1:]] == pytest.approx([(FILM.n_frames - 1) / FILM.fps] * 2)
    for kind, columns in (("Area", ["area"]), ("Trajectory", ["x", "y"]), ("Heat map", None)):
        page.get_by_text(kind, exact=True).click()
        saved = download(page, "CSV", folder / f"{kind}.csv")
        if columns is not None:
            assert saved[0] == ["object", "label", "frame", *columns]
            assert len(saved) == 1 + len(rows(me.server))
    assert sum(int(row[3]) for row in saved[1:]) == len(rows(me.server))


def download(page: Page, name: str, path: Path) -> list[list[str]]:
    with page.expect_download() as found:
        page.locator(".plot").get_by_role("button", name=name).click()
    found.value.save_as(path)
    with path.open(newline="") as file:
        return list(csv.reader(file))
