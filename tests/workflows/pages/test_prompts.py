"""Points and boxes, answered by the segmenter that everybody has."""

from __future__ import annotations

import numpy as np
from playwright.sync_api import Page

from annotator_kit import VIEW, Person, Served, until
from browser_kit import Chromium
from flows_kit import after, iou, middle, rows, stored, truth
from masklet.core import Flags, Origin
from masklet.core.arrays import Bools

FRAME = 30


def too_much(found: Bools, wanted: Bools) -> tuple[float, float]:
    """The pixel of `found` that is farthest from what was wanted."""
    ys, xs = np.nonzero(found & ~wanted)
    there_y, there_x = np.nonzero(wanted)
    far = ((ys[:, None] - there_y) ** 2 + (xs[:, None] - there_x) ** 2).min(axis=1)
    return float(xs[far.argmax()]) + 0.5, float(ys[far.argmax()]) + 0.5


def test_points_are_answered_refined_and_taken_back(chromium: Chromium, small: Served) -> None:
    asked: list[int] = []

    def clicks(page: Page) -> None:
        page.on("websocket", lambda ws: ws.on("framesent", lambda sent: note(asked, str(sent))))
        me = Person(page, small)
        me.goto(FRAME)
        page.keyboard.press("1")
        page.keyboard.press("p")
        inside = me.at(*middle(truth(FRAME)))
        after(small, lambda: page.mouse.click(*inside))
        first = stored(small, FRAME)
        assert first is not None
        assert iou(first, truth(FRAME)) > 0.5
        x, y = too_much(first, truth(FRAME))
        after(small, lambda: page.mouse.click(*me.at(x, y), button="right"))
        second = stored(small, FRAME)
        assert second is not None
        assert not second[int(y), int(x)]
        after(small, lambda: page.keyboard.press("Control+z"))
        assert np.array_equal(stored(small, FRAME), first)
        after(small, lambda: page.keyboard.press("Control+Shift+z"))
        assert np.array_equal(stored(small, FRAME), second)
        with page.expect_response("**/undo"):
            page.keyboard.press("Control+z")
        page.wait_for_timeout(200)
        after(small, lambda: page.mouse.click(inside[0] + 30, inside[1]))
        page.wait_for_timeout(200)
        assert asked == [1, 2, 2]
        boxed(me)
        hurried(me)

    chromium.use(clicks, **VIEW)


def note(asked: list[int], sent: str) -> None:
    """How many points each click carried."""
    if '"t":"click"' in sent:
        asked.append(sent.split('"points":')[1].split('"box"')[0].count("[") - 1)


def boxed(me: Person) -> None:
    """The other animal, by a box round it."""
    me.page.keyboard.press("2")
    me.page.keyboard.press("g")
    ys, xs = np.nonzero(truth(FRAME, 2))
    box = (xs.min() - 2, ys.min() - 2, xs.max() + 3, ys.max() + 3)
    after(me.server, lambda: me.drag(*map(float, box)))
    assert iou(stored(me.server, FRAME, 2), truth(FRAME, 2)) > 0.5
    found = rows(me.server).on(FRAME)
    assert found.origin.tolist() == [Origin.PROMPTED, Origin.PROMPTED]
    assert all(found.flags & Flags.KEYFRAME)


def hurried(me: Person) -> None:
    """Clicks faster than answers: the last one counts, and nothing is said of the others."""
    me.goto(FRAME + 30)
    me.page.keyboard.press("1")
    me.page.keyboard.press("p")
    x, y = me.at(*middle(truth(FRAME + 30)))
    for shift in (0, 12, -12):
        me.page.mouse.click(x + shift, y)
    me.page.get_by_text("The model is thinking").wait_for(state="detached", timeout=60_000)
    until(lambda: iou(stored(me.server, FRAME + 30), truth(FRAME + 30)) > 0.5, "the answer", 60)
    assert me.page.locator(".toast.error").count() == 0
