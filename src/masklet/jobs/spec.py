"""What a job is to do, how far it is, and what it may be in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

from masklet.annotate.ranges import parse_ranges
from masklet.annotate.stretches import Direction
from masklet.annotate.track import check_direction
from masklet.core import UsageError

Kind = Literal["initial", "resegment", "between"]
Mode = Literal["automatic", "frame_by_frame"]
State = Literal["queued", "running", "waiting", "stopped", "interrupted", "failed", "done"]
MAX_WORKERS = 64


@dataclass(frozen=True)
class JobSpec:
    """A tracking job.

    Args:
        project: path of the project file, as its workers see it.
        video: number of the video in the project.
        kind: `initial` tracks everything asked for; `resegment` does `frames` alone anew; `between`
            gives the stretches between annotated frames to several workers at once.
        frames: comma list of frames and inclusive ranges (`120-180,305`); empty = all.
        direction: `forward`, `backward` or `both`.
        engine: name of a registered Propagator, or `auto`.
        options: settings of the engine.
        objects: ids to track; empty = all that have truth and are not locked. The others keep their
            masks and their pixels.
        workers: of a job `between`: so many stretches at once at most.
        mode: `frame_by_frame` waits after each frame until it is told to go on (`Board.step`); it runs
            one way, forward unless asked for backward.
        reuse: take over chunks that an earlier run computed from the same truth; a job that goes frame
            by frame computes them anew.
        stop_at_flag: end at the first frame on which an object is in doubt; runs forward.
        author: who asked for it.

    Raises `UsageError` for what does not fit together.
    """

    project: str
    video: int
    kind: Kind = "initial"
    frames: str = ""
    direction: Direction = "both"
    engine: str = "auto"
    options: Mapping[str, Any] = field(default_factory=dict)
    objects: tuple[int, ...] = ()
    workers: int = 1
    mode: Mode = "automatic"
    reuse: bool = True
    stop_at_flag: bool = False
    author: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "objects", tuple(int(one) for one in self.objects))
        if self.kind not in get_args(Kind):
            raise UsageError(f"unknown kind of job {self.kind!r}; expected {_listed(Kind)}")
        if self.mode not in get_args(Mode):
            raise UsageError(f"unknown mode {self.mode!r}; expected {_listed(Mode)}")
        check_direction(self.direction)
        if not 1 <= self.workers <= MAX_WORKERS:
            raise UsageError(f"{self.workers} workers; expected 1 to {MAX_WORKERS}")
        if self.kind == "resegment" and not self.frames.strip():
            raise UsageError("a job resegment has no frames; name them, such as 120-180,305")
        if self.workers > 1 and self.kind != "between":
            raise UsageError(f"{self.workers} workers for a job {self.kind}; only between uses several")
        if self.kind == "between" and (self.mode != "automatic" or self.stop_at_flag):
            raise UsageError(
                "a job between runs by itself to its end; leave out frame_by_frame and stop_at_flag"
            )
        if self.stop_at_flag and self.direction == "backward":
            raise UsageError("a job that stops at the first flag goes forward; leave out backward")

    def ranges(self, n_frames: int) -> list[range]:
        """The frames asked for, rising, on a video of `n_frames`. `UsageError` for others."""
        return parse_ranges(self.frames, n_frames) if self.frames.strip() else [range(n_frames)]

    @property
    def way(self) -> Direction:
        """The direction that it takes: one that waits or stops goes one way."""
        one_way = self.mode == "frame_by_frame" or self.stop_at_flag
        return "forward" if one_way and self.direction == "both" else self.direction

    @property
    def fresh(self) -> bool:
        """Is everything to be computed anew?"""
        return not self.reuse or self.mode == "frame_by_frame"

    def as_dict(self) -> dict[str, Any]:
        """As plain values, for JSON."""
        return {**asdict(self), "objects": list(self.objects), "options": dict(self.options)}

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> JobSpec:
        """From plain values. `UsageError` for what it does not know."""
        unknown = sorted(set(told) - set(cls.__dataclass_fields__))
        if unknown:
            raise UsageError(f"a job cannot be told {', '.join(unknown)}")
        return cls(**{**told, "objects": tuple(told.get("objects", ()))})


@dataclass(frozen=True)
class Job:
    """A job and how far it is.

    Args:
        id: its name.
        spec: what it is to do.
        state: `interrupted` = it was running, and its worker is not there; it goes on with the next one.
        done, total: frames of engine work.
        fps: of late; 0 where unknown.
        eta: seconds still to go; None where unknown.
        message: why it ended, or what it waits for.
        log: lines, oldest first.
        created: seconds since the epoch.
        position: of a queued one: how many are before it.
        frame: the last frame that its engine answered; -1 = none yet.
        engine: name of the one that tracks; empty = none is chosen yet.
    """

    id: str
    spec: JobSpec
    state: State
    done: int = 0
    total: int = 0
    fps: float = 0.0
    eta: float | None = None
    message: str = ""
    log: tuple[str, ...] = ()
    created: float = 0.0
    position: int = 0
    frame: int = -1
    engine: str = ""

    @property
    def ended(self) -> bool:
        """Will nothing more happen by itself?"""
        return self.state in ("stopped", "failed", "done")


def _listed(kind: Any) -> str:
    return " or ".join(get_args(kind))
