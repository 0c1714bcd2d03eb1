"""Outlines of masks as pixels, and discs around them. Plain numpy on crops."""

from __future__ import annotations

import numpy as np

from masklet.core.arrays import Bools


def boundary(mask: Bools) -> Bools:
    """The boundary pixels of a mask, `(h, w) bool` in and out.

    A pixel belongs to the boundary where it differs from its neighbour to the right, below or
    diagonally below right; in the last row only the right neighbour counts, in the last column
    only the lower one, and the last corner never. This is the boundary map that DAVIS
    (Perazzi et al., 2016) took over from the Berkeley segmentation benchmark (Martin et al., 2004),
    at the mask's own size.
    """
    edge = np.zeros_like(mask)
    right = mask[:, :-1] ^ mask[:, 1:]
    down = mask[:-1] ^ mask[1:]
    edge[:, :-1] |= right
    edge[:-1] |= down
    edge[:-1, :-1] |= mask[:-1, :-1] ^ mask[1:, 1:]
    return edge


def dilate(mask: Bools, radius: int) -> Bools:
    """`mask` grown by a disc: every pixel at most `radius` (Euclidean, inclusive) from one of it.

    The disc is cut into its rows: the mask is widened step by step, and each width is laid over the
    rows that need it, so the cost is linear in the radius. Pixels outside the array count as empty.
    """
    grown = np.zeros_like(mask)
    wide = mask.copy()
    width = 0
    for dy in range(radius, -1, -1):
        while (width + 1) ** 2 + dy**2 <= radius**2:
            width += 1
            wide[:, width:] |= mask[:, :-width]
            wide[:, :-width] |= mask[:, width:]
        if dy >= len(mask):
            continue
        grown[dy:] |= wide[: len(mask) - dy]
        if dy:
            grown[:-dy] |= wide[dy:]
    return grown
