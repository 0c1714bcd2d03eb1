"""How a browser of this machine gets the token, and what strangers can make the terminal say."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from browser_kit import Chromium
from masklet.web import server
from masklet.web.gate import Gate
from masklet.web.workplace import Workplace
from web_kit import serving

TOKEN = "correct-horse-battery-staple-0123456789"
SERVE = [sys.executable, "-c", "from masklet.cli.main import run; run()", "serve", "--port", "0"]


@contextmanager
def shown(folder: Path, *words: str) -> Iterator[tuple[subprocess.Popen[str], str, str]]:
    """A server that opens a browser, which only notes how it was called: (process, address, call)."""
    note, browser = folder / "called", folder / "browser.sh"
    browser.write_text(
        f'#!/bin/sh\ntr "\\0" " " < /proc/$$/cmdline > {note}.new\nmv {note}.new {note}\n'
    )
    browser.chmod(0o700)
    process = subprocess.Popen(
        [*SERVE, *words, "--no-worker", "--open"],
        env=os.environ | {"BROWSER": f"{browser} %s"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        address = next(line[5:].strip() for line in process.stdout if line.startswith("open "))
        until = time.monotonic() + 30
        while not note.exists():
            assert time.monotonic() < until, "no browser was opened"
            time.sleep(0.02)
        yield process, address, note.read_text()
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    browser = Chromium()
    yield browser
    browser.close()


@pytest.mark.skipif(sys.platform != "linux", reason="reads how a process was called from /proc")
def test_the_token_is_not_in_the_list_of_processes(project_path: Path, tmp_path: Path) -> None:
    with shown(tmp_path, str(project_path), "--token") as (process, address, called):
        token = address.partition("?token=")[2]
        assert len(token) >= 43
        assert token not in called
        page = Path(called.split()[-1].removeprefix("file://"))
        assert token in page.read_text()
        assert stat.S_IMODE(page.stat().st_mode) == 0o600
        assert stat.S_IMODE(page.parent.stat().st_mode) == 0o700
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        assert not page.parent.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="reads how a process was called from /proc")
def test_without_a_token_the_page_itself_is_opened(project_path: Path, tmp_path: Path) -> None:
    with shown(tmp_path, str(project_path)) as (_, address, called):
        assert called.split()[-1] == f"{address}#/annotate"


def test_a_page_on_the_disk_leads_in(place: Workplace, tmp_path: Path, chromium: Chromium) -> None:
    """The cookie is for the server's own pages; a redirect alone would come without it."""
    with serving(place, Gate("0.0.0.0", TOKEN)) as port:
        path = server.way_in(tmp_path, f"http://127.0.0.1:{port}/?token={TOKEN}&page=jobs")

        def opened(page: Page) -> str:
            page.goto(path.as_uri())
            page.wait_for_url("**/#/jobs")
            page.get_by_role("main").wait_for()
            return page.url

        assert chromium.use(opened) == f"http://127.0.0.1:{port}/#/jobs"


def test_a_page_that_is_named_leads_nowhere_else(place: Workplace) -> None:
    with serving(place, Gate("127.0.0.1", TOKEN)) as port:
        root = f"http://127.0.0.1:{port}/?token={TOKEN}"
        for page in ("//evil.example", "x%22%3E%3Cscript%3E", "%C3%A9", "jobs/../../x"):
            answer = httpx.get(f"{root}&page={page}")
            assert (answer.status_code, answer.headers["location"]) == (303, "/")
        wrong = httpx.get(f"http://127.0.0.1:{port}/?token=wrong&page=jobs")
        assert wrong.status_code == 401
        assert "set-cookie" not in wrong.headers


def test_what_is_refused_leaves_the_terminal_alone(project_path: Path) -> None:
    """A page of another site may knock as often as it likes."""
    words = [*SERVE, str(project_path), "--token", "--no-worker", "--no-open"]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        address = next(line[5:].strip() for line in process.stdout if line.startswith("open "))
        root, _, token = address.partition("?token=")
        url, own = root.replace("http", "ws") + "api/v1/socket", {"Authorization": f"Bearer {token}"}
        asyncio.run(knock(url, own, {"Origin": "http://evil.example"}, 403))
        asyncio.run(knock(url, {}, {}, 401))
        asyncio.run(knock(url, own, {"Origin": "null"}, 403))
        asyncio.run(knock(url.replace("127.0.0.1", "evil.example"), own, {}, 403))
        asyncio.run(knock(f"{url}/nothing", own, {}, 403))
        asyncio.run(knock(url, own, {}, 101))
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    finally:
        process.kill()
        process.communicate()
    assert said == ""


async def knock(url: str, own: dict[str, str], foreign: dict[str, str], status: int) -> None:
    """Ask for a socket; the answer has `status`."""
    port = int(url.partition("//")[2].partition("/")[0].partition(":")[2])
    try:
        async with connect(url, host="127.0.0.1", port=port, additional_headers=own | foreign) as ws:
            assert ws.response is not None
            found = ws.response.status_code
    except InvalidStatus as error:
        found = error.response.status_code
    assert found == status
