"""What an engine found on a frame, as rows of the one noun."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from masklet.core import Flags, Masks, Origin, Video
from masklet.core.arrays import Bools
from masklet.models.vision import components, dilate
from masklet.ops import runs as run_lengths
from masklet.ops.table import Row, build

DOUBT = 0.5
"""A score below this is flagged."""


@dataclass(frozen=True)
class Found:
    """One object on one frame: a `(h, w) bool` crop, its place, and how sure the engine is (0..1).

    `unbroken` is the same crop before cage bars were cut out of it: parts are counted there.
    """

    object_id: int
    mask: Bools
    offset_xy: tuple[int, int]
    score: float
    identity_score: float
    flags: int = 0
    unbroken: Bools | None = None


class RowMaker:
    """Turns what was found into `Masks` with the seeds' labels.

    Args:
        seeds: as given to the engine.
        video: the media's own.
    """

    def __init__(self, seeds: Masks, video: Video) -> None:
        self._video, self._labels = video, seeds.labels
        self._label_of = dict(zip(seeds.object_id.tolist(), seeds.label_id.tolist(), strict=True))

    def rows(self, frame: int, found: Sequence[Found]) -> Masks:
        """Rows of one frame; what has no pixel has no row."""
        size_wh = self._video.size_wh(frame)
        made = [self._row(frame, one, size_wh) for one in found if one.mask.any()]
        return build(self._video, self._labels, made)

    def _row(self, frame: int, one: Found, size_wh: tuple[int, int]) -> Row:
        score = float(np.clip(one.score, 0.0, 1.0))
        identity = float(np.clip(one.identity_score, 0.0, 1.0))
        flags = one.flags | _flags(one, size_wh)
        flags |= Flags.LOW_SCORE if score < DOUBT else 0
        flags |= Flags.UNSURE_IDENTITY if identity < DOUBT else 0
        runs = run_lengths.encode_crop(one.mask, one.offset_xy, size_wh)
        return Row(
            frame,
            one.object_id,
            self._label_of[one.object_id],
            runs,
            score=score,
            identity_score=identity,
            origin=Origin.PROPAGATED,
            flags=int(flags),
        )


def _flags(one: Found, size_wh: tuple[int, int]) -> int:
    ys, xs = np.flatnonzero(one.mask.any(axis=1)), np.flatnonzero(one.mask.any(axis=0))
    x0, y0 = one.offset_xy
    cut = x0 + xs[0] <= 0 or y0 + ys[0] <= 0
    cut |= x0 + xs[-1] >= size_wh[0] - 1 or y0 + ys[-1] >= size_wh[1] - 1
    areas = np.sort(components(one.mask if one.unbroken is None else one.unbroken)[1][1:])[::-1]
    split = len(areas) > 1 and areas[1] > 0.1 * areas[0]
    return (Flags.TRUNCATED if cut else 0) | (Flags.SPLIT if split else 0)


def touching(masks: Sequence[Bools], reach: int = 2) -> list[bool]:
    """For each of several masks on one canvas: does it come within `reach` pixels of another?"""
    grown = [dilate(mask, reach) for mask in masks]
    return [
        any(bool((grown[i] & masks[j]).any()) for j in range(len(masks)) if j != i)
        for i in range(len(masks))
    ]
