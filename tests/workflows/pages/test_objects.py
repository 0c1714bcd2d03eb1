"""The list of objects: locked, hidden, in front, merged, split, deleted."""

from __future__ import annotations

import numpy as np
from playwright.sync_api import Page

from annotator_kit import VIEW, Person, Served, until
from browser_kit import Chromium
from flows_kit import after, colour, middle, put, rows, said, stored, truth
from jobs_kit import FILM


def test_objects_are_led(chromium: Chromium, small: Served) -> None:
    whole = FILM.truth(tails="none")
    put(small, whole.take(np.isin(whole.frame, (1, 2, 3))).replace(checked=()))

    def lead(page: Page) -> None:
        me = Person(page, small)
        page.keyboard.press("1")
        page.keyboard.press("b")
        locked(me)
        hidden(me)
        ordered(me)
        split_and_merged(me)
        deleted(me)

    chromium.use(lead, **VIEW)


def locked(me: Person) -> None:
    before = stored(me.server, 0)
    after(me.server, lambda: me.page.keyboard.press("l"))
    me.page.get_by_role("button", name="Unlock rat").wait_for()
    me.drag(10, 10, 40, 10)
    said(me.page, "Object 1 is locked.")
    assert me.page.get_by_text("Saved", exact=True).count()
    assert np.array_equal(stored(me.server, 0), before)
    after(me.server, lambda: me.page.keyboard.press("l"))
    me.page.get_by_role("button", name="Lock rat").first.wait_for()
    after(me.server, lambda: me.drag(10, 10, 40, 10))
    drawn = stored(me.server, 0)
    assert drawn is not None
    assert drawn[10, 10:40].all()
    after(me.server, lambda: me.page.keyboard.press("Control+z"))
    assert np.array_equal(stored(me.server, 0), before)


def hidden(me: Person) -> None:
    x, y = middle(truth(0))
    shown = colour(me, x, y)
    after(me.server, lambda: me.page.keyboard.press("h"))
    until(lambda: colour(me, x, y) != shown, "the mask to go")
    me.drag(10, 10, 40, 10)
    said(me.page, "Object 1 is hidden.")
    after(me.server, lambda: me.page.keyboard.press("h"))
    until(lambda: colour(me, x, y) == shown, "the mask to come back")


def ordered(me: Person) -> None:
    """The object in front stands first in the list."""
    names = me.page.locator(".objects .pick b")
    first = names.first.inner_text()
    other = {"1": "2", "2": "1"}[first]
    me.page.keyboard.press(other)
    after(me.server, lambda: me.page.get_by_role("button", name="To the front").click())
    until(lambda: names.first.inner_text() == other, "the order")
    me.page.reload()
    until(lambda: names.count() and names.first.inner_text() == other, "the order after a reload")
    me.page.get_by_text("exact").first.wait_for()


def split_and_merged(me: Person) -> None:
    me.goto(2)
    me.page.keyboard.press("1")
    after(me.server, lambda: me.page.keyboard.press("Alt+m"))
    said(me.page, "From frame 2 on, object 1 is object 3.")
    assert rows(me.server).of(3).frame.tolist() == [2, 3]
    assert rows(me.server).of(1).frame.tolist() == [0, 1]
    me.page.locator(".objects li.on").get_by_text("3", exact=True).wait_for()
    me.page.keyboard.press("m")
    dialog = me.page.get_by_role("dialog", name="Merge object 3")
    dialog.get_by_label("Becomes part of").select_option("1")
    after(me.server, lambda: dialog.get_by_role("button", name="Merge").click())
    said(me.page, "Object 3 is now part of 1.")
    assert rows(me.server).of(1).frame.tolist() == [0, 1, 2, 3]
    until(lambda: me.page.locator(".objects .pick").count() == 2, "two objects")
    toast = me.page.locator(".toast", has_text="Object 3 is now part of 1.")
    after(me.server, lambda: toast.get_by_role("button", name="Undo").click())
    assert rows(me.server).of(3).frame.tolist() == [2, 3]
    until(lambda: me.page.locator(".objects .pick").count() == 3, "three objects again")


def deleted(me: Person) -> None:
    before = rows(me.server)
    me.page.keyboard.press("3")
    me.page.locator(".objects li.on").wait_for()
    after(me.server, lambda: me.page.keyboard.press("Shift+Delete"))
    said(me.page, "is deleted with all its masks.")
    assert len(rows(me.server).of(3)) == 0
    until(lambda: me.page.locator(".objects .pick").count() == 2, "the object to go")
    toast = me.page.locator(".toast", has_text="is deleted with all its masks.")
    after(me.server, lambda: toast.get_by_role("button", name="Undo").click())
    assert rows(me.server) == before
    until(lambda: me.page.locator(".objects .pick").count() == 3, "the object to come back")
