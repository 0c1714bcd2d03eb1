"""XML elements as plain values: held, turned to JSON and back, and written as text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, NoReturn

from masklet.core import DataError

Json = dict[str, Any]
"""An element as JSON values: `tag`, and where not empty `attributes`, `text`, `children`, `tail`."""

_NOT_PLAIN = re.compile("[^ !#-%'-;=?-~\u00a0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}
_OPEN = frozenset(
    [
        "attributes",
        "labels",
        "segments",
        "tasks",
        "polygon",
        "polyline",
        "points",
        "box",
        "ellipse",
        "cuboid",
        "mask",
        "tag",
    ]
)
"""Elements that CVAT closes on a line of their own, also where they are empty."""
_NAME = re.compile(r"[^\W\d][\w.:-]*")


class Node:
    """One element while a file is read: tag, attributes, text, children, and its line (1-based)."""

    __slots__ = ("attributes", "children", "line", "tag", "tail", "text")

    def __init__(self, tag: str, attributes: dict[str, str], line: int) -> None:
        self.tag = tag
        self.attributes = attributes
        self.line = line
        self.text = ""
        self.tail = ""
        self.children: list[Node] = []

    def child(self, tag: str) -> Node | None:
        """The first child of that tag."""
        return next((node for node in self.children if node.tag == tag), None)

    def text_of(self, tag: str) -> str:
        """Text of the first child of that tag, without blanks around it; empty where there is none."""
        node = self.child(tag)
        return node.text.strip() if node is not None else ""

    def fail(self, message: str) -> NoReturn:
        """Raise `DataError` that names the line and the element."""
        one_line = " ".join(message.splitlines())
        raise DataError(f"line {self.line}: <{self.tag}>: {one_line}")

    def json(self) -> Json:
        """The element with everything below it as JSON values, without blanks between elements."""
        out: Json = {"tag": self.tag}
        if self.attributes:
            out["attributes"] = dict(self.attributes)
        if self.text.strip():
            out["text"] = self.text.strip() if self.children else self.text
        if self.children:
            out["children"] = [child.json() for child in self.children]
        if self.tail.strip():
            out["tail"] = self.tail.strip()
        return out


def node(tag: str, text: str = "", children: Iterable[Json] = (), **attributes: str) -> Json:
    """An element as JSON values."""
    out: Json = {"tag": tag}
    if attributes:
        out["attributes"] = attributes
    if text:
        out["text"] = text
    below = list(children)
    if below:
        out["children"] = below
    return out


def find(element: Mapping[str, Any], tag: str) -> Json | None:
    """The first child of that tag of an element in JSON form."""
    return next((child for child in element.get("children", ()) if child["tag"] == tag), None)


def text_at(element: Mapping[str, Any] | None, tag: str) -> str:
    """Text of the first child of that tag, without blanks around it."""
    found = find(element, tag) if element is not None else None
    return str(found.get("text", "")).strip() if found is not None else ""


def put_text(element: Json, tag: str, text: str) -> None:
    """Set the text of the first child of that tag; the child is added where it is missing."""
    found = find(element, tag)
    if found is None:
        element.setdefault("children", []).append(node(tag, text))
    else:
        found["text"] = text


@lru_cache(maxsize=4096)
def quoted(text: str) -> str:
    """`text` for an attribute. `DataError` for characters that XML cannot hold."""
    if _NOT_PLAIN.search(text) is None:
        return text
    _check(text)
    return _NOT_PLAIN.sub(lambda m: _ESCAPES.get(m.group(), f"&#{ord(m.group())};"), text)


@lru_cache(maxsize=4096)
def escaped(text: str) -> str:
    """`text` between tags. `DataError` for characters that XML cannot hold."""
    if _NOT_PLAIN.search(text) is None:
        return text
    _check(text)
    out = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return out.replace("\r", "&#13;")


def _check(text: str) -> None:
    wrong = _FORBIDDEN.search(text)
    if wrong is not None:
        raise DataError(
            f"found the character {wrong.group()!r} in {text[:40]!r}, which XML cannot hold; "
            "expected plain text: rename it"
        )


def opening(tag: str, attributes: Iterable[tuple[str, str]]) -> str:
    """`<tag name="value" ...>`."""
    inside = "".join([f' {name}="{quoted(value)}"' for name, value in attributes])
    return f"<{tag}{inside}>"


def lines(element: Mapping[str, Any], indent: int) -> list[str]:
    """The element with everything below it, one line an element, `indent` levels of two blanks."""
    tag = str(element["tag"])
    if _NAME.fullmatch(tag) is None:
        raise DataError(f"found {tag!r} as the name of an XML element; expected letters and digits")
    blanks = "  " * indent
    start = blanks + opening(tag, element.get("attributes", {}).items())
    text = escaped(str(element.get("text", "")))
    tail = escaped(str(element.get("tail", "")))
    below = element.get("children", ())
    if not below and not (tag in _OPEN and not text):
        return [f"{start}{text}</{tag}>{tail}"]
    out = [start + text]
    for child in below:
        out += lines(child, indent + 1)
    out.append(f"{blanks}</{tag}>{tail}")
    return out
