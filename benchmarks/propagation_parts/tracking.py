"""A clip tracked from its first annotated frame, timed; and again with more annotated frames."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from masklet.annotate.track import Progress, track
from masklet.core import Masks, Propagator
from masklet.ops.table import concat, upsert
from propagation_parts.footage import Clip


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a run gave.

    Args:
        rows: predictions and truth given, all frames tracked.
        fit_s: seconds spent before tracking: `prepare` where the engine has it, and what the first
            answer took beyond a usual one.
        frame_s: seconds a frame, mean over all answers but the first.
    """

    rows: Masks
    fit_s: float
    frame_s: float


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


@dataclass
class Clock:
    """When answers came."""

    begun: float = field(default_factory=time.perf_counter)
    answers: list[float] = field(default_factory=list)

    def tick(self, _: Progress | None = None) -> None:
        """An answer is there."""
        self.answers.append(time.perf_counter())

    def split(self, prepared_s: float) -> tuple[float, float]:
        """(fit_s, frame_s), see `Outcome`."""
        gaps = np.diff([self.begun, *self.answers])
        frame = float(np.mean(gaps[1:])) if len(gaps) > 1 else 0.0
        return prepared_s + max(float(gaps[0]) - frame, 0.0), frame


def follow(engine: Propagator, clip: Clip, whole: bool = False) -> Outcome:
    """The clip from its first annotated frame to its last.

    With `whole`, `propagate` is called once for all frames; else `annotate.track` works in chunks.
    """
    seeds = clip.truth.on(clip.first)
    prepared = prepare(engine, clip, seeds)
    wanted = range(clip.first + 1, clip.last + 1)
    clock = Clock()
    if whole:
        parts = [seeds]
        for _, rows in engine.propagate(clip.media, seeds, wanted):
            clock.tick()
            parts.append(rows)
        return Outcome(concat(parts), *clock.split(prepared))
    held = Held(seeds)
    rows = track(
        clip.media, held, held, engine, direction="forward", frames=[wanted], progress=clock.tick
    )
    clock.answers.pop()
    return Outcome(rows, *clock.split(prepared))


def prepare(engine: Propagator, clip: Clip, seeds: Masks) -> float:
    """Seconds that the engine's own `prepare` took; 0 where it has none."""
    if not hasattr(engine, "prepare"):
        return 0.0
    begun = time.perf_counter()
    engine.prepare(clip.media, seeds)
    return time.perf_counter() - begun


def corrected(engine: Propagator, clip: Clip, held: Held, frames: Iterable[int]) -> Masks:
    """All rows after some frames were corrected from the truth and the rest was tracked again."""
    for frame in frames:
        truth = clip.truth.on(frame)
        held.add(truth.replace(checked=np.array([frame], np.int32)))
    wanted = [range(clip.first, clip.last + 1)]
    return track(clip.media, held, held, engine, direction="both", frames=wanted)
