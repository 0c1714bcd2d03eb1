"""What stands on a report page: titles, sections and blocks. Nothing here knows what is measured.

All text is plain text; it is escaped when the page is written. NaN and None show as a dash.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Literal, TypeAlias

import numpy as np

from masklet.core.arrays import Floats, Int32s, Int64s, UInt8s

Value: TypeAlias = str | float | int | None

Format: TypeAlias = Literal["text", "count", "score", "percent", "number", "signed"]
"""How a value is printed: as it is; a whole number, `12 345`; three decimals, `0.798`; a share as
`79.8 %`; three significant digits, `0.00123`, `1 230`; three decimals with a sign, `+0.012`.
A str is printed as it is whatever the format."""

Fact: TypeAlias = tuple[str, str]
"""A name and what is said of it."""


@dataclass(frozen=True)
class Number:
    """One headline: a value under its name, and a line that says what it is."""

    name: str
    value: Value
    hint: str = ""
    format: Format = "score"


@dataclass(frozen=True)
class Numbers:
    """Headline numbers, side by side."""

    items: tuple[Number, ...]
    title: str = ""


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Args:
        name: the head of the column.
        format: how its values are printed; every format but `text` stands to the right.
        shade: `bar` draws each value as the length of a bar behind it, `heat` as the depth of a tint.
        span: the values without and with full shade; the least (0 where none is below it) and the
            largest of the column when None.
        best: which values to mark, `high` or `low`; empty for none.
        hint: said when the pointer rests on the head.
    """

    name: str
    format: Format = "text"
    shade: Literal["", "bar", "heat"] = ""
    span: tuple[float, float] | None = None
    best: Literal["", "high", "low"] = ""
    hint: str = ""


@dataclass(frozen=True)
class Table:
    """Rows of values, one for each column; a click on a head sorts them.

    `foot` rows (means, totals) stand below a rule, are not sorted and take no part in best or shade.
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]
    title: str = ""
    note: str = ""
    foot: tuple[tuple[Value, ...], ...] = ()


@dataclass(frozen=True, eq=False)
class Series:
    """One line of a diagram.

    Args:
        name: for the legend.
        y: `(n,) float64`; NaN leaves a gap.
        x: `(n,) float64`, rising; 0..n-1 when None.
        look: a line, dots, or both.
    """

    name: str
    y: Floats
    x: Floats | None = None
    look: Literal["line", "dots", "both"] = "line"


@dataclass(frozen=True)
class Reference:
    """A thin named line across a diagram, at a value of `axis`."""

    name: str
    value: float
    axis: Literal["x", "y"] = "y"


@dataclass(frozen=True)
class Mark:
    """A place on the x axis worth knowing (an id switch, a prompt): `note` says what happened.

    Marks of one `kind` share a sign; the kinds are listed below the diagram.
    """

    x: float
    note: str
    kind: str = "mark"


@dataclass(frozen=True, eq=False)
class Curves:
    """Series over a common x.

    Args:
        series: what is drawn, in the order of the legend.
        x_name, y_name: what the axes hold, with unit.
        x_range, y_range: what the axes span; the data's own range when None.
        references: lines to compare with.
        marks: places on the x axis.
        diagonal: a square diagram with the line y = x (reliability).
        note: one line below.
    """

    series: tuple[Series, ...]
    title: str = ""
    x_name: str = ""
    y_name: str = ""
    x_range: tuple[float, float] | None = None
    y_range: tuple[float, float] | None = None
    references: tuple[Reference, ...] = ()
    marks: tuple[Mark, ...] = ()
    diagonal: bool = False
    note: str = ""


class State(IntEnum):
    """What a strip shows on a frame."""

    VALUE = 0
    """The strip's value."""
    ABSENT = 1
    """Nothing there, rightly."""
    MISSING = 2
    """There should be something."""
    FALSE = 3
    """There should be nothing."""
    UNKNOWN = 4
    """Not judged."""


@dataclass(frozen=True, eq=False)
class Strip:
    """One object through time.

    Args:
        name: at the left of the strip.
        value: `(n,) float64` in 0..1; looked at where `state` is `VALUE`, NaN there counts as `UNKNOWN`.
        state: `(n,) uint8`, `State`.
        marks: places on the strip, in units of the timeline's frames.
        summary: short text at the right, such as a mean.
    """

    name: str
    value: Floats
    state: UInt8s
    marks: tuple[Mark, ...] = ()
    summary: str = ""


@dataclass(frozen=True, eq=False)
class Timeline:
    """Strips above each other over the same frames.

    Args:
        frames: `(n,) int32`, sorted: the frame of each value; frames between two of them are blank.
        value_name: what the value is, for the legend.
    """

    strips: tuple[Strip, ...]
    frames: Int32s
    title: str = ""
    value_name: str = "value"
    note: str = ""


@dataclass(frozen=True)
class Bar:
    """A value with the interval `low`..`high`, NaN where there is none."""

    name: str
    value: float
    low: float = np.nan
    high: float = np.nan
    note: str = ""


@dataclass(frozen=True)
class Bars:
    """Values with intervals around a line at `zero`. Intervals that hold `zero` are drawn hollow."""

    bars: tuple[Bar, ...]
    title: str = ""
    x_name: str = ""
    zero: float = 0.0
    format: Format = "signed"
    note: str = ""


@dataclass(frozen=True, eq=False)
class Matrix:
    """Counts by two names, each with its share of its row.

    Args:
        counts: `(r, c) int64`.
        rows, columns: names, r and c of them.
        row_name, column_name: what rows and columns are.
    """

    counts: Int64s
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    row_name: str = ""
    column_name: str = ""
    title: str = ""
    note: str = ""


@dataclass(frozen=True)
class Picture:
    """A JPEG or PNG file in memory, with what is to be said of it."""

    data: bytes = field(repr=False)
    caption: str
    facts: tuple[Fact, ...] = ()


@dataclass(frozen=True)
class Gallery:
    """Pictures side by side."""

    pictures: tuple[Picture, ...]
    title: str = ""
    note: str = ""


@dataclass(frozen=True)
class Text:
    """Paragraphs; as a `note` (set off) or a `warning` where `kind` says so."""

    paragraphs: tuple[str, ...]
    kind: Literal["plain", "note", "warning"] = "plain"
    title: str = ""


Block: TypeAlias = Numbers | Table | Curves | Timeline | Bars | Matrix | Gallery | Text


@dataclass(frozen=True)
class Section:
    """A part of the page with an entry in its table of contents; `folded` ones open by a click."""

    title: str
    text: str = ""
    blocks: tuple[Block, ...] = ()
    folded: bool = False


@dataclass(frozen=True)
class Page:
    """A whole report. `facts` (what was compared, when, by which version) stand below the title."""

    title: str
    subtitle: str = ""
    facts: tuple[Fact, ...] = ()
    sections: tuple[Section, ...] = ()
