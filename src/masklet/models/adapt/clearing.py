"""The empty place without the animals that hardly ever leave it: their coats give them away.

A plate made from the frames alone takes an animal that lies in one place for most of the video, or a
pile in which one follows the other, for the place. Once a frame is annotated the animals' colours are
known, and those of what is around them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from masklet.core import Masks, MediaSource
from masklet.core.arrays import Bools, Float32s, Image
from masklet.models import vision
from masklet.models.adapt.coat import Coat, coat_of, levels_of
from masklet.models.bars import reach_of, seen_through
from masklet.models.fixed import FixedView
from masklet.models.light import in_light_of
from masklet.models.place import NOISE_FLOOR, SAMPLES, SEEN
from masklet.models.sampling import spread

ANIMAL = 0.5
"""Probability from which a pixel of the place is asked whether it is an animal."""
GROUND = 0.35
"""Probability below which a look is the place."""
NEITHER = 0.02
"""Likeness of what is neither animal nor known ground."""
NOISE = 2 * NOISE_FLOOR
"""Most that a cleared pixel's noise is taken to be, L*a*b* units."""
CHANGING = 10.0
"""Standard deviation of a colour channel from which what was never empty is a pile, and not a thing
of an animal's colour: there the place is filled from around it."""
AROUND = 24
"""Work pixels from an animal from which the ground is learnt."""


@dataclass(frozen=True, eq=False)
class Known:
    """Colours on annotated frames.

    Args:
        coats: of the objects.
        ground: of what is around them.
    """

    coats: Sequence[Coat]
    ground: Coat

    def animal(self, picture: Image) -> Float32s:
        """`(h, w) float32` 0..1: is it an animal, by colour?"""
        levels = levels_of(picture.astype(np.float32))
        coats = np.sum([coat.like(levels) for coat in self.coats], axis=0)
        found: Float32s = coats / (coats + self.ground.like(levels) + np.float32(NEITHER))
        return found


def known_of(media: MediaSource, truth: Masks, view: FixedView) -> Known | None:
    """Learnt from the annotated frames; None where nothing is visible there."""
    size, bars = view.place.size, view.small_bars
    inside: dict[int, list[tuple[Float32s, Bools]]] = {}
    ground: list[tuple[Float32s, Bools]] = []
    for frame, rows in truth.each_frame():
        picture = _shown(size.picture(media[frame]), view).astype(np.float32)
        masks = [size.coverage(rows, row) > 0.5 for row in range(len(rows))]
        for obj, mask in zip(rows.object_id.tolist(), masks, strict=True):
            inside.setdefault(obj, []).append((picture, mask & ~bars))
        union = np.any(masks, axis=0)
        ground.append((picture, vision.dilate(union, AROUND) & ~vision.dilate(union, 3) & ~bars))
    coats = [coat for coat in map(coat_of, inside.values()) if coat is not None]
    around = coat_of(ground)
    return None if around is None or not coats else Known(coats, around)


def cleared(media: MediaSource, view: FixedView, known: Known) -> FixedView:
    """The view with what lies under the animals that its place shows.

    That is what frames show there that are no animal's colours; where there are too few of these and
    colours change, the place is filled from around.
    """
    place = view.place
    asked = (known.animal(_shown(place.first, view)) > ANIMAL) & ~view.small_bars
    if not asked.any():
        return view
    looks, chances = _looks(media, view, known, asked)
    empty = chances < GROUND
    seen = empty.sum(axis=0) >= SEEN
    hidden = np.where(empty[..., None], looks.astype(np.float32), np.nan)[:, seen]
    first = place.first.copy()
    first[_part(asked, seen)] = np.nanmedian(hidden, axis=0).astype(np.uint8)
    pile = _part(asked, ~seen & (looks.std(axis=0).mean(axis=1) > CHANGING))
    if pile.any():
        first[pile] = vision.inpainted(_shown(first, view), pile)[pile]
    better = pile | _part(asked, seen)
    noise = np.where(better, np.minimum(place.noise, NOISE), place.noise)
    doubtful = place.doubtful & ~better
    return FixedView(replace(place, first=first, noise=noise, doubtful=doubtful), view.small_bars)


def _part(asked: Bools, chosen: Bools) -> Bools:
    """`asked`, only where `chosen` says so of its True pixels."""
    out = np.zeros_like(asked)
    out[asked] = chosen
    return out


def _looks(
    media: MediaSource, view: FixedView, known: Known, asked: Bools
) -> tuple[np.ndarray, np.ndarray]:
    """Colours of the asked pixels on frames spread over the video, `(n, m, 3) uint8`, and how likely
    each is an animal, `(n, m)`.
    """
    place = view.place
    looks, chances = [], []
    for _, image in spread(media, SAMPLES):
        picture = in_light_of(place.size.picture(image), place.first)
        looks.append(picture[asked])
        chances.append(known.animal(_shown(picture, view))[asked])
    return np.stack(looks), np.stack(chances)


def _shown(picture: Image, view: FixedView) -> Image:
    """A work picture with its bars painted over."""
    bars = view.small_bars
    return seen_through(picture, bars, reach_of(bars)) if bars.any() else picture
