"""Which parts of a new mask belong to the object: the main one, near ones, those split off lately."""

from __future__ import annotations

import numpy as np

from masklet.core.arrays import Bools, Float32s
from masklet.models import vision

KNOWN = 0.3
"""Share of a smaller part that must lie near the carried mask."""
NEAR = 0.1
"""What counts as near, in sizes of the object."""
FAR = 0.5
"""Diameters of the main part beyond which another part is not the object's."""
OLD = 6
"""Frames after which a part that has been split off is given up."""


def cleaned(
    soft: Float32s, prior: Float32s, ages: Float32s, scattered: bool
) -> tuple[Float32s, Float32s]:
    """`soft` `(s, s)` without parts that are not the object's nor their halo, and new ages.

    Args:
        soft: probability.
        prior: the mask as carried here.
        ages: for how many frames each pixel's part has been apart from the main one, carried here.
        scattered: the annotated masks have several parts themselves, so parts may stay apart.
    """
    numbers, areas = vision.components(soft > 0.5)
    new_ages = np.zeros_like(ages)
    if len(areas) <= 2:
        return soft, new_ages
    weight = np.bincount(numbers.ravel(), (soft * prior).ravel(), len(areas))
    weight[0] = -1
    main = int(np.argmax(weight)) if weight.max() > 0 else int(np.argmax(areas[1:])) + 1
    keep = _kept(numbers, areas, main, prior, ages, scattered)
    for part in np.flatnonzero(keep):
        if part not in (0, main):
            own = numbers == part
            new_ages[own] = ages[own].max() + 1
    if keep.all():
        return soft, new_ages
    wanted: Bools = keep[numbers] & (numbers > 0)
    halo = vision.dilate(~keep[numbers], 6) & ~wanted
    return np.where(halo, np.float32(0), soft), new_ages


def _kept(
    numbers: np.ndarray,
    areas: np.ndarray,
    main: int,
    prior: Float32s,
    ages: Float32s,
    scattered: bool,
) -> Bools:
    """`(parts,) bool`, place 0 is the background and always True."""
    carried = prior > 0.5
    size = float(np.sqrt(max(carried.sum(), 1)))
    near = vision.dilate(carried, max(4, int(NEAR * size)))
    away = vision.distance(numbers != main)
    reach = FAR * float(np.sqrt(areas[main])) * 1.3 + 3
    keep = np.ones(len(areas), bool)
    for part in range(1, len(areas)):
        if part == main:
            continue
        own = numbers == part
        keep[part] = near[own].mean() > KNOWN
        if not scattered:
            age = ages[own].max() + 1 if areas[part] > 20 else 1
            keep[part] &= bool(away[own].min() <= reach and age <= OLD)
    return keep
