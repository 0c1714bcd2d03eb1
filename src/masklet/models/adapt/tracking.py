"""All objects on one frame after another: look, answer, compete, finish."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from masklet.core import Flags, Masks, Video
from masklet.core.arrays import Bools, Float32s, Image
from masklet.models.adapt.claims import claim
from masklet.models.adapt.competition import compete
from masklet.models.adapt.evidence import Evidence, evidence_of
from masklet.models.adapt.finding import find
from masklet.models.adapt.fit import Fitted
from masklet.models.adapt.following import LEAST, Answer, Follower
from masklet.models.adapt.motion import Motion
from masklet.models.adapt.now import Now
from masklet.models.adapt.pieces import cleaned
from masklet.models.adapt.scenery import Scenery
from masklet.models.adapt.settings import Settings
from masklet.models.adapt.truth import rest_of
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
ENOUGH = 0.4
"""Share of its usual area from which a mask that touches another object is not what that one leaves."""
PATIENCE = 60
"""Frames after which an object that stays smaller is taken to be so."""


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
        now = Now(image, gap, None, self._motion, self._settings, self._eyes)
        masks = {int(rows.object_id[row]): self._mask(rows, row) for row in range(len(rows))}
        for row, (obj, mask) in enumerate(masks.items()):
            if obj not in self._fits or rows.score[row] < SURE:
                continue
            follower = self._follower(obj)
            follower.place(mask)
            view = follower.view
            assert view is not None
            rivals = rest_of([other for key, other in masks.items() if key != obj], mask)
            answer = now.look(follower, view, others=view.values(rivals.astype(np.float32)))
            follower.remember(answer, view.values(mask.astype(np.float32)))

    def recall_sizes(self, rows: Masks) -> None:
        """How large objects have been of late, by own earlier rows of which the engine was sure.

        Rows that touch another object do not count: that one may have covered some of it.
        """
        rows = rows.take((rows.score >= SURE) & ((rows.flags & Flags.OVERLAP) == 0))
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
        answers = self._answers(self._now(image))
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

    def _now(self, image: Image) -> Now:
        """The frame, with what is known of it as a whole."""
        gap, image = self._scenery.difference(image), self._scenery.shown(image)
        self._motion.see(image)
        stirring = None
        if gap is None and self._settings.has("stirring"):
            boxes = [f.view.box for f in self._followers.values() if f.view is not None]
            stirring = self._motion.stirring(boxes)
        return Now(image, gap, stirring, self._motion, self._settings, self._eyes)

    def _answers(self, now: Now) -> dict[int, Answer]:
        """What is seen of every object that is there, or found again."""
        if self._motion.cut:
            for follower in self._followers.values():
                follower.forget()
        answers = {}
        for obj, follower in self._followers.items():
            view = follower.next_view(self._motion)
            if view is not None:
                x, y = self._motion.before(*view.grid())
                rivals = [f.carried(x, y) for f in self._followers.values() if f is not follower]
                others = np.max(rivals, axis=0) if rivals else None
                answers[obj] = now.look(follower, view, follower.carried(x, y), others)
        if self._settings.has("search"):
            find(now, self._followers, answers)
        if self._settings.has("competition"):
            coats = {obj: follower.fitted.coat for obj, follower in self._followers.items()}
            compete(answers, coats, self._scenery.explained)
        for obj, answer in answers.items():
            self._tidy(self._followers[obj], answer)
        if self._settings.has("claims") and self._scenery.explained:
            claim(now, self._followers, answers)
        return answers

    def _tidy(self, follower: Follower, answer: Answer) -> None:
        """Edges, and parts that cannot be the object's, in place."""
        prior = answer.hints.prior
        if self._settings.has("edges"):
            picture = answer.picture / np.float32(255)
            answer.soft = GuidedFilter(picture, self._settings.edge_radius)(answer.soft)
        if self._settings.has("parts") and prior.any():
            x, y = self._motion.before(*answer.view.grid())
            apart = follower.fitted.scattered or self._scenery.explained
            answer.soft, ages = cleaned(answer.soft, prior, follower.carried_ages(x, y), apart)
            follower.ages = answer.view, ages

    def _finish(self, follower: Follower, answer: Answer) -> Found | None:
        """Memory and scores of one answer; None where nothing is left."""
        soft, prior = answer.soft, answer.hints.prior
        area = answer.area
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
        meets = _meets(soft, answer.hints.others)
        whole = not meets or area >= ENOUGH * follower.usual_area or follower.doubts > PATIENCE
        follower.keep(answer, soft, area, sure=evidence.score >= SURE and whole, free=not meets)
        crop, offset = answer.view.cut_out(soft, self._size)
        flags = Flags.OVERLAP if meets else Flags(0)
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


def _meets(soft: Float32s, others: Float32s) -> bool:
    """Does the mask come within two view pixels of another object?"""
    return bool((dilate(soft > 0.5, 2) & (others > 0.5)).any())
