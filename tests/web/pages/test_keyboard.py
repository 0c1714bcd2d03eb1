"""Everything on the page Annotate, without a mouse."""

from __future__ import annotations

from playwright.sync_api import Page

from browser_kit import Chromium
from masklet.web.workplace import Workplace

SHOWN = "document.querySelector('#frame').value"
TOOL = "document.querySelector('.tool[aria-pressed=true] span').textContent"
INSIDE = """() => document.activeElement === document.body
  || document.activeElement.closest('dialog') !== null"""
FOCUS = "() => document.activeElement.id || document.activeElement.getAttribute('aria-label')"


def opened(page: Page, address: str) -> None:
    page.goto(f"{address}/#/annotate/1")
    page.wait_for_selector("text=exact")
    page.wait_for_function("() => document.activeElement.id === 'stage'")


def presses(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def becomes(page: Page, script: str, value: str) -> None:
    """Wait until the script gives this value."""
    page.wait_for_function(f"(value) => ({script}) === value", arg=value, timeout=5000)


def draws(page: Page) -> None:
    """An object with a dot on frame 0."""
    presses(page, "n")
    page.wait_for_selector("dialog[open]")
    page.keyboard.type("mouse")
    presses(page, "Enter")
    page.wait_for_selector(".objects li.on >> text=mouse")
    page.wait_for_selector("dialog[open]", state="detached")
    presses(page, "b", *["Alt+ArrowRight"] * 3, "Alt+Enter")
    page.wait_for_selector(".objects li.on >> text=drawn")
    page.wait_for_selector(".badge.saved")


def test_an_object_is_added_and_drawn(chromium: Chromium, address: str, place: Workplace) -> None:
    def walk(page: Page) -> None:
        opened(page, address)
        draws(page)

    chromium.use(walk)
    rows = place.store(1).load()
    assert rows.frame.tolist() == [0]
    assert rows.labels[rows.label_id[0]].name == "mouse"
    assert rows.runs[1::2].sum() > 50


def test_undo_and_redo_by_keys(chromium: Chromium, address: str, place: Workplace) -> None:
    def walk(page: Page) -> None:
        opened(page, address)
        draws(page)
        presses(page, "Control+z")
        page.wait_for_selector(".objects li.on >> text=none")
        presses(page, "Control+Shift+z")
        page.wait_for_selector(".objects li.on >> text=drawn")
        presses(page, "Delete")
        page.wait_for_selector(".objects li.on >> text=none")

    chromium.use(walk)
    assert len(place.store(1).load()) == 0


def test_frames_are_walked(chromium: Chromium, address: str) -> None:
    def walk(page: Page) -> None:
        opened(page, address)
        for key, frame in zip("ffvdc", ("1", "2", "11", "10", "0"), strict=True):
            presses(page, key)
            becomes(page, SHOWN, frame)
        for key, frame in (("End", "11"), ("Home", "0")):
            presses(page, key)
            becomes(page, SHOWN, frame)
        presses(page, "`")
        page.keyboard.type("7")
        presses(page, "Enter")
        becomes(page, SHOWN, "7")
        becomes(page, "document.activeElement.id", "stage")

    chromium.use(walk)


def test_fast_presses_are_all_counted(chromium: Chromium, address: str) -> None:
    def walk(page: Page) -> None:
        opened(page, address)
        presses(page, *"ffffffffdd")
        becomes(page, SHOWN, "6")

    chromium.use(walk)


def test_windows_keep_the_focus_and_give_it_back(chromium: Chromium, address: str) -> None:
    def walk(page: Page) -> None:
        opened(page, address)
        for key in ("F1", "F2", "Control+b", "n"):
            presses(page, key)
            page.wait_for_selector("dialog[open]")
            for _ in range(40):
                presses(page, "Tab")
                assert page.evaluate(INSIDE), key
            presses(page, "Escape")
            page.wait_for_selector("dialog[open]", state="detached")
            becomes(page, "document.activeElement.id", "stage")

    chromium.use(walk)


def test_tools_are_one_stop_and_walked_by_arrows(chromium: Chromium, address: str) -> None:
    tools = {"p": "Points", "g": "Box", "b": "Brush", "x": "Eraser"}
    tools |= {"Shift+Digit3": "Polygon", "Shift+Digit5": "Line"}

    def walk(page: Page) -> None:
        opened(page, address)
        for key, tool in (*tools.items(), ("w", "Move")):
            presses(page, key)
            becomes(page, TOOL, tool)
        page.focus(".tool[aria-pressed=true]")
        presses(page, "ArrowDown", "ArrowDown", "Enter")
        becomes(page, TOOL, "Box")
        assert page.locator(".tool[tabindex='0']").count() == 1

    chromium.use(walk)


def test_first_tab_leads_past_the_bar(chromium: Chromium, address: str) -> None:
    def walk(page: Page) -> str:
        opened(page, address)
        page.evaluate("() => document.activeElement.blur()")
        page.evaluate("() => document.querySelector('.skip').focus()")
        assert page.evaluate("() => document.querySelector('.skip').getBoundingClientRect().top >= 0")
        presses(page, "Enter")
        return str(page.evaluate(FOCUS))

    assert chromium.use(walk) == "stage"


def test_pages_by_keys(chromium: Chromium, address: str) -> None:
    def walk(page: Page) -> None:
        opened(page, address)
        for digit, name in ((2, "Review"), (3, "Jobs"), (4, "Project"), (1, "Annotate")):
            presses(page, f"Alt+Digit{digit}")
            page.wait_for_selector(f"nav a[aria-current=page] >> text={name}")

    chromium.use(walk)
