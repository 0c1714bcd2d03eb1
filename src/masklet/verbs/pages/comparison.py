"""The page of a comparison."""

from __future__ import annotations

import math

from masklet._version import __version__
from masklet.evaluation.comparison import FIRST, Comparison, Difference, Row
from masklet.render.page.nouns import (
    Bar,
    Bars,
    Block,
    Column,
    Page,
    Section,
    Table,
    Text,
    Value,
)
from masklet.verbs.pages.evaluation import how_compared
from masklet.verbs.pages.overview import told

_WORDS = {1: "better", -1: "worse", 0: "within noise"}


def page_of(comparison: Comparison) -> Page:
    """Verdicts, differences with intervals, all numbers, videos."""
    first = comparison.contestants[0].name
    facts = tuple(
        (one.name, f"{len(one.runs)} runs" if len(one.runs) > 1 else one.runs[0].prediction)
        for one in comparison.contestants
    )
    facts += (
        ("Truth", comparison.contestants[0].runs[0].truth),
        ("Videos", str(len(comparison.videos))),
        ("masklet", __version__),
    )
    how = (
        f"Every difference is from {first}. Intervals hold 95 % of {comparison.draws} paired bootstrap "
        "draws over videos; one that holds 0 is within the noise and drawn hollow. Each is by itself: "
        "of twenty measures one is expected to look like a difference by chance."
    )
    sections = (
        Section("Verdict", "", (Text(comparison.verdicts),)),
        Section("Differences", how, _differences(comparison)),
        Section("All numbers", "", (_numbers(comparison),)),
        Section("Videos", "J of each video.", (_videos(comparison), *_by_video(comparison))),
        *(how_compared(one.runs[0], f"How {one.name} was compared") for one in comparison.contestants),
    )
    names = " and ".join(one.name for one in comparison.contestants)
    return Page("Comparison", names, facts, sections)


def _differences(comparison: Comparison) -> tuple[Block, ...]:
    """A diagram a contestant: the measures from 0 to 1 have one scale, so only they are drawn."""
    blocks = []
    for i, one in enumerate(comparison.contestants[1:]):
        bars = tuple(
            _bar(row, row.differences[i])
            for row in comparison.rows
            if not row.headline.unit and not math.isnan(row.differences[i].value)
        )
        title = f"{one.name} minus {comparison.contestants[0].name}"
        blocks.append(Bars(bars, title, "difference"))
    return tuple(blocks)


def _bar(row: Row, difference: Difference) -> Bar:
    low, high = difference.low, difference.high
    return Bar(row.headline.title, difference.value, low, high, _word(difference))


def _word(one: Difference) -> str:
    return "one video: no interval" if math.isnan(one.low) else _WORDS[one.better]


def _numbers(comparison: Comparison) -> Table:
    first, *others = comparison.contestants
    columns = [Column("Metric"), Column(first.name)]
    for one in others:
        columns += [Column(one.name), Column(f"minus {first.name}"), Column("")]
    rows = []
    for row in comparison.rows:
        line: list[Value] = [row.headline.title, _value(row, 0)]
        for i, difference in enumerate(row.differences):
            interval = f"{difference.value:+.3f} [{difference.low:+.3f}, {difference.high:+.3f}]"
            known = not math.isnan(difference.value)
            line += [_value(row, i + 1), interval if known else None]
            line.append(_word(difference) if known else None)
        rows.append(tuple(line))
    return Table(tuple(columns), tuple(rows))


def _value(row: Row, i: int) -> str:
    value = row.values[i]
    text = told(value.mean, row.headline)
    return text if math.isnan(value.deviation) else f"{text} ± {value.deviation:.3f}"


def _videos(comparison: Comparison) -> Table:
    names = [one.name for one in comparison.contestants]
    columns = (
        Column("Video"),
        *(Column(name, "score", shade="bar", span=(0.0, 1.0)) for name in names),
    )
    rows: tuple[tuple[Value, ...], ...] = tuple(
        (video, *(float(value) for value in values))
        for video, values in zip(comparison.videos, comparison.per_video, strict=True)
    )
    return Table(columns, rows)


def _by_video(comparison: Comparison) -> tuple[Block, ...]:
    """Where a difference comes from: J of each video, less that of the first contestant."""
    if not any(row.headline.key == FIRST for row in comparison.rows):
        return ()
    blocks = []
    for i, one in enumerate(comparison.contestants[1:], start=1):
        less = comparison.per_video[:, i] - comparison.per_video[:, 0]
        bars = tuple(
            Bar(name, float(value)) for name, value in zip(comparison.videos, less, strict=True)
        )
        title = f"J of {one.name} minus {comparison.contestants[0].name}, by video"
        blocks.append(Bars(bars, title, "difference of J"))
    return tuple(blocks)
