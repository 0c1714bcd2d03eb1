"""JavaScript without comments and needless blanks: what is left of it means the same.

Names stay as they are; `const` becomes `let`, which packs better. Strings and regular expressions are
not touched, and of template literals only the code in their holes; line ends go only where no semicolon
could be meant. In templates tagged `html` the indent of a line goes too: htm trims it itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_STRING = re.compile(r"'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\"")
_REGEX = re.compile(r"/(?![*/])(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/[a-z]*")
_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_OPENS_REGEX = re.compile(r"(?:^|[=(,:;!&|?{}\[\n+*%~^<>-]|\b(?:return|typeof|case|in|of|void))\s*$")
_AROUND = re.compile(r"[ \t]*([=*<>!&|?:;,(){}\[\]])[ \t]*")
_BETWEEN = re.compile(r"(?<=[\w)\]]) ?([-+/%]) ?(?=[\w(\[])|(?<=[\w)\]]) (?=[-+/%]=)")
_BLANKS = re.compile(r"[ \t]*\n\s*")
_AFTER = re.compile(r"([,({\[;])\n")
_BEFORE = re.compile(r"\n([)\]}.,:?])")
_LAST = re.compile(r"(?<=[\w)\]}\0]);}|,}")
_PLACE = re.compile("\0(\\d+)\0")
_TAG = "html"


def squeeze(text: str) -> str:
    """The same script, smaller.

    Raises `ValueError` for a literal that has no end.
    """
    kept: list[str] = []
    bare: list[str] = []
    for kind, part in _parts(text):
        if kind == "literal":
            tagged = bool(bare) and bare[-1].endswith(_TAG)
            bare.append(f"\0{len(kept)}\0")
            kept.append(_template(part, tagged) if part[0] == "`" else part)
        elif kind == "code":
            bare.append(part)
        else:
            bare.append("\n" if "\n" in part else " ")
    code = _BLANKS.sub("\n", "".join(bare))
    code = re.sub(r"[ \t]+", " ", _AROUND.sub(r"\1", code))
    code = _BETWEEN.sub(r"\1", code)
    code = _BEFORE.sub(r"\1", _AFTER.sub(r"\1", code)).strip()
    code = _LAST.sub("}", re.sub(r"\bconst\b", "let", code))
    return _PLACE.sub(lambda found: kept[int(found[1])], code)


def _template(text: str, tagged: bool) -> str:
    """A template literal with its holes squeezed; `tagged`: it is htm's."""
    parts: list[str] = []
    at = start = 0
    while at < len(text):
        if text[at] == "\\":
            at += 2
        elif text.startswith("${", at):
            end = _hole_end(text, at + 2)
            parts += [text[start : at + 2], squeeze(text[at + 2 : end - 1]), "}"]
            at = start = end
        else:
            at += 1
    parts.append(text[start:])
    if tagged:
        parts[::3] = [_BLANKS.sub("\n", one) for one in parts[::3]]
    return "".join(parts)


def _parts(text: str) -> Iterator[tuple[str, str]]:
    """(code, literal or comment, its text), in order; together they are `text`."""
    at = start = 0
    while at < len(text):
        kind, end = _other(text, at)
        if not kind:
            at += 1
            continue
        yield "code", text[start:at]
        yield kind, text[at:end]
        at = start = end
    yield "code", text[start:]


def _other(text: str, at: int) -> tuple[str, int]:
    """What begins at a character, and where it ends; "" for plain code."""
    first = text[at]
    if first == "`":
        return "literal", _template_end(text, at)
    if first in "'\"" and (found := _STRING.match(text, at)):
        return "literal", found.end()
    if first == "/" and (found := _COMMENT.match(text, at)):
        return "comment", found.end()
    if first == "/" and _OPENS_REGEX.search(text[max(0, at - 40) : at]):
        found = _REGEX.match(text, at)
        if found:
            return "literal", found.end()
    return "", at


def _template_end(text: str, at: int) -> int:
    """Behind the template literal that begins at `at`, whatever is nested in it."""
    at += 1
    while at < len(text):
        if text[at] == "\\":
            at += 2
        elif text[at] == "`":
            return at + 1
        elif text.startswith("${", at):
            at = _hole_end(text, at + 2)
        else:
            at += 1
    raise ValueError("a template literal has no end")


def _hole_end(text: str, at: int) -> int:
    """Behind the brace that closes a `${`."""
    depth = 1
    while at < len(text):
        kind, end = _other(text, at)
        if kind:
            at = end
            continue
        depth += (text[at] == "{") - (text[at] == "}")
        at += 1
        if not depth:
            return at
    raise ValueError("a ${ in a template literal has no end")
