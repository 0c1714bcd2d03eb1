"""Taking a lost object up again, and leaving a doubtful place for a better one."""

from __future__ import annotations

from collections.abc import Mapping

from masklet.models.adapt.evidence import certainty_of
from masklet.models.adapt.following import Answer, Follower
from masklet.models.adapt.now import Now, others_on, seen_from
from masklet.models.adapt.search import candidates, votes_inside

CLEARLY = 0.1
"""By how much another place must be more like an object to be taken for it."""
RECOGNISED = 0.35
"""Vote and certainty that a lost object must reach to be taken up again."""
ALIKE = (1 / 3.5, 3.5)
"""Area of a found object in units of its usual one."""
WIDER = 1.3
"""Times as wide as usual is the first look at a place."""


def find(now: Now, followers: Mapping[int, Follower], answers: dict[int, Answer]) -> None:
    """Look for the objects that are lost or in doubt; better answers replace those there, in place."""
    for obj, follower in followers.items():
        if not follower.is_due:
            continue
        rivals = [answer for other, answer in answers.items() if other != obj]
        found = _best(now, follower, rivals)
        if found is not None and _better(found, answers.get(obj), follower.usual_area):
            answers[obj] = found


def _best(now: Now, follower: Follower, rivals: list[Answer]) -> Answer | None:
    """The best of a few places that look like the object, if it is good enough."""
    entries = follower.memory.anywhere()
    if not entries:
        return None
    best: tuple[float, Answer] | None = None
    for box in candidates(now.image, entries, follower.usual_area, now.eyes):
        view = now.view(box, WIDER)
        answer = now.look(follower, view, others=others_on(view, rivals))
        if answer.box is None:
            continue
        near = now.view(answer.box)
        answer = now.look(follower, near, seen_from(near, answer), others_on(near, rivals))
        worth = _recognition(answer, follower.usual_area)
        if worth > RECOGNISED and (best is None or worth > best[0]):
            best = worth, answer
    return None if best is None else best[1]


def _recognition(answer: Answer, usual: float) -> float:
    """0..1: is this the object that was lost? 0 where its size is impossible."""
    if not ALIKE[0] <= answer.area / max(usual, 1.0) <= ALIKE[1]:
        return 0.0
    own, rivals = votes_inside(answer.matched, answer.soft > 0.5)
    return min(own - rivals, certainty_of(answer.soft))


def _better(found: Answer, carried: Answer | None, usual: float) -> bool:
    """Is an answer from elsewhere more like the object than the carried one?"""
    if carried is None:
        return True
    return _recognition(found, usual) > _recognition(carried, usual) + CLEARLY
