"""Which frames are judged, and where the truth is complete.

*Absent* is not *unseen*: a frame without a mask of the truth may be one on which nobody looked. Whether
it is depends on where the truth comes from:

- It declares frames complete (`Masks.checked`), as masklet's own projects do: these count, and
  beyond them only its rows.
- It is a data set's (all rows imported) and covers at least half of the frames, or is an image set:
  every frame is complete, as in DAVIS, COCO and YouTube-VIS.
- Otherwise, as with SA-V's every fourth frame or keyframes drawn in a tool: the frames with a mask are
  complete when they are many (`FEW` or more) or imported.
- A person's few frames are no statement on other objects: only the rows count.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from masklet.core.arrays import Int32s
from masklet.core.enums import Origin
from masklet.core.masks import Masks
from masklet.evaluation.terms import Complete

COVERED = 0.5
"""Share of frames with a mask from which a data set's truth is believed to be about all frames."""
FEW = 20
"""Fewer drawn frames than this are taken for prompts, each about the objects drawn there only."""


class Judged(NamedTuple):
    """`frames`, and those of them that are complete, both sorted; the rule that was applied."""

    frames: Int32s
    complete: Int32s
    rule: Complete


def judged(truth: Masks, n_frames: int, rule: Complete) -> Judged:
    """The frames that `truth` lets one judge, under a rule of `Terms.complete`.

    Args:
        truth: without rejected rows.
        n_frames: length of the video.
        rule: `auto` is replaced by what the module's first lines say.
    """
    chosen = _rule(truth, n_frames) if rule == "auto" else rule
    drawn = np.unique(np.concatenate([truth.frames, truth.checked])).astype(np.int32)
    if chosen == "rows":
        return Judged(drawn, truth.checked, chosen)
    if chosen == "drawn":
        return Judged(drawn, drawn, chosen)
    every = np.arange(max(n_frames, int(drawn[-1]) + 1 if len(drawn) else 0), dtype=np.int32)
    return Judged(every, every, chosen)


def _rule(truth: Masks, n_frames: int) -> Complete:
    if len(truth.checked):
        return "rows"
    imported = bool(np.all(truth.origin == Origin.IMPORTED))
    if imported and (truth.video.files or len(truth.frames) >= COVERED * n_frames):
        return "all"
    return "drawn" if imported or len(truth.frames) >= FEW else "rows"
