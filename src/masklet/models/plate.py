"""The background plate of a fixed camera: what each pixel shows when no animal is there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from masklet.core import Masks, MediaSource
from masklet.core.arrays import Bools, Float32s, Image, UInt8s
from masklet.models import vision
from masklet.models.colour import ColourModel, bins_of
from masklet.models.light import in_light_of
from masklet.models.sampling import spread
from masklet.models.worksize import WorkSize

SAMPLES = 64
"""Frames looked at, spread over the whole video."""
SEEN = 3
"""A pixel that was seen free of objects on fewer samples is unknown."""
OBJECT_LIKE = 1.0
"""Log-odds of colour from which a sample's pixel is left out of the plate at first."""
NOISE_FLOOR = 1.5
"""Least standard deviation of a pixel, in units of L*a*b*."""
NOISE_CEILING = 10.0
"""Above this it is objects passing, not noise."""


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


def build_plate(media: MediaSource, truth: Masks, size: WorkSize) -> Plate:
    """From frames of the whole video; annotated objects and what has their colours left out.

    The first estimate is a median over the samples without object-coloured pixels, so that an animal
    that sits still for most of the video does not become background. The second leaves out what
    differs from the first, whatever its colour.
    """
    samples = [size.picture(image) for _, image in spread(media, SAMPLES)]
    taught = _teach(media, truth, size)
    samples += [picture for picture, _ in taught]
    hidden = [np.zeros(samples[0].shape[:2], bool)] * (len(samples) - len(taught))
    hidden += [vision.dilate(mask, 3) for _, mask in taught]
    rough = _masked_median(np.stack(samples), np.stack(hidden))[0]
    lit = np.stack([in_light_of(picture, rough) for picture in samples])
    like = _object_like(taught)
    hidden = [mask | like[bins_of(vision.lab(pic))] for mask, pic in zip(hidden, lit, strict=True)]
    plate, seen = _masked_median(lit, np.stack(hidden))
    never = (seen < SEEN) & vision.dilate(np.any([mask for _, mask in taught], axis=0), 3)
    for picture, (_, mask) in zip(lit[len(lit) - len(taught) :], taught, strict=True):
        never |= _still_there(picture, mask, plate)
    return _with_noise(lit, plate, ~never)


def _still_there(picture: Image, mask: Bools, plate: Image) -> Bools:
    """Where the plate shows the very object that a person saw there: it never went away."""
    same = distance_to(vision.lab(picture), vision.lab(plate)) < 4 * NOISE_FLOOR
    share = vision.box_filter((same & mask).astype(np.float32), 4)
    return (share > 0.5) & vision.dilate(mask, 3)


def _teach(media: MediaSource, truth: Masks, size: WorkSize) -> list[tuple[Image, Bools]]:
    taught = []
    for frame, rows in truth.each_frame():
        masks = [size.coverage(rows, row) > 0.1 for row in range(len(rows))]
        taught.append((size.picture(media[frame]), np.logical_or.reduce(masks)))
    return taught


def _object_like(taught: list[tuple[Image, Bools]]) -> Bools:
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


def _masked_median(samples: Image, hidden: Bools) -> tuple[Image, UInt8s]:
    """`(n, h, w, 3)` and `(n, h, w)` to the median of what is not hidden, and how many that were.

    Where all is hidden the plain median stands. Row by row, so that memory stays small.
    """
    n, h, w, _ = samples.shape
    plate, seen = np.empty((h, w, 3), np.uint8), np.empty((h, w), np.uint8)
    for y in range(h):
        row, gone = samples[:, y].astype(np.int16), hidden[:, y]
        count = n - gone.sum(axis=0)
        row[gone & (count > 0)] = 256
        row.sort(axis=0)
        middle = np.where(count > 0, count - 1, n - 1) // 2
        plate[y] = np.take_along_axis(row, middle[None, :, None], axis=0)[0]
        seen[y] = np.minimum(count, 255)
    return plate, seen


def _with_noise(lit: Image, plate: Image, known: Bools) -> Plate:
    lab = vision.lab(plate)
    apart = np.stack([distance_to(vision.lab(picture), lab) for picture in lit]).astype(np.float16)
    typical = 1.6 * np.quantile(apart, 0.3, axis=0).astype(np.float32)
    noise = vision.gaussian(np.clip(typical, NOISE_FLOOR, NOISE_CEILING), 1.5)
    return Plate(plate, lab, noise, known)


def distance_to(lab: UInt8s, plate_lab: UInt8s) -> Float32s:
    """`(h, w) float32`: Euclidean distance in L*a*b* (L in 0..255 counted half)."""
    gap = vision.absolute_difference(lab, plate_lab).astype(np.float32)
    gap[..., 0] *= 0.5
    apart: Float32s = np.sqrt(np.einsum("hwc,hwc->hw", gap, gap))
    return apart
