"""HTML and SVG as text: elements with escaped attributes, and numbers as people read them."""

from __future__ import annotations

from html import escape
from math import floor, isfinite, log10

from masklet.render.page.nouns import Format, Value

DASH = "–"
_THIN = "\N{NARROW NO-BREAK SPACE}"
_MINUS = "\N{MINUS SIGN}"
_NO_END = ("img", "meta")

Attribute = str | float | int | None


def text(plain: str) -> str:
    """Plain text as it may stand between tags. Characters that HTML forbids become U+FFFD."""
    if not plain.isprintable():
        plain = "".join(
            c if ord(c) >= 160 or c.isprintable() or c in "\n\t" else "\ufffd" for c in plain
        )
        plain = plain.encode("utf-8", "replace").decode("utf-8")
    return escape(plain)


def tag(name: str, *inner: str, **attributes: Attribute) -> str:
    """One element. `inner` is markup; attributes are plain and escaped here, None leaves one out.

    `_` at the end of an attribute's name is dropped, other `_` become `-`: `class_`, `aria_label`.
    """
    head = name
    for key, value in attributes.items():
        if value is not None:
            head += f' {key.rstrip("_").replace("_", "-")}="{text(_plain(value))}"'
    return f"<{head}>" if name in _NO_END else f"<{head}>{''.join(inner)}</{name}>"


def paragraphs(*lines: str, **attributes: Attribute) -> str:
    """One `p` for each line that is not empty."""
    return "".join(tag("p", text(line), **attributes) for line in lines if line)


def coordinate(value: float, digits: int = 6) -> str:
    """A number for SVG, as short as `digits` significant digits allow; never `-0`."""
    return f"{value:.{digits}g}" if value else "0"


def shown(value: Value, form: Format) -> str:
    """A value as it is printed, see `Format`; a dash for None, NaN and what is not finite."""
    if value is None:
        return DASH
    if isinstance(value, str):
        return value
    if not isfinite(value):
        return DASH
    return _FORMS[form](float(value)).replace("-", _MINUS)


def grouped(digits: str) -> str:
    """Digits of a whole number (or the front of a decimal one) in threes, from five digits on."""
    sign, digits = ("-", digits[1:]) if digits.startswith("-") else ("", digits)
    whole, dot, rest = digits.partition(".")
    if len(whole) > 4 and whole.isdigit():
        whole = f"{int(whole):,}".replace(",", _THIN)
    return sign + whole + dot + rest


def _plain(value: str | float | int) -> str:
    return coordinate(value) if isinstance(value, float) else str(value)


def _count(value: float) -> str:
    return grouped(f"{value:.0f}")


def _score(value: float) -> str:
    return _unsigned_zero(f"{value:.3f}")


def _percent(value: float) -> str:
    return _unsigned_zero(f"{100 * value:.1f}") + _THIN + "%"


def _signed(value: float) -> str:
    plain = f"{value:+.3f}"
    return "0.000" if float(plain) == 0 else plain


def _number(value: float) -> str:
    """Three significant digits; whole numbers in full."""
    if value == 0:
        return "0"
    if value == round(value) and abs(value) < 1e7:
        return _count(value)
    magnitude = floor(log10(abs(value)))
    if not -4 <= magnitude <= 6:
        return f"{value:.2e}"
    return grouped(f"{value:.{max(2 - magnitude, 0)}f}")


def _unsigned_zero(digits: str) -> str:
    return digits.removeprefix("-") if float(digits) == 0 else digits


_FORMS = {
    "text": _number,
    "count": _count,
    "score": _score,
    "percent": _percent,
    "number": _number,
    "signed": _signed,
}
