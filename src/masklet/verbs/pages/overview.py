"""Headlines, all numbers by family, and one line a video."""

from __future__ import annotations

import math

from masklet.evaluation.families import FAMILIES
from masklet.evaluation.headlines import HEADLINES, Headline
from masklet.evaluation.report import Report
from masklet.render.page.nouns import Column, Format, Number, Numbers, Section, Table, Value

_TILES = (
    "region.j.mean",
    "region.f.mean",
    "region.biou.mean",
    "surface.hd95_max",
    "identity.hota.hota",
    "identity.clear.switches",
    "tracks.ap",
    "detection.ap",
    "panoptic.pq",
    "semantic.miou",
    "stability.vc8_objects",
    "calibration.ece",
)
_OF_VIDEOS = (
    "region.j.mean",
    "region.j.decay",
    "region.f.mean",
    "region.biou.mean",
    "surface.hd95_max",
    "identity.hota.hota",
    "identity.clear.switches",
    "stability.vc8_objects",
)
_FORMATS: dict[str, Format] = {"": "score", "px": "number", "count": "count", "signed": "signed"}
_BY_KEY = {one.key: one for one in HEADLINES}


def overview(report: Report) -> Section:
    """What a reader wants to know first."""
    numbers = report.scores.numbers()
    tiles = tuple(
        Number(one.title, told(numbers[key], one), one.hint)
        for key in _TILES
        if (one := _BY_KEY.get(key)) and key in numbers and not math.isnan(numbers[key])
    )
    return Section("Overview", "", (Numbers(tiles), _videos(report)))


def form(headline: Headline) -> Format:
    """How a headline's value is printed on a page."""
    return _FORMATS[headline.unit]


def column(headline: Headline, shade: bool = True) -> Column:
    """A column of one headline's values; shares with a bar behind them."""
    bar = shade and not headline.unit and headline.better == "high"
    return Column(
        headline.title,
        form(headline),
        shade="bar" if bar else "",
        span=(0.0, 1.0) if bar else None,
        hint=headline.hint,
    )


def _videos(report: Report) -> Table:
    totals = report.scores.numbers()
    measured = {key for video in report.videos for key in video.scores.numbers()}
    shown = [_BY_KEY[key] for key in _OF_VIDEOS if key in _BY_KEY and key in measured]
    rows = []
    for video in report.videos:
        own = video.scores.numbers()
        rows.append((video.name, video.frames, *(own.get(one.key) for one in shown)))
    foot: tuple[tuple[Value, ...], ...] = ()
    if len(report.videos) > 1:
        frames = sum(video.frames for video in report.videos)
        foot = (("all", frames, *(totals.get(one.key) for one in shown)),)
    columns = (Column("Video"), Column("Frames", "count"), *(column(one) for one in shown))
    return Table(columns, tuple(rows), "Videos", foot=foot)


def all_numbers(report: Report) -> Section:
    """Every headline, by family."""
    numbers = report.scores.numbers()
    rows: list[tuple[Value, ...]] = []
    for family in FAMILIES:
        for one in HEADLINES:
            if one.key.split(".")[0] == family.name and one.key in numbers:
                rows.append((family.title, one.title, told(numbers[one.key], one), one.hint))
    columns = (Column("Family"), Column("Metric"), Column("Value"), Column("What it says"))
    return Section("All numbers", "", (Table(columns, tuple(rows)),))


def told(value: float, headline: Headline) -> str:
    """A value with its unit."""
    from masklet.verbs.report_text import number

    return number(value, headline)
