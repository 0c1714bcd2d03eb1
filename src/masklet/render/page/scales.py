"""Axes: what they span, where their ticks stand and how those read."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor, log10

import numpy as np

from masklet.core.arrays import Floats
from masklet.render.page.markup import coordinate, grouped, tag, text

_ROOM = 0.02


@dataclass(frozen=True)
class Scale:
    """One axis: the values at its two ends, the ticks on it."""

    low: float
    high: float
    ticks: tuple[float, ...]

    @property
    def length(self) -> float:
        """From end to end, above 0."""
        return self.high - self.low

    def share(self, value: float) -> float:
        """Where a value stands, 0 at the low end, 1 at the high one."""
        return (value - self.low) / self.length

    def holds(self, value: float) -> bool:
        """Whether a value stands on the axis."""
        return self.low <= value <= self.high


def scale_of(
    values: Floats, given: tuple[float, float] | None = None, *, round_out: bool = True, ticks: int = 5
) -> Scale:
    """The axis for `values` `(n,)`, NaN ignored, with a little room at both ends.

    It spans `given`, else what the values do (to the next tick on both sides where `round_out`).
    Whole values get ticks at whole numbers, unless they are 0 and 1 alone. Without any value it
    spans 0 to 1.
    """
    known = values[np.isfinite(values)]
    low, high = given or ((float(known.min()), float(known.max())) if len(known) else (0.0, 1.0))
    if not high > low:
        low, high = low - 0.5, low + 0.5
    whole = len(known) > 0 and bool(np.all(known == np.round(known)))
    step = _step(high - low, ticks, whole)
    if round_out and given is None:
        low, high = floor(low / step + 1e-9) * step, ceil(high / step - 1e-9) * step
    first, last = ceil(low / step - 1e-9), floor(high / step + 1e-9)
    room = (high - low) * _ROOM
    return Scale(low - room, high + room, tuple(k * step for k in range(first, last + 1)))


def tick_text(value: float, step: float) -> str:
    """A tick with as many decimals as its step needs."""
    decimals = max(0, -floor(log10(step) + 1e-9)) if step > 0 else 0
    return grouped(f"{value + 0.0:.{decimals}f}").replace("-", "\N{MINUS SIGN}")


def axis(scale: Scale, side: str) -> str:
    """The tick labels of one axis, `x` or `y`, placed by their share of its length."""
    step = scale.ticks[1] - scale.ticks[0] if len(scale.ticks) > 1 else 1.0
    place = "left" if side == "x" else "bottom"
    labels = [
        tag("span", text(tick_text(t, step)), style=f"{place}:{coordinate(100 * scale.share(t), 5)}%")
        for t in scale.ticks
    ]
    return tag("div", *labels, class_=f"{side}-axis", aria_hidden="true")


def _step(length: float, ticks: int, whole: bool) -> float:
    """1, 2 or 5 times a power of ten, so that about `ticks` of them fill the length."""
    rough = length / ticks
    power: float = 10.0 ** floor(log10(rough))
    step = next(power * m for m in (1, 2, 5, 10) if power * m >= rough * 0.999)
    return max(step, 1.0) if whole and length > 1.5 else step
