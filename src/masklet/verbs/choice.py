"""An engine that is made when there are rows to choose it by, and a run of it on a project."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from masklet.annotate.stretches import Direction
from masklet.annotate.target import ProjectTarget
from masklet.annotate.track import Progress
from masklet.core import Masks, MediaSource, Propagator
from masklet.store.project import Project
from masklet.verbs.around import Around
from masklet.verbs.engines import Options
from masklet.verbs.lines import resolve_with_lines
from masklet.verbs.remembering import remember, settle, told
from masklet.verbs.running import Run

FITS = " (fits itself to the annotated frames first: some seconds for an object)"


@dataclass
class Choice:
    """Which engine is to run, and on what.

    Args:
        engine: name of a registered Propagator, `auto`, or a Propagator.
        media: the video.
        options: settings of the engine.
        around: the window and the outlines around it.
        say: receives sentences worth showing.
        video_id: number of the video in its project; None where it is the only one.
        warm: given an engine, gives it back or one equal to it that has run already.
        reason: name of the engine that ran, and why it was chosen.
    """

    engine: str | Propagator
    media: MediaSource
    options: Options | None
    around: Around
    say: Callable[[str], None]
    video_id: int | None = None
    warm: Callable[[Propagator], Propagator] = lambda engine: engine
    reason: str = field(default="none", init=False)

    @property
    def name(self) -> str:
        """Of the engine that ran; "none" before it is chosen."""
        return self.reason.partition(":")[0].partition(" ")[0]

    def track(
        self,
        run: Run,
        project: Project,
        target: ProjectTarget,
        wanted: list[range] | None,
        progress: Callable[[Progress], None],
    ) -> Masks:
        """All rows after the run; says what a person should know of it."""
        made = partial(self.made, project, target, run.direction)
        result = run.do(self.media, target, made, wanted, progress, self.say)
        settle(project, result, self.video_id)
        for note in run.notes(result, wanted):
            self.say(note)
        return result

    def made(self, project: Project, target: ProjectTarget, direction: Direction) -> Propagator:
        """The engine, noted in the project; says why it is that one."""
        rows = told(project, target.load(), self.video_id)
        runner, self.reason = resolve_with_lines(
            self.engine, self.media, rows, self.options, self.around
        )
        runner = self.warm(runner)
        remember(project, runner, direction, self.video_id)
        self.say(f"engine {self.reason}{FITS if hasattr(runner, 'prepare') else ''}")
        return runner
