"""Two ways to find a line in the evidence: settle a known curve, or grow one from a place.

Settling moves every point of a curve along its normal, all at once, by dynamic programming (Amini,
Weymouth & Jain, IEEE PAMI 1990). Growing takes many beginnings and lets each go on by small turns;
the best few survive each step (a beam search), and the line ends where its sum of evidence is
largest, so that a bar across it costs something and an end is an end.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from masklet.core.arrays import Floats, Int64s
from masklet.models.lines.curves import SPACING, even, normals_of, smooth, widths_along
from masklet.models.lines.evidence import Sight

STEP = 3.0
"""Pixels that a growing line goes on at a time."""
TURNS = np.deg2rad([-36.0, -22.0, -10.0, 0.0, 10.0, 22.0, 36.0])
TURN_COST = 15.0
"""Evidence that a turn of one radian within one step costs; it falls with the square of the turn."""
STRICT = 0.4
"""What is taken off the log-odds of each place, so that noise does not lengthen a line."""
MISSING = -1.0
"""The worst that one place may say while a line grows: it may be hidden there."""
BEAM = 72


@dataclass(frozen=True, eq=False)
class Settled:
    """A curve on the ridge, the log-odds at its points, and its worth: evidence less bending."""

    curve: Floats
    odds: Floats
    worth: float


def settle(sight: Sight, prior: Floats, profile: Floats, reach: float, stiff: float) -> Settled:
    """The curve near `prior` that has the most evidence for the least change of shape.

    Args:
        sight: the evidence. prior: `(k, 2)`, `SPACING` apart. profile: half widths, root to tip.
        reach: pixels to either side. stiff: cost of a shift that changes by one pixel a pixel.
    """
    offsets = np.linspace(-reach, reach, 2 * int(np.ceil(reach)) + 1)
    normals = normals_of(prior)
    half = widths_along(np.linspace(0, 1, len(prior)), profile)
    places = prior[:, None] + offsets[:, None] * normals[:, None]
    odds = sight.at(places, np.broadcast_to(normals[:, None], places.shape), half[:, None])
    change = stiff * (offsets[:, None] - offsets) ** 2 / SPACING
    near = 0.002 * SPACING * offsets**2
    best = _cheapest(near - SPACING * np.maximum(odds, MISSING), change)
    rows = np.arange(len(prior))
    moved = prior + offsets[best][:, None] * normals
    bending = float((stiff * np.diff(offsets[best]) ** 2 / SPACING).sum() + near[best].sum())
    chosen: Floats = odds[rows, best]
    return Settled(moved, chosen, float(SPACING * (chosen - STRICT).sum()) - bending)


def _cheapest(cost: Floats, change: Floats) -> Int64s:
    """`(k, d)` costs and `(d, d)` costs of a change: the cheapest choice for each of `k`."""
    total, came = cost[0], []
    for row in cost[1:]:
        ways = total[:, None] + change
        source = ways.argmin(axis=0)
        came.append(source)
        total = ways[source, np.arange(len(source))] + row
    path = [int(total.argmin())]
    for source in reversed(came):
        path.append(int(source[path[-1]]))
    return np.array(path[::-1], np.int64)


@dataclass(frozen=True, eq=False)
class Grown:
    """A line grown from a beginning: its points, the first one included, and the evidence gained."""

    curve: Floats
    worth: float


def grow(
    sight: Sight,
    starts: Floats,
    headings: Floats,
    bonus: Floats,
    half: Floats,
    strict: Floats,
    patience: float,
) -> Grown:
    """The best line from any of `(n, 2)` beginnings with `(n,)` directions in radians.

    Args:
        sight: the evidence.
        starts, headings: where and in which direction.
        bonus: `(n,)`, evidence that each beginning brings with it (negative: unlikely ones).
        half: half width at each step; its length bounds the line.
        strict: what is taken off the log-odds at each step.
        patience: pixels without evidence that a line may cross.
    """
    trail, head, total = starts[:, None], headings, bonus.astype(float)
    high = total.copy()
    best = Grown(starts[:1], 0.0)
    for step in range(len(half)):
        way = head[:, None] + TURNS
        ahead = np.stack([np.cos(way), np.sin(way)], axis=-1)
        places = trail[:, None, -1] + STEP * ahead
        normals = np.stack([ahead[..., 1], -ahead[..., 0]], axis=-1)
        odds = np.maximum(sight.at(places, normals, half[step]), MISSING) - strict[step]
        gained = total[:, None] + STEP * odds - TURN_COST * np.clip(half[step] / 2, 1, 2) * TURNS**2
        gained = np.where(_meets_itself(places, trail, float(half[step])), -np.inf, gained)
        gained = np.where(_outside(places, sight), -np.inf, gained)
        top = np.maximum(high[:, None], gained)
        gained = np.where(top - gained > patience * (STRICT - MISSING), -np.inf, gained)
        kept = _survivors(places.reshape(-1, 2), way.ravel(), gained.ravel())
        if not len(kept):
            break
        parent = kept // len(TURNS)
        trail = np.concatenate([trail[parent], places.reshape(-1, 1, 2)[kept]], axis=1)
        head, total, high = way.ravel()[kept], gained.ravel()[kept], top.ravel()[kept]
        winner = int(total.argmax())
        if total[winner] > best.worth:
            best = Grown(trail[winner], float(total[winner]))
    return best


def _survivors(places: Floats, way: Floats, gained: Floats) -> Int64s:
    """The best of those that are about the same, and of these the best `BEAM`."""
    order = np.argsort(-gained, kind="stable")
    order = order[np.isfinite(gained[order])]
    cell = np.floor(places[order] / 2.0).astype(np.int64)
    turn = np.floor(np.mod(way[order], 2 * np.pi) / np.deg2rad(20)).astype(np.int64)
    key = (cell[:, 0] * 100_003 + cell[:, 1]) * 32 + turn
    _, first = np.unique(key, return_index=True)
    return order[np.sort(first)[:BEAM]]


def _meets_itself(places: Floats, trail: Floats, half: float) -> np.ndarray:
    """`(b, t) bool`: does a next place come back to an older part of its own line?"""
    skip = int(np.ceil((3 * half + 6) / STEP)) + 1
    old = trail[:, :-skip] if trail.shape[1] > skip else trail[:, :0]
    if not old.shape[1]:
        return np.zeros(places.shape[:2], bool)
    gap = ((places[:, :, None] - old[:, None]) ** 2).sum(axis=-1).min(axis=-1)
    back: np.ndarray = gap < (2 * half + 2.0) ** 2
    return back


def _outside(places: Floats, sight: Sight) -> np.ndarray:
    w = sight.window
    inside: np.ndarray = (
        (places[..., 0] < w.x0)
        | (places[..., 0] > w.x1 - 1)
        | (places[..., 1] < w.y0)
        | (places[..., 1] > w.y1 - 1)
    )
    return inside


def polished(sight: Sight, curve: Floats, profile: Floats) -> Settled:
    """Spaced evenly, smoothed, settled twice within a few pixels: sub-pixel by weighing neighbours."""
    first = settle(sight, even(smooth(even(curve), 1)), profile, 4.0, 3.0)
    fair = smooth(first.curve, 1)
    last = settle(sight, even(fair), profile, 1.0, 4.0)
    return Settled(smooth(last.curve, 1), last.odds, last.worth)
