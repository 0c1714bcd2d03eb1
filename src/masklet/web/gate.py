"""Who may come in: names that the server answers to, and the token where others can reach it."""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
import socket
from collections.abc import Iterable
from html import escape
from http.cookies import CookieError, SimpleCookie

LOOPBACK = ("localhost", "127.0.0.1", "::1")


def is_loopback(host: str) -> bool:
    """Can only this machine reach what listens on `host`?"""
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def split_host(header: str) -> tuple[str, str]:
    """(name in lower case, port) of a Host header; ("", "") where it is none.

    IPv6 addresses stand in brackets, which are taken off.
    """
    name, port = header.strip().lower(), ""
    if name.startswith("["):
        name, bracket, rest = name[1:].partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            return "", ""
        port = rest[1:]
    elif ":" in name:
        name, _, port = name.partition(":")
    if not name or (port and not (port.isascii() and port.isdigit() and len(port) <= 5)):
        return "", ""
    if any(sign not in "abcdefghijklmnopqrstuvwxyz0123456789-._:" for sign in name):
        return "", ""
    return name.rstrip("."), port


class Gate:
    """What a request must show before it reaches a route.

    A page of another site may know this server's address and let its own name point there (DNS
    rebinding): so only names are answered that nobody else can own. Where others can reach the
    server, a token is asked for as well.

    Args:
        host: what the server listens on.
        token: the secret; empty = none is asked for.
        names: further names under which the server is known.
    """

    def __init__(self, host: str = "127.0.0.1", token: str = "", names: Iterable[str] = ()) -> None:
        self.open_to_others = not is_loopback(host)
        self.token = token
        own = {host.lower().strip("[]"), *LOOPBACK, *(name.lower() for name in names)}
        if self.open_to_others:
            machine = socket.gethostname().lower()
            own |= {machine, f"{machine}.local", machine.partition(".")[0]}
        self._names = frozenset(own)
        self.cookie = f"masklet_{secrets.token_hex(4)}"
        self._seal = hashlib.blake2b(token.encode(), person=b"masklet-cookie").hexdigest()

    def knows(self, host: str) -> bool:
        """Is `host` (name and port, as in the Host header) a name of this server?

        Addresses in numbers are, where others can reach it: no name was looked up for those.
        """
        name, _ = split_host(host)
        if name in self._names:
            return True
        if not self.open_to_others:
            return False
        try:
            return bool(ipaddress.ip_address(name))
        except ValueError:
            return False

    def admits(self, cookies: str, authorization: str) -> bool:
        """Does a request show the token: in its cookie, or as `Authorization: Bearer TOKEN`?"""
        if not self.token:
            return True
        scheme, _, given = authorization.partition(" ")
        if scheme.lower() == "bearer" and self.is_token(given.strip()):
            return True
        try:
            found = SimpleCookie(cookies).get(self.cookie)
        except CookieError:
            return False
        return found is not None and _same(found.value, self._seal)

    def is_token(self, given: str) -> bool:
        """Compared in a time that tells nothing of how much is right."""
        return bool(self.token) and _same(given, self.token)

    def set_cookie(self) -> str:
        """The value of `Set-Cookie` that spares a browser the token. It is not the token itself."""
        return f"{self.cookie}={self._seal}; Path=/; HttpOnly; SameSite=Strict"


def leading_to(url: str) -> str:
    """A page that takes a browser to `url` at once."""
    return (
        '<!doctype html><meta charset="utf-8"><meta name="referrer" content="no-referrer">'
        f'<title>masklet</title><meta http-equiv="refresh" content="0;url={escape(url)}">'
        f'<p><a href="{escape(url)}">masklet</a></p>\n'
    )


def new_token() -> str:
    """A secret of 256 bits that fits into an address."""
    return secrets.token_urlsafe(32)


def _same(given: str, wanted: str) -> bool:
    return secrets.compare_digest(given.encode("utf-8", "replace"), wanted.encode())
