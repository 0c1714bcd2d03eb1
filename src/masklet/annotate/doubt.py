"""Reasons to look again that only show over time: falling scores, jumping areas, vanishing."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from masklet.annotate.assemble import Assembled
from masklet.core import Flags, Masks
from masklet.ops.table import areas

WINDOW = 15
"""Rows of an object that its next row is compared with."""
LOW = 0.5
"""A score below this is doubtful by itself."""
FALL = 0.8
"""A score below this share of the recent median is falling."""
JUMP = 1.5
"""An area that grew or shrank by this factor against the recent median has jumped."""


def with_doubts(chunks: Iterable[Assembled]) -> Iterator[Assembled]:
    """The same chunks, one later, with doubt flags set on rows that no person made.

    A row is compared with those before it, back to the last truth of its object or to the last
    frame that is no part of any chunk: what lies behind a person's word has no say. `chunks` are
    consecutive stretches of rising frames with all their rows. One chunk is held back, because
    "vanishes" is only known from the frame after.
    """
    memory: dict[int, deque[tuple[float, float]]] = {}
    held: Assembled | None = None
    for chunk in chunks:
        if held is not None:
            consecutive = held.frames.stop == chunk.frames.start
            ahead = set(chunk.rows.on(chunk.frames.start).object_id.tolist()) if consecutive else None
            yield replace(held, rows=_flag_vanishing(held.rows, held.frames, ahead))
            if not consecutive:
                memory.clear()
        held = replace(chunk, rows=_flag_rows(chunk.rows, memory))
    if held is not None:
        yield replace(held, rows=_flag_vanishing(held.rows, held.frames, None))


def _flag_rows(rows: Masks, memory: dict[int, deque[tuple[float, float]]]) -> Masks:
    flags, sizes, machine = rows.flags.copy(), areas(rows), ~rows.trusted
    for i in range(len(rows)):
        recent = memory.setdefault(int(rows.object_id[i]), deque(maxlen=WINDOW))
        score, area = float(rows.score[i]), float(sizes[i])
        if machine[i]:
            flags[i] |= _reasons(score, area, recent)
        else:
            recent.clear()
        recent.append((1.0 if math.isnan(score) else score, area))
    return rows.replace(flags=flags)


def _reasons(score: float, area: float, recent: deque[tuple[float, float]]) -> int:
    found = Flags(0)
    if score < LOW:
        found |= Flags.LOW_SCORE
    if recent:
        usual_score, usual_area = np.median(np.array(recent), axis=0)
        if score < FALL * usual_score:
            found |= Flags.SCORE_FALLING
        if usual_area > 0 and area > 0 and not 1 / JUMP <= area / usual_area <= JUMP:
            found |= Flags.AREA_JUMP
    return int(found)


def _flag_vanishing(rows: Masks, frames: range, ahead: set[int] | None) -> Masks:
    """`ahead`: objects on the frame after `frames`, None where that frame is not tracked."""
    flags, machine = rows.flags.copy(), ~rows.trusted
    seen = set(zip(rows.frame.tolist(), rows.object_id.tolist(), strict=True))
    for i in np.flatnonzero(machine):
        frame, obj = int(rows.frame[i]), int(rows.object_id[i])
        if frame + 1 < frames.stop:
            gone = (frame + 1, obj) not in seen
        else:
            gone = ahead is not None and obj not in ahead
        if gone:
            flags[i] |= Flags.VANISHES
    return rows.replace(flags=flags)
