"""The pages and what they load: files of the package, looked up by name, never by path."""

from __future__ import annotations

import gzip
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from masklet.web.errors import missing

FOLDER = Path(__file__).parent / "static"
PAGES = ("/", "/annotate", "/review", "/jobs", "/project", "/settings")
"""Addresses of the one page; its script reads which of them it is."""
_SENT = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".json": "application/json",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".webmanifest": "application/manifest+json",
}
"""Kinds of files that are sent; sources of types and licences are not."""


_COMMENT = re.compile(rb"^[ \t]*(?://.*|/\*(?:[^*]|\*(?!/))*\*/[ \t]*)$", re.MULTILINE)
_INDENT = re.compile(rb"^[ \t]+", re.MULTILINE)
_LEAN = (".js", ".css")
_AS_IT_IS = "vendor"


@dataclass
class _File:
    """A file as it was read last."""

    path: Path
    stamp: tuple[int, int] = (0, 0)
    data: bytes = b""
    packed: bytes = b""
    etag: str = ""

    def refresh(self) -> None:
        """Read it again where it changed on the disk, as it does while it is being written."""
        found = self.path.stat()
        stamp = (found.st_mtime_ns, found.st_size)
        if stamp != self.stamp:
            self.data = lean(self.path)
            self.packed = gzip.compress(self.data, 9, mtime=0)
            self.etag = hashlib.blake2b(self.data, digest_size=16).hexdigest()
            self.stamp = stamp


class Pages:
    """Every file below a folder, by the name under which it is asked for.

    Only names that were found when the server started are known: an address is never made a path.
    """

    def __init__(self, folder: Path = FOLDER) -> None:
        found = (path for path in sorted(folder.rglob("*")) if path.is_file())
        self._files = {
            path.relative_to(folder).as_posix(): _File(path)
            for path in found
            if path.suffix.lower() in _SENT and not path.name.startswith(".")
        }

    def answer(self, request: Request, name: str) -> Response:
        """A file with its strong ETag; 304 to who has it already, 404 for an unknown name."""
        file = self._files.get(name)
        if file is None:
            raise missing("page or file of this name", "go to the start page")
        file.refresh()
        packs = _takes_gzip(request)
        etag = f'"{file.etag}-gzip"' if packs else f'"{file.etag}"'
        headers = {"ETag": etag, "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
        known = [tag.strip().removeprefix("W/") for tag in _tags(request)]
        if etag in known or known == ["*"]:
            return Response(status_code=304, headers=headers)
        if packs:
            headers["Content-Encoding"] = "gzip"
        kind = _SENT[file.path.suffix.lower()]
        return Response(file.packed if packs else file.data, headers=headers, media_type=kind)

    def routes(self) -> list[BaseRoute]:
        """The pages, and the files below `/static/`."""

        async def page(request: Request) -> Response:
            return self.answer(request, "index.html")

        async def file(request: Request) -> Response:
            return self.answer(request, str(request.path_params["name"]))

        async def icon(request: Request) -> Response:
            return self.answer(request, "icon.svg")

        pages: list[BaseRoute] = [Route(address, page) for address in PAGES]
        return [*pages, Route("/static/{name:path}", file), Route("/favicon.ico", icon)]


def _tags(request: Request) -> list[str]:
    return request.headers.get("if-none-match", "").split(",")


def _takes_gzip(request: Request) -> bool:
    offered = request.headers.get("accept-encoding", "").lower().split(",")
    return any(one.partition(";")[0].strip() == "gzip" and "q=0" not in one for one in offered)


def lean(path: Path) -> bytes:
    """A script or style sheet without indentation and without comments that fill whole lines.

    Lines keep their numbers, so that a browser's messages name lines of the source. What others
    wrote (`vendor`) and other kinds of files stay as they are.
    """
    data = path.read_bytes()
    if path.suffix not in _LEAN or path.parent.name == _AS_IT_IS:
        return data
    bare = _COMMENT.sub(lambda found: b"\n" * found[0].count(b"\n"), data)
    return _INDENT.sub(b"", bare)
