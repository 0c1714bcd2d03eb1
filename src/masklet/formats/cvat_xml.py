"""CVAT's XML as a stream of events, out of a plain file or out of an exported zip.

Parsed with expat and no tree, so that memory holds one shape at a time. Document types and
entities are refused (no entity bombs), and so is every declared encoding but UTF-8, which CVAT writes.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Literal, Protocol
from xml.parsers import expat

from masklet.core import DataError
from masklet.formats.cvat_nodes import Node
from masklet.formats.cvat_zip import opened

Kind = Literal["video", "images"]

DEEPEST = 40
"""Elements nested deeper than this are taken for a damaged file."""
CHUNK = 1 << 18
SNIFFED = 1 << 23
"""Bytes that detection reads at most: labels with drawings may stand before the first shape."""


class Events(Protocol):
    """What a reader of the stream is told."""

    def root(self, node: Node) -> None:
        """<annotations> has begun; only its attributes are known."""

    def begun(self, block: Node) -> None:
        """A <track> or <image> has begun; only its attributes are known."""

    def inside(self, child: Node, index: int) -> None:
        """The `index`-th child of the <track> or <image> that is open, whole."""

    def ended(self) -> None:
        """The <track> or <image> that was open is whole."""

    def aside(self, node: Node) -> None:
        """Any other child of the root, whole (<version>, <meta>)."""


class _Stream:
    """State between expat's calls: the open elements."""

    def __init__(self, events: Events) -> None:
        self.events = events
        self.open: list[Node] = []
        self.count = 0
        self.parser = expat.ParserCreate("utf-8")
        self.parser.buffer_text = True
        self.parser.buffer_size = 1 << 16
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.text
        self.parser.XmlDeclHandler = self.declaration
        self.parser.StartDoctypeDeclHandler = self.doctype

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        node = Node(tag, attributes, self.parser.CurrentLineNumber)
        depth = len(self.open)
        if depth == 0:
            if tag != "annotations":
                node.fail("found this as the outermost element; expected <annotations>")
            self.events.root(node)
        elif depth == 1 and tag in ("track", "image"):
            self.count = 0
            self.events.begun(node)
        elif depth > DEEPEST:
            node.fail(f"found elements nested deeper than {DEEPEST}; expected a CVAT export")
        self.open.append(node)

    def end(self, tag: str) -> None:
        node = self.open.pop()
        depth = len(self.open)
        if depth > 2 or (depth == 2 and self.open[1].tag not in ("track", "image")):
            self.open[-1].children.append(node)
        elif depth == 2:
            self.events.inside(node, self.count)
            self.count += 1
        elif depth == 1 and tag in ("track", "image"):
            self.events.ended()
        elif depth == 1:
            self.events.aside(node)

    def text(self, text: str) -> None:
        node = self.open[-1]
        if node.children:
            node.children[-1].tail += text
        elif len(self.open) > 2 or node.tag not in ("annotations", "track", "image"):
            node.text += text
        elif text.strip():
            node.fail(f"found the text {text.strip()[:24]!r} between elements; expected none")

    def declaration(self, _version: str, encoding: str | None, _standalone: int) -> None:
        if encoding is not None and encoding.lower() not in ("utf-8", "utf8", "us-ascii", "ascii"):
            raise DataError(f"line 1: found encoding {encoding!r}; expected UTF-8: save it as UTF-8")

    def doctype(self, *_: object) -> None:
        raise DataError(
            f"line {self.parser.CurrentLineNumber}: found a document type (<!DOCTYPE ...>); "
            "expected none, CVAT writes none: remove it"
        )


def parse(path: Path, events: Events) -> None:
    """Read a CVAT XML file, or the one inside an exported zip, and tell `events` what it holds.

    Raises `DataError` with the line for whatever is not well-formed, and passes on those of `events`.
    """
    with opened(path) as stream:
        _feed(_Stream(events), stream, lambda: False)


def kind_of(path: Path) -> Kind | None:
    """ "video" or "images", judged by the first elements; None where it is no CVAT XML 1.x."""
    look = _Look()
    try:
        with opened(path) as stream:
            _feed(_Stream(look), stream, lambda: look.kind is not None)
    except DataError:
        if look.kind is None:
            return None
    if not look.version.startswith("1."):
        return None
    return look.kind or ("images" if look.mode == "annotation" else "video")


class _Look:
    """Just enough to tell the two formats apart."""

    def __init__(self) -> None:
        self.version = ""
        self.mode = ""
        self.kind: Kind | None = None

    def root(self, node: Node) -> None:
        """The attributes of the root tell nothing."""

    def begun(self, block: Node) -> None:
        if self.kind is None:
            self.kind = "video" if block.tag == "track" else "images"

    def inside(self, child: Node, index: int) -> None:
        """Shapes do not tell more than their block."""

    def ended(self) -> None:
        """Nor does its end."""

    def aside(self, node: Node) -> None:
        if node.tag == "version":
            self.version = node.text.strip()
        elif node.tag == "meta":
            for about in node.children:
                self.mode = about.text_of("mode") or self.mode


def _feed(state: _Stream, stream: BinaryIO, enough: Callable[[], bool]) -> None:
    parser, sniffing, done = state.parser, isinstance(state.events, _Look), 0
    try:
        while chunk := stream.read(CHUNK):
            parser.Parse(chunk, False)
            done += len(chunk)
            if enough() or (sniffing and done > SNIFFED):
                return
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        said = expat.ErrorString(error.code)
        raise DataError(
            f"line {error.lineno}: found broken XML ({said}); "
            "expected a whole CVAT export: export it again"
        ) from None
