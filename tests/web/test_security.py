"""Every refusal that a server of other people's videos owes them, asked for over a real connection."""

from __future__ import annotations

import asyncio
import json
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from masklet.core import Label
from masklet.media.opening import open_media
from masklet.store.project import Project
from masklet.web import pages
from masklet.web.gate import Gate, is_loopback, new_token, split_host
from masklet.web.guard import BODY_LIMIT
from masklet.web.workplace import Workplace
from web_kit import packet, run, serving

TOKEN = "correct-horse-battery-staple-0123456789"


@pytest.fixture(scope="module")
def shared(film: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workplace]:
    """A project that all these tests knock at; none of them gets at it."""
    path = tmp_path_factory.mktemp("shared") / "project.masklet"
    with open_media(film) as media:  # type: ignore[attr-defined]
        Project.create(path, media.video, [Label("rat")]).close()
    workplace = Workplace(Project.open(path))
    yield workplace
    workplace.close()


@pytest.fixture(scope="module")
def port(shared: Workplace) -> Iterator[int]:
    with serving(shared) as number:
        yield number


@pytest.fixture(scope="module")
def guarded(shared: Workplace) -> Iterator[int]:
    """A server as on an address that others reach: it asks for a token."""
    with serving(shared, Gate("0.0.0.0", TOKEN)) as number:
        yield number


def spoken(port: int, text: str | bytes) -> tuple[int, dict[str, str], bytes]:
    """(status, headers, body) of what the server answers to bytes sent as they are."""
    data = text if isinstance(text, bytes) else text.encode("latin-1")
    with socket.create_connection(("127.0.0.1", port), 20) as wire:
        wire.sendall(data)
        wire.settimeout(20)
        parts = []
        try:
            while part := wire.recv(65536):
                parts.append(part)
        except ConnectionResetError:
            pass  # the server closed while more was under way; what it said is here
    head, _, body = b"".join(parts).partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])}
    return int(lines[0].split()[1]), headers, body


def request(port: int, path: str, method: str = "GET", host: str | None = None, **headers: str) -> Any:
    host = f"127.0.0.1:{port}" if host is None else host
    named = {"Host": host, "Connection": "close"}
    named |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in named.items() if value)
    return spoken(port, f"{method} {path} HTTP/1.1\r\n{lines}\r\n")


def code(answer: Any) -> tuple[int, str]:
    status, _, body = answer
    return status, json.loads(body)["error"]["code"]


HOSTS = [
    "evil.example",
    "evil.example:8800",
    "127.0.0.1.evil.example",
    "localhost.evil.example",
    "192.168.1.5",
    "0.0.0.0",
    "[::2]",
    "127.0.0.1@evil.example",
    "127.0.0.1:99999999",
    "127.0.0.1:x",
    "lo calhost",
    "[::1",
]


@pytest.mark.parametrize("host", HOSTS)
def test_a_foreign_host_is_refused(port: int, host: str) -> None:
    for path in ("/", "/api/v1/project", "/static/app.js"):
        assert code(request(port, path, host=host)) == (403, "bad_host")


def test_no_host_and_two_hosts_are_refused(port: int) -> None:
    two = f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
    assert spoken(port, two)[0] in (400, 403)
    assert spoken(port, "GET / HTTP/1.1\r\nConnection: close\r\n\r\n")[0] in (400, 403)
    assert code(spoken(port, "GET / HTTP/1.0\r\n\r\n")) == (403, "bad_host")


@pytest.mark.parametrize(
    "host", ["127.0.0.1:{}", "localhost:{}", "LOCALHOST:{}", "[::1]:{}", "localhost"]
)
def test_its_own_names_are_answered(port: int, host: str) -> None:
    assert request(port, "/api/v1/health", host=host.format(port))[0] == 200


ORIGINS = [
    "http://evil.example",
    "https://127.0.0.1",
    "http://127.0.0.1",
    "http://127.0.0.1:1",
    "null",
    "file://",
    "http://localhost:{}",
    "http://127.0.0.1:{}.evil.example",
    "ftp://127.0.0.1:{}",
]


@pytest.mark.parametrize("origin", ORIGINS)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "BREW"])
def test_a_write_from_a_foreign_page_is_refused(port: int, origin: str, method: str) -> None:
    answer = request(port, "/api/v1/videos/1/objects", method, Origin=origin.format(port))
    assert code(answer) == (403, "bad_origin")


def test_a_write_from_another_site_is_refused_by_what_the_browser_says(port: int) -> None:
    for site in ("cross-site", "same-site"):
        answer = request(port, "/api/v1/videos/1/undo", "POST", Sec_Fetch_Site=site)
        assert code(answer) == (403, "bad_origin")
    embedded = request(port, "/api/v1/project", Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="no-cors")
    assert code(embedded) == (403, "bad_origin")
    link = request(port, "/", Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="navigate")
    assert link[0] == 200


def test_its_own_page_and_programs_may_write(port: int) -> None:
    own = f"http://127.0.0.1:{port}"
    assert request(port, "/api/v1/videos/1/undo", "POST", Origin=own)[0] == 200
    assert request(port, "/api/v1/videos/1/undo", "POST")[0] == 200


def shaken(port: int, **how: Any) -> int:
    """The status of a handshake: 101 where the socket opened. A refusal says what to do."""
    found = []

    async def shake() -> None:
        try:
            async with connect(f"ws://127.0.0.1:{port}/api/v1/socket", **how) as ws:
                found.append(ws.response)
        except InvalidStatus as error:
            found.append(error.response)

    run(shake())
    [answer] = found
    if answer.status_code != 101:
        assert b"remedy" in answer.body
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    return int(answer.status_code)


@pytest.mark.parametrize("origin", ORIGINS)
def test_a_socket_from_a_foreign_page_is_refused(port: int, origin: str) -> None:
    assert shaken(port, additional_headers={"Origin": origin.format(port)}) == 403


def test_a_socket_by_a_foreign_name_is_refused(port: int) -> None:
    key = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    key += "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
    head = f"GET /api/v1/socket HTTP/1.1\r\nHost: evil.example\r\n{key}\r\n"
    assert code(spoken(port, head)) == (403, "bad_host")


def test_a_socket_from_its_own_page_opens(port: int) -> None:
    assert shaken(port, additional_headers={"Origin": f"http://127.0.0.1:{port}"}) == 101
    assert shaken(port) == 101


PATHS = [
    "/static/../app.py",
    "/static/../../../../../../etc/passwd",
    "/static/%2e%2e/app.py",
    "/static/%2e%2e%2fapp.py",
    "/static/..%2Fapp.py",
    "/static/..%5capp.py",
    "/static//etc/passwd",
    "/static/%00",
    "/static/app.js%00.png",
    "/static/.git/config",
    "/static/" + "a" * 3000,
    "/static/views",
    "/static/",
    "/..%2f..%2fetc/passwd",
    "/api/v1/videos/..%2F1",
    "/api/v1/videos/1/frames/..%2f..%2f0",
    "/api/v1/videos/1%00",
    "/api/v1/jobs/..%2f..%2fx",
    "/api/v1/exports/..%2f..%2fetc%2fpasswd",
    "/api/v1/uploads/%2e%2e",
    "/api/v1/../../static/app.js",
    "/%ff%fe",
    "/etc/passwd",
    "//evil.example/",
]


@pytest.mark.parametrize("path", PATHS)
def test_hostile_paths_lead_nowhere(port: int, path: str) -> None:
    status, headers, body = request(port, path)
    assert status == 404
    assert json.loads(body)["error"]["remedy"]
    assert b"root:" not in body
    assert headers["x-content-type-options"] == "nosniff"


def test_an_address_without_end_is_refused(port: int) -> None:
    assert code(request(port, "/static/" + "a" * 5000)) == (414, "too_long")
    assert code(request(port, "/?" + "a" * 5000)) == (414, "too_long")
    assert request(port, "/" + "a" * 100_000)[0] in (400, 414, 431)


def test_what_is_no_http_is_refused(port: int) -> None:
    assert spoken(port, b"\x16\x03\x01\x02\x00\x01\x00")[0] == 400
    assert request(port, "/api/v1/health")[0] == 200


def test_a_body_that_says_that_it_is_too_large_is_not_read(port: int) -> None:
    head = f"PUT /api/v1/videos/1/masks/0/1 HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
    head += f'If-Match: "0"\r\nContent-Length: {BODY_LIMIT + 1}\r\n\r\n'
    assert code(spoken(port, head)) == (413, "too_large")


def test_a_body_that_does_not_say_how_large_it_is_is_counted(place: Workplace, port: int) -> None:
    sent = 0

    async def endless() -> Any:
        nonlocal sent
        while sent < 10 * BODY_LIMIT:
            sent += 1 << 16
            yield bytes(1 << 16)

    async def check() -> None:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            headers = {"If-Match": '"0"'}
            try:
                answer = await client.put(
                    "/api/v1/videos/1/masks/0/1", content=endless(), headers=headers
                )
                assert answer.status_code == 413
            except (httpx.WriteError, httpx.ReadError):
                pass  # the server hung up before the end, which is as good
            assert (await client.get("/api/v1/health")).status_code == 200

    run(check())
    assert sent < 10 * BODY_LIMIT


def test_json_is_counted_too(port: int) -> None:
    async def check() -> None:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            body = b'{"label": "' + b"a" * (5 << 20) + b'"}'
            headers = {"Content-Type": "application/json"}
            answer = await client.post("/api/v1/videos/1/objects", content=body, headers=headers)
            assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")

    run(check())


def test_every_answer_has_safe_headers(port: int) -> None:
    for answer in (
        request(port, "/"),
        request(port, "/api/v1/health"),
        request(port, "/api/v1/nothing"),
        request(port, "/", host="evil.example"),
        request(port, "/api/v1/videos/1/undo", "POST", Origin="http://evil.example"),
    ):
        headers = answer[1]
        policy = headers["content-security-policy"]
        for rule in ("default-src 'self'", "script-src 'self'", "frame-ancestors 'none'"):
            assert rule in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-frame-options"] == "DENY"
        assert "access-control-allow-origin" not in headers
        assert "server" not in headers


def test_the_policy_lets_the_page_reach_its_own_socket_only(port: int) -> None:
    policy = request(port, "/")[1]["content-security-policy"]
    [sources] = re.findall(r"connect-src ([^;]*)", policy)
    assert sources == f"'self' ws://127.0.0.1:{port} wss://127.0.0.1:{port}"


def test_without_the_token_nothing_is_answered(guarded: int) -> None:
    for path in ("/api/v1/health", "/api/v1/project", "/static/app.js", "/api/v1/nothing"):
        assert code(request(guarded, path)) == (401, "no_token")
    assert code(request(guarded, "/?token=wrong")) == (401, "no_token")
    assert code(request(guarded, "/", Authorization="Bearer wrong")) == (401, "no_token")
    assert code(request(guarded, "/", Authorization=f"Basic {TOKEN}")) == (401, "no_token")
    assert code(request(guarded, "/", Cookie=f"masklet={TOKEN}")) == (401, "no_token")
    assert code(request(guarded, f"/api/v1/project?token={TOKEN}")) == (401, "no_token")
    assert shaken(guarded) == 401
    page = request(guarded, "/", Accept="text/html")
    assert page[0] == 401
    assert page[1]["content-type"].startswith("text/html")


def test_the_token_is_exchanged_for_a_cookie(guarded: int) -> None:
    status, headers, _ = request(guarded, f"/?token={TOKEN}")
    assert status == 303
    assert headers["location"] == "/"
    assert headers["cache-control"] == "no-store"
    cookie = headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert TOKEN not in cookie
    pair = cookie.partition(";")[0]
    assert request(guarded, "/api/v1/health", Cookie=pair)[0] == 200
    assert request(guarded, "/api/v1/health", Cookie=f"a=b; {pair}; c=d")[0] == 200
    assert request(guarded, "/api/v1/health", Cookie=pair[:-1])[0] == 401
    assert shaken(guarded, additional_headers={"Cookie": pair}) == 101
    assert shaken(guarded, additional_headers={"Cookie": pair, "Origin": "http://evil.example"}) == 403


def test_programs_bring_the_token_in_a_header(guarded: int) -> None:
    bearer = f"Bearer {TOKEN}"
    assert request(guarded, "/api/v1/health", Authorization=bearer)[0] == 200
    assert shaken(guarded, additional_headers={"Authorization": bearer}) == 101


def test_the_token_does_not_make_up_for_a_foreign_host(guarded: int) -> None:
    bearer = f"Bearer {TOKEN}"
    answer = request(guarded, "/api/v1/health", host="evil.example", Authorization=bearer)
    assert code(answer) == (403, "bad_host")
    assert request(guarded, "/api/v1/health", host="10.1.2.3:8800", Authorization=bearer)[0] == 200


def test_a_token_that_is_not_needed_leaves_the_address(port: int) -> None:
    status, headers, _ = request(port, "/?token=left-over")
    assert (status, headers["location"]) == (303, "/")
    assert "set-cookie" not in headers


def test_tokens_cannot_be_guessed() -> None:
    tokens = {new_token() for _ in range(100)}
    assert len(tokens) == 100
    assert min(map(len, tokens)) >= 43


@pytest.mark.parametrize(
    ("host", "alone"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("localhost", True),
        ("::1", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.0.7", False),
        ("lab-server", False),
        ("localhost.evil.example", False),
    ],
)
def test_what_only_this_machine_reaches(host: str, alone: bool) -> None:
    assert is_loopback(host) is alone


@pytest.mark.parametrize(
    ("header", "parts"),
    [
        ("Localhost:8800", ("localhost", "8800")),
        ("[::1]:80", ("::1", "80")),
        ("127.0.0.1", ("127.0.0.1", "")),
        ("localhost.", ("localhost", "")),
        ("[::1]x", ("", "")),
        ("a:b:c", ("", "")),
        ("", ("", "")),
    ],
)
def test_hosts_are_read(header: str, parts: tuple[str, str]) -> None:
    assert split_host(header) == parts


def test_pages_come_with_strong_etags_and_only_if_changed(port: int) -> None:
    for path in ("/", "/annotate", "/review", "/jobs", "/project", "/settings"):
        status, headers, body = request(port, path)
        assert status == 200
        assert headers["content-type"] == "text/html; charset=utf-8"
        assert b"<script" in body
    assert re.fullmatch(r'"[0-9a-f]{32}"', headers["etag"])
    again = request(port, "/", If_None_Match=headers["etag"])
    assert (again[0], again[2]) == (304, b"")
    packed = request(port, "/", Accept_Encoding="gzip", If_None_Match=headers["etag"])
    assert (packed[0], packed[1]["content-encoding"]) == (200, "gzip")


def test_scripts_are_sent_without_comments_and_with_their_lines(tmp_path: Path) -> None:
    source = tmp_path / "a.js"
    source.write_text('// one\n/**\n * two\n */\n  const a = "// b"; // kept\n  /* b */ const c = 1;\n')
    assert pages.lean(source) == b'\n\n\n\nconst a = "// b"; // kept\n/* b */ const c = 1;\n'
    other = tmp_path / "vendor" / "b.js"
    other.parent.mkdir()
    other.write_text("  // theirs\n")
    assert pages.lean(other) == b"  // theirs\n"


def test_a_file_that_changes_is_read_again(place: Workplace, tmp_path: Path) -> None:
    (tmp_path / "app.js").write_text("one")
    shelf = pages.Pages(tmp_path)
    scope = {"type": "http", "headers": [], "method": "GET", "path": "/"}
    from starlette.requests import Request

    first = shelf.answer(Request(scope), "app.js")
    (tmp_path / "app.js").write_text("other")
    second = shelf.answer(Request(scope), "app.js")
    assert (first.body, second.body) == (b"one", b"other")
    assert first.headers["etag"] != second.headers["etag"]


def test_the_token_is_in_no_log(
    place: Workplace, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with serving(place, Gate("0.0.0.0", TOKEN)) as number:
        request(number, f"/?token={TOKEN}")
        request(number, "/api/v1/videos/1/undo", "POST", Authorization=f"Bearer {TOKEN}")
        shaken(number, additional_headers={"Authorization": f"Bearer {TOKEN}"})
        spoken(number, f"GET /?token={TOKEN} NONSENSE\r\n\r\n")
    out = capfd.readouterr()
    assert TOKEN not in out.out + out.err + caplog.text


def test_nothing_of_a_session_is_in_the_project(place: Workplace) -> None:
    with serving(place, Gate("0.0.0.0", TOKEN)) as number:
        named = {"Authorization": f"Bearer {TOKEN}"}
        head = f"POST /api/v1/videos/1/objects HTTP/1.1\r\nHost: 127.0.0.1:{number}\r\n"
        head += f"Authorization: {named['Authorization']}\r\nContent-Type: application/json\r\n"
        body = '{"label": "rat"}'
        answer = spoken(number, f"{head}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}")
        assert answer[0] == 201
    for path in place.folder.rglob("*"):
        if path.is_file():
            assert TOKEN.encode() not in path.read_bytes()


def test_many_at_once_that_say_nonsense_leave_it_well(port: int) -> None:
    async def check() -> None:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            sent = [
                client.put(
                    f"/api/v1/videos/{n % 3}/masks/{n}/{n}",
                    content=packet(n % 12, 1)[: n % 40],
                    headers={"If-Match": f'"{n}"'},
                )
                for n in range(60)
            ]
            found = await asyncio.gather(*sent)
            assert all(400 <= one.status_code < 500 for one in found)
            assert all(one.json()["error"]["text"] for one in found)
            assert (await client.get("/api/v1/health")).status_code == 200

    run(check())
