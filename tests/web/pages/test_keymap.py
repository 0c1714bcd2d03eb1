"""The keys: no preset gives one key to two actions, and presses become the chords that are written."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from browser_kit import Chromium

CONFLICTS = """async (preset) => {
  const { ACTIONS, Keymap } = await import("/static/views/keymap.js");
  const keymap = new Keymap({ preset, keys: {} });
  return ACTIONS.flatMap(({ id }) => keymap.chords(id).flatMap((chord) => (
    keymap.conflicts(id, chord).map((other) => `${id} and ${other.id}: ${chord}`))));
}"""
CHORDS = """async (events) => {
  const { chordOf } = await import("/static/views/keymap.js");
  return events.map((event) => chordOf(new KeyboardEvent("keydown", event)));
}"""


@pytest.mark.parametrize("preset", ["cvat", "labelme"])
def test_no_key_means_two_things(chromium: Chromium, address: str, preset: str) -> None:
    def ask(page: Page) -> list[str]:
        page.goto(address)
        found: list[str] = page.evaluate(CONFLICTS, preset)
        return found

    assert chromium.use(ask) == []


@pytest.mark.parametrize(
    ("event", "chord"),
    [
        ({"key": "f", "code": "KeyF"}, "F"),
        ({"key": "Z", "code": "KeyZ", "ctrlKey": True, "shiftKey": True}, "Ctrl+Shift+Z"),
        ({"key": "z", "code": "KeyZ", "metaKey": True}, "Ctrl+Z"),
        ({"key": "!", "code": "Digit1", "shiftKey": True}, "Shift+1"),
        ({"key": "&", "code": "Digit1"}, "1"),
        ({"key": "+", "code": "Equal", "shiftKey": True}, "+"),
        ({"key": "µ", "code": "KeyM", "altKey": True}, "Alt+M"),
        ({"key": " ", "code": "Space"}, "Space"),
        ({"key": "Dead", "code": "Backquote"}, "`"),
        ({"key": "Shift", "code": "ShiftLeft", "shiftKey": True}, ""),
        ({"key": "Delete", "code": "Delete", "shiftKey": True}, "Shift+Delete"),
    ],
)
def test_a_press_becomes_a_chord(
    chromium: Chromium, address: str, event: dict[str, object], chord: str
) -> None:
    def ask(page: Page) -> list[str]:
        page.goto(address)
        found: list[str] = page.evaluate(CHORDS, [event])
        return found

    assert chromium.use(ask) == [chord]


def test_a_key_is_changed_and_a_taken_one_refused(chromium: Chromium, address: str) -> None:
    def change(page: Page, key: str) -> None:
        page.click("[aria-label='Change the key of Next frame']")
        page.wait_for_selector("text=press a key")
        page.keyboard.press(key)

    def walk(page: Page) -> str:
        page.goto(f"{address}/#/annotate/1")
        page.wait_for_selector("text=exact")
        page.keyboard.press("F2")
        page.wait_for_selector("dialog[open]")
        change(page, "d")
        page.wait_for_selector("text=D already means")
        change(page, "j")
        page.wait_for_selector("tr:has-text('Next frame') kbd >> text=J")
        page.keyboard.press("Escape")
        page.wait_for_selector("dialog[open]", state="detached")
        page.reload()
        page.wait_for_selector("text=exact")
        page.keyboard.press("f")
        page.keyboard.press("j")
        page.wait_for_function("() => document.querySelector('#frame').value === '1'")
        return page.input_value("#frame")

    assert chromium.use(walk) == "1"


def test_labelme_walks_with_d_and_a(chromium: Chromium, address: str) -> None:
    def walk(page: Page) -> None:
        page.goto(f"{address}/#/annotate/1")
        page.wait_for_selector("text=exact")
        page.keyboard.press("F2")
        page.click("text=labelme / X-AnyLabeling")
        page.keyboard.press("Escape")
        page.wait_for_selector("dialog[open]", state="detached")
        for key in "ddda":
            page.keyboard.press(key)
        page.wait_for_function("() => document.querySelector('#frame').value === '2'")

    chromium.use(walk)
