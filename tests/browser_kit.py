"""A real browser for tests: headless Chromium, driven from a thread of its own.

Playwright keeps an event loop running in the thread that drives it, which would break every other
test of that thread that runs a loop. So the browser lives in a thread, and a test hands it a function.
"""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TypeVar

import pytest
from playwright.sync_api import Browser, Error, Page, Playwright, sync_playwright

T = TypeVar("T")
ARGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
NAMES = ("chromium", "chromium-browser", "google-chrome")


def chromium_path() -> str:
    """The browser to use: `MASKLET_CHROMIUM`, or the system's. Skips the test where there is none."""
    found = os.environ.get("MASKLET_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if not found:
        pytest.skip("no browser: install Debian's chromium, or set MASKLET_CHROMIUM to where one lies")
    return found


class Chromium:
    """A running browser. Each use has a new context, so nothing is left of the one before."""

    def __init__(self) -> None:
        path = chromium_path()
        self._thread = ThreadPoolExecutor(1, "chromium")
        self._playwright: Playwright = self._thread.submit(sync_playwright().start).result()
        launch = self._playwright.chromium.launch
        self._browser: Browser = self._thread.submit(
            lambda: launch(executable_path=path, args=ARGS)
        ).result()

    def use(self, what: Callable[[Page], T], **context: Any) -> T:
        """Run `what` with a new page in the browser's thread.

        Fails with what the page threw and nobody caught. `context` is Playwright's: viewport, offline...
        """
        return self._thread.submit(self._use, what, context).result()

    def _use(self, what: Callable[[Page], T], context: Mapping[str, Any]) -> T:
        made = self._browser.new_context(**context)
        thrown: list[str] = []
        try:
            page = made.new_page()
            made.on("weberror", lambda error: thrown.append(str(error.error)))
            answer = what(page)
        except BaseException as error:
            error.add_note(_seen(made.pages))
            raise
        finally:
            made.close()
        assert not thrown, thrown
        return answer

    def close(self) -> None:
        self._thread.submit(self._browser.close).result()
        self._thread.submit(self._playwright.stop).result()
        self._thread.shutdown()


def _seen(pages: list[Page]) -> str:
    """What the pages of a failed test show, so that the report tells why."""
    try:
        return "\n".join(f"--- {page.url} showed:\n{page.inner_text('body')}" for page in pages)
    except Error as error:
        return f"the pages showed nothing that could be read: {error}"


class _Files(SimpleHTTPRequestHandler):
    """Files of several folders, by the first part of the address; anything else is an empty page."""

    folders: Mapping[str, Path] = {}

    def do_GET(self) -> None:
        first, _, rest = self.path.lstrip("/").partition("/")
        file = self.folders.get(first, Path()) / rest
        known = first in self.folders and file.is_file()
        body = file.read_bytes() if known else b"<!doctype html><title>test</title><body></body>"
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(file)) if known else "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Silent."""


@contextmanager
def files_served(folders: Mapping[str, Path]) -> Iterator[str]:
    """The address of a server on loopback for files; `folders` by the first part of the address."""
    handler = type("Files", (_Files,), {"folders": dict(folders)})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()
