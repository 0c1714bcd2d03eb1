"""Numbers in boxes and tables: headlines, sortable tables, matrices of counts, bars with intervals."""

from __future__ import annotations

from math import isfinite

import numpy as np

from masklet.core.errors import UsageError
from masklet.render.page.markup import DASH, coordinate, paragraphs, shown, tag, text
from masklet.render.page.nouns import Bar, Bars, Column, Matrix, Numbers, Table, Value
from masklet.render.page.scales import Scale, axis, scale_of


def numbers(block: Numbers) -> str:
    """The headlines as a list of terms."""
    items = [
        tag(
            "div",
            tag("dt", text(item.name)),
            tag("dd", text(shown(item.value, item.format)), class_="value"),
            tag("dd", text(item.hint), class_="hint") if item.hint else "",
        )
        for item in block.items
    ]
    return _titled(block.title) + tag("dl", *items, class_="numbers")


def table(block: Table) -> str:
    """The whole table. Raises `UsageError` where a row has not one value for each column."""
    for row in (*block.rows, *block.foot):
        if len(row) != len(block.columns):
            raise UsageError(
                f"a row of table {block.title!r} has {len(row)} values; expected {len(block.columns)}, "
                "one for each column"
            )
    spans = [_span(c, [r[i] for r in block.rows]) for i, c in enumerate(block.columns)]
    best = [_best(c, [r[i] for r in block.rows]) for i, c in enumerate(block.columns)]
    body = [_row(block.columns, row, spans, best) for row in block.rows]
    none = (0.0, 0.0)
    foot = [_row(block.columns, row, [none] * len(row), [""] * len(row)) for row in block.foot]
    inner = [
        tag("caption", text(block.title)) if block.title else "",
        tag("thead", tag("tr", *(_head(column, len(block.rows) > 1) for column in block.columns))),
        tag("tbody", *body),
        tag("tfoot", *foot) if foot else "",
    ]
    marked = "The best of a column is set bold." if len(block.rows) > 1 and any(best) else ""
    note = paragraphs(marked, block.note, class_="note")
    return tag("div", tag("table", *inner, class_="sortable"), class_="wide", tabindex="0") + note


def matrix(block: Matrix) -> str:
    """A table of shares over counts. Raises `UsageError` where names and counts do not fit."""
    counts = np.asarray(block.counts)
    if counts.shape != (len(block.rows), len(block.columns)):
        raise UsageError(
            f"matrix {block.title!r} has counts of shape {counts.shape}; expected "
            f"({len(block.rows)}, {len(block.columns)}), one row and column for each name"
        )
    total = counts.sum(axis=1, keepdims=True)
    share = np.divide(counts, total, out=np.full(counts.shape, np.nan), where=total > 0)
    corner = " \\ ".join(name for name in (block.row_name, block.column_name) if name)
    head = [tag("th", text(name), scope="col", class_="right") for name in block.columns]
    rows = [
        tag(
            "tr",
            tag("th", text(name), scope="row"),
            *(_cell_of_counts(s, c) for s, c in zip(share[i].tolist(), counts[i].tolist(), strict=True)),
        )
        for i, name in enumerate(block.rows)
    ]
    inner = [
        tag("caption", text(block.title)) if block.title else "",
        tag("thead", tag("tr", tag("th", text(corner), scope="col"), *head)),
        tag("tbody", *rows),
    ]
    note = paragraphs("Share of the row, and the count below it.", block.note, class_="note")
    return tag("div", tag("table", *inner, class_="matrix"), class_="wide", tabindex="0") + note


def bars(block: Bars) -> str:
    """Values as dots on their intervals, one row each."""
    ends = np.array([[b.value, b.low, b.high] for b in block.bars]).reshape(-1)
    x = scale_of(np.append(ends, block.zero), ticks=5)
    rows = [_bar(block, bar, x) for bar in block.bars]
    hollow = [b for b in block.bars if _holds(b, block.zero)]
    said = f"Hollow: the interval holds {shown(block.zero, 'number')}." if hollow else ""
    inner = [
        tag("figcaption", text(block.title)) if block.title else "",
        tag("div", *rows, tag("div", axis(x, "x"), class_="bar-axis"), class_="bars"),
        tag("div", text(block.x_name), class_="x-name") if block.x_name else "",
        paragraphs(said, block.note, class_="note"),
    ]
    return tag("figure", *inner, class_="intervals")


def _titled(title: str) -> str:
    return tag("h3", text(title)) if title else ""


def _head(column: Column, sortable: bool) -> str:
    side = None if column.format == "text" else "right"
    name = text(column.name)
    inner = tag("button", name, type="button") if sortable else name
    return tag("th", inner, scope="col", class_=side, title=column.hint or None)


def _row(
    columns: tuple[Column, ...],
    row: tuple[Value, ...],
    spans: list[tuple[float, float]],
    best: list[str],
) -> str:
    cells = [
        _cell(c, v, s, b, first=i == 0)
        for i, (c, v, s, b) in enumerate(zip(columns, row, spans, best, strict=True))
    ]
    return tag("tr", *cells)


def _cell(column: Column, value: Value, span: tuple[float, float], best: str, *, first: bool) -> str:
    """One cell; `data-v` holds what to sort by, an empty one goes last."""
    plain = shown(value, column.format)
    number = _number(value)
    classes, style = ["right"] if column.format != "text" else [], None
    if number is not None and column.shade and span[1] > span[0]:
        share = min(max((number - span[0]) / (span[1] - span[0]), 0.0), 1.0)
        classes.append(column.shade)
        style = f"--share:{coordinate(100 * share, 3)}%"
    inner = tag("b", text(plain)) if best and plain == best else text(plain)
    key = "" if plain == DASH else None if number is None else repr(number)
    name = "th" if first else "td"
    scope = "row" if first else None
    return tag(name, inner, scope=scope, class_=" ".join(classes) or None, style=style, data_v=key)


def _number(value: Value) -> float | None:
    """A finite number, of Python or numpy, as a float; None for what is none."""
    if value is None or isinstance(value, str) or not isfinite(value):
        return None
    return float(value)


def _finite(values: list[Value]) -> list[float]:
    return [v for v in map(_number, values) if v is not None]


def _span(column: Column, values: list[Value]) -> tuple[float, float]:
    """What a column's shade runs between."""
    known = _finite(values)
    if column.span:
        return column.span
    return (min(0.0, *known), max(known)) if known else (0.0, 0.0)


def _best(column: Column, values: list[Value]) -> str:
    """How the best value of a column reads; empty where none is to be marked or all are alike."""
    known = _finite(values)
    if not column.best or len({shown(v, column.format) for v in known}) < 2:
        return ""
    return shown(max(known) if column.best == "high" else min(known), column.format)


def _cell_of_counts(share: float, count: int) -> str:
    inner = text(shown(share, "percent")) + tag("small", text(shown(int(count), "count")))
    style = f"--share:{coordinate(100 * share, 3)}%" if isfinite(share) else None
    return tag("td", inner, class_="right heat" if style else "right", style=style)


def _holds(bar: Bar, zero: float) -> bool:
    return bool(bar.low <= zero <= bar.high)


def _bar(block: Bars, bar: Bar, x: Scale) -> str:
    drawn = [tag("path", d=f"M{coordinate(block.zero)} 0V1", class_="reference")]
    drawn += _ground(x)
    if isfinite(bar.low) and isfinite(bar.high):
        drawn.append(tag("path", d=f"M{coordinate(bar.low)} .5H{coordinate(bar.high)}", class_="span"))
    if isfinite(bar.value):
        at = f"M{coordinate(bar.value)} .5h0"
        drawn.append(tag("path", d=at, class_="dot"))
        if _holds(bar, block.zero):
            drawn.append(tag("path", d=at, class_="dot hollow"))
    box = " ".join(coordinate(v, 8) for v in (x.low, 0, x.length, 1))
    picture = tag("svg", *drawn, viewBox=box, preserveAspectRatio="none", aria_hidden="true")
    return tag(
        "div",
        tag("div", text(bar.name), class_="bar-name"),
        tag("div", picture, class_="bar-plot"),
        tag("div", text(_said(block, bar)), class_="bar-end"),
        class_="interval",
    )


def _ground(x: Scale) -> list[str]:
    return [tag("path", d="".join(f"M{coordinate(t)} 0V1" for t in x.ticks), class_="grid")]


def _said(block: Bars, bar: Bar) -> str:
    value = shown(bar.value, block.format)
    if isfinite(bar.low) and isfinite(bar.high):
        value += f"  [{shown(bar.low, block.format)}, {shown(bar.high, block.format)}]"
    return f"{value}  {bar.note}" if bar.note else value
