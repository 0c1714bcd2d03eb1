"""Masks of animals behind bars: striped, bridged, or as a person drew them.

A pixel of a bar shows nothing of the animal behind it. A striped mask leaves such pixels out, a
bridged one keeps them where the animal is on both sides. For whoever looks at colours or motion they
are painted over (`seen_through`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, TypeVar, get_args

import numpy as np

from masklet.core import UsageError
from masklet.core.arrays import Bools, Float32s, UInt8s
from masklet.models import vision
from masklet.models.warp import window_around

BarStyle = Literal["striped", "bridged"]
BarMode = Literal["as-annotated", "striped", "bridged"]
BAR_MODES: tuple[BarMode, ...] = get_args(BarMode)

Map = TypeVar("Map", Bools, Float32s)

ENOUGH = 40
"""Bar pixels inside annotated animals from which their style can be told."""


def check_bar_mode(mode: str) -> None:
    """Raise `UsageError` for a mode that does not exist."""
    if mode not in BAR_MODES:
        raise UsageError(f"bars is {mode!r}; expected one of {', '.join(BAR_MODES)}")


def reach_of(bars: Bools) -> int:
    """Half the width of the thickest bar and a little more, pixels; 0 without bars.

    Where bars cross each other and at frames they seem thicker; such places do not count.
    """
    if not bars.any():
        return 0
    depth = vision.distance(bars)
    ridge = depth[(depth > 0) & (depth >= vision.dilated_map(depth, 1))]
    return int(np.ceil(np.quantile(ridge, 0.9))) + 1


def bridge(mask: Map, bars: Bools, reach: int | None = None) -> Map:
    """`mask` with the pixels of bars filled that lie between two parts of it.

    Args:
        mask: `(h, w)` bool, or float32: chances or log-odds. One animal, or what animals share.
        bars: `(h, w) bool` on the same frame or crop.
        reach: half the widest gap to be filled; None = `reach_of(bars)`.

    A pixel of a bar gets the lower of what lies on its two sides, never less than it had; no other
    pixel changes. Bars at the edge of a crop count as if the picture went on as it ends.
    """
    reach = reach_of(bars) if reach is None else reach
    if reach <= 0 or not bars.any():
        return mask
    if mask.dtype != bool:
        soft: Map = _bridged(mask, bars, reach)
        return soft
    window = window_around(mask > 0, 0.0, reach + 1)
    out = mask.copy()
    if window is not None:
        at = window.slices
        out[at] = _bridged(mask[at].astype(np.uint8), bars[at], reach) > 0
    return out


def _bridged(values: Any, bars: Bools, reach: int) -> Any:
    padded = np.pad(values, reach, mode="edge")
    closed = vision.grey_closed(padded, reach)[reach:-reach, reach:-reach]
    return np.where(bars, np.maximum(closed, values), values)


def stripe(mask: Map, bars: Bools, nothing: float = 0.0) -> Map:
    """`mask`, bool or float32, without the pixels of bars; float ones become `nothing`."""
    out = mask.copy()
    out[bars] = nothing
    return out


def styled(mask: Map, bars: Bools, style: BarStyle | None, reach: int | None = None) -> Map:
    """`mask` striped or bridged; None leaves it as it is."""
    if style is None:
        return mask
    return bridge(mask, bars, reach) if style == "bridged" else stripe(mask, bars)


def seen_through(values: UInt8s, bars: Bools, reach: int) -> UInt8s:
    """A `(h, w, ...) uint8` picture with its bars painted over by the mean of what is beside them.

    For optical flow and colours: bars stand still and look like grey fur.
    """
    if reach <= 0:
        return values
    free = (~bars).astype(np.float32)
    shown = values.astype(np.float32) * (free if values.ndim == 2 else free[..., None])
    total, weight = vision.box_filter(shown, reach + 1), vision.box_filter(free, reach + 1)
    mean = total / np.maximum(weight if values.ndim == 2 else weight[..., None], 1e-3)
    out = values.copy()
    out[bars] = mean[bars]
    return out


def style_of(masks: Iterable[Bools], bars: Bools) -> BarStyle | None:
    """How annotated masks treat the bars that cross them; None where too few cross any.

    Each is `(h, w) bool`, one animal. What counts are bar pixels between its parts: are they in it?
    """
    inside = covered = 0
    reach = reach_of(bars)
    for mask in masks:
        between = bridge(stripe(mask, bars), bars, reach) & bars
        inside += int(between.sum())
        covered += int((between & mask).sum())
    if inside < ENOUGH:
        return None
    return "bridged" if covered > 0.5 * inside else "striped"


def style_for(mode: BarMode, masks: Iterable[Bools], bars: Bools) -> BarStyle | None:
    """The style to give masks: what was asked for, or that of the annotated `masks`."""
    return style_of(masks, bars) if mode == "as-annotated" else mode
