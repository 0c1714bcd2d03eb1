"""The plan of a tracking run: wanted frames cut at human frames, then into chunks.

A chunk is the unit of work: what is stored whole, what a killed run resumes at, and what is found
again instead of computed when nothing that it depends on has changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from masklet.annotate.seeds import human_frames
from masklet.core import Masks

Direction = Literal["forward", "backward", "both"]
DIRECTIONS: tuple[Direction, ...] = ("forward", "backward", "both")

CHUNK = 64
"""Frames in a chunk, where the engine does not say how many (an attribute `chunk`)."""


@dataclass(frozen=True)
class Stretch:
    """Consecutive wanted frames with no human frame inside, or one human frame alone.

    `chunk` is how many frames a chunk has; 0 = `CHUNK`.
    """

    frames: range
    human: bool
    chunk: int = 0

    def edge(self, forward: bool) -> int:
        """The frame next to the stretch on the side that a run comes from."""
        return self.frames.start - 1 if forward else self.frames.stop

    def chunks(self, forward: bool) -> list[range]:
        """Rising ranges of at most a chunk's frames, in running order; the same cuts both ways."""
        start, stop, size = self.frames.start, self.frames.stop, self.chunk or CHUNK
        cuts = [range(at, min(at + size, stop)) for at in range(start, stop, size)]
        return cuts if forward else cuts[::-1]


def plan(truth: Masks, wanted: list[range], chunk: int = 0) -> list[Stretch]:
    """Rising stretches that cover `wanted`, without human frames that need nothing.

    A human frame needs nothing when a person declared it complete, or when every object that
    occurs anywhere has its truth there.
    """
    cuts = human_frames(truth)
    everyone = set(truth.objects.tolist())
    stretches: list[Stretch] = []
    for part in wanted:
        at = part.start
        for cut in [c for c in cuts if part.start <= c < part.stop]:
            if at < cut:
                stretches.append(Stretch(range(at, cut), False, chunk))
            if cut not in truth.checked and set(truth.on(cut).object_id.tolist()) != everyone:
                stretches.append(Stretch(range(cut, cut + 1), True, chunk))
            at = cut + 1
        if at < part.stop:
            stretches.append(Stretch(range(at, part.stop), False, chunk))
    return stretches
