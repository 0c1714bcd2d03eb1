"""Doubtful masks looked at one by one."""

from __future__ import annotations

import re

import numpy as np
from playwright.sync_api import Page

from annotator_kit import VIEW, Person, Served, until
from browser_kit import Chromium
from flows_kit import after, put, rows
from jobs_kit import FILM
from masklet.core import Flags, Masks, Origin, Review

SCORES = {(10, 1): 0.6, (20, 1): 0.4, (21, 1): 0.1, (22, 1): 0.4, (30, 2): 0.3, (150, 2): 0.5}
OLD = 100
"""On frame 21 the mask of this frame was found first."""


def tracked(scores: dict[tuple[int, int], float], shown: int | None = None) -> Masks:
    """Rows as a tracker that doubts them leaves them; with the mask of another frame where `shown`."""
    whole = FILM.truth(tails="none")
    wanted = [(frame if shown is None else shown, who) for frame, who in scores]
    places = list(zip(whole.frame.tolist(), whole.object_id.tolist(), strict=True))
    some = whole.take([places.index(place) for place in wanted])
    n = len(some)
    return some.replace(
        frame=np.array([frame for frame, _ in scores], np.int32),
        score=np.array(list(scores.values()), np.float32),
        identity_score=np.ones(n, np.float32),
        origin=np.full(n, Origin.PROPAGATED, np.uint8),
        review=np.full(n, Review.TODO, np.uint8),
        flags=np.full(n, Flags.LOW_SCORE, np.uint16),
        checked=(),
    )


def test_the_queue_is_worked_through(chromium: Chromium, small: Served) -> None:
    put(small, tracked({(21, 1): 0.1}, shown=OLD))
    put(small, tracked(SCORES))

    def review(page: Page) -> None:
        me = Person(page, small)
        page.get_by_role("link", name="Review").click()
        queue = page.get_by_role("navigation", name="Doubtful masks, worst first")
        listed = queue.get_by_role("button")
        listed.nth(3).wait_for()
        assert [text.split()[0] for text in listed.all_inner_texts()] == ["20", "30", "150", "10"]
        assert "20 to 22" in listed.first.inner_text()
        verdict = page.get_by_label("Verdict", exact=True)
        verdict.get_by_text("frame 21").wait_for()
        before_and_after(me)
        verdict.get_by_role("button", name="Skip").click()
        verdict.get_by_text("frame 30").wait_for()
        verdict.get_by_role("button", name="Fix").click()
        page.wait_for_url(re.compile(r"#/annotate/1/30/2$"))
        page.locator(".objects li.on").get_by_text("2", exact=True).wait_for()
        until(lambda: page.get_by_label("Frame number").input_value() == "30", "frame 30")
        page.go_back()
        accept_all(page, small)

    chromium.use(review, **VIEW)


def before_and_after(me: Person) -> None:
    """The mask of frame 21 as it was found first, and as it is."""
    page = me.page
    page.wait_for_timeout(500)
    seen = picture(me)
    page.get_by_role("button", name="Before").click()
    page.get_by_text("as it was before").wait_for()
    until(lambda: picture(me) != seen, "the picture as it was")
    page.get_by_role("button", name="Before").click()
    page.get_by_text("as it was before").wait_for(state="detached")
    until(lambda: picture(me) == seen, "the picture as it is")


def picture(me: Person) -> bytes:
    return me.page.locator("#stage").screenshot()


def accept_all(page: Page, server: Served) -> None:
    """Also what was skipped; then the page says that nothing is left."""
    accept = page.get_by_role("button", name="Accept")
    for _ in range(4):
        after(server, accept.click)
    page.get_by_role("heading", name="Nothing to review").wait_for()
    page.get_by_text("nothing doubtful is left").wait_for()
    found = rows(server)
    assert found.take(found.frame > 0).review.tolist() == [Review.ACCEPTED] * len(SCORES)
    after(server, page.get_by_role("button", name="Undo the last").click)
    page.get_by_role("button", name="Accept").wait_for()
    assert Review.TODO in rows(server).review.tolist()
