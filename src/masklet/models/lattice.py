"""Bars before the animals: thin long things that stay as they are while something passes behind them.

Two witnesses. Motion: a pixel that keeps the look of the empty place while what moves covers both
sides of it hides what is behind it. Shape: thin straight strokes, lighter or darker than both their
sides. Where animals passed motion decides, and it says which strokes are bars; elsewhere strokes that
look like those are taken. Where nothing ever passed only a whole lattice of strokes is believed.

Strokes are openings of a top-hat by line segments (Soille, "Morphological Image Analysis", 2003,
chapters 4 and 8).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from masklet.core.arrays import Bools, Float32s, Image, Int32s, UInt8s
from masklet.core.pausing import pause_point
from masklet.models import vision
from masklet.models.place import Place

THICK = 0.009
"""Half the width of the thickest bar, as a share of the picture's longer side."""
STROKE = 0.05
"""Length of the straight strokes that bars are made of, as a share of the longer side."""
LONG = 0.1
"""Least extent of a bar, as a share of the longer side."""
DIRECTIONS = 12
PASSED = 3
"""Samples with something on both sides from which motion is believed."""
STAYED = 0.6
"""Share of those on which the pixel stayed as it was: a bar for sure from here on."""
MAYBE = 0.35
"""Share from which a stroke is a bar."""
MUCH = 0.02
"""Share of the picture where something passed, from which motion judges the whole picture."""
BARRED = 0.04
"""Share of where something passed that must be bars, else there are none."""
LEVELS = (8, 11, 14, 18, 24, 32, 44)
"""Contrasts of a stroke, grey levels, of which the best is chosen."""
CLEAR = 32
"""Contrast without witnesses."""
LATTICE = 4.0
"""Length of all strokes together, in longer sides of the picture, that make a lattice."""


class Passing(NamedTuple):
    """How often something was on both sides of a pixel, and on how many of those it stayed: `(h, w)`."""

    passed: Int32s
    stayed: Int32s

    @property
    def share(self) -> Float32s:
        """`(h, w) float32`: of the passings, those on which the pixel stayed; 0 where too few."""
        share = self.stayed / np.maximum(self.passed, 1)
        return np.where(self.passed >= PASSED, share, 0).astype(np.float32)


def find_bars(place: Place, apart: UInt8s) -> Bools:
    """`(h, w) bool` on the work frame; all False where there are none. `apart` as from `observe`."""
    side = max(place.size.work_wh)
    passing = watch(place, apart)
    known = passing.passed >= PASSED
    light, dark = strokes(place.first)
    if known.mean() < MUCH:
        return _lattice(light, dark, side)
    share = _straight(passing.share, side)
    sure = share > STAYED
    if sure.sum() < BARRED * known.sum():
        return np.zeros(known.shape, bool)
    like = _like_those(light, dark, sure, known)
    far = ~vision.dilate(known, 2)
    bars = (known & (sure | (like & (passing.share > MAYBE)))) | (like & far)
    bars |= like & ~known & vision.dilate(sure, 2 * _radius(side))
    return _long_ones(vision.closed(bars, 1), LONG * side)


def watch(place: Place, apart: UInt8s) -> Passing:
    """Gaps in the moving foreground of every sample, counted; a gap is what a closing fills."""
    radius = _radius(max(place.size.work_wh))
    least = 0.002 * place.noise.size
    level = 4 * np.maximum(4 * place.noise, 8.0)
    passed, stayed = np.zeros(level.shape, np.int32), np.zeros(level.shape, np.int32)
    for distance in apart:
        pause_point()
        moving = vision.median((distance > level).astype(np.uint8), 1) > 0
        if moving.sum() < least / 2:
            continue
        covered = vision.erode(vision.closed(moving, radius), 1) | moving
        numbers, areas = vision.components(covered)
        big = areas > least
        big[0] = False
        covered = big[numbers]
        passed += covered
        stayed += covered & ~moving
    return Passing(passed, stayed)


def strokes(picture: Image) -> tuple[UInt8s, UInt8s]:
    """Contrast of thin straight strokes, `(h, w) uint8`: the lighter ones and the darker ones."""
    grey = vision.gaussian(vision.grey(picture), 0.8)
    side = max(grey.shape)
    length = max(5, int(STROKE * side)) | 1
    found = []
    for levels in (grey, 255 - grey):
        thin = vision.top_hat(levels, _radius(side))
        angles = np.pi * np.arange(DIRECTIONS) / DIRECTIONS
        found.append(np.maximum.reduce([vision.opened_along(thin, length, a) for a in angles]))
    return found[0], found[1]


def _straight(share: Float32s, side: int) -> Float32s:
    """What of a map is as long as half a stroke."""
    length, angles = max(5, int(STROKE * side / 2)) | 1, np.pi * np.arange(DIRECTIONS) / DIRECTIONS
    long: Float32s = np.maximum.reduce([vision.opened_along(share, length, a) for a in angles])
    return long


def _radius(side: int) -> int:
    return max(3, round(THICK * side))


def _like_those(light: UInt8s, dark: UInt8s, sure: Bools, known: Bools) -> Bools:
    """Strokes of the tone, contrast and width that agree best with `sure` where that is `known`."""
    best, score = np.zeros(sure.shape, bool), 0.0
    total = int(sure.sum())
    tones = (light, dark, np.maximum(light, dark))
    for tone in tones:
        for level in LEVELS:
            for grow in (0, 1):
                made = vision.dilate(tone > level, grow)
                both = int((made & sure).sum())
                value = 2 * both / (total + int((made & known).sum()))
                if value > score:
                    best, score = made, value
    return best if score > 0.5 else np.zeros(sure.shape, bool)


def _lattice(light: UInt8s, dark: UInt8s, side: int) -> Bools:
    """Without a witness: the clear strokes of one tone, if they are long and many."""
    made = [_long_ones(tone > CLEAR, 2 * LONG * side) for tone in (light, dark)]
    lengths = [_length(mask) for mask in made]
    best = int(np.argmax(lengths))
    if lengths[best] < LATTICE * side:
        return np.zeros(light.shape, bool)
    return vision.dilate(made[best], 1)


def _length(mask: Bools) -> float:
    """Length of thin things in pixels: area over mean width."""
    inside = vision.distance(mask)[mask]
    return float(len(inside) / (4 * inside.mean())) if len(inside) else 0.0


def _long_ones(mask: Bools, least: float) -> Bools:
    """Parts whose box is at least that long, pixels."""
    numbers, _ = vision.components(mask)
    ys, xs = np.nonzero(mask)
    which = numbers[ys, xs]
    extent = np.zeros(int(numbers.max()) + 1)
    for at in (ys, xs):
        low, high = np.full(len(extent), mask.size), np.zeros(len(extent), int)
        np.minimum.at(low, which, at)
        np.maximum.at(high, which, at)
        extent = np.maximum(extent, high - low + 1)
    extent[0] = 0
    return (extent >= least)[numbers]
