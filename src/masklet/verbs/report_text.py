"""A report on the terminal: headlines, videos, labels, what to know."""

from __future__ import annotations

import math
from collections.abc import Sequence

from masklet.evaluation.comparison import Comparison, Difference, Value
from masklet.evaluation.families import FAMILIES
from masklet.evaluation.headlines import HEADLINES, Headline
from masklet.evaluation.report import Report

_PER_VIDEO = (
    "region.j.mean",
    "region.f.mean",
    "region.biou.mean",
    "surface.hd95_max",
    "identity.hota.hota",
    "identity.clear.switches",
    "stability.vc8_objects",
)
"""Columns of the table of videos, where they are known."""
_NAMES_SHOWN = 3


def text_of(report: Report) -> str:
    """Lines of at most about 100 characters."""
    parts = [_headlines(report), _videos(report), _labels(report), _notes(report)]
    return "\n\n".join(part for part in parts if part)


def number(value: float, headline: Headline) -> str:
    """A value as its headline wants it; `-` where there is none."""
    if math.isnan(value):
        return "-"
    if headline.unit == "count":
        return f"{value:.0f}"
    if headline.unit == "px":
        return f"{value:.2f} px"
    return f"{value:+.3f}" if headline.unit == "signed" else f"{value:.3f}"


def columns(rows: Sequence[Sequence[str]]) -> str:
    """A table: the first column to the left, all others to the right."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def comparison_text(comparison: Comparison) -> str:
    """Values side by side, differences with their intervals, and who is better."""
    first, *others = comparison.contestants
    head = ["", first.name]
    for one in others:
        head += [one.name, f"minus {first.name}", ""]
    rows = [head]
    for row in comparison.rows:
        line = [row.headline.title, _value(row.values[0], row.headline)]
        for value, difference in zip(row.values[1:], row.differences, strict=True):
            line += [_value(value, row.headline), *_difference(difference)]
        rows.append(line)
    told = [columns(rows), "\n".join(comparison.verdicts)]
    return "\n\n".join([*told, *_decided(comparison)])


def _decided(comparison: Comparison) -> list[str]:
    """What was decided for every contestant; once where it is the same for all."""
    texts = {one.name: _notes(one.runs[0]) for one in comparison.contestants}
    if len(set(texts.values())) == 1:
        return [next(iter(texts.values()))]
    return [f"{name}:\n{text}" for name, text in texts.items()]


def _value(value: Value, headline: Headline) -> str:
    own = number(value.mean, headline)
    return own if math.isnan(value.deviation) else f"{own} ± {value.deviation:.3f}"


def _difference(one: Difference) -> tuple[str, str]:
    if math.isnan(one.value):
        return "-", ""
    if math.isnan(one.low):
        return f"{one.value:+.3f}", "one video"
    word = {1: "better", -1: "worse", 0: "within noise"}[one.better]
    return f"{one.value:+.3f} [{one.low:+.3f}, {one.high:+.3f}]", word


def _headlines(report: Report) -> str:
    numbers = report.scores.numbers()
    lines = []
    for family in FAMILIES:
        known = [one for one in HEADLINES if one.key.split(".")[0] == family.name]
        told = [f"{one.title} {number(numbers[one.key], one)}" for one in known if one.key in numbers]
        if told:
            lines.append((family.title, told))
    width = max((len(title) for title, _ in lines), default=0)
    return "\n".join(_wrapped(title.ljust(width), told) for title, told in lines)


def _wrapped(title: str, told: Sequence[str], width: int = 100) -> str:
    lines, line = [], title
    for one in told:
        if len(line) + 2 + len(one) > width:
            lines.append(line)
            line = " " * len(title)
        line += "  " + one
    return "\n".join([*lines, line])


def _videos(report: Report) -> str:
    if len(report.videos) < 2:
        return ""
    known = {one.key: one for one in HEADLINES}
    measured = {key for video in report.videos for key in video.scores.numbers()}
    shown = [known[key] for key in _PER_VIDEO if key in known and key in measured]
    rows = [["video", "frames", *(one.title for one in shown)]]
    for video in report.videos:
        numbers = video.scores.numbers()
        cells = [number(numbers.get(one.key, math.nan), one) for one in shown]
        rows.append([video.name, str(video.frames), *cells])
    return columns(rows)


def _labels(report: Report) -> str:
    region = report.scores.region
    if region is None or len(region.per_label) < 2:
        return ""
    rows = [["label", "objects", "J", "F", "Boundary IoU"]]
    for one in region.per_label:
        values = (one.figures.j.mean, one.figures.f.mean, one.figures.biou.mean)
        rows.append([one.label.name, str(one.objects), *(f"{value:.3f}" for value in values)])
    return columns(rows)


def _notes(report: Report) -> str:
    lines = []
    for text, names in report.notes:
        where = f" ({_listed(names)})" if len(names) < len(report.videos) else ""
        lines.append(f"- {text}{where}")
    lines += [f"- {name}: {why}" for name, why in report.absent]
    return "\n".join(lines)


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _NAMES_SHOWN
    return ", ".join(names[:_NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")
