"""Colours of the pages: what theme.css promises, pair by pair, in both themes."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path

import pytest

import masklet.web

STATIC = Path(masklet.web.__file__).parent / "static"
BACK = ("bg", "panel", "raised", "hover", "accent-soft")
TEXT = ("text", "dim", "warn")
"""Colours of words that may stand on any ground."""
SOME = [
    ("ok", "panel"),
    ("ok", "raised"),
    ("bad", "panel"),
    ("bad", "raised"),
    ("accent", "panel"),
    ("accent", "bg"),
    ("accent", "hover"),
    ("on-accent", "accent"),
]
SIGNS = [
    *product(("edge", "accent"), ("bg", "panel", "raised")),
    ("accent", "stage"),
    ("accent", "line"),
]
"""Borders of controls, the focus ring, bars: not words, but needed to see what is there."""


def themes() -> dict[str, dict[str, str]]:
    """Variables by theme; the dark ones replace the light ones."""
    css = (STATIC / "theme.css").read_text(encoding="utf-8")
    light, dark = (
        dict(
            re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6})", re.search(start + r"\s*\{(.*?)\}", css, re.S)[1])
        )  # type: ignore[index]
        for start in (":root", r":root\[data-theme=dark\]")
    )
    assert set(light) == set(dark)
    return {"light": light, "dark": light | dark}


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it, of "#rrggbb"."""
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_what_it_is_known_to_be() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.478, abs=1e-3)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("text", "back"), [*product(TEXT, BACK), *SOME])
def test_words_are_readable(theme: str, text: str, back: str) -> None:
    colours = themes()[theme]
    assert contrast(colours[text], colours[back]) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("sign", "back"), SIGNS)
def test_controls_are_seen(theme: str, sign: str, back: str) -> None:
    colours = themes()[theme]
    assert contrast(colours[sign], colours[back]) >= 3


def test_greys_are_neutral() -> None:
    """What surrounds the picture must not tint it."""
    for colours in themes().values():
        for name in ("bg", "panel", "stage", "raised", "hover"):
            parts = [int(colours[name][k : k + 2], 16) for k in (1, 3, 5)]
            assert max(parts) - min(parts) <= 4, name


def test_every_icon_that_is_named_exists() -> None:
    known = set(re.findall(r'<symbol id="([\w]+)"', (STATIC / "icons.svg").read_text(encoding="utf-8")))
    for path in (STATIC / "views").glob("*.js"):
        named = re.findall(r'(?:icon|name)="(\w+)"', path.read_text(encoding="utf-8"))
        used = {name for name in named if name not in ("video",)}
        assert used <= known, path.name


def test_nothing_breaks_the_policy_of_contents() -> None:
    """No inline style or script, no evaluated text, in any page."""
    for path in [STATIC / "index.html", STATIC / "app.js", *(STATIC / "views").glob("*.js")]:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r'\bstyle="|style=\$\{`|\bon\w+="|\beval\(|new Function|innerHTML', text), (
            path.name
        )
    page = (STATIC / "index.html").read_text(encoding="utf-8")
    assert not re.search(r"<style|<script(?![^>]*\bsrc=)", page)


def test_no_emoji_as_icon() -> None:
    for path in [*(STATIC / "views").glob("*.js"), STATIC / "index.html"]:
        assert not re.search(
            r"[\u2600-\u27bf\U0001f000-\U0001faff]", path.read_text(encoding="utf-8")
        ), path.name
