"""Which engine for this video? Measured, chosen and said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from masklet.core import Masks, MediaSource, Propagator, UsageError
from masklet.core.registry import available, load
from masklet.models.background import Background
from masklet.models.motion import CameraMotion
from masklet.models.stand import Stand, fingerprint
from masklet.models.walk import check_call

GOOD_FIT = 0.75
"""IoU with the annotated masks from which the difference to the plate is trusted."""
SEVERAL = 0.9
"""Factor for several objects: a difference from the empty place does not tell who is who."""
FLOW_FITNESS = 0.4
"""The plain baseline: better than an engine below it, worse than one above."""


@dataclass(frozen=True)
class Candidate:
    """An engine and how well it should do here, 0..1, with a reason that holds the numbers."""

    name: str
    fitness: float
    reason: str


@dataclass(frozen=True)
class Choice:
    """The engine to take, why, and all that were considered, best first."""

    name: str
    reason: str
    candidates: tuple[Candidate, ...]


def choose(media: MediaSource, seeds: Masks, background: Background | None = None) -> Choice:
    """The engine that should do best, from the camera's motion and the annotated frames.

    `background` is judged by its fit to the annotated masks; `flow` always can run. Any other
    installed engine whose class has `fitness(media, seeds) -> (float, str)` is asked too.
    """
    check_call(media, seeds, range(0))
    truth = seeds.take(seeds.trusted)
    background = background or Background()
    motion = background.camera(media)
    stand = background.stand(media, truth) if motion.fixed else None
    found = [_judge_background(stand, len(truth.objects)), _judge_flow(motion)]
    for name in available("propagators"):
        if name not in ("auto", "background", "flow"):
            found += _ask(name, media, truth)
    ranked = tuple(sorted(found, key=lambda candidate: -candidate.fitness))
    best = ranked[0]
    reason = f"{motion}; {best.reason} -> {best.name}"
    if best.name != "background" and motion.fixed:
        other = next(candidate for candidate in ranked if candidate.name == "background")
        reason = f"{motion}; background: {other.reason}; {best.name}: {best.reason} -> {best.name}"
    return Choice(best.name, reason, ranked)


def _judge_background(stand: Stand | None, objects: int) -> Candidate:
    if stand is None:
        return Candidate("background", 0.0, "a plate needs a fixed camera")
    reason = (
        f"its own masks of the annotated frames reach IoU {stand.fit:.2f}, and "
        f"{100 * stand.contrast:.0f} % of their pixels differ clearly from the empty place"
    )
    fitness = stand.fit if stand.fit >= GOOD_FIT else 0.3 * stand.fit
    if objects > 1:
        return Candidate("background", SEVERAL * fitness, f"{reason}; {objects} objects may meet")
    return Candidate("background", fitness, reason)


def _judge_flow(motion: CameraMotion) -> Candidate:
    if motion.fixed:
        return Candidate("flow", FLOW_FITNESS, "the objects do not stand out from the empty place")
    return Candidate("flow", FLOW_FITNESS, "no plate can be made, so masks are carried along the motion")


def _ask(name: str, media: MediaSource, truth: Masks) -> list[Candidate]:
    """A further engine's own opinion; none where it has none or cannot be loaded."""
    try:
        judge = getattr(load("propagators", name), "fitness", None)
    except UsageError:
        return []
    if judge is None:
        return []
    fitness, reason = judge(media, truth)
    return [Candidate(name, float(fitness), str(reason))]


class Auto:
    """Propagator that measures first and hands the work to the engine that fits.

    Args:
        options: by engine name, the arguments of its constructor.

    The choice is a function of the video and its trusted rows; the last one is kept. In a run whose
    annotated frames differ from stretch to stretch, the choice may differ too.
    """

    name = "auto"
    version = 1

    def __init__(self, options: Mapping[str, Mapping[str, Any]] | None = None) -> None:
        self._options = dict(options or {})
        self._kept: tuple[str, Choice] | None = None
        self._engines: dict[str, Propagator] = {}

    def choice(self, media: MediaSource, seeds: Masks) -> Choice:
        """What `choose` says, remembered for the last video and trusted rows."""
        key = fingerprint(media, seeds.take(seeds.trusted), 0)
        if self._kept is None or self._kept[0] != key:
            background = self.engine("background")
            assert isinstance(background, Background)
            self._kept = key, choose(media, seeds, background)
        return self._kept[1]

    def propagate(self, media: MediaSource, seeds: Masks, frames: range) -> Iterator[tuple[int, Masks]]:
        """As `Propagator`, by the chosen engine."""
        check_call(media, seeds, frames)
        return self.engine(self.choice(media, seeds).name).propagate(media, seeds, frames)

    def engine(self, name: str) -> Propagator:
        """The engine of that name, made once, so that what it measured is not measured again."""
        if name not in self._engines:
            self._engines[name] = load("propagators", name)(**self._options.get(name, {}))
        return self._engines[name]
