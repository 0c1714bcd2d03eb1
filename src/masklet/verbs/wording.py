"""Words on frames of a video: `rat. tail.@120` and what a Segmenter that reads words finds for them.

Everything that a phrase names becomes an object of its own. What stands there already stays: an object
that is known on the frame is not found a second time, and words that were answered are not asked again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from masklet.core import DataError, Flags, Masks, MediaSource, Prompt, Propagator, Segmenter, UsageError
from masklet.core.protocols import Finder
from masklet.core.registry import available, load
from masklet.models.foundation.words import phrases
from masklet.ops.overlap import iou
from masklet.ops.table import concat, renumbered, signed, upsert
from masklet.verbs.engines import Options, run_before, takes
from masklet.verbs.projects import rows_at
from masklet.verbs.prompting import (
    check_frame,
    prompted,
    segmenter_for,
    segmenter_of,
    spared,
    step_by,
)
from masklet.verbs.prompts import Pointing

SAME = 0.5
"""IoU from which on something found is an object that is known on the frame."""
_SHARED = ("weights_dir", "device", "precision")
_TEXT = re.compile(r"(?P<words>.*?)(?:@(?P<frame>\d{1,9}))?", re.DOTALL)


@dataclass(frozen=True)
class Wording:
    """A phrase that names things on a frame.

    Args:
        phrase: what is looked for.
        frame: 0-based frame.
        label: of what is found; empty = the phrase.
    """

    phrase: str
    frame: int = 0
    label: str = ""

    @property
    def named(self) -> str:
        """The label of what is found."""
        return self.label or self.phrase


@dataclass(frozen=True)
class Missed:
    """A phrase of which nothing was found: the best score (None where unknown) and what it had to be."""

    wording: Wording
    best: float | None
    threshold: float | None

    def __str__(self) -> str:
        what = f"no {self.wording.phrase!r} on frame {self.wording.frame}"
        other = f"take another word, or point at it: --point X,Y@{self.wording.frame}"
        if self.best is None or self.threshold is None:
            return f"{what}; {other}"
        if self.best > self.threshold:
            fits = f"something scores {self.best:.2f}, but fits other words better or has no pixel left"
            return f"{what}: {fits}; ask for it alone, {other}"
        near = f"{what}: the best score is {self.best:.2f}, the threshold {self.threshold:g}"
        lower = int(self.best * 100) / 100
        return f"{near}; lower it, as --threshold {lower:g}, {other}" if lower else f"{near}; {other}"


def wordings(texts: Iterable[str]) -> list[Wording]:
    """`"rat. tail.@120"` as one `Wording` for each phrase; the first frame where none is named.

    Raises `UsageError` for a text without words.
    """
    found = []
    for text in texts:
        match = _TEXT.fullmatch(text.strip())
        assert match is not None
        frame = int(match["frame"] or 0)
        found += [Wording(phrase, frame) for phrase in phrases(match["words"])]
    return found


def split(
    asked: Iterable[Pointing | Prompt | Wording],
) -> tuple[list[Wording], list[Pointing | Prompt]]:
    """Words, and what points at something. `UsageError` for a `Prompt` that does both."""
    words: list[Wording] = []
    others: list[Pointing | Prompt] = []
    for one in asked:
        if isinstance(one, Wording):
            words.append(one)
        elif isinstance(one, Prompt) and one.text:
            if len(one.points) or one.box or one.scribbles or one.mask is not None:
                raise UsageError(
                    f"the prompt on frame {one.frame} has words ({one.text!r}) and points at something "
                    "too; give two prompts"
                )
            several = phrases(one.text)
            label = one.label if one.label != Prompt.label and len(several) == 1 else ""
            words += [Wording(phrase, one.frame, label) for phrase in several]
        else:
            others.append(one)
    return words, others


@dataclass(frozen=True)
class Answering:
    """Who answers what persons ask.

    Args:
        segmenter: name of a Segmenter, or one; empty: the engine's own, else `cut`, `text` for words.
        engine: of the run.
        options: settings; those that the Segmenter knows are for it.
    """

    segmenter: str | Segmenter = ""
    engine: str | Propagator = ""
    options: Options | None = None

    @classmethod
    def in_run(
        cls,
        segmenter: str | Segmenter,
        engine: str | Propagator,
        options: Options | None,
        rows: Masks | None,
    ) -> Answering:
        """As in the run before, where `rows` are from one and nothing else is asked for.

        A correction is then answered by the Segmenter of the engine that it corrects, with its weights.
        """
        name, told = run_before(rows) if rows is not None else ("", {})
        if not name or engine not in ("auto", name):
            return cls(segmenter, engine, options)
        kept = {key: told[key] for key in _SHARED if told.get(key)}
        return cls(segmenter, name, {**kept, **(options or {})})

    def pointing(self) -> Segmenter:
        """For points, boxes, masks."""
        return segmenter_for(self.segmenter, self.engine, self.options)

    def wording(self) -> Segmenter:
        """For words."""
        return finder_for(self.segmenter, self.engine, self.options)


def of_engine(
    engine: str | Propagator, options: Options | None, asked: Iterable[Pointing | Prompt | Wording]
) -> Options | None:
    """`options` without those that are for whoever reads the words, where the engine lacks them.

    Where weights lie and where networks run is then no reason to choose, or to refuse, an engine.
    """
    if not options or not isinstance(engine, str) or not split(asked)[0]:
        return options
    return {key: v for key, v in options.items() if key not in _SHARED or takes(engine, key)}


def finder_for(
    segmenter: str | Segmenter = "", engine: str | Propagator = "", options: Options | None = None
) -> Segmenter:
    """What answers words: the Segmenter as asked, else the engine's own, else `text`.

    Where the engine's Segmenter does not read words it makes the masks of the boxes that `text` finds.
    """
    if segmenter:
        return segmenter_of(segmenter, options)
    if isinstance(engine, str) and engine in available("segmenters"):
        if getattr(load("segmenters", engine), "reads_words", False):
            return segmenter_of(engine, options)
        return segmenter_of("text", {"masks": engine, **(options or {})})
    return segmenter_of("text", options)


def settings_of(
    weights: str = "",
    device: str = "",
    precision: str = "",
    threshold: float | None = None,
    encoder: str = "",
) -> dict[str, object]:
    """Settings of an engine or a Segmenter as given on the command line, without those that were not."""
    given = {"weights_dir": weights, "device": device, "precision": precision, "encoder": encoder}
    found: dict[str, object] = {key: value for key, value in given.items() if value}
    return found if threshold is None else {**found, "threshold": threshold}


def answers(
    media: MediaSource,
    asked: Iterable[Pointing | Prompt | Wording],
    seeds: Masks | None,
    project: Path,
    who: Answering,
    label: str | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> Masks | None:
    """`seeds`, the answers to what was pointed at, and then everything new that words name.

    Args as for `prompted` and `with_words`; `project` is where the project is, or will be.
    """
    words, others = split(asked)
    if others:
        seeds = prompted(media, others, seeds, project, who.pointing(), label)
    if words:
        seeds = with_words(media, words, seeds, rows_at(project, media.video), who.wording(), say)
    return seeds


def with_words(
    media: MediaSource,
    asked: Sequence[Wording],
    seeds: Masks | None,
    before: Masks | None,
    segmenter: Segmenter,
    say: Callable[[str], None] = lambda _: None,
) -> Masks | None:
    """`seeds` and everything that was found for words, under numbers that nothing else has.

    Args:
        media: the video.
        asked: phrases with frames of it.
        seeds: rows that came along, None where none did.
        before: rows of the project.
        segmenter: reads words.
        say: receives a sentence for each phrase of which nothing, or nothing new, was found.

    Raises `UsageError` for a frame that the video lacks, and `DataError` where nothing was found of any
    phrase and there is nothing else either.
    """
    known = seeds if before is None else before if seeds is None else upsert(before, seeds, False)
    parts, missed, old = [] if seeds is None else [seeds], [], 0
    for frame, here in _by_frame(asked, media).items():
        there = known.on(frame) if known is not None else None
        open_ = [one for one in here if not _stands(one, there, segmenter)]
        old += len(here) - len(open_)
        if not open_:
            continue
        rows, best = _found(media, segmenter, here, frame)
        rows = rows.take(np.isin(_names(rows), [one.named for one in open_]))
        missed += [_miss(one, best, segmenter) for one in open_ if one.named not in _names(rows)]
        fresh = _fresh(rows, there, _taken([known, *parts]), media.video.size_wh(frame))
        old += len(rows) - len(fresh)
        if len(rows) > len(fresh):
            say(f"{len(rows) - len(fresh)} of what words name on frame {frame} is known: left as it is")
        if len(fresh):
            placed = fresh.replace(video=media.video, frame=np.full(len(fresh), frame), checked=())
            seen = [one for one in open_ if one.named in _names(rows)]
            parts.append(signed(placed, step_by(segmenter, {"words": _told(seen, segmenter)})))
    if missed and not old and not any(map(len, parts)):
        raise DataError(". ".join(map(str, missed)))
    for one in missed:
        say(str(one))
    return concat(parts) if parts else None


def _by_frame(asked: Iterable[Wording], media: MediaSource) -> dict[int, list[Wording]]:
    """Phrases of each frame, each once."""
    frames: dict[int, dict[str, Wording]] = {}
    for one in asked:
        check_frame(one.frame, media.video)
        frames.setdefault(one.frame, {}).setdefault(one.phrase.lower(), one)
    return {frame: list(here.values()) for frame, here in sorted(frames.items())}


def _found(
    media: MediaSource, segmenter: Segmenter, asked: Sequence[Wording], frame: int
) -> tuple[Masks, Mapping[str, float]]:
    """All that was found for phrases together, and how near each came, where that is known."""
    prompts = [Prompt(0, 1 + k, one.named, text=one.phrase) for k, one in enumerate(asked)]
    image = media[frame]
    if isinstance(segmenter, Finder):
        return segmenter.find(image, prompts)
    return segmenter.segment(image, prompts), {}


def _fresh(rows: Masks, here: Masks | None, taken: set[int], size_wh: tuple[int, int]) -> Masks:
    """What is not known on the frame, without the pixels of true rows, as keyframes of new objects."""
    if here is not None and len(here) and len(rows):
        rows = rows.take(iou(rows, here).max(axis=1) < SAME)
    rows = spared(rows, here, [], size_wh)
    numbers = iter(range(1, len(rows) + len(taken) + 1))
    free = (number for number in numbers if number not in taken)
    rows = renumbered(rows, {int(who): next(free) for who in rows.object_id})
    return rows.replace(flags=rows.flags | Flags.KEYFRAME)


def _taken(tables: Iterable[Masks | None]) -> set[int]:
    return {int(who) for rows in tables if rows is not None for who in rows.object_id}


def _names(rows: Masks) -> list[str]:
    return [rows.label_of(row).name for row in range(len(rows))]


def _miss(one: Wording, best: Mapping[str, float], segmenter: Segmenter) -> Missed:
    threshold = segmenter.threshold if isinstance(segmenter, Finder) else None
    return Missed(one, best.get(one.phrase), threshold)


def _told(asked: Iterable[Wording], segmenter: Segmenter) -> list[dict[str, object]]:
    """What was asked, as the rows' signature keeps it."""
    settings = getattr(segmenter, "settings", {})
    return [
        {"frame": one.frame, "text": one.phrase.lower(), "label": one.label, "settings": dict(settings)}
        for one in asked
    ]


def _stands(one: Wording, here: Masks | None, segmenter: Segmenter) -> bool:
    """Is there a row that this segmenter, in any version, found for this phrase with these settings?"""
    if here is None:
        return False
    asked = step_by(segmenter, {"words": _told([one], segmenter)})
    (told,) = json.loads(asked.arguments)["words"]
    for number in set(here.step.tolist()) - {-1}:
        stored = here.steps[number]
        same = (stored.verb, stored.model.partition("/")[0]) == (
            asked.verb,
            asked.model.partition("/")[0],
        )
        if same and told in json.loads(stored.arguments).get("words", ()):
            return True
    return False
