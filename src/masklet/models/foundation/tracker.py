"""Several objects followed by one network, frame by frame, at constant memory."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import torch
import torch.nn.functional as nn
from torch import Tensor

from masklet.core import DataError
from masklet.models.foundation.bank import Bank
from masklet.models.foundation.memory import out_of_memory
from masklet.models.foundation.network import Answer, Features, Memory, Network, Recall

TEMPERATURE = 0.1
"""By how much a likeness (a cosine) must be greater to count e times as much."""
STRANGER = 0.3
"""Likeness of something that is none of the objects."""


@dataclass(frozen=True, eq=False)
class Seen:
    """One object on one frame.

    Args:
        logits: `(h, w) float32`, at the decoder's resolution.
        quality: expected IoU times the chance that the object is there, 0..1.
        identity: how much it looks like itself rather than like another, 0..1.
    """

    logits: Tensor
    quality: float
    identity: float


@dataclass(frozen=True, eq=False)
class Lesson:
    """What is learnt of an object from a frame on which a person showed it.

    Args:
        memory: what is attended to.
        look: `(c,) float32` of length 1, see `look`.
    """

    memory: Memory
    look: Tensor

    @staticmethod
    def of_mask(network: Network, features: Features, mask: Tensor) -> Lesson:
        """From a trusted mask, `(side, side)` of 0 and 1."""
        answer = network.given(features, mask)
        return Lesson(
            network.remember(features, answer)[0], look(features, answer.logits[0, 0], network)
        )

    @staticmethod
    def of_points(network: Network, features: Features, points: Tensor, labels: Tensor) -> Lesson:
        """From points as `Network.pointed` takes them."""
        answer = network.pointed(features, points, labels)
        memory = network.remember(features, answer, prompted=True)[0]
        return Lesson(memory, look(features, answer.logits[0, 0], network))


@dataclass
class Tracker:
    """What lives while one run lasts.

    Args:
        network: the network.
        sign: 1 when frames rise, -1 when they fall.
        frames: length of the video; unknown ones below 0.
        batch: objects in one pass, halved where memory is short.
    """

    network: Network
    sign: int = 1
    frames: int = -1
    batch: int = 8
    _banks: dict[int, Bank] = field(default_factory=dict, init=False)
    _looks: dict[int, dict[int, Tensor]] = field(default_factory=dict, init=False)

    @property
    def objects(self) -> list[int]:
        """Objects that something is known of."""
        return list(self._banks)

    def know(self, obj: int, frame: int, lesson: Lesson) -> None:
        """What a person gave: never forgotten while the run lasts."""
        self._bank(obj).give(frame, lesson.memory)
        self._looks.setdefault(obj, {})[frame] = lesson.look

    def resume(self, obj: int, frame: int, features: Features, mask: Tensor) -> None:
        """What an earlier run found, remembered as if this one had; an empty mask: it was not there."""
        answer = self.network.given(features, mask)
        self._bank(obj).add(frame, self.network.remember(features, answer)[0])

    def follow(self, frame: int, features: Features, objects: Sequence[int]) -> dict[int, Seen]:
        """Each object on the next frame, by what is known of it."""
        found: dict[int, Seen] = {}
        for group in self._groups(frame, objects):
            recalls = [self._banks[obj].recall(frame) for obj in group]
            for some, answer, memories in self._passes(features, group, recalls):
                for k, obj in enumerate(some):
                    self._banks[obj].add(frame, memories[k])
                    found[obj] = self._seen(obj, features, answer, k)
        return found

    def _bank(self, obj: int) -> Bank:
        net = self.network
        return self._banks.setdefault(obj, Bank(net.recent, net.pointers, net.most_given, self.sign))

    def _groups(self, frame: int, objects: Sequence[int]) -> list[list[int]]:
        """Objects with equally many memories and pointers can share a pass."""
        groups: dict[tuple[int, int], list[int]] = {}
        for obj in objects:
            recall = self._banks[obj].recall(frame)
            groups.setdefault((len(recall.seen), len(recall.pointers)), []).append(obj)
        return list(groups.values())

    def _passes(
        self, features: Features, group: Sequence[int], recalls: Sequence[Recall]
    ) -> Iterator[tuple[Sequence[int], Answer, list[Memory]]]:
        """A group in passes of at most `batch`; where memory is short, in smaller ones from then on."""
        at = 0
        while at < len(group):
            stop = at + self.batch
            try:
                answer, memories = self._pass(features, recalls[at:stop])
            except Exception as error:
                if not out_of_memory(error) or self.batch == 1:
                    raise
                self.batch //= 2
                continue
            yield group[at:stop], answer, memories
            at = stop

    def _pass(self, features: Features, recalls: Sequence[Recall]) -> tuple[Answer, list[Memory]]:
        answer = self.network.follow(features, recalls, self._ages())
        return answer, self.network.remember(features, answer)

    def _ages(self) -> int:
        known = self.network.pointers if self.frames < 0 else min(self.frames, self.network.pointers)
        return max(known - 1, 1)

    def _seen(self, obj: int, features: Features, answer: Answer, k: int) -> Seen:
        logits = answer.logits[k, 0]
        sure = float(answer.quality[k].clamp(0, 1) * torch.sigmoid(answer.presence[k]))
        check_number(sure)
        return Seen(logits, sure, self._identity(obj, look(features, logits, self.network)))

    def _identity(self, obj: int, now: Tensor) -> float:
        """How far `now` is more like what was given of the object than like anything else, 0..1.

        A softmax over the likenesses (cosines) to each object's most alike given frame and to a
        stranger. It is not calibrated.
        """
        alike = {
            one: max(float(now @ known) for known in looks.values())
            for one, looks in self._looks.items()
        }
        if obj not in alike:
            return 1.0
        others = torch.tensor([STRANGER, *(v for one, v in alike.items() if one != obj), alike[obj]])
        return float(torch.softmax(others / TEMPERATURE, dim=0)[-1])


def check_number(answered: float) -> None:
    """Raise `DataError` where a network answers with what is no number."""
    if math.isnan(answered):
        raise DataError(
            "the network answers with numbers that are not finite; its weights are damaged, or float16 "
            "is too short for them: fetch them again, or use --precision float32"
        )


def look(features: Features, logits: Tensor, network: Network) -> Tensor:
    """`(c,) float32` of length 1: the mean of a mask's features, less that of the whole frame."""
    grid = network.grid
    share = nn.interpolate((logits > 0).float()[None, None], grid, mode="area").flatten()
    flat = features.coarse[:, 0].float()
    mean = (share @ flat) / share.sum().clamp(min=1e-6) - flat.mean(dim=0)
    return nn.normalize(mean, dim=0)
