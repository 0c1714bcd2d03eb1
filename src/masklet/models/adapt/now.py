"""One frame while it is being worked on, and looking at parts of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from masklet.core.arrays import Float32s, Image
from masklet.models.adapt.following import Answer, Follower, Hints
from masklet.models.adapt.motion import Motion
from masklet.models.adapt.pool import look
from masklet.models.adapt.settings import Settings
from masklet.models.adapt.view import Box, View, view_around
from masklet.models.features.backbone import Backbone


@dataclass(frozen=True, eq=False)
class Now:
    """A frame.

    Args:
        image: `(h, w, 3) uint8`, without bars.
        gap: `(h, w) float32` 0..1, how unlike the empty place; None where that is not known.
        stirring: what moves on its own, on the flow field; None where that is not known.
        motion: since the frame before.
        settings: numbers of the engine.
        eyes: features.
    """

    image: Image
    gap: Float32s | None
    stirring: Float32s | None
    motion: Motion
    settings: Settings
    eyes: Backbone

    @property
    def size_wh(self) -> tuple[int, int]:
        """Of the frame."""
        return self.image.shape[1], self.image.shape[0]

    def view(self, box: Box, wider: float = 1.0) -> View:
        """As a tracker opens it on an object's box, so many times wider."""
        return view_around(box, self.size_wh, self.settings.reach * wider, self.settings.side)

    def look(
        self,
        follower: Follower,
        view: View,
        prior: Float32s | None = None,
        others: Float32s | None = None,
    ) -> Answer:
        """An answer on a view; the maps lie on it, None = nothing is known."""
        nothing = np.zeros((view.side, view.side), np.float32)
        picture = view.picture(self.image)
        seen = look([picture], self.eyes)[0]
        known = (nothing if one is None else one for one in (prior, others, self._apart(view)))
        return follower.answer(view, picture, seen, Hints(*known))

    def _apart(self, view: View) -> Float32s | None:
        """The difference from the empty place, or what moves on its own, as a view shows it."""
        if self.gap is not None:
            return view.values(self.gap)
        return None if self.stirring is None else self.motion.on_view(self.stirring, view)


def seen_from(view: View, answer: Answer) -> Float32s:
    """An answer's probabilities as another view shows them."""
    return answer.view.look_up(answer.soft, *view.grid())


def others_on(view: View, rivals: Iterable[Answer]) -> Float32s | None:
    """Where other objects are on a view; None where there are none."""
    maps = [seen_from(view, rival) for rival in rivals]
    return np.max(maps, axis=0) if maps else None
