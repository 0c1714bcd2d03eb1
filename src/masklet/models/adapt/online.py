"""The decoder goes on learning from what it is sure of."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from masklet.core.arrays import Float32s
from masklet.models import vision
from masklet.models.adapt.decoder import Decoder
from masklet.models.adapt.fit import Fitted, copied, learn_step
from masklet.models.adapt.pool import Sample, Seen, batch_of
from masklet.models.adapt.settings import Settings
from masklet.models.features.backbone import Backbone

KEPT = 20
"""Frames learnt from."""
UNSURE = (0.1, 0.9)
"""Probabilities between these are not learnt from."""
CLIP = 0.5
CAUGHT_UP = 24
"""Frames of online learning that a continued run makes up for."""


class _Frame(NamedTuple):
    seen: Seen
    matched: Tensor
    soft: Float32s
    others: Float32s
    difference: Float32s


class Online:
    """Small steps on recent frames, and on the first samples lest these be forgotten."""

    def __init__(self, fitted: Fitted, settings: Settings, eyes: Backbone, object_id: int) -> None:
        self._settings, self._eyes, self._fitted = settings, eyes, fitted
        self._rng = np.random.default_rng(object_id & 0x7FFFFFFF)
        self._frames: deque[_Frame] = deque(maxlen=KEPT)
        self._count = 0
        self.net: Decoder = fitted.net
        self._learner: torch.optim.Optimizer | None = None

    def note(
        self, seen: Seen, matched: Tensor, soft: Float32s, others: Float32s, difference: Float32s
    ) -> None:
        """A frame of whose mask the engine is sure."""
        if self._settings.online_every:
            self._frames.append(_Frame(seen, matched, soft, others, difference))

    def tick(self) -> None:
        """A frame has passed: every few frames, one step."""
        self._count += 1
        every = self._settings.online_every
        if every and self._count % every == 0 and self._frames:
            self.step()

    def catch_up(self) -> None:
        """The steps that the frames noted so far would have brought."""
        every = self._settings.online_every
        if every and self._frames:
            for _ in range(-(-CAUGHT_UP // every)):
                self.step()

    def step(self) -> None:
        """One step on the last frame, an older one, and two of the first samples."""
        if self._learner is None:
            self.net = copied(self._fitted.net)
            self._learner = torch.optim.AdamW(
                self.net.parameters(), lr=self._settings.online_rate, weight_decay=0.0
            )
        chosen = [self._frames[-1]]
        if len(self._frames) >= 6:
            chosen.append(self._frames[int(self._rng.integers(len(self._frames) - 1))])
        samples = [_as_sample(frame) for frame in chosen]
        pool = self._fitted.samples
        if pool:
            samples += [pool[int(i)] for i in self._rng.integers(len(pool), size=2)]
        batch = batch_of(samples, self._rng, self._eyes.device)
        learn_step(self.net, self._learner, batch, self._eyes, CLIP)


def _as_sample(frame: _Frame) -> Sample:
    """A frame as if it were annotated, its doubtful pixels unknown."""
    low, high = UNSURE
    doubtful = (frame.soft > low) & (frame.soft < high)
    return Sample(
        frame.seen,
        (frame.soft > 0.5).astype(np.float32),
        (frame.others > 0.5).astype(np.float32),
        vision.dilate(doubtful, 1).astype(np.float32),
        frame.difference,
        frame.matched,
    )
