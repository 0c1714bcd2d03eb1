"""Diagrams of series over a common x, as SVG in data coordinates.

The SVG is stretched over the plot (`preserveAspectRatio="none"`) while lines keep their width, and
all words stand beside it as HTML: so a diagram stays legible at every width, and the points in its
paths are the data themselves, which is where the script reads them.
"""

from __future__ import annotations

import numpy as np

from masklet.core.arrays import Floats
from masklet.render.page.markup import coordinate, grouped, paragraphs, tag, text
from masklet.render.page.nouns import Curves, Mark, Series
from masklet.render.page.scales import Scale, axis, scale_of
from masklet.render.page.thinning import LIMIT, kept_points

COLOURS = 8
_DASHES = 3
_MOST_MARKS = 400
_SIGNS = "▼◆●■▲★"


def curves(block: Curves) -> str:
    """The whole figure."""
    full = [_points(series) for series in block.series]
    every = np.vstack([*full, np.full((1, 2), np.nan)])
    x, y = _scales(block, every)
    thinned = max([len(points) for points in full], default=0) > LIMIT
    drawn = [points[kept_points(points[:, 1])] for points in full]
    pairs = zip(block.series, drawn, strict=True)
    lines = [_line(series, points, i) for i, (series, points) in enumerate(pairs)]
    inner = [
        tag("figcaption", text(block.title)) if block.title else "",
        _legend(block),
        _frame(block, x, y, lines, _reach(drawn, x)),
        marks_legend(block.marks),
        paragraphs(_thinning_note(full) if thinned else "", block.note, class_="note"),
    ]
    return tag("figure", *inner, class_="curves square" if block.diagonal else "curves")


def look(place: int) -> str:
    """The class for colour and dash of the `place`-th series: dashes change when colours run out."""
    return f"c{place % COLOURS} d{place // COLOURS % _DASHES}"


def path(points: Floats) -> tuple[str, str]:
    """SVG path data for `(n, 2)` points: the line, broken at NaN, and the points that stand alone."""
    known = np.flatnonzero(np.isfinite(points).all(axis=1))
    pieces = np.split(known, np.flatnonzero(np.diff(known) > 1) + 1) if len(known) else []
    line = "".join("M" + ",".join(_pair(points[i]) for i in piece) for piece in pieces if len(piece) > 1)
    return line, dots(points[[piece[0] for piece in pieces if len(piece) == 1]])


def dots(points: Floats) -> str:
    """SVG path data of lines without length, which round ends show as dots."""
    return "".join(f"M{_pair(point)}h0" for point in points if np.isfinite(point).all())


def sign(kinds: list[str], kind: str) -> str:
    """The sign of a kind of mark."""
    return _SIGNS[kinds.index(kind) % len(_SIGNS)]


def kinds_of(marks: tuple[Mark, ...]) -> list[str]:
    """The kinds of marks, in the order in which they first occur."""
    return list(dict.fromkeys(mark.kind for mark in marks))


def mark_signs(marks: tuple[Mark, ...], x: Scale, kinds: list[str]) -> str:
    """The signs of marks above a plot; the script reads place and note from them."""
    on_axis = [mark for mark in marks if x.holds(mark.x)]
    return "".join(
        tag(
            "span",
            sign(kinds, mark.kind),
            class_="mark",
            style=f"left:{coordinate(100 * x.share(mark.x), 5)}%",
            data_x=mark.x,
            data_note=mark.note,
        )
        for mark in on_axis[:_MOST_MARKS]
    )


def marks_legend(marks: tuple[Mark, ...], kinds: list[str] | None = None) -> str:
    """What the signs of marks mean, with how many there are."""
    kinds = kinds_of(marks) if kinds is None else kinds
    if not kinds:
        return ""
    items = [
        tag("li", tag("b", sign(kinds, kind)), text(f" {kind} ({sum(m.kind == kind for m in marks)})"))
        for kind in kinds
    ]
    more = len(marks) - _MOST_MARKS
    if more > 0:
        items.append(tag("li", text(f"the first {_MOST_MARKS} are drawn")))
    return tag("ul", *items, class_="legend")


def _points(series: Series) -> Floats:
    """`(n, 2) float64` x and y, NaN where either is not finite."""
    y = np.asarray(series.y, np.float64)
    x = np.arange(len(y)) if series.x is None else np.asarray(series.x, np.float64)
    points = np.column_stack([x, y]).astype(np.float64)
    points[~np.isfinite(points).all(axis=1), 1] = np.nan
    return points


def _scales(block: Curves, every: Floats) -> tuple[Scale, Scale]:
    lines = {a: [r.value for r in block.references if r.axis == a] for a in ("x", "y")}
    x = scale_of(np.append(every[:, 0], lines["x"]), block.x_range, round_out=False, ticks=8)
    y = scale_of(np.append(every[:, 1], lines["y"]), block.y_range)
    return x, y


def _frame(block: Curves, x: Scale, y: Scale, lines: list[str], reach: float) -> str:
    kinds = kinds_of(block.marks)
    ground = [_grid(x, y), _diagonal(x, y) if block.diagonal else "", _marked(block.marks, x, y)]
    picture = tag(
        "svg",
        tag("g", *ground, _references(block, x, y), *lines, transform="scale(1 -1)"),
        viewBox=" ".join(coordinate(v, 8) for v in (x.low, -y.high, x.length, y.length)),
        preserveAspectRatio="none",
        aria_hidden="true",
    )
    plot = tag(
        "div",
        picture,
        _reference_names(block, x, y),
        mark_signs(block.marks, x, kinds),
        class_="plot",
        tabindex="0",
        role="img",
        aria_label=_spoken(block),
        data_reach=reach,
        data_x=block.x_name or "x",
    )
    names = (
        tag("div", text(block.y_name), class_="y-name"),
        tag("div", text(block.x_name), class_="x-name"),
    )
    return tag("div", names[0], axis(y, "y"), plot, axis(x, "x"), names[1], class_="frame")


def _line(series: Series, points: Floats, place: int) -> str:
    line, alone = path(points)
    pieces = [tag("path", d=line)] if line and series.look != "dots" else []
    round_ones = alone if series.look == "line" else dots(points)
    if round_ones:
        pieces.append(tag("path", d=round_ones, class_="dots"))
    return tag("g", *pieces, class_=f"series {look(place)}", data_name=series.name)


def _legend(block: Curves) -> str:
    """A button for each series that shows or hides it; nothing for a single one."""
    if len(block.series) < 2:
        return ""
    keys = [
        tag(
            "li",
            tag(
                "button",
                _swatch(series, i),
                text(series.name),
                type="button",
                class_="key",
                aria_pressed="true",
            ),
        )
        for i, series in enumerate(block.series)
    ]
    return tag("ul", *keys, class_="legend")


def _swatch(series: Series, place: int) -> str:
    drawn = [] if series.look == "dots" else [tag("path", d="M0 5h24")]
    drawn += [] if series.look == "line" else [tag("path", d="M12 5h0", class_="dots")]
    group = tag("g", *drawn, class_=f"series {look(place)}")
    return tag("svg", group, class_="swatch", viewBox="0 0 24 10", aria_hidden="true")


def _grid(x: Scale, y: Scale) -> str:
    across = "".join(f"M{coordinate(x.low)} {coordinate(t)}H{coordinate(x.high)}" for t in y.ticks)
    up = "".join(f"M{coordinate(t)} {coordinate(y.low)}V{coordinate(y.high)}" for t in x.ticks)
    return tag("path", d=across + up, class_="grid")


def _diagonal(x: Scale, y: Scale) -> str:
    low, high = max(x.low, y.low), min(x.high, y.high)
    ends = np.array([[low, low], [high, high]])
    return tag("path", d=path(ends)[0], class_="reference")


def _marked(marks: tuple[Mark, ...], x: Scale, y: Scale) -> str:
    lines = "".join(
        f"M{coordinate(m.x)} {coordinate(y.low)}V{coordinate(y.high)}"
        for m in marks[:_MOST_MARKS]
        if x.holds(m.x)
    )
    return tag("path", d=lines, class_="marked") if lines else ""


def _references(block: Curves, x: Scale, y: Scale) -> str:
    lines = ""
    for line in block.references:
        at = coordinate(line.value)
        if line.axis == "y" and y.holds(line.value):
            lines += f"M{coordinate(x.low)} {at}H{coordinate(x.high)}"
        elif line.axis == "x" and x.holds(line.value):
            lines += f"M{at} {coordinate(y.low)}V{coordinate(y.high)}"
    return tag("path", d=lines, class_="reference") if lines else ""


def _reference_names(block: Curves, x: Scale, y: Scale) -> str:
    names = ""
    for line in block.references:
        scale, side = (y, "bottom") if line.axis == "y" else (x, "left")
        if scale.holds(line.value):
            place = f"{side}:{coordinate(100 * scale.share(line.value), 5)}%"
            names += tag("span", text(line.name), class_=f"name of-{line.axis}", style=place)
    return names


def _reach(drawn: list[Floats], x: Scale) -> float:
    """How far in x a point may lie from the cursor and still be told: half the usual step.

    Thinned series keep other points each, so there it is a whole bin.
    """
    steps = np.concatenate([np.zeros(0), *(np.abs(np.diff(points[:, 0])) for points in drawn)])
    steps = steps[np.isfinite(steps) & (steps > 0)]
    usual = float(np.median(steps)) / 2 if len(steps) else 0.0
    longest = max((len(points) for points in drawn), default=0)
    return max(usual, 3 * x.length / LIMIT) if longest > LIMIT // 2 else usual


def _thinning_note(full: list[Floats]) -> str:
    n = max(len(points) for points in full)
    return (
        f"{grouped(str(n))} points, of which at most {grouped(str(LIMIT))} are drawn: the least and "
        "the largest value of each stretch, so every dip is there."
    )


def _spoken(block: Curves) -> str:
    names = ", ".join(series.name for series in block.series)
    return f"{block.title or 'Diagram'}: {names} over {block.x_name or 'x'}. Arrow keys read values."


def _pair(point: Floats) -> str:
    return f"{coordinate(float(point[0]), 7)} {coordinate(float(point[1]), 5)}"
