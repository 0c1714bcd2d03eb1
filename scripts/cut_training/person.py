"""A simulated person: boxes, clicks and earlier masks, as one would give them for a target."""

from __future__ import annotations

import cv2
import numpy as np

from cut_training.composing import SIDE
from masklet.core.arrays import Bools, Float32s
from masklet.models.cut import prompts

Click = tuple[int, int, bool]
_Rng = np.random.Generator


def first_prompt(target: Bools, rng: _Rng) -> Float32s:
    """40 % a box, 45 % clicks, 15 % both; sometimes an earlier mask or a scribble beside it."""
    maps = prompts.blank((SIDE, SIDE))
    chance = rng.random()
    if chance < 0.4 or chance >= 0.85:
        prompts.mark_box(maps, _loose_box(target, rng))
    if chance >= 0.4:
        _clicks(maps, target, rng, alone=chance < 0.85)
    if rng.random() < 0.08:
        maps[prompts.BEFORE] = _earlier(target, rng)
    return maps


def next_click(found: Bools, target: Bools, rng: _Rng) -> Click | None:
    """Where a person would click next: mostly in the middle of the largest error."""
    missing, extra = target & ~found, ~target & found
    wrong = missing if missing.sum() > extra.sum() else extra
    if rng.random() < 0.15:
        wrong = missing | extra
    if rng.random() < 0.7:
        count, numbers, stats, _ = cv2.connectedComponentsWithStats(wrong.astype(np.uint8))
        if count < 2:
            return None
        wrong = numbers == 1 + stats[1:, cv2.CC_STAT_AREA].argmax()
    if wrong.sum() < 6:
        return None
    at = _inside(wrong, rng, rng.random() < 0.5)
    return None if at is None else (*at, bool(target[at[1], at[0]]))


def _loose_box(target: Bools, rng: _Rng) -> tuple[float, float, float, float]:
    """The target's box, in 65 % of all cases with edges off by some percent of its size."""
    x, y, wide, high = cv2.boundingRect(target.astype(np.uint8))
    edges = np.array([x, y, x + wide - 1, y + high - 1], float)
    if rng.random() < 0.65:
        size = np.array([wide, high, wide, high])
        edges += size * (rng.normal(0, 0.03, 4) if rng.random() < 0.5 else rng.uniform(-0.06, 0.06, 4))
    return tuple(edges)  # type: ignore[return-value]


def _clicks(maps: Float32s, target: Bools, rng: _Rng, alone: bool) -> None:
    for _ in range(1 if rng.random() < 0.7 else int(rng.integers(2, 4))):
        at = _inside(target, rng, rng.random() < 0.5)
        if at and rng.random() < 0.1:
            other = _inside(target, rng, False)
            prompts.mark(maps, [at, other or at], positive=True)
        elif at:
            prompts.mark(maps, at, positive=True)
    while alone and rng.random() < 0.15:
        rows, columns = np.nonzero(~target)
        if len(rows):
            pick = rng.integers(len(rows))
            prompts.mark(maps, (columns[pick], rows[pick]), positive=False)


def _inside(area: Bools, rng: _Rng, middle: bool) -> tuple[int, int] | None:
    padded = cv2.copyMakeBorder(area.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT)
    depth = cv2.distanceTransform(padded, cv2.DIST_L2, 3)[1:-1, 1:-1]
    deepest = depth.max()
    if deepest <= 0:
        return None
    if middle:
        y, x = np.unravel_index(depth.argmax(), depth.shape)
    else:
        rows, columns = np.nonzero(depth > deepest * rng.uniform(0.3, 0.8))
        pick = rng.integers(len(rows))
        y, x = rows[pick], columns[pick]
    return int(x), int(y)


def _earlier(target: Bools, rng: _Rng) -> Float32s:
    """The target as a tracker would have carried it along: grown, shrunk or wobbly, and soft."""
    mask, chance = target.astype(np.uint8), rng.random()
    side = int(rng.integers(3, 19))
    disk = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    if chance < 0.3:
        mask = cv2.dilate(mask, disk)
    elif chance < 0.6:
        mask = cv2.erode(mask, disk)
    else:
        noise = rng.normal(0, 1, (10, 10)).astype(np.float32)
        wobble = cv2.resize(noise, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC) * rng.uniform(2, 9)
        inner = cv2.distanceTransform(mask, cv2.DIST_L2, 3)
        outer = cv2.distanceTransform(1 - mask, cv2.DIST_L2, 3)
        mask = (inner - outer + wobble > 0).astype(np.uint8)
    return cv2.GaussianBlur(mask.astype(np.float32), (0, 0), rng.uniform(0.5, 4))
