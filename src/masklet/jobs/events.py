"""What a worker tells whoever started it, and what it is asked."""

from __future__ import annotations

from dataclasses import dataclass

from masklet.core import Masks
from masklet.jobs.spec import Job


@dataclass(frozen=True)
class Live:
    """A frame as the tracker answered it, before it is in the store."""

    job: str
    video: int
    frame: int
    rows: Masks
    """of that frame, on a `Video` of the right size that knows nothing else"""


@dataclass(frozen=True)
class Moved:
    """A job came further, or into another state."""

    job: Job


@dataclass(frozen=True)
class WorkerState:
    """Is the worker there? `what` says it for people: starting, ready, busy, died and why."""

    alive: bool
    what: str


Event = Live | Moved | WorkerState


@dataclass(frozen=True)
class Click:
    """Points and a box of a person on one object and frame.

    Args:
        project, video: as in `JobSpec`.
        frame: 0-based.
        object_id, label: whose mask it is to be.
        points: (x, y, on the object?), pixels.
        box: (x0, y0, x1, y1) half-open, or None.
        refine: start from the mask that the object has on this frame.
        client: who clicks; a newer click of the same client on the same object and frame takes the place
            of one that still waits.
        segmenter: name of a registered Segmenter.
    """

    project: str
    video: int
    frame: int
    object_id: int
    label: str
    points: tuple[tuple[float, float, bool], ...] = ()
    box: tuple[float, float, float, float] | None = None
    refine: bool = True
    client: str = ""
    segmenter: str = "cut"


@dataclass(frozen=True)
class Answer:
    """What a click was answered with.

    `rows` holds one row on the click's frame, signed by the segmenter; `seconds` is the time that the
    segmenter took. `superseded`: a newer click took its place, and there are no rows.
    """

    rows: Masks | None
    seconds: float = 0.0
    superseded: bool = False
