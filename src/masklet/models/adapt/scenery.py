"""What a fixed camera adds: the difference from the empty place, and bars in front of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from masklet.core import Flags, Masks, MediaSource
from masklet.core.arrays import Bools, Float32s, Image
from masklet.models.bars import BarMode, BarStyle, style_for, styled
from masklet.models.bars import unknown as unknown_bars
from masklet.models.fixed import FixedView, fixed_view
from masklet.models.walk import decode


@dataclass(frozen=True, eq=False)
class Scenery:
    """The place behind and before the objects, where it is known.

    Args:
        view: of the fixed camera; None where the camera moves.
        style: what masks do where bars cross them; None = whatever the networks say.
    """

    view: FixedView | None = None
    style: BarStyle | None = None

    def difference(self, image: Image) -> Float32s | None:
        """`(h, w) float32` 0..1, how unlike the empty place; None where that is not known."""
        return None if self.view is None else self.view.difference(image)

    def unknown(self, mask: Bools) -> Bools | None:
        """Pixels of which nothing is to be learnt: bars on and near the object."""
        bars = self._bars
        return None if bars is None else unknown_bars(mask, bars)

    def finished(self, soft: Float32s, offset_xy: tuple[int, int]) -> Bools:
        """A soft mask cut from the frame at `offset_xy`, decided, and striped or bridged."""
        mask = soft > 0.5
        bars = self._bars
        if bars is None or self.style is None:
            return mask
        x0, y0 = offset_xy
        part = bars[y0 : y0 + mask.shape[0], x0 : x0 + mask.shape[1]]
        return styled(mask, part, self.style)

    @property
    def _bars(self) -> Bools | None:
        if self.view is None:
            return None
        bars = self.view.bars
        return bars if bars.any() else None


def scenery_of(media: MediaSource, truth: Masks, mode: BarMode) -> Scenery:
    """Look at the whole video; the style is the one asked for, or that of the annotated masks."""
    view = fixed_view(media)
    if view is None or not view.bars.any():
        return Scenery(view)
    visible = truth.take((truth.flags & Flags.OUTSIDE) == 0)
    masks = [np.asarray(decode(visible, row)) for row in range(len(visible))]
    return Scenery(view, style_for(mode, masks, view.bars))
