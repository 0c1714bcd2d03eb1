"""Every pixel belongs to one object or to none."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from masklet.core.arrays import Bools, Float32s
from masklet.models import vision
from masklet.models.adapt.coat import Coat, foreign_share, levels_of
from masklet.models.adapt.following import Answer
from masklet.models.adapt.now import seen_from
from masklet.models.adapt.view import View

TRUST = 0.9
"""How far a pixel that is unlike the empty place must belong to one of the objects that want it."""
ANYBODY = 0.2
"""Odds at which an object wants any such pixel in its view."""
AROUND = 4.0
"""View pixels over which colour is weighed."""
ALIEN = 0.5
"""A pixel is of another object's colours where these are so many times likelier than its own ones."""
MORE = 0.05
"""Share of such pixels beyond the usual one from which they are taken from a mask."""
ALL_OVER = 0.7
"""Share of such pixels from which a part of a mask is another object's."""


def compete(answers: Mapping[int, Answer], coats: Mapping[int, Coat], plate: bool) -> None:
    """Odds shared out, in place.

    Soft aggregation as in Oh et al., "Space-time memory networks", ICCV 2019, eq. 3: the softmax over
    all objects and the background. Whether a pixel is any object's is decided by their odds; whose it
    is, by odds weighed with the objects' colours. With a `plate`, `Hints.difference` is from the empty
    place: pixels unlike it hardly ever belong to nobody.
    """
    shared = {obj: _share(obj, answers, coats, plate) for obj in answers}
    for obj, answer in answers.items():
        answer.soft = shared[obj]


def _share(obj: int, answers: Mapping[int, Answer], coats: Mapping[int, Coat], plate: bool) -> Float32s:
    answer = answers[obj]
    gap = answer.hints.difference
    nobody = 1 - TRUST * gap if plate else np.ones_like(gap)
    likeness = _likeness(answer, coats)
    odds = {obj: _odds(answer.soft)}
    odds[obj] = np.where(_foreign(obj, answer, likeness, coats), np.float32(0), odds[obj])
    wants = {obj: np.ones_like(gap)}
    for other, rival in answers.items():
        reached = _reach(answer.view, rival.view)
        if other != obj and reached.any():
            odds[other], wants[other] = _odds(seen_from(answer.view, rival)), reached
    total = sum(odds.values(), np.zeros_like(gap))
    claims = {
        one: (found + (wants[one] * gap * ANYBODY if plate and len(odds) > 1 else 0))
        * (likeness[one] if likeness else 1)
        for one, found in odds.items()
    }
    whole = np.maximum(sum(claims.values(), np.zeros_like(gap)), np.float32(1e-9))
    shared: Float32s = (total / (nobody + total) * claims[obj] / whole).astype(np.float32)
    return shared


def _foreign(
    obj: int, answer: Answer, likeness: Mapping[int, Float32s], coats: Mapping[int, Coat]
) -> Bools:
    """Pixels of another object's colours, where there are more of them than the object itself has."""
    inside = answer.soft > 0.5
    if not likeness or not inside.any():
        return np.zeros(inside.shape, bool)
    others = tuple(coat for other, coat in coats.items() if other != obj)
    best = np.max([one for other, one in likeness.items() if other != obj], axis=0)
    alien: Bools = likeness[obj] < ALIEN * best
    usual = foreign_share(coats[obj], others, ALIEN)
    if alien[inside].mean() > usual + MORE:
        return alien
    return _apart(inside, alien)


def _apart(inside: Bools, alien: Bools) -> Bools:
    """Parts of a mask, but the largest, that have another object's colours all over."""
    numbers, areas = vision.components(inside)
    share = np.bincount(numbers.ravel(), alien.ravel(), len(areas)) / np.maximum(areas, 1)
    wrong = share > ALL_OVER
    wrong[0] = False
    wrong[int(np.argmax(areas[1:])) + 1] = False
    return wrong[numbers]


def _likeness(answer: Answer, coats: Mapping[int, Coat]) -> dict[int, Float32s]:
    """Each object's likeness by colour around every pixel; empty where there is one object only."""
    if len(coats) < 2:
        return {}
    levels = levels_of(answer.picture)
    return {obj: vision.gaussian(coat.like(levels), AROUND) for obj, coat in coats.items()}


def _reach(view: View, other: View) -> Float32s:
    """1 where a view shows what another one shows too."""
    return other.look_up(np.ones((other.side, other.side), np.float32), *view.grid())


def _odds(soft: Float32s) -> Float32s:
    clipped = np.clip(soft, 0.0, 0.999)
    odds: Float32s = clipped / (1 - clipped)
    return odds
