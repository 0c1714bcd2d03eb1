"""Which of several predictions is better, and whether the difference is more than chance.

Every contestant is judged on the same videos. The interval of a difference is that of a paired
bootstrap over videos (Efron & Tibshirani, "An Introduction to the Bootstrap", 1993): videos are drawn
with replacement, the same ones for both sides, and the difference is taken anew; where a contestant has
several runs (seeds), as many of its runs are drawn with replacement too. A difference whose interval
holds 0 lies within the noise.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

import numpy as np

from masklet.core.arrays import Floats, Int64s
from masklet.core.errors import DataError
from masklet.evaluation.headlines import HEADLINES, Headline
from masklet.evaluation.judging import summed
from masklet.evaluation.report import Parts, Report, VideoReport

DRAWS = 1000
LEVEL = 0.95
"""Share of the draws that an interval holds."""
REFEREE = "region.biou.mean"
"""Decides where `FIRST` ties: at high IoU the outlines tell more than the areas."""
FIRST = "region.j.mean"
FEW = 5
"""An interval from fewer videos than this is a rough guess."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class Contestant:
    """A prediction, or several runs of one method, each judged by a report on the same videos."""

    name: str
    runs: tuple[Report, ...]


@dataclass(frozen=True)
class Value:
    """A number of one contestant: mean over its runs, and their standard deviation (NaN for one run)."""

    mean: float
    deviation: float


@dataclass(frozen=True)
class Difference:
    """What `name` has more than the first contestant.

    Args:
        name: of the contestant.
        value: the difference.
        low, high: its interval; NaN where there is one video only.
        better: +1 where it is better beyond noise, -1 where worse, 0 where the interval holds 0 or is
            not known. Where the best value is 0, the interval of the distances from 0 decides.
    """

    name: str
    value: float
    low: float
    high: float
    better: int


@dataclass(frozen=True)
class Row:
    """One number of all contestants, and the differences of all but the first from it."""

    headline: Headline
    values: tuple[Value, ...]
    differences: tuple[Difference, ...]


@dataclass(frozen=True, eq=False)
class Comparison:
    """Side by side.

    Args:
        contestants: in the order given; the first one is what the others are compared with.
        rows: one a number that all of them have.
        videos: names of the videos.
        per_video: `(videos, contestants)`, `FIRST` of each video, mean over runs; NaN where unknown.
        verdicts: one sentence a contestant but the first.
        draws: how many the intervals are made of.
    """

    contestants: tuple[Contestant, ...]
    rows: tuple[Row, ...]
    videos: tuple[str, ...]
    per_video: Floats
    verdicts: tuple[str, ...]
    draws: int


def compare(
    contestants: Sequence[Contestant],
    draws: int = DRAWS,
    seed: int = 0,
    progress: Progress | None = None,
) -> Comparison:
    """Compare two contestants or more. `DataError` where they were not judged on the same videos."""
    videos = _common_videos(contestants)
    own = [_numbers(one, np.arange(len(videos)), np.arange(len(one.runs))) for one in contestants]
    drawn = _draws(contestants, len(videos), draws, seed, progress)
    headlines = _shared(contestants)
    rows = tuple(_row(one, contestants, own, drawn) for one in headlines)
    per_video = np.array([[_first(one, i) for one in contestants] for i in range(len(videos))])
    verdicts = tuple(_verdict(contestants, rows, i, len(videos)) for i in range(len(contestants) - 1))
    return Comparison(tuple(contestants), rows, videos, per_video, verdicts, draws)


def _shared(contestants: Sequence[Contestant]) -> list[Headline]:
    """Numbers that all have over all videos, from families that they all have on the same videos."""
    runs = [run for one in contestants for run in one.runs]
    known = set.intersection(*(set(run.scores.numbers()) for run in runs))
    same = {
        family.name
        for family in fields(Parts)
        if len({tuple(_has(video, family.name) for video in run.videos) for run in runs}) == 1
    }
    return [one for one in HEADLINES if one.key in known and one.key.split(".")[0] in same]


def _has(video: VideoReport, family: str) -> bool:
    return getattr(video.parts, family) is not None


def _common_videos(contestants: Sequence[Contestant]) -> tuple[str, ...]:
    if len(contestants) < 2:
        raise DataError(f"found {len(contestants)} predictions to compare; expected two or more")
    listed = [tuple(video.name for video in run.videos) for one in contestants for run in one.runs]
    if len(set(listed)) != 1:
        raise DataError(
            "the predictions were judged on different videos; expected the same ones for all: "
            + "; ".join(sorted({", ".join(names[:4]) for names in listed}))
        )
    for video in zip(*(run.videos for one in contestants for run in one.runs), strict=True):
        alike = all(
            np.array_equal(one.judged, video[0].judged) and one.rule == video[0].rule for one in video
        )
        if not alike:
            raise DataError(
                f"{video[0].name}: the predictions were judged on different frames or by different "
                f"rules ({', '.join(f'{one.frames} frames by {one.rule}' for one in video)}); expected "
                "the same for all"
            )
    return listed[0]


def _numbers(one: Contestant, videos: Int64s, runs: Int64s) -> dict[str, float]:
    """Means over `runs` of the scores over `videos`."""
    found = [summed([one.runs[run].videos[video].parts for video in videos]).numbers() for run in runs]
    keys = {key for numbers in found for key in numbers}
    nan = float("nan")
    return {key: float(np.mean([numbers.get(key, nan) for numbers in found])) for key in keys}


def _draws(
    contestants: Sequence[Contestant], videos: int, draws: int, seed: int, progress: Progress | None
) -> list[list[dict[str, float]]]:
    """Numbers of every contestant in every draw; none where there is only one video."""
    if videos < 2:
        return []
    rng = np.random.default_rng(seed)
    found = []
    for done in range(draws):
        chosen = rng.integers(0, videos, videos)
        found.append(
            [_numbers(one, chosen, rng.integers(0, len(one.runs), len(one.runs))) for one in contestants]
        )
        if progress is not None:
            progress(done + 1, draws)
    return found


def _row(
    headline: Headline,
    contestants: Sequence[Contestant],
    own: Sequence[dict[str, float]],
    drawn: Sequence[Sequence[dict[str, float]]],
) -> Row:
    key = headline.key
    values = tuple(
        Value(numbers[key], _deviation(one, key)) for one, numbers in zip(contestants, own, strict=True)
    )
    differences = []
    for i in range(1, len(contestants)):
        value = own[i][key] - own[0][key]
        spread = np.array([draw[i].get(key, np.nan) - draw[0].get(key, np.nan) for draw in drawn])
        judged = sum(_has(video, key.split(".")[0]) for video in contestants[0].runs[0].videos)
        low, high = _interval(spread if judged > 1 and not math.isnan(value) else spread[:0])
        gain = _gain(headline, drawn, i)
        beyond = 0 if math.isnan(low) else int(gain[0] > 0) - int(gain[1] < 0)
        differences.append(Difference(contestants[i].name, value, low, high, beyond))
    return Row(headline, values, tuple(differences))


def _gain(
    headline: Headline, drawn: Sequence[Sequence[dict[str, float]]], i: int
) -> tuple[float, float]:
    """Interval of how much contestant `i` is better than the first."""
    key, nan = headline.key, float("nan")
    both = np.array([(draw[i].get(key, nan), draw[0].get(key, nan)) for draw in drawn]).reshape(-1, 2)
    if headline.better == "zero":
        return _interval(np.abs(both[:, 1]) - np.abs(both[:, 0]))
    sign = 1 if headline.better == "high" else -1
    return _interval(sign * (both[:, 0] - both[:, 1]))


def _interval(spread: Floats) -> tuple[float, float]:
    known = spread[~np.isnan(spread)]
    if not len(known):
        return float("nan"), float("nan")
    low, high = np.quantile(known, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def _deviation(one: Contestant, key: str) -> float:
    if len(one.runs) < 2:
        return float("nan")
    values = [run.scores.numbers().get(key, float("nan")) for run in one.runs]
    return float(np.std(values, ddof=1))


def _first(one: Contestant, video: int) -> float:
    values = [run.videos[video].scores.numbers().get(FIRST, float("nan")) for run in one.runs]
    return float(np.mean(values))


def _verdict(contestants: Sequence[Contestant], rows: Sequence[Row], i: int, videos: int) -> str:
    """Who is better by J, and where J ties, by Boundary IoU."""
    name, base = contestants[i + 1].name, contestants[0].name
    of = {row.headline.key: row.differences[i] for row in rows}
    if videos < 2:
        return f"{name} against {base}: one video, so nothing can be said about noise"
    rough = f" (only {videos} videos: a rough guess)" if videos < FEW else ""
    if FIRST not in of:
        return f"{name} against {base}: no J was measured; see the table{rough}"
    first, referee = of[FIRST], of[REFEREE]
    if first.better:
        word = "better" if first.better > 0 else "worse"
        return f"{name} is {word} than {base} by J, {_told(first)}{rough}"
    tie = f"{name} and {base} tie by J, {_told(first)}, which is within the noise"
    if referee.better:
        word = "better" if referee.better > 0 else "worse"
        return f"{tie}; the referee, Boundary IoU, finds {name} {word}, {_told(referee)}{rough}"
    return f"{tie}; the referee, Boundary IoU, does not part them either, {_told(referee)}{rough}"


def _told(one: Difference) -> str:
    return f"{one.value:+.3f} [{one.low:+.3f}, {one.high:+.3f}]"
