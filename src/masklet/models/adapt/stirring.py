"""What moves otherwise than the place: flow that the camera's own motion does not explain."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from masklet.core.arrays import Bools, Float32s, Image
from masklet.models import vision
from masklet.models.adapt.view import Box

STEP = 6
"""Every so many pixels of the flow field one is asked for the camera's motion."""
ROUNDS = 6
LEAST = 0.35
"""Pixels of the flow field by which a pixel must miss the camera's motion to be half believed."""
NOISE = 3.0
"""The same in units of the usual miss."""


def stirring_of(field: Float32s, avoid: Bools) -> Float32s:
    """`(h, w) float32` 0..1: how much each pixel moves on its own.

    The camera's motion is a quadratic function of the place, fitted to the flow outside `avoid` by
    iteratively reweighted least squares (Cauchy weights).

    Args:
        field: `(h, w, 2)`, flow to a neighbouring frame in pixels of the field.
        avoid: `(h, w) bool`, where objects are.
    """
    high, wide = avoid.shape
    x, y = np.meshgrid(np.linspace(-1, 1, wide), np.linspace(-1, 1, high))
    terms = np.stack([np.ones_like(x), x, y, x * y, x * x, y * y], axis=-1)
    free = ~avoid[::STEP, ::STEP].ravel()
    if free.sum() < 60:
        return np.zeros((high, wide), np.float32)
    known = terms[::STEP, ::STEP].reshape(-1, 6)[free]
    flow = field[::STEP, ::STEP].reshape(-1, 2)[free].astype(np.float64)
    weight = np.ones(len(known))
    for _ in range(ROUNDS):
        weighted = known * weight[:, None]
        normal = weighted.T @ known + 1e-6 * np.eye(6)
        model = np.linalg.solve(normal, weighted.T @ flow)
        missed = np.linalg.norm(flow - known @ model, axis=1)
        usual = float(np.median(missed)) + 1e-3
        weight = 1 / (1 + (missed / (2 * usual)) ** 2)
    rest = np.linalg.norm(field - terms @ model, axis=-1)
    scale = max(LEAST, NOISE * usual)
    soft: Float32s = (rest**2 / (rest**2 + scale**2)).astype(np.float32)
    return soft


def boxes_on(size_wh: tuple[int, int], boxes: Sequence[Box], scale: tuple[float, float]) -> Bools:
    """`(h, w) bool`: frame boxes as they lie on the flow field."""
    covered = np.zeros((size_wh[1], size_wh[0]), bool)
    fx, fy = scale
    for x0, y0, x1, y1 in boxes:
        rows = slice(max(int(y0 / fy), 0), max(int(np.ceil(y1 / fy)), 0))
        covered[rows, max(int(x0 / fx), 0) : max(int(np.ceil(x1 / fx)), 0)] = True
    return covered


def stirring_between(here: Image, there: Image, mask: Bools, size_wh: tuple[int, int]) -> Float32s:
    """`stirring_of` two neighbouring frames, enlarged to the frame's size; `mask` on frame `here`."""
    small = [vision.grey(np.ascontiguousarray(vision.resize(one, size_wh))) for one in (here, there)]
    field = vision.DenseFlow()(small[0], small[1])
    covered = vision.resize(mask.astype(np.float32), size_wh) > 0.2
    soft = stirring_of(field, vision.dilate(covered, 4))
    enlarged: Float32s = vision.resize(soft, (here.shape[1], here.shape[0]))
    return enlarged
