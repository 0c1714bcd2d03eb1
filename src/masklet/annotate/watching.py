"""What somebody who watches a run is told while it goes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from masklet.core import Masks


def _live(_frame: int, _rows: Masks) -> None: ...


def _worked(_frames: range) -> None: ...


@dataclass(frozen=True)
class Watching:
    """Called in the thread of the run.

    Args:
        live: with each frame and its rows as soon as an engine answers for it. They are not stored yet,
            and what is stored may differ: a run from the other side may have a say.
        worked: with the frames of each chunk of which the engine's part is kept, or was found kept.
    """

    live: Callable[[int, Masks], None] = _live
    worked: Callable[[range], None] = _worked
