"""What a fixed camera sees, from the frames of the video alone: no annotation goes in.

Each pixel of the empty place has a usual look, the median over frames, and often a second one: the
median of the frames that are unlike the first. Where an animal rests for most of the video the second
look is the place and the first is the animal. The edge tells them apart, as it tells an object that
was left behind from one that was taken away: an animal brings an outline, an empty place does not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from masklet.core import MediaSource
from masklet.core.arrays import Bools, Float32s, Floats, Image, UInt8s
from masklet.core.pausing import pause_point
from masklet.models import vision
from masklet.models.light import in_light_of
from masklet.models.sampling import spread
from masklet.models.worksize import WorkSize

SAMPLES = 64
"""Frames looked at, spread over the whole video."""
SEEN = 3
"""Samples on which a look must stand to be believed."""
NOISE_FLOOR = 1.5
"""Least standard deviation of a pixel, in units of L*a*b*."""
NOISE_CEILING = 10.0
"""Above this it is objects passing, not noise."""
UNLIKE = 14.0
"""Distance in L*a*b* from which a sample does not show the first look where noise is low."""
BUSY = 0.3
"""Share of unlike samples from which the first look is the densest, not the middle one."""
DENSE = 0.25
"""Share of the samples that make up the densest look."""
RESTING = (0.4, 0.25, 0.12)
"""Shares of unlike samples at which regions are asked which of their looks has an outline."""
OUTLINE = 1.3
"""How much stronger one look's outline must be."""
LEAST = 0.001
"""Smallest region that is asked, as a share of the picture."""


@dataclass(frozen=True, eq=False)
class Place:
    """Looks of each pixel on the work frame.

    Args:
        size: video and work frame.
        first, second: `(h, w, 3) uint8` RGB; `second` equals `first` where there is only one look.
        doubtful: `(h, w) bool`, where the outline did not tell which of the looks is the place.
        share: `(h, w) float32`, share of the samples that are unlike `first`, 0..1.
        noise: `(h, w) float32`, usual distance of a frame from its own look, L*a*b* units.
    """

    size: WorkSize
    first: Image
    second: Image
    doubtful: Bools
    share: Float32s
    noise: Float32s


def observe(media: MediaSource, work_side: int) -> tuple[Place, UInt8s]:
    """From at most `SAMPLES` frames of the whole video, each brought to the same light.

    Also how far each of these frames is from the first look: `(n, h, w) uint8`, quarters of a unit of
    L*a*b*.
    """
    size = WorkSize.of((media.video.width, media.video.height), work_side)
    samples = np.stack([size.picture(image) for _, image in spread(media, SAMPLES)])
    rough = _middle(samples[:: max(1, len(samples) // 12)])
    for k, picture in enumerate(samples):
        pause_point()
        samples[k] = in_light_of(picture, rough)
    first = _middle(samples[:: max(1, len(samples) // 24)])
    apart = np.stack([_quarters(picture, first) for picture in samples])
    busy = (apart > 4 * UNLIKE).mean(axis=0) > BUSY
    if busy.any():
        first = _densest(samples, busy, first)
        apart[:, busy] = _quarters_at(samples, first, busy)
    noise = _noise(apart)
    unlike = _unlike(apart, noise)
    second = _second(samples, unlike, first)
    swap, doubtful = _outlined(first, second, unlike.mean(axis=0))
    swap |= _specks(first, second)
    if swap.any():
        first, second = (np.where(swap[..., None], b, a) for a, b in ((first, second), (second, first)))
        apart[:, swap] = _quarters_at(samples, first, swap)
        noise = _noise(apart)
        unlike = _unlike(apart, noise)
    share = unlike.mean(axis=0, dtype=np.float32)
    return Place(size, first, second, doubtful, share, noise), apart


def _unlike(apart: UInt8s, noise: Float32s) -> Bools:
    """`(n, h, w) bool`: samples that do not show the first look."""
    limit = np.minimum(4 * UNLIKE * np.clip(noise / (2 * NOISE_FLOOR), 1, 3), 254)
    unlike: Bools = apart > limit.astype(np.uint8)
    return unlike


def _middle(samples: Image) -> Image:
    """Median over the first axis of `(n, h, w, 3) uint8`; row by row, so that memory stays small."""
    n, h, w, _ = samples.shape
    out = np.empty((h, w, 3), np.uint8)
    for y in range(h):
        pause_point()
        row = np.ascontiguousarray(samples[:, y].reshape(n, -1).T)
        out[y] = np.partition(row, n // 2, axis=1)[:, n // 2].reshape(w, 3)
    return out


def _noise(apart: UInt8s) -> Float32s:
    """`(h, w) float32` from the quieter samples of every pixel; some two dozen are enough."""
    apart = apart[:: max(1, len(apart) // 24)]
    n, h, _ = apart.shape
    rank = round(0.2 * (n - 1))
    typical = np.stack([np.partition(apart[:, y], rank, axis=0)[rank] for y in range(h)])
    clipped = np.clip(2.0 * typical.astype(np.float32) / 4, NOISE_FLOOR, NOISE_CEILING)
    smooth: Float32s = vision.gaussian(clipped, 1.5)
    return smooth


def _densest(samples: Image, where: Bools, first: Image) -> Image:
    """`first` with the densest look of the pixels `where`: the `DENSE` share most alike in lightness."""
    out, count = first.copy(), min(len(samples), max(SEEN, round(DENSE * len(samples))))
    ys, xs = np.nonzero(where)
    for part in np.array_split(np.arange(len(ys)), max(1, len(ys) // 20000)):
        at = samples[:, ys[part], xs[part]]
        light = at.astype(np.int16) @ np.array([2, 5, 1], np.int16)
        order = np.argsort(light, axis=0)
        light = np.take_along_axis(light, order, axis=0)
        width = light[count - 1 :] - light[: len(light) - count + 1]
        chosen = width.argmin(axis=0)[None] + np.arange(count)[:, None]
        chosen = np.take_along_axis(order, chosen, axis=0)
        out[ys[part], xs[part]] = np.median(np.take_along_axis(at, chosen[..., None], axis=0), axis=0)
    return out


def _outlined(first: Image, second: Image, share: Floats) -> tuple[Bools, Bools]:
    """Where the second look is the place, because the first has an outline; and where neither has.

    Regions reach across bars. Only what differs between the looks counts, and an outline is what is
    steeper than the inside: a floor may be rough.
    """
    swap, doubtful = np.zeros(share.shape, bool), np.zeros(share.shape, bool)
    before, reach = _steepness(first), max(2, round(0.009 * max(share.shape)))
    same = vision.erode((first == second).all(axis=2), 1)
    for level in RESTING:
        numbers, areas = vision.components(vision.closed(vision.opened(share > level, 2), reach))
        for number in np.flatnonzero(areas[1:] > LEAST * share.size) + 1:
            region = numbers == number
            if (swap & region).any():
                continue
            after = _steepness(np.where(region[..., None], second, first))
            ratio = _edge(before, region, ~same) / max(_edge(after, region, ~same), 1e-6)
            if ratio > OUTLINE:
                swap |= region
            elif ratio > 1 / OUTLINE and level == RESTING[0]:
                doubtful |= region
    return swap, doubtful & ~swap


def _specks(first: Image, second: Image) -> Bools:
    """Pixels whose second look is like the place around them and whose first is not."""
    around = vision.lab(vision.median(first, 3))
    one, other = (distance_to(vision.lab(look), around) for look in (first, second))
    return (one > UNLIKE) & (other < one / 2)


def _edge(steep: Float32s, region: Bools, use: Bools) -> float:
    """How much steeper the rim of a region is than its inside."""
    core = vision.erode(region, 3)
    rim, inside = vision.dilate(region, 2) & ~core & use, core & use
    if not rim.any() or not inside.any():
        return 1.0
    return float(steep[rim].mean() / (1.0 + steep[inside].mean()))


def _steepness(picture: Image) -> Float32s:
    """`(h, w) float32`: change of lightness from pixel to pixel."""
    if min(picture.shape[:2]) < 2:
        return np.zeros(picture.shape[:2], np.float32)
    down, right = np.gradient(vision.gaussian(vision.grey(picture), 1.0).astype(np.float32))
    steep: Float32s = np.hypot(down, right)
    return steep


def _second(samples: Image, unlike: Bools, first: Image) -> Image:
    """Median of the samples that are unlike `first`, where there are `SEEN` of them."""
    second = first.copy()
    ys, xs = np.nonzero(unlike.sum(axis=0) >= SEEN)
    for part in np.array_split(np.arange(len(ys)), max(1, len(ys) // 20000)):
        at = samples[:, ys[part], xs[part]].astype(np.int16)
        away = unlike[:, ys[part], xs[part]]
        at[~away] = 256
        at.sort(axis=0)
        middle = (away.sum(axis=0) - 1) // 2
        second[ys[part], xs[part]] = np.take_along_axis(at, middle[None, :, None], axis=0)[0]
    return second


def _quarters(picture: Image, plate: Image) -> UInt8s:
    apart = distance_to(vision.lab(picture), vision.lab(plate))
    return np.minimum(4 * apart, 255).astype(np.uint8)


def _quarters_at(samples: Image, plate: Image, where: Bools) -> UInt8s:
    """`(n, k) uint8` for the `k` pixels of `where`."""
    chosen = samples[:, where]
    return _quarters(chosen, np.ascontiguousarray(np.broadcast_to(plate[where], chosen.shape)))


def distance_to(lab: UInt8s, plate_lab: UInt8s) -> Float32s:
    """`(h, w) float32`: Euclidean distance in L*a*b* (L in 0..255 counted half)."""
    gap = vision.absolute_difference(lab, plate_lab).astype(np.float32)
    gap[..., 0] *= 0.5
    apart: Float32s = np.sqrt(np.einsum("hwc,hwc->hw", gap, gap))
    return apart
