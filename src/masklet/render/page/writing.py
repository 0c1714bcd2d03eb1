"""A page as one HTML file that needs nothing else: no network, no font, no script from elsewhere."""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from importlib.resources import files
from pathlib import Path

from masklet.core.atomic import writing
from masklet.core.errors import DataError
from masklet.core.labels import PALETTE
from masklet.render.page.curves import curves
from masklet.render.page.markup import paragraphs, tag, text
from masklet.render.page.nouns import (
    Bars,
    Block,
    Curves,
    Fact,
    Gallery,
    Matrix,
    Numbers,
    Page,
    Picture,
    Section,
    Table,
    Text,
    Timeline,
)
from masklet.render.page.strips import timeline
from masklet.render.page.tables import bars, matrix, numbers, table

_ORDER = (4, 5, 2, 6, 0, 1, 7, 3)
"""Palette colours by contrast with paper: the first series get those that are read best."""
_SAFE = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"


def write_page(page: Page, path: Path | str) -> None:
    """Write the page to `path`, whole or not at all; the same page gives the same bytes.

    Raises `DataError` where the file cannot be written or a picture is neither JPEG nor PNG,
    `UsageError` where a table or a matrix has rows of the wrong length.
    """
    html = page_html(page)
    with writing(path) as beside:
        beside.write_text(html, encoding="utf-8", newline="\n")


def page_html(page: Page) -> str:
    """The whole document."""
    head = [
        '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        tag("meta", http_equiv="Content-Security-Policy", content=_SAFE),
        tag("title", text(page.title)),
        f"<style>\n{_colours()}{_asset('page.css')}</style>",
    ]
    body = [
        _header(page),
        _contents(page),
        "<main>",
        *(_section(section, i + 1) for i, section in enumerate(page.sections)),
        "</main>",
        f"<script>\n{_asset('page.js')}</script>",
    ]
    lines = ["<!doctype html>", '<html lang="en">', "<head>", *head, "</head>", "<body>", *body]
    return "\n".join([*lines, "</body>", "</html>", ""])


@cache
def _asset(name: str) -> str:
    return (files("masklet.render.page") / name).read_text(encoding="utf-8")


def _colours() -> str:
    """The palette as CSS variables `--p0`.. in the order of use."""
    return ":root{" + "".join(f"--p{i}:{PALETTE[k]};" for i, k in enumerate(_ORDER)) + "}\n"


def _header(page: Page) -> str:
    subtitle = tag("p", text(page.subtitle), class_="subtitle") if page.subtitle else ""
    return tag("header", tag("h1", text(page.title)), subtitle, _facts(page.facts))


def _facts(facts: tuple[Fact, ...]) -> str:
    if not facts:
        return ""
    pairs = (tag("div", tag("dt", text(name)), tag("dd", text(said))) for name, said in facts)
    return tag("dl", *pairs, class_="facts")


def _contents(page: Page) -> str:
    """The table of contents; none for a page of one section."""
    if len(page.sections) < 2:
        return ""
    items = [
        tag("li", tag("a", text(section.title), href=f"#s{i + 1}"))
        for i, section in enumerate(page.sections)
    ]
    return tag("nav", tag("ol", *items), aria_label="Contents")


def _section(section: Section, place: int) -> str:
    title = tag("h2", tag("span", str(place), class_="place"), text(section.title))
    inner = [paragraphs(*section.text.split("\n\n")), *(block_html(block) for block in section.blocks)]
    if section.folded:
        inner = [tag("details", tag("summary", title), *inner)]
    else:
        inner = [title, *inner]
    return "\n" + tag("section", "\n".join(inner), id=f"s{place}")


def block_html(block: Block) -> str:
    """One block as markup."""
    match block:
        case Numbers():
            return numbers(block)
        case Table():
            return table(block)
        case Curves():
            return curves(block)
        case Timeline():
            return timeline(block)
        case Bars():
            return bars(block)
        case Matrix():
            return matrix(block)
        case Gallery():
            return _gallery(block)
        case Text():
            return _text(block)


def _gallery(block: Gallery) -> str:
    title = tag("h3", text(block.title)) if block.title else ""
    pictures = tag("div", *(_picture(picture) for picture in block.pictures), class_="gallery")
    return title + pictures + paragraphs(block.note, class_="note")


def _picture(picture: Picture) -> str:
    data = f"data:{_kind(picture)};base64,{b64encode(picture.data).decode('ascii')}"
    words = tag("figcaption", text(picture.caption), _facts(picture.facts))
    return tag("figure", tag("img", src=data, alt=picture.caption), words)


def _kind(picture: Picture) -> str:
    """The media type, by the first bytes."""
    if picture.data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if picture.data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    raise DataError(
        f"picture {picture.caption!r} begins with {picture.data[:8]!r}; expected the bytes of a JPEG "
        "or PNG file"
    )


def _text(block: Text) -> str:
    title = tag("h3", text(block.title)) if block.title else ""
    role = "note" if block.kind != "plain" else None
    return tag("div", title, paragraphs(*block.paragraphs), class_=f"text {block.kind}", role=role)
