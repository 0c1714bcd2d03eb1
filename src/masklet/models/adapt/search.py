"""Finding an object again anywhere on the frame, by its looks alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from masklet.core.arrays import Image
from masklet.models import vision
from masklet.models.adapt.matching import CELL, Entry, match
from masklet.models.adapt.pool import look
from masklet.models.adapt.view import Box
from masklet.models.features.backbone import Backbone

LONGEST = 640
"""Largest side of the frame as it is searched, pixels."""
LIKE = 0.28
"""Mean vote over an object's area from which a place is worth a closer look."""
SMALLEST = 3.0
"""Places across which an object should measure at least, if the picture can be that large."""


def candidates(
    image: Image, memory: Sequence[Entry], area: float, eyes: Backbone, most: int = 2
) -> list[Box]:
    """Boxes of the places most like the object, best first; empty where nothing is like it.

    Args:
        image: `(h, w, 3) uint8`.
        memory: entries to compare with, wherever they were.
        area: usual area of the object, frame pixels.
        eyes: features.
        most: how many boxes at most.
    """
    anywhere = [Entry(e.keys, e.labels, 0.0) for e in memory]
    high, wide = image.shape[:2]
    size = float(np.sqrt(max(area, 1.0)))
    scale = min(LONGEST / max(high, wide), max(1.0, SMALLEST * CELL / size))
    step = 2 * CELL
    shape = max(step, round(wide * scale / step) * step), max(step, round(high * scale / step) * step)
    picture = vision.resize(image, shape).astype(np.float32)
    keys = look([picture], eyes)[0].keys
    vote = match(keys, anywhere)[0].cpu().numpy()
    across = size * scale / CELL
    smooth = vision.gaussian(np.ascontiguousarray(vote), max(0.5, across / 4))
    return _peaks(smooth, across, (wide / vote.shape[1], high / vote.shape[0]), size, most)


def _peaks(
    vote: np.ndarray, across: float, cell: tuple[float, float], size: float, most: int
) -> list[Box]:
    found: list[Box] = []
    left = vote.copy()
    while len(found) < most and left.max() > LIKE:
        row, column = np.unravel_index(int(np.argmax(left)), left.shape)
        x, y = (column + 0.5) * cell[0], (row + 0.5) * cell[1]
        half = 0.7 * size
        found.append((x - half, y - half, x + half, y + half))
        radius = max(1, int(across))
        left[max(row - radius, 0) : row + radius + 1, max(column - radius, 0) : column + radius + 1] = 0
    return found


def votes_inside(matched: torch.Tensor, inside: np.ndarray) -> tuple[float, float]:
    """Mean vote for the object and for others over True pixels of a view."""
    size = inside.shape[0] // CELL
    share = inside.reshape(size, CELL, size, CELL).mean(axis=(1, 3))
    total = share.sum()
    if total == 0:
        return 0.0, 0.0
    votes = matched.cpu().numpy()
    own, others = ((votes[k] * share).sum() / total for k in (0, 1))
    return float(own), float(others)
