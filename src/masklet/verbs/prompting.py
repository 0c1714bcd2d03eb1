"""Prompts on frames of a video, answered by a Segmenter: masks that stand for truth."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from masklet.core import (
    DataError,
    Flags,
    Masks,
    MediaSource,
    Prompt,
    Propagator,
    Segmenter,
    Step,
    UsageError,
    Video,
)
from masklet.core.arrays import Bools
from masklet.core.registry import available, load
from masklet.ops.runs import decode, encode
from masklet.ops.table import Row, build, concat, signed, upsert
from masklet.verbs.engines import Options
from masklet.verbs.projects import rows_at
from masklet.verbs.prompts import Pointing, as_prompts


def segmenter_of(segmenter: str | Segmenter, options: Options | None = None) -> Segmenter:
    """The Segmenter of a name, with those `options` that it knows. `UsageError` for an unknown name."""
    if not isinstance(segmenter, str):
        return segmenter
    kind = load("segmenters", segmenter)
    known = inspect.signature(kind).parameters
    made: Segmenter = kind(**{key: value for key, value in (options or {}).items() if key in known})
    return made


def segmenter_for(
    segmenter: str | Segmenter, engine: str | Propagator, options: Options | None = None
) -> Segmenter:
    """What answers prompts in a run of `engine`: as asked, else the Segmenter of its name, else `cut`.

    The engine's `options`, such as where its weights are, are those of its own Segmenter too.
    """
    own = isinstance(engine, str) and engine in available("segmenters")
    return segmenter_of(segmenter or (str(engine) if own else "cut"), options)


def answered(
    media: MediaSource,
    prompts: Sequence[Prompt],
    segmenter: str | Segmenter,
    known: Masks | None = None,
) -> Masks:
    """One row for each object and frame that was prompted for, keyframes on `media.video`.

    Args:
        media: the video.
        prompts: with frames of it.
        segmenter: name of a registered Segmenter, or a Segmenter.
        known: rows that there are: points without a box start from the object's row on that frame,
            and pixels of other objects' true rows stay theirs.

    Raises `UsageError` for a frame that the video lacks and `DataError` where nothing is found.
    """
    video = media.video
    frames: dict[int, list[Prompt]] = {}
    for prompt in prompts:
        check_frame(prompt.frame, video)
        frames.setdefault(prompt.frame, []).append(prompt)
    answering, parts = segmenter_of(segmenter), []
    for frame, asked in sorted(frames.items()):
        here = None if known is None else known.on(frame)
        rows = answering.segment(
            media[frame], [_continued(one, here, video.size_wh(frame)) for one in asked]
        )
        rows = spared(rows, here, [one.object_id for one in asked], video.size_wh(frame))
        _check_found(rows, asked)
        flags = rows.flags | Flags.KEYFRAME
        parts.append(rows.replace(video=video, frame=np.full(len(rows), frame), flags=flags, checked=()))
    return signed(concat(parts), _step(prompts, answering))


def prompted(
    media: MediaSource,
    asked: Iterable[Pointing | Prompt],
    seeds: Masks | None,
    project: Path,
    segmenter: str | Segmenter,
    label: str | None = None,
) -> Masks | None:
    """`seeds` and the answers to what was asked in one table; an answer replaces a seed of its object.

    What the project has an answer to already is not asked again: the same call leaves it as it is.

    Args:
        media: the video.
        asked: boxes and points, or none.
        seeds: annotations that came along, None where none did.
        project: where the project is, or will be; its rows say what a name means.
        segmenter: name of a registered Segmenter, or a Segmenter.
        label: name of new objects that have none.
    """
    listed = list(asked)
    if not listed:
        return seeds
    before = rows_at(project, media.video)
    known = seeds if before is None else before if seeds is None else upsert(before, seeds, False)
    answering = segmenter_of(segmenter)
    prompts = [
        one
        for one in as_prompts(listed, known, label)
        if _has(seeds, one) or not _stands(one, before, answering)
    ]
    if not prompts:
        return seeds
    found = answered(media, prompts, answering, known)
    return found if seeds is None else upsert(seeds, found, keep_trusted=False)


def check_frame(frame: int, video: Video) -> None:
    """Raise `UsageError` for a frame that the video lacks."""
    if not 0 <= frame < video.n_frames:
        raise UsageError(f"a prompt is on frame {frame}; {video.uri} has frames 0..{video.n_frames - 1}")


def _has(rows: Masks | None, prompt: Prompt) -> bool:
    """Is there a row of the prompt's object on its frame?"""
    return rows is not None and len(rows.on(prompt.frame).of(prompt.object_id)) > 0


def _stands(prompt: Prompt, rows: Masks | None, segmenter: Segmenter) -> bool:
    """Is the row there the answer of this segmenter, in any version, to this very prompt?"""
    if rows is None or prompt.mask is not None or not _has(rows, prompt):
        return False
    number = int(rows.on(prompt.frame).of(prompt.object_id).step[0])
    if number < 0:
        return False
    stored, asked = rows.steps[number], _step([prompt], segmenter)
    kinds = {(step.verb, step.model.partition("/")[0]) for step in (stored, asked)}
    told, (one,) = (json.loads(step.arguments).get("prompts", []) for step in (stored, asked))
    return len(kinds) == 1 and _as_set(one) in map(_as_set, told)


def _as_set(told: dict[str, Any]) -> dict[str, Any]:
    """A prompt as a step keeps it; in which order points were given has no meaning."""
    return {**told, "points": sorted(told.get("points", ()))}


def _continued(prompt: Prompt, here: Masks | None, size_wh: tuple[int, int]) -> Prompt:
    """Points without a box refine the mask that the object has on this frame."""
    if here is None or prompt.box is not None or prompt.mask is not None:
        return prompt
    rows = here.of(prompt.object_id)
    if not len(rows):
        return prompt
    mask = decode(rows.row_runs(0), size_wh)
    return replace(prompt, mask=mask) if mask.any() else prompt


def spared(rows: Masks, here: Masks | None, asked: Sequence[int], size_wh: tuple[int, int]) -> Masks:
    """Without the pixels of other objects' true rows on this frame."""
    if here is None:
        return rows
    others = here.take(here.trusted & ~np.isin(here.object_id, asked))
    taken: Bools = np.zeros((size_wh[1], size_wh[0]), np.bool_)
    for row in range(len(others)):
        taken |= decode(others.row_runs(row), size_wh)
    if not taken.any():
        return rows
    left = []
    for row in range(len(rows)):
        mask = decode(rows.row_runs(row), size_wh) & ~taken
        if mask.any():
            who, label = int(rows.object_id[row]), int(rows.label_id[row])
            score, identity = float(rows.score[row]), float(rows.identity_score[row])
            origin, flags = int(rows.origin[row]), int(rows.flags[row])
            left.append(Row(0, who, label, encode(mask), score, identity, origin, flags=flags))
    return build(rows.video, rows.labels, left)


def _check_found(rows: Masks, asked: Sequence[Prompt]) -> None:
    for prompt in asked:
        if prompt.object_id not in rows.object_id:
            spots = [f"point {x:g},{y:g}" for x, y in prompt.points[:3]]
            if prompt.box is not None:
                spots.insert(0, "box {:g},{:g},{:g},{:g}".format(*prompt.box))
            raise DataError(
                f"{' and '.join(spots) or 'the prompt'} on frame {prompt.frame} gives an empty mask for "
                f"object {prompt.object_id} ({prompt.label}); point at the middle of it, or draw a box "
                "around all of it"
            )


def _step(prompts: Sequence[Prompt], segmenter: Segmenter) -> Step:
    shown = [
        {
            "frame": one.frame,
            "object": one.object_id,
            "box": one.box,
            "points": [[*p, bool(s)] for p, s in zip(one.points.tolist(), one.positive, strict=True)],
            "text": one.text,
            "scribbles": [[line.points.tolist(), bool(line.positive)] for line in one.scribbles],
            "mask": one.mask is not None,
        }
        for one in prompts
    ]
    return step_by(segmenter, {"prompts": shown})


def step_by(segmenter: Segmenter, arguments: Options) -> Step:
    """The signature of rows that a Segmenter made."""
    kind = type(segmenter)
    name = getattr(segmenter, "name", f"{kind.__module__}.{kind.__qualname__}")
    model = f"{name}/{getattr(segmenter, 'version', 0)}"
    return Step.of("segment", arguments, model=model, weights=getattr(segmenter, "weights", ""))
