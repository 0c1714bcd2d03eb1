"""What a fixed camera adds: the difference from the empty place, and bars in front of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from masklet.core import Flags, Masks, MediaSource
from masklet.core.arrays import Bools, Float32s, Image
from masklet.models.adapt.clearing import cleared, known_of
from masklet.models.bars import (
    BarMode,
    BarStyle,
    bridge,
    reach_of,
    seen_through,
    stripe,
    style_for,
)
from masklet.models.fixed import FixedView, fixed_view
from masklet.models.walk import decode

EXPLAINED = 0.7
"""Share of what is unlike the empty place that must lie in annotated masks, for it to say whose a pixel
is."""


@dataclass(frozen=True, eq=False)
class Scenery:
    """The place behind and before the objects, where it is known.

    The networks never see a bar: it is painted over with what is beside it, masks are bridged before
    they are learnt, and striped again in the end where that is wanted.

    Args:
        view: of the fixed camera; None where the camera moves.
        style: what masks do where bars cross them; None = whatever the networks say.
        explained: is what is unlike the empty place annotated, where anything is?
    """

    view: FixedView | None = None
    style: BarStyle | None = None
    explained: bool = False

    def shown(self, image: Image) -> Image:
        """`(h, w, 3) uint8`: a frame as if there were no bars."""
        bars = self._bars
        return image if bars is None else seen_through(image, bars, self._reach)

    def whole(self, mask: Bools) -> Bools:
        """`(h, w) bool`: a mask with the bars that cross it filled."""
        bars = self._bars
        return mask if bars is None else bridge(mask, bars, self._reach)

    def difference(self, image: Image) -> Float32s | None:
        """`(h, w) float32` 0..1, how unlike the empty place; None where that is not known."""
        if self.view is None:
            return None
        gap, bars = self.view.difference(image), self._bars
        return gap if bars is None else bridge(gap, bars, self._reach)

    def finished(self, soft: Float32s, offset_xy: tuple[int, int]) -> Bools:
        """A soft mask cut from the frame at `offset_xy`, decided, and striped where that is wanted."""
        mask = soft > 0.5
        bars = self._bars
        if bars is None or self.style != "striped":
            return mask
        x0, y0 = offset_xy
        return stripe(mask, bars[y0 : y0 + mask.shape[0], x0 : x0 + mask.shape[1]])

    @cached_property
    def _bars(self) -> Bools | None:
        if self.view is None:
            return None
        bars = self.view.bars
        return bars if bars.any() else None

    @cached_property
    def _reach(self) -> int:
        return 0 if self.view is None else reach_of(self.view.bars)


def scenery_of(media: MediaSource, truth: Masks, mode: BarMode) -> Scenery:
    """Look at the whole video; the style is the one asked for, or that of the annotated masks."""
    view = fixed_view(media)
    if view is None:
        return Scenery()
    visible = truth.take((truth.flags & Flags.OUTSIDE) == 0)
    known = known_of(media, visible, view)
    if known is not None:
        view = cleared(media, view, known)
    explained = _explained(media, visible, view)
    if not view.bars.any():
        return Scenery(view, None, explained)
    masks = [np.asarray(decode(visible, row)) for row in range(len(visible))]
    return Scenery(view, style_for(mode, masks, view.bars), explained)


def _explained(media: MediaSource, truth: Masks, view: FixedView) -> bool:
    """Is most of what is unlike the empty place annotated, on the annotated frames?

    It is not where walls flicker, tails are left out, or other animals are about that nobody annotated.
    """
    inside = there = 0
    for frame, rows in truth.each_frame():
        apart = view.difference(media[frame]) > 0.5
        union = np.any([decode(rows, row) for row in range(len(rows))], axis=0)
        inside, there = inside + int((apart & union).sum()), there + int(apart.sum())
    return inside > EXPLAINED * there
