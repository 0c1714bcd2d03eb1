"""Guard: stands before every route and the socket, and signs every answer with safe headers."""

from __future__ import annotations

from html import escape
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from masklet.web.asking import too_large
from masklet.web.errors import Refusal, refusal_of, report
from masklet.web.gate import Gate, leading_to

BODY_LIMIT = 8 << 20
"""Bytes of one request's body, but for uploads, which their route counts itself."""
UPLOADS = "/api/v1/uploads/"
_LONGEST = 4096
"""Characters of an address with its query."""
_READING = ("GET", "HEAD", "OPTIONS")
_POLICY = (
    "default-src 'self'; img-src 'self' blob: data:; style-src 'self'; script-src 'self'; "
    "connect-src 'self' ws://{host} wss://{host}; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


class Guard:
    """Refuses what should not come in, before anything reads it.

    Foreign names (`Host`), writes and sockets from other pages (`Origin`), whoever lacks the token,
    addresses that are too long or hold NUL, bodies that are too large. What a route raises and
    nobody expected becomes an answer too, and one line in the terminal.

    Args:
        app: what it stands before.
        gate: who may come in.
        limit: bytes of a body.
    """

    def __init__(self, app: ASGIApp, gate: Gate, limit: int = BODY_LIMIT) -> None:
        self.app, self.gate, self.limit = app, gate, limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        answer = _Answer(scope, send)
        headers = Headers(scope=scope)
        try:
            refused = self._checked(scope, headers)
            if refused is None:
                await self.app(scope, self._counted(scope, receive), answer.send)
            else:
                await answer.give(refused, receive)
        except ClientDisconnect:
            return  # who asked is gone
        except Exception as error:  # noqa: BLE001 - the last line of defence: the server stays alive
            report(error)
            if not answer.begun:
                await answer.give(refusal_of(error).response(), receive)

    def _checked(self, scope: Scope, headers: Headers) -> Response | None:
        """The answer to what may not come in; None for what may."""
        try:
            _check_address(scope)
            self._check_host(headers)
            _check_origin(scope, headers)
            if scope["type"] == "http":
                self._check_length(scope, headers)
        except Refusal as refused:
            return refused.response()
        return self._token_answer(scope, headers)

    def _check_host(self, headers: Headers) -> None:
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not self.gate.knows(hosts[0]):
            raise Refusal(
                403,
                "bad_host",
                "the address names a host that this server does not go by",
                "open the address that the server printed, or start it with --name and this host",
            )

    def _check_length(self, scope: Scope, headers: Headers) -> None:
        length = headers.get("content-length", "0")
        if not (length.isascii() and length.isdigit() and len(length) < 20):
            raise Refusal(400, "bad_request", "Content-Length is no number", "send the right length")
        if int(length) > self.limit and not _is_upload(scope):
            raise too_large(self.limit)

    def _token_answer(self, scope: Scope, headers: Headers) -> Response | None:
        """A cookie for who brings the token in the address, 401 for who has none."""
        if scope["type"] == "http" and scope["path"] == "/" and scope["method"] in _READING:
            told = parse_qs(scope["query_string"].decode("latin-1"))
            given = told.get("token", [])
            if given and (not self.gate.token or self.gate.is_token(given[0])):
                answer = _way_on(told.get("page", []))
                if self.gate.token:
                    answer.headers["Set-Cookie"] = self.gate.set_cookie()
                return answer
        if self.gate.admits(headers.get("cookie", ""), headers.get("authorization", "")):
            return None
        refused = Refusal(
            401,
            "no_token",
            "this server asks for a token, and none or a wrong one came",
            "open the whole address that the server printed when it started, with its ?token=",
        )
        page = scope["type"] == "http" and "text/html" in headers.get("accept", "")
        if page and not scope["path"].startswith("/api/"):
            text = f"<!doctype html><title>masklet</title><p>{escape(str(refused))}</p>"
            return HTMLResponse(text, 401, {"Cache-Control": "no-store"})
        return refused.response()

    def _counted(self, scope: Scope, receive: Receive) -> Receive:
        """`receive` that refuses more bytes than are taken while they come in."""
        if scope["type"] != "http" or _is_upload(scope):
            return receive
        size = 0

        async def counting() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > self.limit:
                raise too_large(self.limit)
            return message

        return counting


class _Answer:
    """Sends an answer with the headers that each one has."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope, self._send = scope, send
        self.begun = False

    async def send(self, message: Message) -> None:
        if message["type"] in ("http.response.start", "websocket.http.response.start"):
            self.begun = True
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers[name] = value
            host = Headers(scope=self._scope).get("host", "")
            headers["Content-Security-Policy"] = _POLICY.format(host=_plain(host))
            headers.setdefault("Cache-Control", "no-store")
        elif message["type"].startswith("websocket."):
            self.begun = True
        await self._send(message)

    async def give(self, response: Response, receive: Receive) -> None:
        """Answer a request, or a socket that is not open yet, which takes an answer or is shut."""
        if self._scope["type"] == "http" or _answers(self._scope):
            await response(self._scope, receive, self.send)
        else:
            await self._send({"type": "websocket.close", "code": 1008})


def _way_on(pages: list[str]) -> Response:
    """From an address with a token to the same without.

    Who comes from a file on his disk names a page. A redirect would still count as the file's doing, and
    the cookie, which is for this site's own pages, would not be sent: so a page of this site leads on.
    """
    headers = {"Cache-Control": "no-store"}
    if pages and pages[0].isascii() and pages[0].isalpha():
        return HTMLResponse(leading_to(f"/#/{pages[0]}"), 200, headers)
    return RedirectResponse("/", 303, headers)


def _answers(scope: Scope) -> bool:
    """Can a socket that is not open yet be answered like a request?"""
    return "websocket.http.response" in scope.get("extensions", {})


def _check_address(scope: Scope) -> None:
    raw = scope.get("raw_path") or scope["path"].encode("utf-8", "replace")
    if len(raw) + len(scope["query_string"]) > _LONGEST:
        raise Refusal(
            414, "too_long", f"the address has more than {_LONGEST} characters", "send a shorter one"
        )
    if not scope["path"].isprintable() or "\\" in scope["path"]:
        raise Refusal(404, "not_found", "there is nothing at this address", "check the address")


def _check_origin(scope: Scope, headers: Headers) -> None:
    """Writes and sockets may come from this server's own pages, and from programs, which name none."""
    site = headers.get("sec-fetch-site", "")
    writes = scope["type"] == "websocket" or scope["method"] not in _READING
    foreign = writes and site in ("cross-site", "same-site")
    foreign |= site == "cross-site" and headers.get("sec-fetch-mode") != "navigate"
    for origin in headers.getlist("origin"):
        parts = urlsplit(origin) if origin.isprintable() else urlsplit("")
        same = parts.scheme in ("http", "https") and parts.netloc.lower() == headers["host"].lower()
        foreign |= writes and not same
    if foreign:
        raise Refusal(
            403,
            "bad_origin",
            "the request comes from a page of another site",
            "use the page of this server itself",
        )


def _is_upload(scope: Scope) -> bool:
    return bool(scope["method"] == "PUT" and scope["path"].startswith(UPLOADS))


def _plain(host: str) -> str:
    """A host as it may stand in a header of ours: what was refused may hold anything."""
    return "".join(sign for sign in host if sign.isascii() and (sign.isalnum() or sign in ".:-[]_"))
