"""Stop a run where an object is really in doubt, so that a person need not wait for what is lost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from masklet.annotate.assemble import Assembled
from masklet.core import Flags, Masks, UsageError
from masklet.core.arrays import Int32s
from masklet.ops.table import boxes

DRIFT = Flags.LOW_SCORE | Flags.AREA_JUMP
"""Flags that mean drift where they stay; so does an object that is not found any more."""
LOST = "not found"


@dataclass(frozen=True)
class Drift:
    """Where an object is lost.

    Args:
        frame: the first frame in doubt.
        object_id: which object.
        label: name of its label.
        reasons: what is wrong with it on the frames from there on.
    """

    frame: int
    object_id: int
    label: str
    reasons: tuple[str, ...]

    def __str__(self) -> str:
        return (
            f"stopped: {self.label} {self.object_id} is in doubt from frame {self.frame} on "
            f"({', '.join(self.reasons)}); all before it is saved. Annotate it on frame {self.frame} "
            f"(--box X0,Y0,X1,Y1@{self.frame}:{self.object_id}, or --masks FILE@{self.frame}), or say "
            f"--gone {self.object_id}@{self.frame}, and run again: the run goes on from there"
        )


@dataclass
class DriftGuard:
    """Ends a forward run at the first frame from which an object stays in doubt.

    An object is in doubt on a frame where its row carries one of `DRIFT`, or where it has no row though
    it was last seen inside the picture. Rows that a person stands behind are never in doubt, nor is an
    area that changes at the picture's border.

    Args:
        frames: so many frames in doubt one after the other are drift.
        found: where the last run ended; None where it came to its end.

    Raises `UsageError` for fewer than 1 frame.
    """

    frames: int = 3
    found: Drift | None = None
    _doubts: dict[int, tuple[int, set[str]]] = field(default_factory=dict, init=False)
    _inside: set[int] = field(default_factory=set, init=False)
    _names: dict[int, str] = field(default_factory=dict, init=False)
    _last: int = field(default=-2, init=False)

    def __post_init__(self) -> None:
        if self.frames < 1:
            raise UsageError(f"drift of {self.frames} frames; expected 1 or more")

    def watch(self, chunks: Iterable[Assembled], truth: Masks) -> Iterator[Assembled]:
        """The chunks (rising, with doubts) up to where an object drifts; `found` says where that is.

        What is in doubt already, and not for long enough yet, is held back.
        """
        self.found, held = None, list[Assembled]()
        for chunk in chunks:
            held.append(chunk)
            self.found = self._look(chunk, truth)
            if self.found is not None:
                yield from _up_to(held, self.found.frame)
                return
            first = min((frame for frame, _ in self._doubts.values()), default=chunk.frames.stop)
            while held and held[0].frames.stop <= first:
                yield held.pop(0)
        yield from held

    def _look(self, chunk: Assembled, truth: Masks) -> Drift | None:
        start = chunk.frames.start
        if start != self._last + 1:
            self._doubts, self._inside = {}, set()
        self._note(truth.on(start - 1))
        bounds = np.searchsorted(chunk.rows.frame, [*chunk.frames, chunk.frames.stop])
        xyxy, names = boxes(chunk.rows), [label.name for label in chunk.rows.labels]
        for frame, low, high in zip(chunk.frames, bounds[:-1], bounds[1:], strict=True):
            here = set[int]()
            for row in range(low, high):
                here.add(int(chunk.rows.object_id[row]))
                self._row(chunk.rows, row, xyxy[row], names)
            for obj in self._inside.intersection(chunk.reached) - here:
                self._doubt(obj, frame, {LOST})
            for obj, (since, reasons) in sorted(self._doubts.items()):
                if frame - since + 1 >= self.frames:
                    return Drift(since, obj, self._names[obj], tuple(sorted(reasons)))
        self._last = chunk.frames.stop - 1
        return None

    def _note(self, rows: Masks) -> None:
        """Truth on the frame before a chunk, which may be part of none."""
        xyxy, names = boxes(rows), [label.name for label in rows.labels]
        for row in range(len(rows)):
            self._row(rows, row, xyxy[row], names)

    def _row(self, rows: Masks, row: int, box: Int32s, names: list[str]) -> None:
        obj, flags = int(rows.object_id[row]), Flags(int(rows.flags[row]))
        width, height = rows.video.size_wh(int(rows.frame[row]))
        whole = box[0] > 0 and box[1] > 0 and box[2] < width and box[3] < height
        reasons = flags & (DRIFT if whole else Flags.LOW_SCORE)
        self._names[obj] = names[int(rows.label_id[row])]
        if rows.trusted[row] or not reasons:
            self._doubts.pop(obj, None)
        else:
            self._doubt(obj, int(rows.frame[row]), {_name(one) for one in Flags if one in reasons})
        if whole and not flags & Flags.OUTSIDE:
            self._inside.add(obj)
        else:
            self._inside.discard(obj)

    def _doubt(self, obj: int, frame: int, reasons: set[str]) -> None:
        since, before = self._doubts.get(obj, (frame, set[str]()))
        self._doubts[obj] = since, before | reasons


def _name(flag: Flags) -> str:
    return (flag.name or "").lower().replace("_", " ")


def _up_to(chunks: list[Assembled], frame: int) -> Iterator[Assembled]:
    """The chunks cut off at `frame`."""
    for chunk in chunks:
        frames = range(chunk.frames.start, min(chunk.frames.stop, frame))
        if len(frames):
            yield replace(chunk, frames=frames, rows=chunk.rows.take(chunk.rows.frame < frame))
