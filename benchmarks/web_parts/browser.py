"""A headless Chromium, and what a page must tell so that times can be taken in it."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

ARGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
NAMES = ("chromium", "chromium-browser", "google-chrome")
VIEW = {"width": 1440, "height": 900}
HOOKS = (Path(__file__).parent / "hooks.js").read_text()


@contextmanager
def chromium() -> Iterator[Browser]:
    """The system's browser, or `MASKLET_CHROMIUM`."""
    path = os.environ.get("MASKLET_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        sys.exit("no browser: install Debian's chromium, or set MASKLET_CHROMIUM to where one lies")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGS)
        yield browser
        browser.close()


@contextmanager
def opened(browser: Browser, url: str, frame: int = 0) -> Iterator[Page]:
    """The Annotate page in a context of its own, with `window.bench` of hooks.js."""
    with fresh(browser) as page:
        page.goto(url + (f"#/annotate/1/{frame}" if frame else ""))
        hook(page)
        yield page


@contextmanager
def fresh(browser: Browser) -> Iterator[Page]:
    """An empty page with empty caches."""
    context = browser.new_context(viewport=VIEW)  # type: ignore[arg-type]
    page = context.new_page()
    page.set_default_timeout(120_000)
    try:
        yield page
    finally:
        context.close()


def hook(page: Page) -> None:
    """Wait until the page can be used, then get hold of its editor."""
    page.get_by_role("toolbar", name="Tools").wait_for()
    page.get_by_text("exact", exact=True).first.wait_for()
    page.evaluate(HOOKS)


def told(page: Page, call: str, *args: Any) -> Any:
    """What a function of hooks.js answers."""
    return page.evaluate(f"(args) => bench.{call}(...args)", list(args))
