"""`adapt`: matching for where, a decoder fitted on the spot for exactly which pixels."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping

from masklet.core import Flags, Masks, MediaSource
from masklet.core.arrays import Bools
from masklet.core.order import frames_in_order
from masklet.models.adapt.fit import Fitted, fit, shipped_hash
from masklet.models.adapt.scenery import Scenery, scenery_of
from masklet.models.adapt.settings import PARTS, Quality, Settings, settings_of
from masklet.models.adapt.tracking import Tracking
from masklet.models.adapt.truth import Lesson, lessons_of
from masklet.models.bars import BarMode, check_bar_mode
from masklet.models.features.backbone import PACKAGE, backbone
from masklet.models.fixed import make_room
from masklet.models.rows import RowMaker
from masklet.models.stand import fingerprint
from masklet.models.walk import Walk, plan_walk
from masklet.ops.table import areas

USUAL_FIT = 0.93
"""Fitness told to `auto`: `background` is better, and quicker, where one animal stands out perfectly."""
WITHOUT_FEATURES = 0.45
REACHABLE = 64
"""Frames of the way from truth that are gone again; from further off objects are searched."""
FITS_KEPT = 8
"""Objects' fits held at a time, more where one call needs more."""
SCENERIES_KEPT = 2
"""Places held at a time."""
LOOK_BACK = (1, 2, 3, 6, 9, 12)
"""Own earlier frames from which short memory is built again, counted back from the start."""


class Adapt:
    """Propagator fitted to the annotated frames of the video itself.

    Args:
        quality: `fast` takes the shipped weights as they are, `normal` fits them to every object,
            `best` fits longer on larger views.
        bars: masks of animals behind cage bars: as the annotated ones are, striped or bridged.
        without: parts of the engine left out (`PARTS`), for measuring what they earn.
    """

    name = "adapt"
    far_sighted = True  # looks at the whole video in advance
    version = 1
    PARTS = PARTS

    def __init__(
        self,
        quality: Quality = "normal",
        bars: BarMode = "as-annotated",
        without: tuple[str, ...] = (),
    ) -> None:
        check_bar_mode(bars)
        self.quality, self.bars, self.without = quality, bars, tuple(without)
        self._settings: Settings = settings_of(quality, self.without)
        self._fits: OrderedDict[str, Fitted] = OrderedDict()
        self._sceneries: dict[str, Scenery] = {}

    @property
    def weights(self) -> str:
        """Names the weights that all begins with: those of the decoder and of the features."""
        features = PACKAGE if backbone().pretrained else "random features"
        return f"{shipped_hash()} {features}"

    @staticmethod
    def fitness(media: MediaSource, seeds: Masks) -> tuple[float, str]:  # noqa: ARG004
        """What `auto` is told: how well this should do, 0..1, and why; the same for every video."""
        if not backbone().pretrained:
            return WITHOUT_FEATURES, f"its features are random; pip install {PACKAGE}"
        return (
            USUAL_FIT,
            "it fits a network to the annotated frames, whatever the camera and the place do",
        )

    def prepare(self, media: MediaSource, seeds: Masks) -> None:
        """Fit every object of the trusted rows now; `propagate` does it otherwise."""
        self._fitted(media, seeds)

    def preview(self) -> Adapt:
        """The engine that answers at once, while this one is being fitted."""
        return Adapt("fast", self.bars, self.without)

    def propagate(self, media: MediaSource, seeds: Masks, frames: range) -> Iterator[tuple[int, Masks]]:
        """As `Propagator`. Objects lost on the way are looked for and taken up again."""
        walk = _bounded(plan_walk(media, seeds, frames))
        return self._run(media, seeds, walk)

    def _run(self, media: MediaSource, seeds: Masks, walk: Walk) -> Iterator[tuple[int, Masks]]:
        maker = RowMaker(seeds, media.video)
        if not walk.wanted:
            return
        fits, scenery = self._fitted(media, seeds), self._scenery(media, seeds)
        tracking = Tracking(self._settings, backbone(), media.video, fits, scenery)
        _warm_up(tracking, media, seeds, walk)
        ended, begun = seeds.take(seeds.trusted & _gone(seeds)), False
        for frame, image in frames_in_order(media, walk.frames):
            given = walk.given.get(frame)
            if begun:
                tracking.step(image, given)
            else:
                tracking.start(image, given)
                begun = True
            tracking.end(set(ended.on(frame).object_id.tolist()))
            if frame in walk.wanted:
                yield frame, maker.rows(frame, tracking.found())

    def _scenery(self, media: MediaSource, seeds: Masks) -> Scenery:
        if not self._settings.has("plate"):
            return Scenery()
        truth = seeds.take(seeds.trusted)
        key = fingerprint(media, truth)
        if key not in self._sceneries:
            make_room(self._sceneries, SCENERIES_KEPT)
            self._sceneries[key] = scenery_of(media, truth, self.bars)
        return self._sceneries[key]

    def _fitted(self, media: MediaSource, seeds: Masks) -> Mapping[int, Fitted]:
        """By object; each is made once for the same video and truth."""
        truth = seeds.take(seeds.trusted)
        key = fingerprint(media, truth, 0)
        names = {obj: f"{key} {obj}" for obj in truth.take(~_gone(truth)).objects.tolist()}
        found = {obj: self._fits[name] for obj, name in names.items() if name in self._fits}
        missing = [obj for obj in names if obj not in found]
        if missing:
            scenery = self._scenery(media, truth)
            lessons = lessons_of(media, truth, self._settings, backbone(), scenery)
            found |= {obj: self._fit(obj, lessons) for obj in missing if obj in lessons}
        self._keep({names[obj]: fitted for obj, fitted in found.items()})
        return found

    def _fit(self, obj: int, lessons: Mapping[int, list[Lesson]]) -> Fitted:
        company = [one for other, found in lessons.items() if other != obj for one in found]
        return fit(lessons[obj], company, self._settings, backbone())

    def _keep(self, fits: Mapping[str, Fitted]) -> None:
        """Those of this call for as long as it is the last, and a few earlier ones."""
        for name, fitted in fits.items():
            self._fits[name] = fitted
            self._fits.move_to_end(name)
        while len(self._fits) > max(FITS_KEPT, len(fits)):
            self._fits.popitem(last=False)


def _bounded(walk: Walk) -> Walk:
    """A walk that does not begin further back than `REACHABLE` frames before the wanted ones."""
    if not walk.wanted or abs(walk.wanted[0] - walk.frames[0]) <= REACHABLE:
        return walk
    sign = walk.frames.step
    frames = range(walk.wanted[0] - sign, walk.wanted[-1] + sign, sign)
    given = {frame: rows for frame, rows in walk.given.items() if frame in frames}
    return Walk(frames, walk.wanted, given)


def _warm_up(tracking: Tracking, media: MediaSource, seeds: Masks, walk: Walk) -> None:
    """Short memory from the engine's own rows before the start, and who is to be looked for."""
    sign, edge = walk.frames.step, walk.frames[0]
    own = seeds.take(~seeds.trusted)
    tracking.recall_sizes(own)
    for back in sorted(LOOK_BACK, reverse=True):
        frame = edge - sign * (back - 1)
        if 0 <= frame < media.video.n_frames and len(rows := own.on(frame)):
            tracking.warm_up(media[frame], rows)
    tracking.settle()
    tracking.expect(_present(seeds, edge, sign))


def _present(seeds: Masks, edge: int, sign: int) -> set[int]:
    """Objects of which the last trusted word up to `edge` is not that they are gone."""
    last: dict[int, bool] = {}
    gone = _gone(seeds)
    for row in range(len(seeds))[::sign]:
        if seeds.trusted[row] and sign * int(seeds.frame[row]) <= sign * edge:
            last[int(seeds.object_id[row])] = bool(gone[row])
    return {obj for obj, is_gone in last.items() if not is_gone}


def _gone(rows: Masks) -> Bools:
    """`(n,) bool`: rows that say that there is nothing to be seen of an object."""
    outside: Bools = (rows.flags & Flags.OUTSIDE) != 0
    gone: Bools = outside | (areas(rows) == 0)
    return gone
