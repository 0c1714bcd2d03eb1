"""The pages and what they load: files of the package, looked up by name, never by path."""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from masklet.web import bundle
from masklet.web.bundle import Bundle
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
PACKED = "packed.html"
"""Name of the page that loads one script."""
_COMMENT = re.compile(rb"^[ \t]*(?://.*|/\*(?:[^*]|\*(?!/))*\*/[ \t]*)$", re.MULTILINE)
_INDENT = re.compile(rb"^[ \t]+", re.MULTILINE)
_GAPS = re.compile(rb"\s*([{};,>])\s*|(:)[ \t]+")
_PRELOAD = re.compile(rb"<link rel=\"modulepreload\"[^>]*>\n")
_LEAN = (".js", ".css")
_AS_IT_IS = "vendor"


@dataclass
class _File:
    """What is sent under a name, as it was made last of the files that it comes from."""

    paths: tuple[Path, ...]
    make: Callable[[], bytes]
    kind: str
    stamp: tuple[tuple[int, int], ...] = ()
    data: bytes = b""
    packed: bytes = b""
    etag: str = ""

    def refresh(self) -> None:
        """Make it again where a file changed on the disk, as it does while it is being written."""
        found = [path.stat() for path in self.paths]
        stamp = tuple((one.st_mtime_ns, one.st_size) for one in found)
        if stamp != self.stamp:
            self.data = self.make()
            self.packed = gzip.compress(self.data, 9, mtime=0)
            self.etag = hashlib.blake2b(self.data, digest_size=16).hexdigest()
            self.stamp = stamp


class Pages:
    """Every file below a folder, by the name under which it is asked for.

    Only names that were found when the server started are known: an address is never made a path.
    """

    def __init__(self, folder: Path = FOLDER) -> None:
        self._folder = folder
        found = (path for path in sorted(folder.rglob("*")) if path.is_file())
        self._files = {
            path.relative_to(folder).as_posix(): _File((path,), partial(lean, path), kind)
            for path in found
            if (kind := _SENT.get(path.suffix.lower())) and not path.name.startswith(".")
        }
        if bundle.ENTRY in self._files:
            self._files |= self._packed()

    def _packed(self) -> dict[str, _File]:
        """The page with its one script, that script, and what it loads later."""
        scripts = [name for name in self._files if name.endswith(".js")]
        paths = tuple(self._folder / name for name in scripts)
        kind = _SENT[".js"]
        first = self._bundle().names
        later = {
            bundle.LATER + name: _File(paths, partial(self._later, name), kind)
            for name in scripts
            if name not in first
        }
        page = self._folder / "index.html"
        return {
            PACKED: _File((page,), partial(packed_page, page), _SENT[".html"]),
            bundle.BUNDLE: _File(paths, lambda: self._bundle().first().encode(), kind),
            **later,
        }

    def _bundle(self) -> Bundle:
        return Bundle(lambda name: lean(self._folder / name).decode())

    def _later(self, name: str) -> bytes:
        return self._bundle().later(name).encode()

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
        return Response(file.packed if packs else file.data, headers=headers, media_type=file.kind)

    def routes(self) -> list[BaseRoute]:
        """The pages, and the files below `/static/`. `/?plain` loads each script as it is written."""

        async def page(request: Request) -> Response:
            plain = "plain" in request.query_params
            return self.answer(request, "index.html" if plain else PACKED)

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
    if path.suffix == ".css":
        return _GAPS.sub(rb"\1\2", bare)
    return _INDENT.sub(b"", bare)


def packed_page(path: Path) -> bytes:
    """The page with the one script in the place of the modules."""
    page = _PRELOAD.sub(b"", path.read_bytes())
    return page.replace(b"static/" + bundle.ENTRY.encode(), b"static/" + bundle.BUNDLE.encode())
