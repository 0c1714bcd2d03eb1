"""Very short films, odd and mixed sizes: each opens and is drawn on up to its border."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page

from annotator_kit import VIEW, Person, Served, served
from browser_kit import Chromium
from flows_kit import after, rows
from masklet.core.arrays import Bools
from masklet.ops.runs import decode


def shoot(path: Path, width: int, height: int, n: int) -> None:
    """A lossless film of any size."""
    with av.open(path, "w") as file:
        stream = file.add_stream("ffv1", 25)
        stream.width, stream.height, stream.pix_fmt = width, height, "bgr0"
        for k in range(n):
            pixels = np.full((height, width, 3), 60 + 40 * k, np.uint8)
            for packet in stream.encode(av.VideoFrame.from_ndarray(pixels, "rgb24")):
                file.mux(packet)
        for packet in stream.encode():
            file.mux(packet)


def sized(server: Served, frame: int, size_wh: tuple[int, int]) -> Bools:
    """The mask of the first object."""
    here = rows(server).on(frame).of(1)
    mask: Bools = decode(here.row_runs(0), size_wh)
    return mask


def paint(me: Person, frame: int, size: tuple[int, int]) -> None:
    """From beyond one end to beyond the other, with a brush wider than the short side."""
    me.goto(frame)
    width, height = me.size = size
    if width > height:
        me.drag(-3, height / 2, width + 3, height / 2)
    else:
        me.drag(width / 2, -3, width / 2, height + 3)


@pytest.mark.parametrize(("width", "height", "n"), [(3, 400, 1), (401, 7, 2)])
def test_small_films_are_drawn_on_to_the_border(
    chromium: Chromium, tmp_path: Path, width: int, height: int, n: int
) -> None:
    shoot(tmp_path / "film.mkv", width, height, n)

    def draw(page: Page) -> None:
        me = Person(page, server)
        me.add_object("rat")
        page.keyboard.press("b")
        after(server, lambda: paint(me, n - 1, (width, height)))
        page.reload()
        page.locator(".objects").get_by_text("rat").wait_for()
        page.get_by_text("exact").first.wait_for()

    with served(tmp_path / "film.mkv", tmp_path / "out") as server:
        chromium.use(draw, **VIEW)
        assert sized(server, n - 1, (width, height)).all()
        assert rows(server).frame.tolist() == [n - 1]


def test_pictures_of_different_sizes(chromium: Chromium, tmp_path: Path) -> None:
    sizes = [(300, 20), (20, 300), (301, 21)]
    (tmp_path / "pictures").mkdir()
    for k, size in enumerate(sizes):
        Image.new("RGB", size, (60 + 40 * k, 80, 90)).save(tmp_path / f"pictures/{k}.png")

    def draw(page: Page) -> None:
        me = Person(page, server)
        me.add_object("rat")
        page.keyboard.press("b")
        for frame, size in enumerate(sizes):
            after(server, lambda frame=frame, size=size: paint(me, frame, size))

    with served(tmp_path / "pictures", tmp_path / "out") as server:
        chromium.use(draw, **VIEW)
        for frame, (width, height) in enumerate(sizes):
            assert sized(server, frame, (width, height)).all()
