"""Random changes to pictures and masks, as a video makes them: motion, light, blur, wrong priors."""

from __future__ import annotations

import numpy as np

from masklet.core.arrays import Float32s
from masklet.models import vision
from masklet.models.adapt.view import box_of

Rng = np.random.Generator
Matrix = np.ndarray
"""`(3, 3) float64` that takes (x, y, 1) to a new place."""


def affine(
    centre: tuple[float, float],
    scale: tuple[float, float] = (1.0, 1.0),
    radians: float = 0.0,
    shift: tuple[float, float] = (0.0, 0.0),
) -> Matrix:
    """Scale, then rotate about `centre`, then shift."""
    cos, sin = np.cos(radians), np.sin(radians)
    turn = np.array(
        [[cos * scale[0], -sin * scale[1], 0], [sin * scale[0], cos * scale[1], 0], [0, 0, 1]]
    )
    there, back = np.eye(3), np.eye(3)
    there[:2, 2] = -centre[0], -centre[1]
    back[:2, 2] = centre[0] + shift[0], centre[1] + shift[1]
    moved: Matrix = back @ turn @ there
    return moved


def elastic(side: int, knots: int, pixels: float, rng: Rng) -> Float32s:
    """A smooth random displacement field, `(side, side, 2) float32`, deviation `pixels` at its knots."""
    field = rng.normal(0, pixels, (knots, knots, 2)).astype(np.float32)
    bent: Float32s = vision.enlarged_smoothly(field, (side, side))
    return bent


def resampled(
    values: Float32s, to_source: Matrix, side: int, bend: Float32s | None, border: str
) -> Float32s:
    """`(side, side, ...)` of `values`, where `to_source` takes result pixels to theirs.

    `bend` moves the result's pixels before that.
    """
    if bend is None:
        plain: Float32s = vision.warp(values, to_source, (side, side), border)
        return plain
    x, y = np.meshgrid(np.arange(side, dtype=np.float32), np.arange(side, dtype=np.float32))
    x, y = x + bend[..., 0], y + bend[..., 1]
    m = to_source
    u = (m[0, 0] * x + m[0, 1] * y + m[0, 2]).astype(np.float32)
    v = (m[1, 0] * x + m[1, 1] * y + m[1, 2]).astype(np.float32)
    bent: Float32s = vision.sample(values, u, v, border)
    return bent


def recoloured(rgb: Float32s, rng: Rng) -> Float32s:
    """Gamma, gain by channel, saturation and contrast changed a little; 0..255."""
    x = np.clip(rgb / np.float32(255), 0, 1) ** np.float32(np.exp(rng.normal(0, 0.18)))
    x = x * np.exp(rng.normal(0, 0.06, 3) + rng.normal(0, 0.12)).astype(np.float32)
    grey = x.mean(axis=2, keepdims=True)
    x = grey + (x - grey) * np.float32(np.exp(rng.normal(0, 0.2)))
    mean = x.mean()
    x = mean + (x - mean) * np.float32(np.exp(rng.normal(0, 0.12)))
    changed: Float32s = np.clip(x * np.float32(255), 0, 255).astype(np.float32)
    return changed


def blurred(rgb: Float32s, rng: Rng) -> Float32s:
    """Sometimes motion blur, sometimes lack of focus, sometimes sensor noise."""
    kind = rng.random()
    if kind < 0.15:
        rgb = vision.convolve(rgb, _streak(rng))
    elif kind < 0.3:
        rgb = vision.gaussian(rgb, float(rng.uniform(0.5, 2.0)))
    if rng.random() < 0.3:
        noise = rng.standard_normal(rgb.shape, np.float32)
        rgb = rgb + noise * np.float32(rng.uniform(1, 6))
    changed: Float32s = np.clip(rgb, 0, 255).astype(np.float32)
    return changed


def _streak(rng: Rng) -> Float32s:
    """A straight line as a kernel that sums to 1."""
    side, angle = int(rng.integers(3, 10)), rng.uniform(0, np.pi)
    kernel, middle = np.zeros((side, side), np.float32), (side - 1) / 2
    for step in np.linspace(-middle, middle, 3 * side):
        kernel[round(middle + step * np.sin(angle)), round(middle + step * np.cos(angle))] = 1
    even: Float32s = kernel / kernel.sum()
    return even


def wrong_prior(mask: Float32s, rng: Rng, dropped: float) -> Float32s:
    """What carrying a mask along might bring: moved, bent, grown, with holes and strange blobs.

    With probability `dropped` nothing at all, so that no one learns to lean on it. `(s, s) float32`.
    """
    box = box_of(mask > 0.5)
    if box is None or rng.random() < dropped:
        return np.zeros_like(mask)
    x0, y0, x1, y1 = box
    size = float(np.sqrt((x1 - x0) * (y1 - y0))) + 8
    side = mask.shape[0]
    move = affine(
        ((x0 + x1) / 2, (y0 + y1) / 2),
        (np.exp(rng.normal(0, 0.07)), np.exp(rng.normal(0, 0.07))),
        rng.normal(0, 0.07),
        (rng.normal(0, 0.05) * size, rng.normal(0, 0.05) * size),
    )
    prior = resampled(mask, move, side, elastic(side, 8, size * 0.03, rng), "zero")
    kind, radius = rng.random(), int(rng.integers(1, max(2, int(size * 0.04) + 2)))
    if kind < 0.2:
        prior = vision.erode(prior > 0.5, radius).astype(np.float32)
    elif kind < 0.4:
        prior = vision.dilate(prior > 0.5, radius).astype(np.float32)
    if rng.random() < 0.35:
        _patch(prior, box, size, rng)
    smooth: Float32s = vision.gaussian(prior, float(rng.uniform(0.3, 2.0)))
    return smooth


def wrong_difference(gap: Float32s, rng: Rng, dropped: float) -> Float32s:
    """What another frame may say of motion or of the empty place: false in patches, or nothing at all.

    `gap` `(s, s) float32` 0..1. Half of the time waves and shadows appear and parts of what moves
    stand still; with probability `dropped` all is 0.
    """
    if not gap.any() or rng.random() < dropped:
        return np.zeros_like(gap)
    if rng.random() < 0.5:
        return gap
    size = gap.shape[1], gap.shape[0]
    knots = int(rng.integers(4, 12))
    false, still = (
        vision.enlarged_smoothly(rng.random((knots, knots)).astype(np.float32), size) for _ in range(2)
    )
    false = np.clip((false - rng.uniform(0.4, 0.9)) * 6, 0, rng.uniform(0.3, 1))
    still = np.clip((still - rng.uniform(0.5, 0.9)) * 6, 0, 1)
    wrong: Float32s = np.maximum(gap * (1 - still), false).astype(np.float32)
    return wrong


def _patch(prior: Float32s, box: tuple[int, int, int, int], size: float, rng: Rng) -> None:
    """One to three holes or blobs, in place."""
    for _ in range(int(rng.integers(1, 4))):
        x, y = rng.uniform(box[0], box[2]), rng.uniform(box[1], box[3])
        value = 0.0
        if rng.random() < 0.5:
            x, y, value = x + rng.normal(0, 0.3) * size, y + rng.normal(0, 0.3) * size, 1.0
        axes = int(size * rng.uniform(0.04, 0.22)), int(size * rng.uniform(0.04, 0.22))
        vision.draw_ellipse(prior, (int(x), int(y)), axes, float(rng.uniform(0, 180)), value)
