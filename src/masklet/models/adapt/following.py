"""One object followed from frame to frame."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from masklet.core.arrays import Bools, Float32s
from masklet.models.adapt.fit import Fitted
from masklet.models.adapt.matching import Memory, entry, match
from masklet.models.adapt.motion import Motion
from masklet.models.adapt.online import Online
from masklet.models.adapt.pool import Seen, stack_hints
from masklet.models.adapt.settings import Settings
from masklet.models.adapt.view import Box, View, box_of, view_around
from masklet.models.features.backbone import Backbone
from masklet.models.features.device import autocast

LEAST = 30.0
"""Frame pixels below which an object counts as lost."""
SHRUNK = 0.06
"""Share of its usual area below which it counts as lost."""
EAGER = 8
"""Frames for which a lost object is searched on every frame."""
USUAL = 30
"""Frames over which the usual area is the median."""


@dataclass(frozen=True, eq=False)
class Hints:
    """What is known of a view before it is looked at, `(s, s) float32` 0..1 each.

    Args:
        prior: the object as carried from the frame before.
        others: other objects as carried from there.
        difference: from the empty place.
    """

    prior: Float32s
    others: Float32s
    difference: Float32s


@dataclass(eq=False)
class Answer:
    """What the networks said of a view.

    Args:
        view: where.
        picture: `(s, s, 3) float32`, 0..255.
        seen: its features.
        hints: as they were.
        matched: `(2, s/8, s/8)`, matching's vote: object, others.
        soft: `(s, s) float32`, probability of the object.
    """

    view: View
    picture: Float32s
    seen: Seen
    hints: Hints
    matched: Tensor
    soft: Float32s

    @property
    def area(self) -> float:
        """Of the mask, frame pixels."""
        return self.view.area_of(self.soft > 0.5)

    @property
    def box(self) -> Box | None:
        """Around the mask, frame pixels; None where it is empty."""
        return box_on_frame(self.view, self.soft > 0.5)


@dataclass(eq=False)
class Follower:
    """State of one object; its size does not grow with the video."""

    object_id: int
    fitted: Fitted
    settings: Settings
    eyes: Backbone
    size_wh: tuple[int, int]
    view: View | None = None
    soft: Float32s | None = None
    ages: tuple[View, Float32s] | None = None
    absent: int = 0
    doubts: int = 0
    areas: deque[float] = field(default_factory=lambda: deque(maxlen=USUAL))
    memory: Memory = field(default_factory=Memory)
    online: Online = field(init=False)

    def __post_init__(self) -> None:
        self.memory.annotated = list(self.fitted.annotated)
        self.memory.strangers = list(self.fitted.foreign)
        self.online = Online(self.fitted, self.settings, self.eyes, self.object_id)

    @property
    def usual_area(self) -> float:
        """Median of the last areas, frame pixels; that of the annotated masks at first."""
        return float(np.median(self.areas)) if self.areas else self.fitted.area

    @property
    def is_due(self) -> bool:
        """Is the object to be looked for elsewhere? Where it is lost, on every frame at first, then on
        every fourth; where it is in doubt, on every fourth.
        """
        if self.soft is not None:
            return self.doubts % 4 == 1
        return self.absent < EAGER or self.absent % 4 == 0

    def place(self, mask: Bools) -> None:
        """Take the object up where a mask is given, `(h, w) bool` on the frame."""
        box = box_of(mask)
        if box is None:
            return
        self.view = view_around(box, self.size_wh, self.settings.reach, self.settings.side)
        self.soft = self.view.values(mask.astype(np.float32))
        self.ages, self.absent = None, 0
        self.areas.append(float(mask.sum()))

    def forget(self) -> None:
        """Where it was does not say any more where it is."""
        self.soft, self.ages = None, None
        self.doubts = 0

    def lose(self) -> None:
        """Nothing was found on this frame."""
        self.forget()
        self.absent += 1

    def keep(self, answer: Answer, soft: Float32s, area: float, sure: bool, free: bool) -> None:
        """The mask that stands in the end; remembered and learnt from where it is sure.

        While it is not `free` of others, these may cover some of it: its usual area does not shrink.
        """
        self.view, self.soft, self.absent = answer.view, soft, 0
        self.doubts = 0 if sure else self.doubts + 1
        if sure:
            if free or area > self.usual_area:
                self.areas.append(area)
            self.remember(answer, soft)

    def carried(self, x: Float32s, y: Float32s) -> Float32s:
        """The mask of the frame before at positions on that frame; 0 where it is unknown."""
        if self.view is None or self.soft is None:
            return np.zeros_like(x)
        return self.view.look_up(self.soft, x, y)

    def carried_ages(self, x: Float32s, y: Float32s) -> Float32s:
        """For how long each pixel's part has been apart, at positions on the frame before."""
        if self.ages is None:
            return np.zeros_like(x)
        return self.ages[0].look_up(self.ages[1], x, y)

    def next_view(self, motion: Motion) -> View | None:
        """Where to look on this frame; None where the object is lost."""
        if self.view is None or self.soft is None:
            return None
        if self.view.area_of(self.soft > 0.5) < min(LEAST, SHRUNK * self.usual_area):
            return None
        moved = self.carried(*motion.before(*motion.coarse_grid()))
        box = box_of(moved > 0.5)
        if box is None:
            return None
        fx, fy = motion.scale
        wanted = box[0] * fx, box[1] * fy, box[2] * fx, box[3] * fy
        return view_around(wanted, self.size_wh, self.settings.reach, self.settings.side)

    def answer(self, view: View, picture: Float32s, seen: Seen, hints: Hints) -> Answer:
        """Matching and the decoder on a view."""
        device = self.eyes.device
        matched = match(seen.keys, self.memory.entries())
        prior = hints.prior if self.settings.has("prior") else np.zeros_like(hints.prior)
        maps = (_tensor(one, device) for one in (prior, hints.others, hints.difference))
        stacked = stack_hints(matched, *maps)
        with torch.no_grad(), autocast(device):
            logits, _ = self.online.net(
                seen.rgb2[None], [stage[None] for stage in seen.stages], stacked[None]
            )
        large = functional.interpolate(
            logits.float(), scale_factor=2, mode="bilinear", align_corners=False
        )
        soft = torch.sigmoid(large)[0, 0].cpu().numpy()
        return Answer(view, picture, seen, hints, matched, soft)

    def remember(self, answer: Answer, soft: Float32s) -> None:
        """Keep an answer in short memory, with the mask that stands in the end."""
        device = self.eyes.device
        if self.settings.has("matching"):
            mask, others = _tensor(soft, device), _tensor(answer.hints.others, device)
            self.memory.recent.append(entry(answer.seen.keys, mask, others, 1.0))
        hints = answer.hints
        self.online.note(answer.seen, answer.matched, soft, hints.others, hints.difference)


def _tensor(values: Float32s, device: torch.device) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(values, np.float32)).to(device)


def box_on_frame(view: View, inside: Bools) -> Box | None:
    """The box of True pixels of a view, in frame pixels."""
    box = box_of(inside)
    if box is None:
        return None
    (wide, high), (x0, y0, _, _) = view.pixel, view.box
    return x0 + box[0] * wide, y0 + box[1] * high, x0 + box[2] * wide, y0 + box[3] * high
