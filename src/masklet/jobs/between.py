"""Stretches between annotated frames that do not depend on each other, for several workers at once."""

from __future__ import annotations

from collections.abc import Iterable

from masklet.annotate.stretches import plan
from masklet.core import Masks


def independent(rows: Masks, wanted: list[range]) -> list[range]:
    """`wanted` cut at the annotated frames that say everything: rising, none empty.

    A frame says everything where a person declared it complete, or where each object that occurs has its
    truth on it. What comes after such a frame hangs on nothing before it, so the parts may be tracked in
    any order, by anybody, with the same outcome as in one run.
    """
    truth = rows.take(rows.trusted & (rows.object_id >= 0)).replace(steps=(), step=-1)
    everyone = set(truth.objects.tolist())
    parts: list[range] = []
    for stretch in plan(truth, wanted):
        frames = stretch.frames
        joined = bool(parts) and parts[-1].stop == frames.start
        if joined and not _says_all(truth, everyone, frames.start - 1):
            parts[-1] = range(parts[-1].start, frames.stop)
        else:
            parts.append(frames)
    return parts


def _says_all(truth: Masks, everyone: set[int], frame: int) -> bool:
    if frame in truth.checked:
        return True
    return set(truth.on(frame).object_id.tolist()) == everyone


def as_text(frames: Iterable[range]) -> str:
    """Ranges as a job names them: `3-17,40`."""
    return ",".join(f"{one.start}-{one.stop - 1}" if len(one) > 1 else str(one.start) for one in frames)
