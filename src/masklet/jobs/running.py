"""One execution of a job in a worker: from what was asked for to rows in the project."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import pairwise

from masklet.annotate.target import ProjectTarget
from masklet.annotate.track import Progress
from masklet.annotate.watching import Watching
from masklet.core import Masks, Propagator, Video
from masklet.core.pausing import Stopped, pausing
from masklet.jobs.chosen import annotated, chosen
from masklet.jobs.desk import Desk
from masklet.jobs.events import Live
from masklet.jobs.fresh import FreshTarget
from masklet.jobs.spec import JobSpec
from masklet.verbs.around import NOTHING
from masklet.verbs.choice import Choice
from masklet.verbs.running import Run

LOOK = 0.05
"""Seconds between two looks at what somebody wishes of the job."""
TELL = 0.2
"""Seconds between two times that progress is noted."""
RECENT = 30
"""Frames from which the speed is told."""


class Corrected(Stopped):
    """A person changed something while a job waited: it begins anew after that frame."""

    def __init__(self, frame: int) -> None:
        super().__init__(f"frame {frame} was corrected")
        self.frame = frame


class NothingLeft(Stopped):
    """People took away all that a job was to track; the text says what they did."""


@dataclass
class Running:
    """A job that tracks.

    Args:
        name: the job's id.
        spec: what it is to do.
        desk: the worker's things.
        worked: called with the frames of each chunk that is done.
        part: this is one stretch of a job: its frames add to the job's, which tells the rest itself.
    """

    name: str
    spec: JobSpec
    desk: Desk
    worked: Callable[[range], None] = lambda _frames: None
    part: bool = False
    _looked: float = field(default=0.0, init=False)
    _told: float = field(default=0.0, init=False)
    _times: deque[float] = field(default_factory=lambda: deque(maxlen=RECENT), init=False)
    _progress: Progress = field(default=Progress(0, 0), init=False)
    _noted: int = field(default=0, init=False)
    _answered: int = field(default=0, init=False)
    _frame: int = field(default=-1, init=False)
    _carried: set[int] = field(default_factory=set, init=False)
    _left_out: set[int] = field(default_factory=set, init=False)

    def go(self) -> None:
        """Track. Raises `Stopped` where somebody stopped the job: what it had found is stored."""
        project = self.desk.project(self.spec.project)
        store = project.masks(self.spec.video)
        self._store, video = store, store.video
        self._check_file = self.desk.unchanged(video)
        media = self.desk.media(video, "part" if self.part else "track")
        target = ProjectTarget(project, self.spec.video)
        if self.spec.fresh:
            target = FreshTarget(project, self.spec.video, self.name)
        self._target = target
        choice = Choice(
            self.spec.engine,
            media,
            self.spec.options,
            NOTHING,
            self._say,
            self.spec.video,
            lambda engine: self._warm(engine, choice.name),
        )
        wanted = self.spec.ranges(video.n_frames)
        watch = Watching(self._live, self.worked)
        with pausing(self._pause), self.desk.turns.working():
            while wanted:
                run = replace(self._run(), objects=self._objects(), watch=watch)
                try:
                    choice.track(run, project, target, wanted, self._advance)
                    self._end(run)
                    return
                except Corrected as corrected:
                    wanted = self._after(wanted, corrected.frame)
                    self._say(f"{corrected}; going on from there")
                    self._look_for_changes()

    def _warm(self, engine: Propagator, name: str) -> Propagator:
        """An engine that ran before where there is one like it; tells which one tracks."""
        self.desk.ledger.set(self.name, engine=name)
        return self.desk.warm(engine)

    def _objects(self) -> tuple[int, ...]:
        """Which ones the next run carries; empty = all."""
        if self._left_out:
            self._carried -= self._left_out
            return tuple(sorted(self._carried))
        objects = chosen(self._store, self.spec.objects)
        self._carried = set(objects) or annotated(self._store)
        return objects

    def _run(self) -> Run:
        automatic = self.spec.mode == "automatic"
        return Run.checked(
            self.spec.way,
            automatic and not self.part and not self.spec.stop_at_flag,
            1 if self.spec.stop_at_flag else False,
            None,
            0,
        )

    def _end(self, run: Run) -> None:
        """Note how far it came, and why it ended early if it did."""
        self._tell(force=True)
        if run.guard is not None and run.guard.found is not None:
            found = run.guard.found
            reasons = ", ".join(found.reasons)
            message = (
                f"{found.label} {found.object_id} is in doubt from frame {found.frame} on ({reasons})"
            )
            self.desk.ledger.set(self.name, message=message, frame=found.frame)

    def _after(self, wanted: list[range], frame: int) -> list[range]:
        """What is left of `wanted` when a person decided on `frame`."""
        if self.spec.way == "backward":
            parts = [range(one.start, min(one.stop, frame)) for one in wanted]
        else:
            parts = [range(max(one.start, frame + 1), one.stop) for one in wanted]
        return [one for one in parts if one]

    def _say(self, line: str) -> None:
        if not self.part:
            self.desk.ledger.say(self.name, line)

    def _pause(self, what: str, done: int, of: int) -> None:
        """Between two frames: give the device away, and see whether somebody wants an end."""
        self.desk.turns.offer()
        if what and not self.part:
            self._prepare(f"{what}: {done} of {of}")
        now = time.monotonic()
        if now - self._looked < LOOK:
            return
        self._looked = now
        check_wish(self.desk, self.name)
        self._check_file()
        self._look_for_changes()

    def _look_for_changes(self) -> None:
        """Say which objects are left out from now on; an end where none is left."""
        reasons = self._target.overtaken.look()
        for number in reasons.keys() - self._left_out:
            self._left_out.add(number)
            self._say(f"{reasons[number]}; it is left out from now on")
        if self._carried and self._carried <= self._left_out:
            raise NothingLeft(next(iter(reasons.values())))

    def _prepare(self, message: str) -> None:
        """Say what goes on before the first frame is done."""
        now = time.monotonic()
        if now - self._told >= TELL:
            self._told = now
            self.desk.ledger.set(self.name, message=message)

    def _advance(self, progress: Progress) -> None:
        self._progress = progress
        self._tell()

    def _live(self, frame: int, rows: Masks) -> None:
        self._check_file()  # before the chunk of this frame is kept
        self._times.append(time.monotonic())
        shown = rows.replace(video=light(self._store.video, frame), checked=(), steps=(), step=-1)
        self.desk.tell(Live(self.name, self.spec.video, frame, shown))
        self._answered += 1
        self._frame = frame
        if self.spec.mode == "frame_by_frame":
            self._wait(frame)

    def _wait(self, frame: int) -> None:
        """Until somebody lets the job go on; `Corrected` where something was changed meanwhile."""
        ledger, before = self.desk.ledger, self._store.revision
        if ledger.wishes(self.name)[1] >= self._answered:
            return
        self._tell(force=True)
        ledger.move(self.name, ("running",), state="waiting", message=f"frame {frame} is done; go on?")
        self.desk.moved(self.name)
        with self.desk.turns.resting():
            while ledger.wishes(self.name)[1] < self._answered:
                self._pause_waiting()
        ledger.move(self.name, ("waiting",), state="running", message="")
        changed = self._store.history(since=before) if self._store.revision != before else ()
        sign = -1 if self.spec.way == "backward" else 1
        decided = [one.frame for one in changed if sign * one.frame <= sign * frame]
        if decided:
            raise Corrected(min(decided) if sign > 0 else max(decided))

    def _pause_waiting(self) -> None:
        time.sleep(LOOK / 2)
        check_wish(self.desk, self.name)

    def _tell(self, force: bool = False) -> None:
        now = time.monotonic()
        if not force and now - self._told < TELL:
            return
        self._told = now
        done, total, frame = self._progress.done, self._progress.total, self._frame
        if self.part:
            self.desk.ledger.count(self.name, done - self._noted, frame)
            self._noted = done
            return
        gaps = [b - a for a, b in pairwise(self._times)]
        fps = len(gaps) / sum(gaps) if gaps and sum(gaps) else 0.0
        eta = (total - done) / fps if fps else None
        self.desk.ledger.set(
            self.name, done=done, total=total, fps=fps, eta=eta, frame=frame, message=""
        )


def check_wish(desk: Desk, name: str) -> None:
    """Raise `Stopped` where somebody wishes a job to stop."""
    if desk.ledger.wishes(name)[0] == "stop":
        raise Stopped(f"job {name}")


def light(video: Video, frame: int) -> Video:
    """The video as far as one frame of it needs to know."""
    wide, high = video.size_wh(frame)
    return Video(video.uri, wide, high, video.n_frames)
