"""Settings: which keys do what, and how it looks."""

from __future__ import annotations

from playwright.sync_api import Page

from annotator_kit import VIEW, Person, Served, until
from browser_kit import Chromium
from flows_kit import after

TOOL = ".tool[aria-pressed=true] span"
THEME = "document.documentElement.dataset.theme"


def test_keys_and_theme(chromium: Chromium, small: Served) -> None:
    def change(page: Page) -> None:
        me = Person(page, small)
        page.keyboard.press("F2")
        dialog = page.get_by_role("dialog", name="Settings")
        dialog.get_by_label("Your name").fill("Ada")
        dialog.get_by_label("Your name").press("Tab")
        dialog.get_by_text("labelme / X-AnyLabeling").click()
        dialog.get_by_text("Light", exact=True).click()
        assert page.evaluate(THEME) == "light"
        remapped(page)
        dialog.get_by_role("button", name="Close").last.click()
        dialog.wait_for(state="detached")
        kept(me)
        page.reload()
        page.get_by_text("exact").first.wait_for()
        kept(me)
        assert page.evaluate(THEME) == "light"
        page.keyboard.press("1")
        page.keyboard.press("y")
        after(small, lambda: me.drag(10, 10, 40, 10))
        changes = small.get("videos/1/history?frame=0&object=1")["changes"]
        assert changes[0]["author"] == "Ada"
        sheet(page)

    chromium.use(change, **VIEW)


def remapped(page: Page) -> None:
    """A key that another action has is refused; a free one is taken."""
    table = page.get_by_label("Change keys")
    button = table.get_by_role("button", name="Change the key of Brush")
    button.click()
    page.keyboard.press("d")
    table.get_by_role("alert").get_by_text('D already means "Next frame"').wait_for()
    button.click()
    page.keyboard.press("y")
    table.get_by_role("button", name="The preset's key of Brush").wait_for()
    assert not table.get_by_role("alert").inner_text()


def kept(me: Person) -> None:
    """D is the next frame in this preset, Y the brush."""
    me.page.locator("#stage").focus()
    me.page.keyboard.press("d")
    until(lambda: me.page.get_by_label("Frame number").input_value() == "1", "frame 1")
    me.page.keyboard.press("a")
    until(lambda: me.page.get_by_label("Frame number").input_value() == "0", "frame 0")
    me.page.keyboard.press("s")
    until(lambda: me.page.locator(TOOL).inner_text() == "Move", "the tool to move")
    me.page.keyboard.press("y")
    until(lambda: me.page.locator(TOOL).inner_text() == "Brush", "the brush")


def sheet(page: Page) -> None:
    page.keyboard.press("F1")
    dialog = page.get_by_role("dialog", name="Keys: labelme / X-AnyLabeling")
    row = dialog.locator("dl > div", has_text="Brush").first
    row.get_by_text("Y", exact=True).wait_for()
    assert row.locator("kbd").all_inner_texts() == ["Y"]
    page.keyboard.press("Escape")
    dialog.wait_for(state="detached")
