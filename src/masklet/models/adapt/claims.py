"""Before a fixed camera, whatever is not the empty place is somebody: whose is what nobody has?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from masklet.core.arrays import Bools, Float32s
from masklet.models import vision
from masklet.models.adapt.coat import levels_of
from masklet.models.adapt.following import LEAST, Answer, Follower
from masklet.models.adapt.matching import match
from masklet.models.adapt.now import Now, others_on, seen_from
from masklet.models.adapt.pool import look
from masklet.models.adapt.search import votes_inside
from masklet.models.adapt.view import Box, box_of

MOST = 3
"""Left-over places looked at on a frame, the largest."""
THIN = 3
"""Radius, frame pixels, below which a left-over place is nothing (tails, edges)."""
SMALL = 0.06
"""Share of the usual area below which a place is too small to be looked at."""
GROWN = 1.4
"""Times its usual area to which an object may grow by what is claimed."""
LEAST_AGAIN, MOST_AGAIN = 0.13, 3.0
"""Usual areas between which a place may be an object that is lost."""
AWAY = 1.0
"""Sizes of an object within which a piece may lie from the rest of it."""
CLEAR = 0.45
"""Share of all objects' likenesses that the likeliest must have."""
LIKE = 0.3
"""Likeness by colour, in units of the usual one, that it must have."""
VOTED = 0.12
"""Mean vote of matching that it must have: bedding that was pushed about has hardly any."""
KNOWN = 0.6
"""Likeness by colour at which a large place is known without votes."""
LARGE = 0.1
"""Share of the usual area of an object of which a place is large."""
VOTELESS = 0.2
"""Vote at which colour counts half as much as it may."""
WHOLE = 0.8
"""Probability with which a claimed pixel is the object's."""


@dataclass(frozen=True, eq=False)
class Place:
    """Something that is not the empty place and belongs to nobody yet.

    Args:
        mask: `(h, w) float32`, 0 or 1, on the frame.
        box: around it.
        area: frame pixels.
    """

    mask: Float32s
    box: Box
    area: float


def claim(now: Now, followers: Mapping[int, Follower], answers: dict[int, Answer]) -> None:
    """Give left-over places to the objects that they are most like, in place.

    An object that is there takes what lies beside it and is not too large; one that is lost is taken
    up again where it is found.
    """
    if now.gap is None or not followers:
        return
    least = max(LEAST, SMALL * min(follower.usual_area for follower in followers.values()))
    for place in left_over(now.gap, answers.values(), least):
        owner = _owner(place, now, followers, answers)
        if owner is not None:
            rivals = [answer for obj, answer in answers.items() if obj != owner]
            answers[owner] = _with(place, now, followers[owner], answers.get(owner), rivals)


def left_over(gap: Float32s, answers: Iterable[Answer], least: float) -> list[Place]:
    """The largest places that are unlike the empty one and that no answer covers."""
    left = gap > 0.5
    size = gap.shape[1], gap.shape[0]
    for answer in answers:
        crop, (x, y) = answer.view.cut_out(answer.soft, size)
        left[y : y + crop.shape[0], x : x + crop.shape[1]] &= crop < 0.5
    numbers, areas = vision.components(vision.opened(left, THIN))
    found = []
    for k in np.argsort(-areas[1:])[:MOST] + 1:
        if areas[k] < least:
            break
        mask = numbers == k
        box = box_of(mask)
        assert box is not None
        found.append(Place(mask.astype(np.float32), box, float(areas[k])))
    return found


def _owner(
    place: Place, now: Now, followers: Mapping[int, Follower], answers: Mapping[int, Answer]
) -> int | None:
    """The object that a place is most like, if it is clearly so and could be."""
    view = now.view(place.box)
    picture, inside = view.picture(now.image), view.values(place.mask) > 0.5
    if not inside.any():
        return None
    keys, levels = look([picture], now.eyes)[0].keys, levels_of(picture)
    votes = {obj: _vote(follower, keys, inside) for obj, follower in followers.items()}
    colour = {obj: float(f.fitted.coat.like(levels)[inside].mean()) for obj, f in followers.items()}
    likeness = {obj: colour[obj] * (votes[obj] + VOTELESS) for obj in followers}
    best = max(likeness, key=lambda one: likeness[one])
    follower = followers[best]
    usual = colour[best] / follower.fitted.coat.usual
    voted = best in answers and votes[best] > VOTED
    known = voted or (usual > KNOWN and place.area > LARGE * follower.usual_area)
    clear = likeness[best] > CLEAR * sum(likeness.values())
    if not clear or not known or usual < LIKE:
        return None
    return best if _could_be(place, follower, answers.get(best)) else None


def _vote(follower: Follower, keys: Tensor, inside: Bools) -> float:
    """Mean vote of an object's annotated views, and of strangers, for it, 0..1."""
    known = follower.memory.anywhere()
    return votes_inside(match(keys, known), inside)[0]


def _could_be(place: Place, follower: Follower, there: Answer | None) -> bool:
    """May an object take this too: is it near enough, and not too large then?"""
    usual = max(follower.usual_area, follower.fitted.area)
    if there is None:
        return LEAST_AGAIN * usual < place.area < MOST_AGAIN * usual
    box = there.box
    if box is None or there.area + place.area > GROWN * usual:
        return False
    x0, y0, x1, y1 = place.box
    apart = max(x0 - box[2], box[0] - x1, y0 - box[3], box[1] - y1)
    return apart < AWAY * float(np.sqrt(usual))


def _with(
    place: Place, now: Now, follower: Follower, there: Answer | None, rivals: list[Answer]
) -> Answer:
    """The object's answer with a place taken in."""
    box = place.box
    held = None if there is None else there.box
    if held is not None:
        box = min(box[0], held[0]), min(box[1], held[1]), max(box[2], held[2]), max(box[3], held[3])
    view = now.view(box)
    prior = view.values(place.mask) * np.float32(WHOLE)
    if there is not None:
        prior = np.maximum(prior, seen_from(view, there))
    others = others_on(view, rivals)
    answer = now.look(follower, view, prior, others)
    free = np.float32(1) if others is None else (others < 0.5).astype(np.float32)
    answer.soft = np.maximum(answer.soft * free, prior)
    return answer
