"""The rules of `Propagator`."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import numpy as np

from masklet.core.masks import Masks
from masklet.core.protocols import MediaSource, Propagator
from masklet.ops import table
from masklet.testing.conformance.rules import hold, made_by_program, refuses, same_rows

_Answer = list[tuple[int, Masks]]


def check_propagator(
    engine: Propagator, media: MediaSource | None = None, seeds: Masks | None = None
) -> None:
    """Check an engine on `media` with trusted `seeds`, or on a small generated scene.

    `media` needs at least 8 frames; about seven passes over it are made, so give a short one.
    """
    hold(isinstance(engine, Propagator), "a Propagator has propagate(media, seeds, frames)")
    if media is None or seeds is None:
        media, seeds = _scene()
    n = media.video.n_frames
    hold(n >= 8, f"the check needs at least 8 frames; the media has {n}")
    _lazy(engine, media, seeds)
    whole = _run(engine, media, seeds, range(0, n))
    for frame, rows in whole:
        _rows_fit(frame, rows, media, seeds)
    for frames in (range(n - 2, 1, -1), range(n // 2, n), range(1, n, 3), range(2, 2)):
        for frame, rows in _run(engine, media, seeds, frames):
            _rows_fit(frame, rows, media, seeds)
    _repeats(engine, media, seeds, whole)
    _no_hidden_memory(engine, media, seeds)
    _continues(engine, media, seeds)
    _refuses_nothing(engine, media, seeds)


def _scene() -> tuple[MediaSource, Masks]:
    from masklet.testing.scenes import Scene

    scene = Scene("arena", 2, (160, 120), n_frames=12, seed=11, noise=1.0)
    return scene, scene.truth(frames=range(5, 6))


def _lazy(engine: Propagator, media: MediaSource, seeds: Masks) -> None:
    answer = engine.propagate(media, seeds, range(2, 6))
    hold(isinstance(answer, Iterator), "propagate returns an iterator, not a list")


def _run(engine: Propagator, media: MediaSource, seeds: Masks, frames: range) -> _Answer:
    before = [column.copy() for column in _columns(seeds)]
    first = media[frames[0]] if frames else None
    answer = list(engine.propagate(media, seeds, frames))
    hold(
        [frame for frame, _ in answer] == list(frames),
        f"propagate yields each of the asked frames, once and in their order: {list(frames)}; "
        f"found {[frame for frame, _ in answer]}",
    )
    untouched = all(
        np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
        for a, b in zip(before, _columns(seeds), strict=True)
    )
    hold(untouched, "propagate leaves the seeds as they were")
    if first is not None:
        hold(np.array_equal(first, media[frames[0]]), "propagate leaves the media's frames as they were")
    return answer


def _columns(masks: Masks) -> list[np.ndarray]:
    names = ("frame", "object_id", "label_id", "runs", "offset", "score", "origin", "review", "flags")
    return [getattr(masks, name) for name in names]


def _rows_fit(frame: int, rows: Masks, media: MediaSource, seeds: Masks) -> None:
    hold(isinstance(rows, Masks), f"propagate yields (frame, Masks); found {type(rows).__name__}")
    mine, theirs = media.video, rows.video
    hold(
        (theirs.width, theirs.height) == (mine.width, mine.height) and theirs == mine,
        f"rows lie on the media's own video, {mine.width}x{mine.height}; "
        f"found {theirs.uri!r}, {theirs.width}x{theirs.height}",
    )
    hold(
        bool(np.all(rows.frame == frame)),
        f"what is yielded for frame {frame} holds rows of that frame only; "
        f"found frames {np.unique(rows.frame).tolist()}",
    )
    unknown = set(rows.objects.tolist()) - set(seeds.objects.tolist())
    hold(not unknown, f"rows belong to objects of the seeds; found unknown ids {sorted(unknown)}")
    labels = {int(i): seeds.label_of(k) for k, i in enumerate(seeds.object_id)}
    for row in range(len(rows)):
        mine_label, wanted = rows.label_of(row), labels[int(rows.object_id[row])]
        hold(
            (mine_label.name, mine_label.kind) == (wanted.name, wanted.kind),
            f"object {rows.object_id[row]} keeps the seeds' label {wanted.name!r}; "
            f"found {mine_label.name!r}",
        )
    if frame not in seeds.frame[seeds.trusted]:
        made_by_program(rows, f"frame {frame}")
        hold(
            not rows.trusted.any(),
            f"frame {frame}: an engine's rows are not trusted (origin PROPAGATED); "
            f"found origin {rows.origin.tolist()}, review {rows.review.tolist()}",
        )


def _same(a: _Answer, b: _Answer) -> bool:
    return len(a) == len(b) and all(
        i == j and same_rows(mine, theirs) for (i, mine), (j, theirs) in zip(a, b, strict=True)
    )


def _repeats(engine: Propagator, media: MediaSource, seeds: Masks, whole: _Answer) -> None:
    again = _run(engine, media, seeds, range(0, media.video.n_frames))
    hold(_same(whole, again), "the same call twice gives the same rows")


def _no_hidden_memory(engine: Propagator, media: MediaSource, seeds: Masks) -> None:
    n = media.video.n_frames
    alone = _run(engine, media, seeds, range(0, n - 1))
    running = engine.propagate(media, seeds, range(0, n - 1))
    begun = list(islice(running, 3))
    _run(engine, media, seeds, range(n - 1, 1, -1))
    hold(
        _same(alone, begun + list(running)),
        "memory lives inside the iterator: another run of the same engine changes nothing in it",
    )


def _continues(engine: Propagator, media: MediaSource, seeds: Masks) -> None:
    """Chunks with the rows before them as context: twice, the second time after unrelated work."""
    n = media.video.n_frames
    for chunks in (
        (range(0, n // 2), range(n // 2, n)),
        (range(n - 1, n // 2, -1), range(n // 2, -1, -1)),
    ):
        done = _run(engine, media, seeds, chunks[0])
        context = _with_context(seeds, done)
        once = _run(engine, media, context, chunks[1])
        _run(engine, media, seeds, range(1, n - 1))
        hold(
            _same(once, _run(engine, media, context, chunks[1])),
            "a run that was cut and continued from the same rows gives the same result "
            f"(frames {chunks[1]} after {chunks[0]})",
        )
        for frame, rows in once:
            _rows_fit(frame, rows, media, seeds)


def _with_context(seeds: Masks, done: _Answer) -> Masks:
    trusted = set(seeds.frame.tolist())
    rows = [rows for frame, rows in done if frame not in trusted]
    return table.concat([seeds, *rows])


def _refuses_nothing(engine: Propagator, media: MediaSource, seeds: Masks) -> None:
    nothing = seeds.take(slice(0, 0))
    refuses(
        lambda: list(engine.propagate(media, nothing, range(0, 3))),
        "seeds without a trusted row raise a MaskletError that says so",
    )
