"""A tracking run: the objects that came first, those that came later, newcomers, an end at drift."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np

from masklet.annotate.cohorts import Cohort, cohorts
from masklet.annotate.drift import DriftGuard
from masklet.annotate.gone import check_after, close
from masklet.annotate.looks import Looking
from masklet.annotate.newcomers import track_newcomers
from masklet.annotate.ranges import shortened
from masklet.annotate.stretches import Direction
from masklet.annotate.target import ProjectTarget
from masklet.annotate.track import Progress, check_direction, track
from masklet.annotate.watching import Watching
from masklet.core import Masks, MediaSource, Prompt, Propagator, Segmenter, UsageError
from masklet.verbs.engines import Options
from masklet.verbs.prompts import Pointing
from masklet.verbs.wording import Wording, finder_for, split

Asked = Sequence[Pointing | Prompt | Wording]
DRIFT_FRAMES = 3
"""Frames in doubt, one after the other, that `stop_on_drift=True` means."""


@dataclass(frozen=True)
class Hunt:
    """Who looks for newcomers, with which words, and how."""

    finder: Segmenter
    prompts: Sequence[Prompt]
    looking: Looking


def looking_of(every: int, given: Mapping[str, object]) -> int | Looking:
    """`Looking` from settings as typed, such as `{"score": 0.4}`; 0 where nobody is to look.

    Raises `UsageError` for a setting that does not exist, or that is no number.
    """
    known = [one.name for one in fields(Looking) if one.name != "every"]
    for name, value in given.items():
        if name not in known or isinstance(value, bool) or not isinstance(value, int | float):
            raise UsageError(
                f"looks cannot be told {name}={value}; expected numbers for {', '.join(known)}"
            )
    if given and not every:
        raise UsageError("looks are set, but never taken; add --newcomers FRAMES")
    return Looking(every, **given) if every else 0  # type: ignore[arg-type]


def drift_of(stop: bool, frames: int) -> int:
    """`stop_on_drift` of two words; 0 where a run is to go on. `UsageError` for less than a frame."""
    if frames < 1:
        raise UsageError(f"drift of {frames} frames; expected 1 or more")
    return frames if stop else 0


def hunting(
    newcomers: int | Looking,
    finder: Segmenter | None,
    asked: Asked,
    segmenter: str | Segmenter,
    engine: str | Propagator,
    options: Options | None,
) -> tuple[Hunt | None, Asked]:
    """Who looks for newcomers, None where nobody is to; and what was asked but for the words for it.

    Args:
        newcomers: frames from look to look, or a `Looking`; 0 = never.
        finder: who looks; None = whoever reads words (`wording.finder_for`).
        asked: prompts; all words among them are for the looks.
        segmenter, engine, options: of the run.

    Raises `UsageError` where nobody could find anything.
    """
    if not newcomers:
        return None, asked
    looking = newcomers if isinstance(newcomers, Looking) else Looking(newcomers)
    words, others = split(asked)
    if finder is None and not words:
        raise UsageError("newcomers need somebody who finds them: words (--text WORDS), or a finder")
    named = {one.phrase.lower(): one for one in words}.values()
    prompts = [Prompt(0, 1 + k, one.named, text=one.phrase) for k, one in enumerate(named)]
    return Hunt(finder or finder_for(segmenter, engine, options), prompts, looking), others


@dataclass(frozen=True)
class Run:
    """How a project is to be tracked; see `masklet.track` for what the settings mean.

    `objects` are those to track, all where it is empty; the others keep their masks and their pixels.
    `watch` is told what happens on the way; a hunt tells nothing.
    """

    direction: Direction = "both"
    preview: bool = False
    guard: DriftGuard | None = None
    hunt: Hunt | None = None
    gone_after: int = 0
    objects: tuple[int, ...] = ()
    watch: Watching | None = None

    @classmethod
    def checked(
        cls, direction: Direction, preview: bool, drift: bool | int, hunt: Hunt | None, gone_after: int
    ) -> Run:
        """A run whose settings fit together; `UsageError` where they do not."""
        check_direction(direction)
        check_after(gone_after)
        forward = [name for name, on in (("stop_on_drift", drift), ("newcomers", hunt)) if on]
        if forward and direction == "backward":
            raise UsageError(
                f"a run with {' and '.join(forward)} goes forward; leave out direction backward, "
                "or run twice"
            )
        if hunt is not None and preview:
            raise UsageError("newcomers are looked for among finished masks; leave out preview")
        guard = DriftGuard(DRIFT_FRAMES if drift is True else int(drift)) if drift else None
        return cls("forward" if forward else direction, preview, guard, hunt, gone_after)

    def do(
        self,
        media: MediaSource,
        target: ProjectTarget,
        engine: Callable[[], Propagator],
        frames: list[range] | None,
        progress: Callable[[Progress], None],
        say: Callable[[str], None],
    ) -> Masks:
        """Track; all rows afterwards. `engine` is asked once there is something to track."""
        if self.hunt is not None:
            return track_newcomers(
                media,
                target,
                target,
                engine,
                self.hunt.finder,
                self.hunt.looking,
                prompts=self.hunt.prompts,
                frames=frames,
                guard=self.guard,
                progress=progress,
                say=say,
            )
        self._cohorts(media, target, engine(), frames, progress)
        wanted = frames if frames is not None else [range(media.video.n_frames)]
        return close(target, wanted, self.gone_after, self.direction)

    def notes(self, rows: Masks, frames: list[range] | None) -> list[str]:
        """What a person should know of the outcome, `rows`, of a run over `frames`."""
        wanted = frames if frames is not None else [range(rows.video.n_frames)]
        if self.guard is not None and self.guard.found is not None:
            return _older(rows, wanted, self.guard.found.frame)
        return [] if self.hunt is not None else _unreached(rows, wanted, self.direction)

    def _cohorts(
        self,
        media: MediaSource,
        target: ProjectTarget,
        engine: Propagator,
        frames: list[range] | None,
        progress: Callable[[Progress], None],
    ) -> None:
        rows = target.load()
        groups, earlier = self._chosen(cohorts(rows), rows)
        for part, (name, objects) in enumerate(groups.items()):
            members, apart = Cohort(target, objects, list(earlier)), len(groups) > 1 or bool(earlier)

            def report(one: Progress, part: int = part) -> None:
                progress(Progress(part * one.total + one.done, len(groups) * one.total))

            track(
                media,
                members if apart else target,
                target,
                engine,
                direction=self.direction,
                frames=frames,
                preview=self.preview,
                beside=members.beside if apart else None,
                guard=self.guard,
                cohort=name,
                progress=report,
                watch=self.watch,
            )
            earlier += objects
            if self.guard is not None and self.guard.found is not None:
                return

    def _chosen(
        self, groups: dict[int, list[int]], rows: Masks
    ) -> tuple[dict[int, list[int]], list[int]]:
        """The cohorts of the objects that this run is for, and the objects that keep their pixels."""
        if not self.objects:
            return groups or {0: []}, []
        known = {obj for members in groups.values() for obj in members}
        missing = sorted(set(self.objects) - known)
        if missing:
            raise UsageError(
                f"object {missing[0]} has no annotated frame to start from; annotate it on one frame, "
                "or leave it out"
            )
        chosen = {name: [o for o in members if o in self.objects] for name, members in groups.items()}
        others = [int(o) for o in rows.objects if o >= 0 and o not in self.objects]
        return {name: members for name, members in chosen.items() if members}, others


def _older(rows: Masks, wanted: list[range], end: int) -> list[str]:
    """Rows of programs that a run which ended early has not come to."""
    found = np.unique(rows.frame[~rows.trusted & (rows.frame >= end)]).tolist()
    later = [frame for frame in found if any(frame in part for part in wanted)]
    if not later:
        return []
    shown = shortened(later)
    return [f"the masks on frames {shown} are of a run before; this one ended before frame {end}"]


def _unreached(rows: Masks, wanted: list[range], direction: Direction) -> list[str]:
    """Is there nothing on the side that a run in one direction comes from?"""
    sign = {"forward": 1, "backward": -1, "both": 0}[direction]
    if not sign or not any(map(len, wanted)):
        return []
    truth, parts = rows.frame[rows.trusted], [part for part in wanted if part]
    last = parts[-1][-1] if sign > 0 else parts[0][0]
    edges = [part.start - 1 if sign > 0 else part.stop for part in parts]
    if np.any(sign * truth <= sign * last) or np.any(np.isin(rows.frame, edges)):
        return []
    side, other = ("before", "backward") if sign > 0 else ("after", "forward")
    return [
        f"no frame was reached: a run {direction} begins at an annotated frame, and there is none "
        f"{side} or among these frames; annotate one, or go {other}"
    ]
