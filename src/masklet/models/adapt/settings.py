"""What a quality means: how much is fitted, and how hard each frame is looked at."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from masklet.core import UsageError

Quality = Literal["fast", "normal", "best"]

PARTS = (
    "trained start",
    "fit",
    "matching",
    "prior",
    "online",
    "edges",
    "parts",
    "search",
    "competition",
    "claims",
    "plate",
    "stirring",
)
"""What can be left out, to see what it earns."""


@dataclass(frozen=True)
class Settings:
    """Numbers of the engine.

    Args:
        side: pixels of a view's side; a multiple of 16.
        reach: a view's sides in units of the object's box.
        samples: made pictures kept for the fit, all annotated frames together.
        steps: fitting steps; 0 = the trained weights as they are.
        rate: learning rate of the fit.
        online_every: frames between two online steps; 0 = none.
        online_rate: learning rate online.
        edge_radius: of the guided filter, view pixels.
        without: parts left out.
    """

    side: int = 320
    reach: float = 1.6
    samples: int = 32
    steps: int = 60
    rate: float = 1e-3
    online_every: int = 3
    online_rate: float = 2e-4
    edge_radius: int = 6
    without: tuple[str, ...] = ()

    def has(self, part: str) -> bool:
        """Is this part in use?"""
        return part not in self.without


_QUALITIES: dict[str, Settings] = {
    "fast": Settings(steps=0, samples=0, online_every=0),
    "normal": Settings(),
    "best": Settings(side=384, samples=96, steps=300),
}


def settings_of(quality: str, without: tuple[str, ...] = ()) -> Settings:
    """The numbers of a quality, with parts left out; `UsageError` for names that do not exist."""
    if quality not in _QUALITIES:
        raise UsageError(
            f"engine adapt: found quality={quality!r}; expected one of {', '.join(_QUALITIES)}"
        )
    unknown = [part for part in without if part not in PARTS]
    if unknown:
        raise UsageError(
            f"engine adapt: cannot leave out {unknown[0]!r}; expected some of {', '.join(PARTS)}"
        )
    found = replace(_QUALITIES[quality], without=without)
    if not found.has("fit"):
        found = replace(found, steps=0, samples=0)
    if not found.has("online"):
        found = replace(found, online_every=0)
    return found
