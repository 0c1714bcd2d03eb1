"""Timelines: one strip per object, as high as its value, with signs for what has no value."""

from __future__ import annotations

import numpy as np

from masklet.core.arrays import Floats, Int64s, UInt8s
from masklet.render.page.curves import kinds_of, mark_signs, marks_legend
from masklet.render.page.markup import coordinate, grouped, paragraphs, shown, tag, text
from masklet.render.page.nouns import State, Strip, Timeline
from masklet.render.page.scales import Scale, axis, scale_of
from masklet.render.page.thinning import LIMIT, bin_edges, worst_columns

LEVELS = (0.2, 0.4, 0.6, 0.8)
"""Where the colour of a strip changes."""

_LETTERS = {State.ABSENT: "a", State.MISSING: "m", State.FALSE: "f", State.UNKNOWN: "u"}
_WORDS = {
    State.MISSING: "missing",
    State.FALSE: "false: nothing is there",
    State.ABSENT: "absent, rightly",
    State.UNKNOWN: "not judged",
}
_NOTHING = np.empty(0), np.empty(0, np.uint8)


def timeline(block: Timeline) -> str:
    """The whole figure."""
    frames = np.asarray(block.frames, np.float64)
    edges = bin_edges(len(frames), min(len(frames), LIMIT))
    x = scale_of(np.append(frames - 0.5, frames + 0.5), round_out=False, ticks=8)
    columns = _columns(frames, edges)
    kinds = kinds_of(tuple(mark for strip in block.strips for mark in strip.marks))
    states: set[State] = set()
    rows = []
    for strip in block.strips:
        value, state = worst_columns(strip.value, strip.state, edges) if len(frames) else _NOTHING
        states |= {State(s) for s in np.unique(state)}
        rows.append(_row(strip, columns, value, state, x, kinds))
    inner = [
        tag("figcaption", text(block.title)) if block.title else "",
        _legend(states, block.value_name),
        tag("div", *rows, tag("div", axis(x, "x"), class_="strip-axis"), **_strips(block, columns)),
        marks_legend(tuple(mark for strip in block.strips for mark in strip.marks), kinds),
        paragraphs(_note(len(frames), len(columns)), block.note, class_="note"),
    ]
    return tag("figure", *inner, class_="timeline")


def _strips(block: Timeline, columns: Floats) -> dict[str, str]:
    """Attributes of the strips: the script reads where every column begins and ends."""
    return {
        "class_": "strips",
        "tabindex": "0",
        "role": "img",
        "aria_label": f"{block.title or 'Timeline'}: {len(block.strips)} strips. Arrow keys read values",
        "data_frames": " ".join(f"{coordinate(a, 8)},{coordinate(b, 8)}" for a, b in columns),
        "data_x": "frame",
    }


def _columns(frames: Floats, edges: Int64s) -> Floats:
    """`(b, 2) float64`: where the column of every bin begins and ends.

    A frame is as wide as the usual distance to the next one, so gaps in the frames stay blank.
    """
    if not len(frames):
        return np.empty((0, 2))
    half = float(np.median(np.diff(frames))) / 2 if len(frames) > 1 else 0.5
    columns: Floats = np.column_stack([frames[edges[:-1]] - half, frames[edges[1:] - 1] + half])
    return columns


def _row(strip: Strip, columns: Floats, value: Floats, state: UInt8s, x: Scale, kinds: list[str]) -> str:
    box = coordinate(x.low, 8), "-1", coordinate(x.length, 8), "1"
    picture = tag(
        "svg",
        tag("g", *_areas(columns, value, state), transform="scale(1 -1)"),
        viewBox=" ".join(box),
        preserveAspectRatio="none",
        aria_hidden="true",
    )
    signs = mark_signs(strip.marks, x, kinds)
    cells = [
        tag("div", text(strip.name), class_="strip-name", title=strip.name),
        tag(
            "div", picture, _blocks(columns, state, x), signs, class_="strip", data_v=_code(value, state)
        ),
        tag("div", text(strip.summary), class_="strip-end"),
    ]
    return "".join(cells)


def _areas(columns: Floats, value: Floats, state: UInt8s) -> list[str]:
    """One path for each colour: a box as high as the value for each run of equal values."""
    height = np.where(state == State.VALUE, np.round(np.clip(np.nan_to_num(value), 0, 1), 2), -1.0)
    level = np.searchsorted(LEVELS, height, side="right")
    boxes: list[list[str]] = [[] for _ in range(len(LEVELS) + 1)]
    for first, last in _runs(height, columns):
        if height[first] >= 0:
            left, right = (coordinate(v, 8) for v in (columns[first, 0], columns[last, 1]))
            top = coordinate(max(float(height[first]), 0.03), 3)
            boxes[level[first]].append(f"M{left} 0V{top}H{right}V0z")
    return [tag("path", d="".join(b), class_=f"v{i}") for i, b in enumerate(boxes) if b]


def _blocks(columns: Floats, state: UInt8s, x: Scale) -> str:
    """What has no value, as patterned boxes."""
    pieces = []
    for first, last in _runs(state, columns):
        if state[first] != State.VALUE:
            left, right = (100 * x.share(float(v)) for v in (columns[first, 0], columns[last, 1]))
            place = f"left:{coordinate(left, 5)}%;width:{coordinate(right - left, 5)}%"
            pieces.append(tag("i", class_=State(state[first]).name.lower(), style=place))
    return "".join(pieces)


def _runs(values: Floats | UInt8s, columns: Floats) -> list[tuple[int, int]]:
    """(first, last) of every stretch of equal values in columns that touch."""
    if not len(values):
        return []
    apart = (values[1:] != values[:-1]) | (columns[1:, 0] > columns[:-1, 1])
    cut = np.flatnonzero(apart)
    return list(zip([0, *(cut + 1).tolist()], [*cut.tolist(), len(values) - 1], strict=True))


def _code(value: Floats, state: UInt8s) -> str:
    """What the script tells of every column: hundredths, or the letter of a state."""
    return " ".join(
        _LETTERS[State(s)] if s != State.VALUE else f"{100 * min(max(v, 0.0), 1.0):.0f}"
        for v, s in zip(value.tolist(), state.tolist(), strict=True)
    )


def _legend(states: set[State], value_name: str) -> str:
    items = []
    if State.VALUE in states:
        bounds = (0.0, *LEVELS, 1.0)
        keys = "".join(
            tag("i", class_=f"key v{i}", style=f"height:{20 * (i + 1)}%") for i in range(len(LEVELS) + 1)
        )
        ends = f"{shown(bounds[0], 'number')} to {shown(bounds[-1], 'number')}"
        items.append(tag("li", tag("span", keys, class_="levels"), text(f"{value_name}, {ends}")))
    items += [
        tag("li", tag("span", tag("i", class_=s.name.lower()), class_="box"), text(word))
        for s, word in _WORDS.items()
        if s in states
    ]
    return tag("ul", *items, class_="legend")


def _note(frames: int, columns: int) -> str:
    if frames == columns:
        return ""
    each = -(-frames // columns)
    return (
        f"{grouped(str(frames))} frames; a column stands for up to {each} of them and shows the worst."
    )
