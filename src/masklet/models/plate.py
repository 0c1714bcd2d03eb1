"""The background plate: the empty place, with what a person annotated taken out of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from masklet.core.arrays import Bools, Float32s, Image, UInt8s
from masklet.models import vision
from masklet.models.colour import ColourModel, bins_of
from masklet.models.place import NOISE_FLOOR, SAMPLES, SEEN, UNLIKE, Place, distance_to

OBJECT_LIKE = 1.0
"""Log-odds of colour from which a look of a pixel is an object's rather than the place's."""


@dataclass(frozen=True, eq=False)
class Plate:
    """The empty place on the work frame.

    Args:
        rgb: `(h, w, 3) uint8`.
        lab: the same in L*a*b*, `(h, w, 3) uint8`.
        noise: `(h, w) float32`, usual distance of a frame from the plate, L*a*b* units.
        known: `(h, w) bool`, False where the plate was never seen without an object.
    """

    rgb: Image
    lab: UInt8s
    noise: Float32s
    known: Bools


def settle(place: Place, taught: Sequence[tuple[Image, Bools]], bars: Bools) -> Plate:
    """The plate by what annotated objects look like: quick, nothing is read.

    Args:
        place: both looks of every pixel.
        taught: annotated frames, `(h, w, 3) uint8`, and what is annotated there, `(h, w) bool`.
        bars: `(h, w) bool`, bars before the objects: annotated or not, they are no object.

    Where the first look has an object's colours, or is the very object that a person saw there, the
    second is taken; where there is no second the plate is unknown.
    """
    like = _object_like(taught)
    first, second = vision.lab(place.first), vision.lab(place.second)
    other = (place.share >= SEEN / SAMPLES) & (distance_to(first, second) > UNLIKE / 2) & ~bars
    swap = other & like[bins_of(first)] & ~like[bins_of(second)]
    still = np.zeros(swap.shape, bool)
    for picture, mask in taught:
        still |= _still_there(picture, mask & ~bars, np.where(swap[..., None], second, first))
    known = ~still | (other & ~swap)
    swap |= still & other
    rgb = np.where(swap[..., None], place.second, place.first)
    return Plate(rgb, vision.lab(rgb), place.noise, known)


def _still_there(picture: Image, mask: Bools, plate_lab: UInt8s) -> Bools:
    """Where the plate shows the very object that a person saw there: it never went away."""
    same = distance_to(vision.lab(picture), plate_lab) < 4 * NOISE_FLOOR
    share = vision.box_filter((same & mask).astype(np.float32), 4)
    return (share > 0.5) & vision.dilate(mask, 3)


def _object_like(taught: Sequence[tuple[Image, Bools]]) -> Bools:
    """`(bins,) bool`: colours that annotated objects have far more often than all the rest."""
    like = np.zeros(16 * 32 * 32, bool)
    for picture, mask in taught:
        inside = vision.erode(mask, 2) if vision.erode(mask, 2).sum() > 50 else mask
        rest = ~vision.dilate(mask, 4)
        if not rest.any():
            continue
        model = ColourModel.fit(vision.lab(picture), inside.astype(np.float32), rest.astype(np.float32))
        like |= model.evidence * model.contrast > OBJECT_LIKE
    return like
