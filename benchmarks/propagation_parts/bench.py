"""What the command line asked for, and engines made to that order."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from masklet.core import Propagator
from masklet.core.registry import load


@dataclass(frozen=True)
class Bench:
    """Settings of one run.

    Args:
        engine: a registered Propagator.
        quality: given to engines that take one; empty = their default.
        without: parts of the engine that are switched off.
        whole: carry masks in one call of `propagate`; else by `masklet.annotate.track`, in chunks,
            as the verb `track` does.
        quick: fewer frames in `real` and `flies`.
        frames: at most so many frames of every video; None = all.
        only: names of the videos to run; empty = all.
        sheets: folder for contact sheets; None = none.
    """

    engine: str = "flow"
    quality: str = ""
    without: tuple[str, ...] = ()
    whole: bool = False
    quick: bool = False
    frames: int | None = None
    only: tuple[str, ...] = ()
    sheets: Path | None = None

    def make(self, **more: Any) -> Propagator:
        """A new engine. `more` are settings that it gets where its constructor has them."""
        wanted = {"quality": self.quality, "without": self.without}
        settings = {name: value for name, value in wanted.items() if value} | {
            name: value for name, value in more.items() if self.takes(name)
        }
        engine: Propagator = load("propagators", self.engine)(**settings)
        return engine

    def takes(self, setting: str) -> bool:
        """Whether the engine's constructor has a parameter of this name."""
        return setting in inspect.signature(load("propagators", self.engine)).parameters

    def chosen(self, name: str) -> bool:
        """Whether a video is among those to run."""
        return not self.only or name in self.only

    def at(self, quality: str) -> Bench:
        """The same run at another quality."""
        return replace(self, quality=quality)

    def lacking(self, *parts: str) -> Bench:
        """The same run with parts of the engine switched off."""
        return replace(self, without=parts)

    @property
    def label(self) -> str:
        """What was run, for file names and tables: `adapt fast`, `flow`."""
        words = [self.engine, self.quality, *(f"without {part}" for part in self.without)]
        words += ["whole"] if self.whole else []
        words += [f"{self.frames} frames"] if self.frames else ["quick"] if self.quick else []
        return " ".join(word for word in words if word)
