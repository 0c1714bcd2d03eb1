"""What a page shows and what the project holds, for tests that drive a page."""

from __future__ import annotations

import io
import re
from collections.abc import Callable

import numpy as np
from PIL import Image
from playwright.sync_api import Page

from annotator_kit import Person, Served, until
from jobs_kit import FILM, rows_of
from masklet.core import Masks
from masklet.core.arrays import Bools
from masklet.ops.runs import decode
from masklet.store.project import Project


def rows(server: Served) -> Masks:
    return rows_of(server.out / "project.masklet")


def stored(server: Served, frame: int, who: int = 1) -> Bools | None:
    """`(h, w) bool`, None where there is no row."""
    here = rows(server).on(frame).of(who)
    return decode(here.row_runs(0), (here.video.width, here.video.height)) if len(here) else None


def truth(frame: int, who: int = 1) -> Bools:
    """`(h, w) bool`: what is on the small film."""
    here = FILM.truth(tails="none").on(frame).of(who)
    mask: Bools = decode(here.row_runs(0), FILM.size_wh)
    return mask


def middle(mask: Bools) -> tuple[float, float]:
    """A pixel of the mask in its middle, x and y."""
    ys, xs = np.nonzero(mask)
    k = np.argmin((ys - np.median(ys)) ** 2 + (xs - np.median(xs)) ** 2)
    return float(xs[k]) + 0.5, float(ys[k]) + 0.5


def iou(a: Bools | None, b: Bools) -> float:
    return 0.0 if a is None else float((a & b).sum() / (a | b).sum())


def revision(server: Served) -> int:
    return int(server.get("videos/1")["revision"])


def after(server: Served, act: Callable[[], object]) -> int:
    """The revision that an action of a person leads to."""
    before = revision(server)
    act()
    return int(until(lambda: (now := revision(server)) > before and now, "a change", 60))


def said(page: Page, text: str | re.Pattern[str]) -> None:
    """Wait for a toast."""
    page.locator(".toast").get_by_text(text).first.wait_for(timeout=60_000)


def colour(person: Person, x: float, y: float) -> tuple[int, int, int]:
    """What a person sees at a place of the video."""
    left, top = person.at(x, y)
    clip = {"x": left - 1, "y": top - 1, "width": 3, "height": 3}
    picture = Image.open(io.BytesIO(person.page.screenshot(clip=clip))).convert("RGB")
    red, green, blue = picture.getpixel((1, 1))
    return red, green, blue


def put(server: Served, more: Masks) -> None:
    """Rows into the project, by somebody else."""
    with Project.open(server.out / "project.masklet") as project:
        store = project.masks()
        store.append(more.replace(video=store.video))
