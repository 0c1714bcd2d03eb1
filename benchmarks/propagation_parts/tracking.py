"""A clip tracked from its first annotated frame, timed; and again with more annotated frames."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from masklet.annotate.track import Progress, track
from masklet.core import Masks, Propagator
from masklet.ops.table import concat, upsert
from propagation_parts.footage import Clip
from propagation_parts.part import Figures

TIMES = {"fit, s": ".1f", "s a frame": ".3f", "fit, cpu-s": ".1f", "cpu-s a frame": ".3f"}
"""Columns that tell what a run took."""


class Spent(NamedTuple):
    """Seconds.

    Args:
        fit: before tracking: `prepare` where the engine has it, and what the first answer took
            beyond a usual one.
        frame: a frame, mean over all answers but the first.
    """

    fit: float
    frame: float


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a run gave.

    Args:
        rows: predictions and truth given, all frames tracked.
        wall: seconds by the clock on the wall.
        processor: seconds of processor time, all threads together: steadier on a busy machine.
    """

    rows: Masks
    wall: Spent
    processor: Spent

    @property
    def times(self) -> Figures:
        """Columns of `TIMES`."""
        return {
            "fit, s": self.wall.fit,
            "s a frame": self.wall.frame,
            "fit, cpu-s": self.processor.fit,
            "cpu-s a frame": self.processor.frame,
        }


class Held:
    """A TrackStore and ChunkLog that last as long as the process."""

    def __init__(self, rows: Masks) -> None:
        self._rows = rows
        self._chunks: dict[str, Masks] = {}

    def load(self, frames: range | None = None) -> Masks:
        """Current rows."""
        if frames is None:
            return self._rows
        inside = (self._rows.frame >= frames.start) & (self._rows.frame < frames.stop)
        return self._rows.take(inside)

    def replace(self, frames: range, objects: list[int], rows: Masks) -> None:
        """Put `rows` in the place of what programs had found."""
        now = self._rows
        inside = (now.frame >= frames.start) & (now.frame < frames.stop)
        gone = inside & ~now.trusted & np.isin(now.object_id, objects)
        self._rows = concat([now.take(~gone), rows])

    def add(self, truth: Masks) -> None:
        """Take in annotated rows, in the place of whatever is there."""
        merged = upsert(self._rows, truth, keep_trusted=False)
        self._rows = merged.replace(checked=np.union1d(merged.checked, truth.checked))

    def get(self, key: str) -> Masks | None:
        """A finished chunk."""
        return self._chunks.get(key)

    def put(self, key: str, rows: Masks) -> None:
        """Keep a finished chunk."""
        self._chunks[key] = rows


class Clock:
    """When the work began, when the engine was prepared, and when each answer came."""

    def __init__(self) -> None:
        self._times = [_now()]

    def tick(self, _: Progress | None = None) -> None:
        """Something is done: first the preparation, then answer after answer."""
        self._times.append(_now())

    def spent(self, answers: int) -> tuple[Spent, Spent]:
        """On the wall, and by the processor; ticks after the last answer do not count."""
        gaps = np.diff(self._times[: answers + 2], axis=0)
        frame = gaps[2:].mean(axis=0) if answers > 1 else np.zeros(2)
        fit = gaps[0] + np.maximum(gaps[1] - frame, 0)
        wall, processor = (Spent(float(fit[k]), float(frame[k])) for k in range(2))
        return wall, processor


def _now() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def follow(engine: Propagator, clip: Clip, whole: bool = False) -> Outcome:
    """The clip from its first annotated frame to its last.

    With `whole`, `propagate` is called once for all frames; else `annotate.track` works in chunks.
    """
    seeds = clip.truth.on(clip.first)
    wanted = range(clip.first + 1, clip.last + 1)
    clock = Clock()
    prepare(engine, clip, seeds)
    clock.tick()
    if whole:
        parts = [seeds]
        for _, rows in engine.propagate(clip.media, seeds, wanted):
            clock.tick()
            parts.append(rows)
        return Outcome(concat(parts), *clock.spent(len(wanted)))
    held = Held(seeds)
    rows = track(
        clip.media, held, held, engine, direction="forward", frames=[wanted], progress=clock.tick
    )
    return Outcome(rows, *clock.spent(len(wanted)))


def prepare(engine: Propagator, clip: Clip, seeds: Masks) -> None:
    """Let the engine fit itself beforehand, where it can."""
    if hasattr(engine, "prepare"):
        engine.prepare(clip.media, seeds)


def corrected(engine: Propagator, clip: Clip, held: Held, frames: Iterable[int]) -> Masks:
    """All rows after some frames were corrected from the truth and the rest was tracked again."""
    for frame in frames:
        truth = clip.truth.on(frame)
        held.add(truth.replace(checked=np.array([frame], np.int32)))
    wanted = [range(clip.first, clip.last + 1)]
    return track(clip.media, held, held, engine, direction="both", frames=wanted)
