"""Striped and bridged masks."""

from __future__ import annotations

import numpy as np
import pytest

from masklet.core import UsageError
from masklet.models.bars import (
    bridge,
    check_bar_mode,
    reach_of,
    seen_through,
    stripe,
    style_for,
    style_of,
)


def bars(h: int = 60, w: int = 90) -> np.ndarray:
    """Vertical ones, 4 px wide, every 15 px; one that lies across them."""
    made = np.zeros((h, w), bool)
    for x in range(10, w, 15):
        made[:, x : x + 4] = True
    made[28:31] = True
    return made


def animal(h: int = 60, w: int = 90) -> np.ndarray:
    y, x = np.mgrid[:h, :w]
    return np.asarray(((x - 45) / 30) ** 2 + ((y - 30) / 20) ** 2 <= 1)


def test_bridging_undoes_striping_inside_of_the_animal() -> None:
    whole, rods = animal(), bars()
    striped = stripe(whole, rods)
    assert not (striped & rods).any()
    bridged = bridge(striped, rods)
    assert not (bridged & ~whole).any()
    missed = whole & ~bridged
    assert missed.sum() < 0.06 * whole.sum()
    assert not missed[20:40, 25:65].any()


def test_only_bars_between_two_parts_are_filled() -> None:
    rods = bars()
    left = np.zeros_like(rods)
    left[35:50, 0:10] = True
    assert (bridge(left, rods) == left).all()
    gap = np.zeros_like(rods)
    gap[35:50, 14:18] = gap[35:50, 20:24] = True
    assert not bridge(gap, rods)[35:50, 18:20].any()


@pytest.mark.parametrize("low", [0.0, -6.0])
def test_soft_maps_take_the_lower_side(low: float) -> None:
    rods = bars()
    soft = np.where(animal(), 0.9, low).astype(np.float32)
    soft[:, 44:] = np.where(animal()[:, 44:], 0.6, low)
    filled = bridge(stripe(soft, rods, low), rods)
    assert filled.dtype == np.float32
    assert filled[22, 41] == pytest.approx(0.6)
    assert filled[22, 26] == pytest.approx(0.9)
    assert (filled[~rods] == soft[~rods]).all()


def test_without_bars_nothing_changes() -> None:
    none = np.zeros((60, 90), bool)
    assert reach_of(none) == 0
    assert (bridge(animal(), none) == animal()).all()
    assert style_of([animal()], none) is None


def test_the_reach_is_the_bars_own_not_that_of_their_crossings() -> None:
    assert reach_of(bars()) in (3, 4)


def test_the_style_is_told_from_annotated_masks() -> None:
    rods = bars()
    assert style_of([animal()], rods) == "bridged"
    assert style_of([stripe(animal(), rods)], rods) == "striped"
    beside = np.zeros_like(rods)
    beside[35:50, 0:9] = True
    assert style_of([beside], rods) is None
    assert style_for("bridged", [stripe(animal(), rods)], rods) == "bridged"
    assert style_for("as-annotated", [stripe(animal(), rods)], rods) == "striped"


def test_bars_are_painted_over_with_what_is_beside_them() -> None:
    rods = bars()
    picture = np.full((60, 90, 3), 100, np.uint8)
    picture[rods] = 255
    assert np.abs(seen_through(picture, rods, 4).astype(int) - 100).max() <= 1
    assert np.abs(seen_through(picture[..., 0], rods, 4).astype(int) - 100).max() <= 1


def test_unknown_modes_are_refused() -> None:
    with pytest.raises(UsageError, match="as-annotated, striped, bridged"):
        check_bar_mode("dotted")
