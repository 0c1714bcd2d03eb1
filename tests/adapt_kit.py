"""Small films for `adapt`: textured ellipses that move over textured ground, with exact truth."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from masklet.core import Label, Masks
from masklet.core.arrays import Bools, Float32s, Image
from masklet.models import vision
from masklet.ops import runs
from masklet.ops.table import Row, build
from masklet.testing import ArraySource

GROUND = (96, 128, 88)
RED, BLUE = (188, 70, 52), (56, 84, 190)
LABELS = (Label("thing"),)

Path = Callable[[int], tuple[float, float] | None]
"""Centre (x, y) of a thing on a frame; None = not there."""


@dataclass(frozen=True)
class Thing:
    """A textured ellipse.

    Args:
        path: where it is.
        axes: half its width and height, pixels.
        colour: mean RGB.
    """

    path: Path
    axes: tuple[float, float] = (26, 18)
    colour: tuple[int, int, int] = RED


@dataclass(frozen=True, eq=False)
class Film:
    """Frames and, by object, where it is visible, `(n, h, w) bool`."""

    media: ArraySource
    seen: Mapping[int, Bools]

    def truth(self, *frames: int, objects: Iterable[int] | None = None) -> Masks:
        """Trusted rows of the objects that are visible on those frames."""
        chosen = self.seen if objects is None else objects
        rows = [
            Row(frame, obj, 0, runs.encode(self.seen[obj][frame]))
            for frame in frames
            for obj in chosen
            if self.seen[obj][frame].any()
        ]
        return build(self.media.video, LABELS, rows)

    def iou(self, frame: int, rows: Masks, obj: int = 1) -> float:
        """Of an object's row with the truth; 0 where it has none."""
        return iou(mask_of(rows, obj), self.seen[obj][frame])

    def mean_iou(self, found: Iterable[tuple[int, Masks]], obj: int = 1) -> float:
        """Over all frames found on which the object is visible."""
        return float(np.mean([self.iou(f, rows, obj) for f, rows in found if self.seen[obj][f].any()]))


def mask_of(rows: Masks, obj: int) -> Bools:
    """`(h, w) bool`: all of an object on one frame's rows."""
    mine, video = rows.of(obj), rows.video
    if not len(mine):
        return np.zeros((video.height, video.width), bool)
    return runs.decode(mine.row_runs(0), (video.width, video.height))


def masks_on(media: ArraySource, frame: int, masks: Mapping[int, Bools]) -> Masks:
    """Trusted rows of whole masks `(h, w) bool` by object."""
    return build(
        media.video, LABELS, [Row(frame, obj, 0, runs.encode(mask)) for obj, mask in masks.items()]
    )


def iou(a: Bools, b: Bools) -> float:
    """1 where both are empty."""
    union = int((a | b).sum())
    return float((a & b).sum() / union) if union else 1.0


def ellipse(size_wh: tuple[int, int], centre: tuple[float, float], axes: tuple[float, float]) -> Bools:
    """`(h, w) bool`."""
    x, y = np.meshgrid(np.arange(size_wh[0]), np.arange(size_wh[1]))
    inside: Bools = ((x - centre[0]) / axes[0]) ** 2 + ((y - centre[1]) / axes[1]) ** 2 <= 1
    return inside


def texture(size_wh: tuple[int, int], colour: tuple[int, int, int], seed: int) -> Image:
    """`(h, w, 3) uint8`: blobs of several sizes around a colour."""
    rng = np.random.default_rng(seed)
    total: Float32s = np.zeros((size_wh[1], size_wh[0], 3), np.float32) + np.float32(colour)
    for sigma, deviation in ((1.0, 6.0), (4.0, 9.0), (14.0, 9.0)):
        grain = vision.gaussian(rng.standard_normal(total.shape, np.float32), sigma)
        total += grain * np.float32(deviation / max(float(grain.std()), 1e-6))
    return np.clip(total, 0, 255).astype(np.uint8)


def film(
    things: Sequence[Thing],
    n: int = 12,
    size_wh: tuple[int, int] = (320, 240),
    seed: int = 0,
    drift: int = 2,
    dark: Iterable[int] = (),
) -> Film:
    """Things, numbered from 1, later ones in front.

    Args:
        things: what moves.
        n: frames.
        size_wh: of the frames.
        seed: of all textures.
        drift: pixels a frame by which the ground moves to the left, as under a moving camera.
        dark: frames that are black, the things on them invisible.
    """
    wide, high = size_wh
    ground = texture((wide + drift * n, high), GROUND, seed)
    coats = [
        texture((2 * int(t.axes[0]) + 3, 2 * int(t.axes[1]) + 3), t.colour, seed + i + 1)
        for i, t in enumerate(things)
    ]
    frames = np.empty((n, high, wide, 3), np.uint8)
    seen = {i + 1: np.zeros((n, high, wide), bool) for i in range(len(things))}
    for k in range(n):
        frames[k] = ground[:, drift * k : drift * k + wide]
        for i, thing in enumerate(things):
            _paint(frames[k], thing, coats[i], k, [seen[j + 1][k] for j in range(i)], seen[i + 1][k])
    for k in dark:
        frames[k] = 0
        for masks in seen.values():
            masks[k] = False
    return Film(ArraySource(frames, uri=f"film:{size_wh}:{n}:{seed}"), seen)


def _paint(frame: Image, thing: Thing, coat: Image, k: int, behind: Sequence[Bools], own: Bools) -> None:
    """A thing into a frame, in place; what lies behind it is hidden."""
    at = thing.path(k)
    if at is None:
        return
    high, wide = frame.shape[:2]
    x, y = round(at[0]), round(at[1])
    own |= ellipse((wide, high), (x, y), thing.axes)
    ys, xs = np.nonzero(own)
    frame[ys, xs] = coat[ys - y + int(thing.axes[1]) + 1, xs - x + int(thing.axes[0]) + 1]
    for mask in behind:
        mask &= ~own


def straight(start: tuple[float, float], speed: tuple[float, float]) -> Path:
    """From `start`, `speed` pixels a frame."""
    return lambda k: (start[0] + speed[0] * k, start[1] + speed[1] * k)
