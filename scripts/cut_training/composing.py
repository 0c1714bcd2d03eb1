"""Square crops with exact targets: cut from real pictures, or composed of several."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np

from cut_training.objects import Picture, box_of
from masklet.core.arrays import Bools, Floats, Image, UInt8s

SIDE = 320
TARGETS = 8
_SMALL = 250
_Rng = np.random.Generator


class Crop(NamedTuple):
    """`image (SIDE, SIDE, 3) uint8` RGB; 1..TARGETS `targets (SIDE, SIDE) bool`, the main one first."""

    image: Image
    targets: list[Bools]


class Maker:
    """Draws crops from pictures.

    Args:
        real: pictures with hand-drawn masks.
        generated: pictures with exact masks.
    """

    def __init__(self, real: Sequence[Picture], generated: Sequence[Picture]) -> None:
        self._real, self._generated = real, generated
        self._objects = [(p, m) for p in real for m in p.masks]
        self._pairs = [(p, m) for p in real for m in p.pairs]
        self._fakes = [(p, m) for p in generated for m in p.masks]
        areas = np.array([m.sum() for _, m in self._objects], float)
        weight = np.clip((areas / 6000) ** 0.5, 0.2, 1.0)
        self._chance = weight / weight.sum()

    def __call__(self, rng: _Rng) -> Crop:
        """One crop: 40 % real, 48 % composed, 12 % generated; light, blur and noise changed."""
        while True:
            chance = rng.random()
            if chance < 0.12 and self._fakes:
                picture, mask = self._fakes[rng.integers(len(self._fakes))]
                crop = cut_out(picture, mask, rng)
            elif chance < 0.52:
                crop = cut_out(*self._object(rng, 0.2), rng)
            else:
                crop = self._composed(rng)
            if rng.random() < 0.15:
                crop = occluded(crop, rng)
            crop = _worth(crop)
            if crop is not None:
                return Crop(relit(crop.image, rng), crop.targets)

    def _object(self, rng: _Rng, pair: float) -> tuple[Picture, UInt8s]:
        if self._pairs and rng.random() < pair:
            return self._pairs[rng.integers(len(self._pairs))]
        return self._objects[rng.choice(len(self._objects), p=self._chance)]

    def _composed(self, rng: _Rng) -> Crop:
        """One to four objects pasted on a stretch of some picture; what they cover is cut away."""
        pictures = self._generated if self._generated and rng.random() < 0.1 else self._real
        image, masks, _ = pictures[rng.integers(len(pictures))]
        high, wide = image.shape[:2]
        side = rng.uniform(0.4, 1.0) * min(high, wide)
        centre = [rng.uniform(side / 2, n - side / 2) for n in (wide, high)]
        matrix = turned(centre, side, rng)
        crop = Crop(warped(image, matrix, side / SIDE), [_moved(m, matrix) for m in masks[:12]])
        new: list[Bools] = []
        for number in range(int(rng.integers(1, 5))):
            share = rng.uniform(0.4, 0.85) if number == 0 else np.exp(rng.uniform(-2.1, -0.36))
            picture, mask = self._whole(rng)
            image, alpha = pasted(crop.image, picture.image, mask, share * SIDE, rng)
            hard = alpha > 0.5
            new = [target & ~hard for target in new] + [hard]
            crop = Crop(image, [target & ~hard for target in crop.targets])
        return Crop(crop.image, new + crop.targets)

    def _whole(self, rng: _Rng) -> tuple[Picture, UInt8s]:
        """An object large enough to paste, mostly one that its picture does not cut off."""
        for _ in range(20):
            picture, mask = self._object(rng, 0.15)
            cut = mask[0].any() or mask[-1].any() or mask[:, 0].any() or mask[:, -1].any()
            if mask.sum() > 1800 and (not cut or rng.random() < 0.25):
                break
        return picture, mask


def cut_out(picture: Picture, mask: UInt8s, rng: _Rng) -> Crop:
    """A square about one object, 1.2 to 6 times as large; other objects of the picture follow."""
    high, wide = picture.image.shape[:2]
    x0, y0, x1, y1 = box_of(mask)
    longest = max(x1 - x0, y1 - y0)
    near = rng.random() < 0.6
    factor = rng.uniform(1.2, 1.75) if near else np.exp(rng.uniform(0.4, 1.8))
    side = max(min(longest * factor, max(1.15 * max(high, wide), 1.2 * longest)), 24)
    shift = rng.uniform(-1, 1, 2) * (side - longest) / 2 * (0.35 if near else 0.8)
    centre = np.array([x0 + x1, y0 + y1]) / 2 + shift
    if not near:
        for axis, length in enumerate((wide, high)):
            low, top = min(side / 2, length / 2), max(length - side / 2, length / 2)
            centre[axis] = np.clip(centre[axis], low, top)
    matrix = turned(centre, side, rng)
    others = [m for m in picture.masks if m is not mask]
    order = rng.permutation(len(others))[: 2 * TARGETS]
    targets = [_moved(m, matrix) for m in [mask, *(others[i] for i in order)]]
    return Crop(warped(picture.image, matrix, side / SIDE), targets)


def turned(
    centre: Sequence[float] | Floats, side: float, rng: _Rng, degrees: float = 12, squash: float = 0.12
) -> Floats:
    """`(2, 3)` affine map of a square of the picture to the crop, turned, squashed and mirrored."""
    angle = np.deg2rad(rng.uniform(-degrees, degrees)) if rng.random() < 0.5 else 0.0
    squeeze = np.exp(rng.uniform(-squash, squash))
    mirror = -1 if rng.random() < 0.5 else 1
    scale = SIDE / side
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    linear = turn @ np.diag([scale * mirror * squeeze, scale / squeeze])
    return np.column_stack([linear, np.full(2, SIDE / 2) - linear @ np.asarray(centre)])


def warped(image: Image, matrix: Floats, shrink: float) -> Image:
    """The crop's pixels; grey beyond the picture; blurred first where it is made smaller."""
    source = cv2.GaussianBlur(image, (0, 0), 0.35 * shrink) if shrink > 1.4 else image
    grey = (127, 127, 127)
    return cv2.warpAffine(
        source,
        matrix,
        (SIDE, SIDE),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=grey,
    )


def pasted(
    onto: Image, image: Image, mask: UInt8s, size: float, rng: _Rng
) -> tuple[Image, np.ndarray[tuple[int, int], np.dtype[np.float32]]]:
    """An object laid over a crop, about `size` pixels long, at chance; the crop and its opacity."""
    x0, y0, x1, y1 = box_of(mask)
    left, top = max(0, x0 - 8), max(0, y0 - 8)
    piece = relit(image[top : y1 + 8, left : x1 + 8], rng, 0.8)
    if rng.random() < 0.3:
        piece = cv2.GaussianBlur(piece, (0, 0), rng.uniform(0.5, 1.5))
    side = max(x1 - x0, y1 - y0) * SIDE / size
    matrix = turned([(x0 + x1) / 2 - left, (y0 + y1) / 2 - top], side, rng, degrees=35, squash=0.2)
    matrix[:, 2] += rng.uniform(0.15, 0.85, 2) * SIDE - SIDE / 2
    part = mask[top : y1 + 8, left : x1 + 8].astype(np.float32)
    cover = cv2.warpAffine(part, matrix, (SIDE, SIDE), flags=cv2.INTER_LINEAR)
    soft = cv2.GaussianBlur(cover, (0, 0), rng.uniform(0.6, 1.6))
    alpha = np.clip((soft - 0.2) / 0.75, 0, 1)
    over = cv2.warpAffine(
        piece, matrix, (SIDE, SIDE), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    mixed = onto * (1 - alpha[..., None]) + over * alpha[..., None]
    return mixed.astype(np.uint8), alpha


def occluded(crop: Crop, rng: _Rng) -> Crop:
    """Bars of one colour in front, parallel or not: not part of any object."""
    bars = np.zeros((SIDE, SIDE), np.uint8)
    angle, gap, start = rng.uniform(0, np.pi), rng.uniform(30, 90), rng.uniform(0, SIDE, 2)
    thick, parallel = int(rng.integers(2, 9)), rng.random() < 0.6
    for number in range(int(rng.integers(1, 6))):
        if not parallel:
            angle, start = rng.uniform(0, np.pi), rng.uniform(0, SIDE, 2)
        along = np.array([np.cos(angle), np.sin(angle)])
        at = start + (gap * number if parallel else 0) * np.array([-along[1], along[0]])
        ends = [tuple(int(v) for v in at + sign * 2 * SIDE * along) for sign in (-1, 1)]
        cv2.line(bars, ends[0], ends[1], 1, thick)
    alpha = cv2.GaussianBlur(bars.astype(np.float32), (0, 0), 0.8)[..., None]
    paint = np.clip(rng.uniform(0, 255, 3) + rng.normal(0, 6, (SIDE, SIDE, 3)), 0, 255)
    image = (crop.image * (1 - alpha) + paint * alpha).astype(np.uint8)
    return Crop(image, [target & (bars == 0) for target in crop.targets])


def relit(image: Image, rng: _Rng, strength: float = 1.0) -> Image:
    """Brightness, colour, contrast, gamma, blur, noise and compression at chance."""
    x = image.astype(np.float32)
    if rng.random() < 0.8:
        x = x * (1 + strength * rng.uniform(-0.3, 0.3)) + strength * rng.uniform(-25, 25)
        x = x * (1 + strength * rng.uniform(-0.12, 0.12, 3).astype(np.float32))
    if rng.random() < 0.4:
        grey = x.mean(2, keepdims=True)
        x = grey + (x - grey) * rng.uniform(0.2 if strength >= 1 else 0.6, 1.5)
    if rng.random() < 0.06 * strength:
        x = np.repeat(x.mean(2, keepdims=True), 3, 2)
    x = x.clip(0, 255)
    if rng.random() < 0.3:
        x = 255 * (x / 255) ** np.exp(strength * rng.uniform(-0.45, 0.45))
    if rng.random() < 0.2:
        x = cv2.GaussianBlur(x, (0, 0), rng.uniform(0.4, 1.6))
    if rng.random() < 0.2:
        x = x + rng.normal(0, rng.uniform(2, 9), x.shape).astype(np.float32)
    x = x.clip(0, 255).astype(np.uint8)
    if rng.random() < 0.25:
        quality = int(rng.integers(35, 90))
        x = cv2.imdecode(cv2.imencode(".jpg", x, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], 1)
    return x


def _moved(mask: UInt8s, matrix: Floats) -> Bools:
    return cv2.warpAffine(mask * np.uint8(255), matrix, (SIDE, SIDE), flags=cv2.INTER_LINEAR) > 127


def _worth(crop: Crop) -> Crop | None:
    """The crop without tiny targets; None where the main one is tiny or covers all."""
    main = crop.targets[0]
    if main.mean() < 0.012 or main.mean() > 0.9:
        return None
    return Crop(crop.image, [main, *(t for t in crop.targets[1:] if t.sum() >= _SMALL)][:TARGETS])
