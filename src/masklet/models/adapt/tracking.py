"""All objects on one frame after another: look, answer, compete, finish."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from masklet.core import Flags, Masks, Video
from masklet.core.arrays import Bools, Float32s, Image
from masklet.models.adapt.evidence import Evidence, certainty_of, evidence_of
from masklet.models.adapt.fit import Fitted
from masklet.models.adapt.following import LEAST, Answer, Follower, Hints, box_on_frame
from masklet.models.adapt.motion import Motion
from masklet.models.adapt.pieces import cleaned
from masklet.models.adapt.pool import look
from masklet.models.adapt.scenery import Scenery
from masklet.models.adapt.search import candidates, votes_inside
from masklet.models.adapt.settings import Settings
from masklet.models.adapt.truth import rest_of
from masklet.models.adapt.view import View, view_around
from masklet.models.features.backbone import Backbone
from masklet.models.guided import GuidedFilter
from masklet.models.rows import Found
from masklet.models.vision import dilate
from masklet.models.walk import decode
from masklet.ops.table import areas

SURE = 0.5
"""Score from which a mask goes into memory and is learnt from."""
GIVEN_UP = 0.2
"""Score below which a mask is no answer: the object counts as lost."""
CLEARLY = 0.1
"""By how much another place must be more like an object to be taken for it."""
RECOGNISED = 0.5
"""Vote and certainty that a lost object must reach to be taken up again."""
ALIKE = (1 / 3.5, 3.5)
"""Area of a found object in units of its usual one."""


class Tracking:
    """Everything that lives while one call of `propagate` runs.

    Args:
        settings: numbers of the engine.
        eyes: features.
        video: the media's own.
        fits: what was learnt, by object.
        scenery: what a fixed camera adds.

    `evidence` holds, by object, what its score on the last frame was made of.
    """

    def __init__(
        self,
        settings: Settings,
        eyes: Backbone,
        video: Video,
        fits: Mapping[int, Fitted],
        scenery: Scenery,
    ) -> None:
        self._settings, self._eyes, self._scenery = settings, eyes, scenery
        self._size = video.width, video.height
        self._fits = fits
        self._followers: dict[int, Follower] = {}
        self._motion = Motion(self._size)
        self._found: list[Found] = []
        self.evidence: dict[int, Evidence] = {}

    def warm_up(self, image: Image, rows: Masks) -> None:
        """Remember own earlier rows of a frame, as if it had just been gone through."""
        gap, image = self._scenery.difference(image), self._scenery.shown(image)
        masks = {int(rows.object_id[row]): self._mask(rows, row) for row in range(len(rows))}
        for row, (obj, mask) in enumerate(masks.items()):
            if obj not in self._fits or rows.score[row] < SURE:
                continue
            follower = self._follower(obj)
            follower.place(mask)
            view = follower.view
            assert view is not None
            rivals = rest_of([other for key, other in masks.items() if key != obj], mask)
            others = view.values(rivals.astype(np.float32))
            difference = self._shown_on(view, gap, None)
            answer = self._look(follower, view, image, difference, others)
            follower.remember(answer, view.values(mask.astype(np.float32)))

    def recall_sizes(self, rows: Masks) -> None:
        """How large objects have been of late, by own earlier rows of which the engine was sure."""
        rows = rows.take(rows.score >= SURE)
        for obj, area in zip(rows.object_id.tolist(), areas(rows).tolist(), strict=True):
            if obj in self._fits and area:
                self._follower(obj).areas.append(float(area))

    def settle(self) -> None:
        """After warming up: the online steps that those frames would have brought."""
        for follower in self._followers.values():
            follower.online.catch_up()
            follower.lose()

    def expect(self, objects: set[int]) -> None:
        """Objects that are to be looked for though nothing says where they are."""
        for obj in sorted(objects & self._fits.keys()):
            self._follower(obj)

    def end(self, objects: set[int]) -> None:
        """Objects that are gone: neither followed nor looked for until they are given again."""
        self._found = [one for one in self._found if one.object_id not in objects]
        for obj in objects:
            self._followers.pop(obj, None)

    def start(self, image: Image, given: Masks | None) -> None:
        """Objects are taken up on this frame; nothing is computed."""
        self._motion.see(self._scenery.shown(image))
        self._found = []
        if given is not None:
            self._take_up(given)

    def step(self, image: Image, given: Masks | None) -> None:
        """Go on to the next frame; `given` rows replace what was found there."""
        gap, image = self._scenery.difference(image), self._scenery.shown(image)
        self._motion.see(image)
        answers = self._answers(image, gap)
        if self._settings.has("competition"):
            compete(answers)
        self._found, self.evidence = [], {}
        for obj, answer in sorted(answers.items()):
            found = self._finish(self._followers[obj], answer)
            self._found += [found] if found is not None else []
        for obj, follower in self._followers.items():
            if obj not in answers:
                follower.lose()
            follower.online.tick()
        if given is not None:
            self._take_up(given)

    def found(self) -> list[Found]:
        """The objects on the frame of the last step."""
        return self._found

    def _follower(self, obj: int) -> Follower:
        if obj not in self._followers:
            self._followers[obj] = Follower(obj, self._fits[obj], self._settings, self._eyes, self._size)
        return self._followers[obj]

    def _take_up(self, given: Masks) -> None:
        for row in range(len(given)):
            obj = int(given.object_id[row])
            if obj in self._fits:
                self._follower(obj).place(self._mask(given, row))

    def _mask(self, rows: Masks, row: int) -> Bools:
        return self._scenery.whole(decode(rows, row))

    def _answers(self, image: Image, gap: Float32s | None) -> dict[int, Answer]:
        """What is seen of every object that is there, or found again."""
        answers = {}
        stirring = None
        if gap is None and self._settings.has("stirring"):
            boxes = [f.view.box for f in self._followers.values() if f.view is not None]
            stirring = self._motion.stirring(boxes)
        for obj, follower in self._followers.items():
            if self._motion.cut:
                follower.lose()
            view = follower.next_view(self._motion)
            if view is not None:
                x, y = self._motion.before(*view.grid())
                prior = follower.carried(x, y)
                rivals = [f.carried(x, y) for f in self._followers.values() if f is not follower]
                others = np.max(rivals, axis=0) if rivals else np.zeros_like(prior)
                difference = self._shown_on(view, gap, stirring)
                answers[obj] = self._look(follower, view, image, difference, others, prior)
            if self._settings.has("search") and follower.is_due:
                found = self._search(follower, image, gap, stirring)
                if found is not None and _better(found, answers.get(obj), follower.usual_area):
                    answers[obj] = found
        return answers

    def _shown_on(self, view: View, gap: Float32s | None, stirring: Float32s | None) -> Float32s | None:
        """The difference from the empty place, or what moves on its own, as a view shows it."""
        if gap is not None:
            return view.values(gap)
        return None if stirring is None else self._motion.on_view(stirring, view)

    def _look(
        self,
        follower: Follower,
        view: View,
        image: Image,
        difference: Float32s | None,
        others: Float32s | None = None,
        prior: Float32s | None = None,
    ) -> Answer:
        """An answer on a view; the maps lie on it, None = nothing is known."""
        nothing = np.zeros((view.side, view.side), np.float32)
        picture = view.picture(image)
        seen = look([picture], self._eyes)[0]
        known = (nothing if one is None else one for one in (prior, others, difference))
        hints = Hints(*known)
        return follower.answer(view, picture, seen, hints)

    def _search(
        self, follower: Follower, image: Image, gap: Float32s | None, stirring: Float32s | None
    ) -> Answer | None:
        """The best of a few places that look like a lost object, if it is good enough."""
        best: tuple[float, Answer] | None = None
        entries = [*follower.memory.annotated, *follower.memory.strangers]
        if not entries:
            return None
        for box in candidates(image, entries, follower.usual_area, self._eyes):
            view = view_around(box, self._size, self._settings.reach * 1.3, self._settings.side)
            answer = self._look(follower, view, image, self._shown_on(view, gap, stirring))
            inside = answer.soft > 0.5
            own = box_on_frame(view, inside)
            if own is None:
                continue
            near = view_around(own, self._size, self._settings.reach, self._settings.side)
            difference = self._shown_on(near, gap, stirring)
            answer = self._look(follower, near, image, difference, prior=_seen_from(near, answer))
            worth = _recognition(answer, follower.usual_area)
            if worth > RECOGNISED and (best is None or worth > best[0]):
                best = worth, answer
        return None if best is None else best[1]

    def _finish(self, follower: Follower, answer: Answer) -> Found | None:
        """Edges, parts, memory and scores of one answer; None where nothing is left."""
        soft, prior = answer.soft, answer.hints.prior
        if self._settings.has("edges"):
            picture = answer.picture / np.float32(255)
            soft = GuidedFilter(picture, self._settings.edge_radius)(soft)
        if self._settings.has("parts") and prior.any():
            x, y = self._motion.before(*answer.view.grid())
            soft, ages = cleaned(soft, prior, follower.carried_ages(x, y), follower.fitted.scattered)
            follower.ages = answer.view, ages
        cell = answer.view.pixel[0] * answer.view.pixel[1]
        area = float((soft > 0.5).sum()) * cell
        if area < min(LEAST, 0.2 * follower.usual_area):
            follower.lose()
            return None
        evidence = evidence_of(
            soft, answer.matched, prior, area, follower.usual_area, follower.fitted.expected
        )
        self.evidence[follower.object_id] = evidence
        if evidence.score < GIVEN_UP:
            follower.lose()
            return None
        follower.keep(answer, soft, area, sure=evidence.score >= SURE)
        crop, offset = answer.view.cut_out(soft, self._size)
        flags = Flags.OVERLAP if _meets(soft, answer.hints.others) else Flags(0)
        flags |= Flags.SCENE_CUT if self._motion.cut else Flags(0)
        return Found(
            follower.object_id,
            self._scenery.finished(crop, offset),
            offset,
            evidence.score,
            evidence.identity,
            int(flags),
            unbroken=crop > 0.5,
        )


def compete(answers: Mapping[int, Answer]) -> None:
    """Every pixel belongs to one object or to none: odds shared out, in place.

    Soft aggregation as in Oh et al., "Space-time memory networks", ICCV 2019, eq. 3: the softmax
    over all objects and the background.
    """
    odds = {obj: _odds(answer.soft) for obj, answer in answers.items()}
    shared = {}
    for obj, answer in answers.items():
        rivals = np.zeros_like(answer.soft)
        x, y = answer.view.grid()
        for other, rival in answers.items():
            if other != obj:
                rivals += _odds(rival.view.look_up(rival.soft, x, y))
        own = odds[obj]
        shared[obj] = np.where(rivals > 0, own / (1 + own + rivals), answer.soft)
    for obj, answer in answers.items():
        answer.soft = shared[obj].astype(np.float32)


def _odds(soft: Float32s) -> Float32s:
    clipped = np.clip(soft, 0.0, 0.999)
    return clipped / (1 - clipped)


def _seen_from(view: View, answer: Answer) -> Float32s:
    return answer.view.look_up(answer.soft, *view.grid())


def _recognition(answer: Answer, usual: float) -> float:
    """0..1: is this the object that was lost? 0 where its size is impossible."""
    inside = answer.soft > 0.5
    area = float(inside.sum()) * answer.view.pixel[0] * answer.view.pixel[1]
    if not ALIKE[0] <= area / max(usual, 1.0) <= ALIKE[1]:
        return 0.0
    own, rivals = votes_inside(answer.matched, inside)
    return min(own - rivals, certainty_of(answer.soft))


def _better(found: Answer, carried: Answer | None, usual: float) -> bool:
    """Is an answer from elsewhere more like the object than the carried one?"""
    if carried is None:
        return True
    return _recognition(found, usual) > _recognition(carried, usual) + CLEARLY


def _meets(soft: Float32s, others: Float32s) -> bool:
    """Does the mask come within two view pixels of another object?"""
    return bool((dilate(soft > 0.5, 2) & (others > 0.5)).any())
