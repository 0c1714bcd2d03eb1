"""Several predictions side by side: which is better, and is it more than chance."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from masklet.core import Masks, UsageError
from masklet.evaluation.comparison import DRAWS, Comparison, Contestant
from masklet.evaluation.comparison import compare as compare_contestants
from masklet.evaluation.report import Report, VideoReport
from masklet.evaluation.terms import Agreed
from masklet.verbs.evaluate import evaluate
from masklet.verbs.outputs import check_reports
from masklet.verbs.sides import Tables

Stages = Callable[[str, int, int], None]

LEAST_DRAWS = 100
"""Fewer say nothing about the ends of an interval."""
_LEAST_FIRST = ("frame", "joined", "overlap", "id")
"""Rules for objects, the one that asks for the least of the numbers first."""


def compare(
    predictions: Mapping[str, Tables | Sequence[Tables]] | Sequence[str],
    truth: Tables,
    metrics: str = "all",
    *,
    out: str | Path | None = None,
    html: str | Path | None = None,
    draws: int = DRAWS,
    seed: int = 0,
    progress: Stages | None = None,
    **options: Any,
) -> Comparison:
    """Judge several predictions by one truth and compare each with the first.

    Args:
        predictions: each contestant, or its runs (seeds), by name; or texts as on the command line:
            `PATH`, or `NAME=PATH,PATH,...` with a path or a pattern for each run.
        truth: as for `evaluate`.
        metrics: as for `evaluate`.
        out: `.json` to write. html: `.html` to write.
        draws: of the bootstrap; its intervals hold 95 % of them.
        seed: of the bootstrap.
        progress: told (what is done, done, in all).
        options: `terms`, `settings`, `videos`, `media`, ... as for `evaluate`.

    Raises as `evaluate` does; `UsageError` for fewer than two predictions.
    """
    named = _named(predictions)
    if len(named) < 2:
        raise UsageError(
            f"found {len(named)} prediction; expected two or more to compare "
            "(several runs of one: NAME=PATH,PATH)"
        )
    check_reports(out, html, [*[run for runs in named.values() for run in runs], truth])
    if draws < LEAST_DRAWS:
        raise UsageError(f"found {draws} draws; expected {LEAST_DRAWS} or more (1000 are usual)")
    contestants = _alike(named, truth, metrics, progress, options)

    def drawn(done: int, total: int) -> None:
        if progress is not None:
            progress("comparing", done, total)

    comparison = compare_contestants(contestants, draws, seed, drawn)
    _write(comparison, out, html)
    return comparison


def _write(comparison: Comparison, out: str | Path | None, html: str | Path | None) -> None:
    if out is not None:
        from masklet.verbs.report_json import write_comparison

        write_comparison(comparison, Path(out))
    if html is not None:
        from masklet.render.page.writing import write_page
        from masklet.verbs.pages.comparison import page_of

        write_page(page_of(comparison), Path(html))


def _alike(
    named: Mapping[str, Sequence[Tables]],
    truth: Tables,
    metrics: str,
    progress: Stages | None,
    options: Mapping[str, Any],
) -> list[Contestant]:
    """All runs judged on the same frames, with objects brought together by the same rule.

    Where the first round shows that they were not - one run was prompted on other frames, or its
    numbers mean nothing - a second one takes all prompts of all, and the rule that suits all.
    """

    def judged(agreed: Mapping[str, Agreed] | None) -> list[Contestant]:
        return [
            Contestant(
                name,
                tuple(_judged(run, truth, metrics, name, progress, agreed, options) for run in runs),
            )
            for name, runs in named.items()
        ]

    first = judged(None)
    if len({tuple(one.name for one in run.videos) for c in first for run in c.runs}) > 1:
        return first
    videos = list(zip(*(run.videos for one in first for run in one.runs), strict=True))
    agreed = {video[0].name: _agreed(video) for video in videos if not _same_terms(video)}
    return judged(agreed) if agreed else first


def _same_terms(videos: Sequence[VideoReport]) -> bool:
    first = videos[0]
    return all(one.rule == first.rule and np.array_equal(one.judged, first.judged) for one in videos)


def _agreed(videos: Sequence[VideoReport]) -> Agreed:
    """For one video: the rule of those found that asks for the least, and all prompts."""
    rule = min((one.rule for one in videos), key=_LEAST_FIRST.index)
    prompts = np.unique(np.concatenate([one.prompts for one in videos]))
    return Agreed(rule, tuple(prompts.tolist()))


def _named(
    predictions: Mapping[str, Tables | Sequence[Tables]] | Sequence[str],
) -> dict[str, list[Tables]]:
    """The runs of each contestant; one prediction alone is one run."""
    if not isinstance(predictions, Mapping):
        return parse(predictions)
    single = (str, Path, Masks)
    return {
        name: [runs] if isinstance(runs, single) else list(runs) for name, runs in predictions.items()
    }


def parse(texts: Sequence[str]) -> dict[str, list[Tables]]:
    """Contestants from texts: `PATH` or `NAME=PATH,PATH,...`; patterns stand for what they find.

    Raises `UsageError` where a name is given twice or a pattern finds nothing.
    """
    found: dict[str, list[Tables]] = {}
    for text in texts:
        name, equals, paths = text.partition("=")
        if not equals or Path(text).exists():
            name, paths = "", text
        runs = _runs(paths)
        name = name or _short(runs[0])
        if name in found:
            raise UsageError(f"two predictions are called {name!r}; give each a name: NAME={text}")
        found[name] = list(runs)
    return found


def _runs(text: str) -> list[str]:
    if text and Path(text).exists():
        return [text]
    runs = []
    for path in text.split(","):
        if not path:
            raise UsageError(f"found no path in {text!r}; expected NAME=PATH or NAME=PATH,PATH")
        matches = _found(path) if any(sign in path for sign in "*?[") else [path]
        if not matches:
            raise UsageError(f"nothing is found under {path!r}; expected paths of predictions")
        runs += matches
    if len(set(runs)) != len(runs):
        raise UsageError(f"{text!r} names a run twice; expected each run (seed) once")
    return runs


def _found(pattern: str) -> list[str]:
    """Paths of a pattern, sorted; relative ones from here."""
    root = Path(pattern).anchor
    return sorted(str(path) for path in Path(root or ".").glob(pattern[len(root) :]))


def _short(path: str) -> str:
    own = Path(path)
    return own.parent.name if own.name in ("masks.parquet", "project.masklet") else own.stem or path


def _judged(
    run: Tables,
    truth: Tables,
    metrics: str,
    name: str,
    progress: Stages | None,
    agreed: Mapping[str, Agreed] | None,
    options: Mapping[str, Any],
) -> Report:
    def told(done: int, total: int) -> None:
        if progress is not None:
            progress(f"judging {name}", done, total)

    return evaluate(run, truth, metrics, agreed=agreed, progress=told, **options)
