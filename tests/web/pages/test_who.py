"""Who signs what: people who never gave a name, and the tabs of one browser."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
from playwright.sync_api import Page, WebSocket, expect

from browser_kit import Chromium
from masklet.store.project import Project
from masklet.web.gate import Gate
from masklet.web.workplace import Workplace
from web_kit import serving

TOKEN = "correct-horse-battery-staple-0123456789"


def name_of(page: Page) -> str:
    """The name that this tab signs with, as its settings show it."""
    page.locator("#stage").wait_for()
    page.keyboard.press("F2")
    shown = page.get_by_label("Your name").input_value()
    page.get_by_role("dialog").get_by_role("button", name="Close").last.click()
    page.get_by_role("dialog").wait_for(state="detached")
    return shown


def rename(page: Page, name: str) -> None:
    page.keyboard.press("F2")
    page.get_by_label("Your name").fill(name)
    page.get_by_label("Your name").press("Tab")
    page.get_by_role("dialog").get_by_role("button", name="Close").last.click()


def test_where_others_come_in_each_browser_is_a_guest_of_its_own(
    project_path: Path, chromium: Chromium
) -> None:
    place = Workplace(Project.open(project_path), token=TOKEN, author="root")
    with serving(place, Gate("0.0.0.0", TOKEN)) as port:
        way_in = f"http://127.0.0.1:{port}/?token={TOKEN}"

        def names(page: Page) -> list[str]:
            page.goto(way_in)
            found = [name_of(page)]
            page.reload()
            found.append(name_of(page))
            other = page.context.new_page()
            other.goto(way_in)
            return [*found, name_of(other)]

        ann, bob = chromium.use(names), chromium.use(names)
    place.close()
    assert re.fullmatch("guest-[0-9a-z]{4}", ann[0])
    assert re.fullmatch("guest-[0-9a-z]{4}", bob[0])
    assert len(set(ann)) == len(set(bob)) == 1
    assert ann[0] != bob[0]


def test_on_this_machine_alone_the_name_of_its_user_is_offered(
    project_path: Path, chromium: Chromium
) -> None:
    place = Workplace(Project.open(project_path), author="ada")
    with serving(place) as port:
        assert httpx.get(f"http://127.0.0.1:{port}/api/v1/me").json()["author_hint"] == "ada"

        def name(page: Page) -> str:
            page.goto(f"http://127.0.0.1:{port}/")
            return name_of(page)

        assert chromium.use(name) == "ada"
    place.close()


def test_a_name_holds_in_every_tab_and_for_clicks_too(place: Workplace, chromium: Chromium) -> None:
    with serving(place) as port:

        def change(page: Page) -> tuple[str, str]:
            page.goto(f"http://127.0.0.1:{port}/")
            name_of(page)
            other, sent = page.context.new_page(), list[str]()

            def listen(ws: WebSocket) -> None:
                ws.on("framesent", lambda told: sent.append(str(told)))

            other.on("websocket", listen)
            other.goto(f"http://127.0.0.1:{port}/")
            name_of(other)
            rename(page, "Grace")
            other.wait_for_function("JSON.parse(localStorage.masklet).author === 'Grace'")
            other.keyboard.press("F2")
            expect(other.get_by_label("Your name")).to_have_value("Grace")
            other.get_by_text("Light", exact=True).click()
            page.reload()
            hello = [told for told in sent if '"hello"' in told][-1]
            return name_of(page), hello

        found, hello = chromium.use(change)
    assert found == "Grace"
    assert '"author":"Grace"' in hello
