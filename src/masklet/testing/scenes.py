"""Videos that were never filmed: furry animals in an arena or a cage, with exact truth.

A `Scene` is a `MediaSource`. The same scene gives the same pixels on every call, in any order, and
its truth comes from the very coverage that was painted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import astuple, dataclass
from functools import lru_cache
from hashlib import sha256
from types import MappingProxyType
from typing import Literal

import numpy as np

from masklet.core.arrays import Floats, Image
from masklet.core.errors import DataError, UsageError
from masklet.core.masks import Masks
from masklet.core.shapes import Shapes
from masklet.core.video import Video
from masklet.testing import sensor
from masklet.testing import stage as stages
from masklet.testing.anatomy import PELVIS
from masklet.testing.building import build
from masklet.testing.coats import COATS
from masklet.testing.stage import Stage

Kind = Literal["arena", "cage"]
Tails = Literal["part", "own", "none"]
Bars = Literal["striped", "bridged"]


@dataclass(frozen=True)
class Scene:
    """A generated video.

    Args:
        kind: `arena`, an open field seen from above; `cage`, a home cage seen from the front.
        n_animals: 1..3.
        size_wh: picture size in pixels, at least 64 x 64, odd sizes too.
        n_frames: length.
        fps: frames per second, constant.
        seed: everything that is left to chance.
        animal: name of the label; `mouse` has larger ears and a thinner tail than `rat`.
        coats: names out of `masklet.testing.coats.COATS`, one an animal, repeated when too few;
            one name for all gives animals that only their place tells apart.
        floor: RGB of the arena's floor.
        bars: steel bars before the cage; no effect in the arena.
        shadows, reflections: on the floor; in the walls.
        noise: standard deviation of the sensor noise, grey levels 0..255.
        flicker: relative change of the light.
        compression: quality 1..100 of a lossy codec; 0 = none.
        camera_motion: pixels by which the camera wanders; 0 = fixed.
        crossing: 0..1, how often an animal walks straight through another; above 0.5 they do not
            make way and climb over each other.
        activity: 0..1, how often a walk is followed by another one rather than by a rest.

    Raises `UsageError` for a value out of range.
    """

    kind: Kind = "arena"
    n_animals: int = 1
    size_wh: tuple[int, int] = (640, 480)
    n_frames: int = 200
    fps: float = 30.0
    seed: int = 0
    animal: str = "rat"
    coats: tuple[str, ...] = ("black", "brown", "grey")
    floor: tuple[int, int, int] = (214, 208, 198)
    bars: bool = True
    shadows: bool = True
    reflections: bool = True
    noise: float = 2.5
    flicker: float = 0.012
    compression: int = 82
    camera_motion: float = 0.0
    crossing: float = 0.25
    activity: float = 0.6

    def __post_init__(self) -> None:
        for name, low, high in (
            ("n_animals", 1, 3),
            ("n_frames", 1, 1_000_000),
            ("fps", 1e-3, 1e4),
            ("noise", 0, 60),
            ("flicker", 0, 0.5),
            ("compression", 0, 100),
            ("camera_motion", 0, 0.25 * min(self.size_wh)),
            ("crossing", 0, 1),
            ("activity", 0, 1),
        ):
            value = getattr(self, name)
            if not low <= value <= high:
                raise UsageError(f"scene: {name} is {value}; expected {low}..{high}")
        if self.kind not in ("arena", "cage"):
            raise UsageError(f"scene: kind is {self.kind!r}; expected 'arena' or 'cage'")
        if min(self.size_wh) < 64:
            raise UsageError(f"scene: size is {self.size_wh}; expected at least 64 x 64 pixels")
        unknown = sorted(set(self.coats) - set(COATS))
        if unknown or not self.coats:
            raise UsageError(f"scene: coats are {self.coats}; expected some of {', '.join(COATS)}")

    @property
    def video(self) -> Video:
        """Size, length and times; the uri names all arguments. No file, so no content hash."""
        digest = sha256(repr(astuple(self)).encode()).hexdigest()
        times = np.arange(self.n_frames) / self.fps
        uri = f"scene:{self.kind}/{self.n_animals}/{self.seed}/{digest[:16]}"
        return Video(uri, *self.size_wh, self.n_frames, times)

    def frames(
        self, start: int = 0, stop: int | None = None, step: int = 1
    ) -> Iterator[tuple[int, Image]]:
        """(index, `(h, w, 3) uint8` RGB) from `start` up to `stop`, `step` > 0 at a time."""
        if start < 0 or step < 1:
            raise UsageError(f"frames from {start} in steps of {step}; expected start >= 0, step >= 1")
        end = self.n_frames if stop is None else min(stop, self.n_frames)
        for index in range(start, end, step):
            yield index, self[index]

    def __getitem__(self, index: int) -> Image:
        """One frame, `(h, w, 3) uint8` RGB; `DataError` outside 0..n_frames - 1."""
        if not 0 <= index < self.n_frames:
            raise DataError(f"frame {index} is not in the scene; expected 0..{self.n_frames - 1}")
        rng = np.random.default_rng([self.seed, 1_000_003, index])
        ideal = stages.picture(self.stage(), index)
        seconds = index / self.fps
        return sensor.expose(ideal, rng, self.noise, self.flicker, seconds, self.compression)

    def stage(self) -> Stage:
        """The set, the camera and all movements; made once and kept for the last few scenes."""
        return _stage(self)

    def truth(self, tails: Tails = "part", bars: Bars = "striped", frames: range | None = None) -> Masks:
        """The visible pixels of every animal, as trusted `Masks`; ids 1..n_animals.

        Args:
            tails: `part` of the animal's mask; `own` rows (label `tail`, kind `line`, ids 101...);
                `none` leaves them out.
            bars: `striped` leaves out the pixels that a bar hides; `bridged` keeps them.
            frames: only these; None = all.
        """
        from masklet.testing.truth import masks_of

        chosen = range(self.n_frames) if frames is None else frames
        return masks_of(self.stage(), self.video, self.animal, chosen, tails, bars)

    def polylines(self, frames: range | None = None) -> Shapes:
        """Midlines of the tails, base to tip, hidden parts included; track ids as object ids 101... ."""
        from masklet.testing.truth import midlines_of

        chosen = range(self.n_frames) if frames is None else frames
        return midlines_of(self.stage(), self.video, chosen)

    def background(self) -> Image:
        """The first frame's place without animals and bars, as an ideal camera sees it."""
        return stages.canvas(self.stage(), 0, self.stage().empty)

    def pelvis(self) -> Floats:
        """`(n_animals, n_frames, 2)` pixels: where each animal's pelvis is."""
        stage = self.stage()
        return np.stack(
            [
                [stages.seen(stage, i, actor.body.spine[i, PELVIS])[0] for i in range(self.n_frames)]
                for actor in stage.actors
            ]
        )


@lru_cache(maxsize=4)
def _stage(scene: Scene) -> Stage:
    return build(scene)


PRESETS: Mapping[str, Scene] = MappingProxyType(
    {
        "arena-1": Scene("arena", 1, seed=9, animal="mouse", coats=("black",)),
        "arena-2": Scene("arena", 2, seed=9, coats=("black", "brown"), crossing=0.15),
        "cage-bars-1": Scene("cage", 1, seed=19, coats=("hooded",)),
        "cage-bars-2": Scene("cage", 2, seed=3, coats=("hooded", "black")),
        "cage-bars-3": Scene("cage", 3, seed=4, coats=("hooded", "black", "brown")),
        "crossing-3": Scene("arena", 3, seed=12, coats=("black", "black", "black"), crossing=0.9),
        "moving-camera": Scene("arena", 1, seed=9, coats=("hooded",), camera_motion=12.0),
    }
)
"""Scenes that the demo, the tests and the benchmarks share."""
