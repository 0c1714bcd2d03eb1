"""The plain baseline: masks carried from frame to frame along dense optical flow.

Each step warps the soft masks of the frame before, corrects them by colour, lets a guided filter
move their edges onto those of the picture, and drops parts that came from nowhere. There is no
memory but the last frame and the colours of the annotated ones, so it drifts over long stretches
and does not find again what it lost; annotate more frames, or take another engine.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from masklet.core import Flags, Masks, MediaSource, UsageError
from masklet.core.arrays import Float32s, Image, UInt8s
from masklet.core.order import frames_in_order
from masklet.models import vision
from masklet.models.guided import GuidedFilter
from masklet.models.looks import Looks
from masklet.models.parts import believed
from masklet.models.rows import Found, RowMaker, touching
from masklet.models.walk import Walk, plan_walk
from masklet.models.warp import Window, carry, window_around
from masklet.models.worksize import WorkSize

LOST = 12
"""Pixels of the work frame below which an object counts as lost."""


class Flow:
    """Propagator: dense inverse search flow, colour histograms, colour guided filter.

    Args:
        work_side: frames are scaled down until their longer side is at most this, in pixels;
            outlines are brought back to the video's own size.
        preset: effort of the flow: `ultrafast`, `fast` or `medium`.
        colour: weight of the colour evidence against the warped mask; 0 = flow alone.
        edge_radius: radius of the guided filter in pixels of the work frame; 0 = none.
    """

    name = "flow"
    version = 1

    def __init__(
        self, work_side: int = 960, preset: str = "medium", colour: float = 1.5, edge_radius: int = 12
    ) -> None:
        if work_side < 64 or preset not in ("ultrafast", "fast", "medium"):
            raise UsageError(
                f"engine flow: found work_side={work_side}, preset={preset!r}; expected at least 64 "
                "pixels and one of ultrafast, fast, medium"
            )
        if colour < 0 or edge_radius < 0:
            raise UsageError(
                f"engine flow: found colour={colour}, edge_radius={edge_radius}; expected 0 or more"
            )
        self.work_side, self.preset = work_side, preset
        self.colour, self.edge_radius = colour, edge_radius

    def propagate(self, media: MediaSource, seeds: Masks, frames: range) -> Iterator[tuple[int, Masks]]:
        """As `Propagator`. Objects are taken up where `seeds` gives them and kept until lost."""
        walk = plan_walk(media, seeds, frames)
        return self._run(media, seeds, walk)

    def _run(self, media: MediaSource, seeds: Masks, walk: Walk) -> Iterator[tuple[int, Masks]]:
        maker = RowMaker(seeds, media.video)
        if not walk.given:
            yield from ((frame, maker.rows(frame, [])) for frame in walk.wanted)
            return
        tracking = _Tracking(self, media, seeds)
        for frame, image in frames_in_order(media, walk.frames):
            tracking.step(image, walk.given.get(frame))
            if frame in walk.wanted:
                yield frame, maker.rows(frame, tracking.found())


@dataclass
class _Frame:
    """One frame as the engine works on it."""

    rgb: Image
    grey: UInt8s
    lab: UInt8s


class _Tracking:
    """Everything that lives while one call of `propagate` runs; sizes do not grow with the video."""

    def __init__(self, options: Flow, media: MediaSource, seeds: Masks) -> None:
        self._options = options
        self._size = WorkSize.of((media.video.width, media.video.height), options.work_side)
        self._flow = vision.DenseFlow(options.preset)
        self._ids: list[int] = []
        self._soft: Float32s = np.zeros((0, *self._size.work_wh[::-1]), np.float32)
        self._score: dict[int, float] = {}
        self._before: UInt8s | None = None
        self._now: _Frame | None = None
        self._looks = {obj: Looks() for obj in seeds.objects.tolist()}
        self._teach(media, seeds.take(seeds.trusted & ((seeds.flags & Flags.OUTSIDE) == 0)))

    def step(self, image: Image, given: Masks | None) -> None:
        """Go on to the next frame; `given` rows replace what was carried there."""
        now = self._prepare(image)
        if self._before is not None and self._ids:
            self._carry(self._before, now)
        if given is not None:
            self._take_up(given, now)
        self._before, self._now = now.grey, now

    def found(self) -> list[Found]:
        """The objects on the frame of the last step."""
        assert self._now is not None
        hard = [one > 0.5 for one in self._soft]
        touched = touching(hard)
        return [self._found(k, obj, touched[k]) for k, obj in enumerate(self._ids)]

    def _found(self, k: int, obj: int, touched: bool) -> Found:
        assert self._now is not None
        window = window_around(self._soft[k] > 0.5, 0.0, 2) or Window(0, 0, 1, 1)
        crop, lab = self._soft[k][window.slices], self._now.lab[window.slices]
        likeness = self._looks[obj].likeness(lab, crop > 0.5)
        identity = likeness * (0.8 if touched and len(self._ids) > 1 else 1.0)
        flags = Flags.OVERLAP if touched else 0
        mask, offset = self._size.enlarged(crop, window)
        return Found(obj, mask, offset, self._score[obj], identity, int(flags))

    def _prepare(self, image: Image) -> _Frame:
        rgb = self._size.picture(image)
        return _Frame(rgb, vision.grey(rgb), vision.lab(rgb))

    def _teach(self, media: MediaSource, truth: Masks) -> None:
        for frame, rows in truth.each_frame():
            lab = self._prepare(media[frame]).lab
            for row in range(len(rows)):
                self._looks[int(rows.object_id[row])].teach(lab, self._size.coverage(rows, row) > 0.5)

    def _take_up(self, given: Masks, now: _Frame) -> None:
        soft = dict(zip(self._ids, self._soft, strict=True))
        for row in range(len(given)):
            obj, mask = int(given.object_id[row]), self._size.coverage(given, row)
            soft[obj] = mask
            known = float(given.score[row])
            self._score[obj] = 1.0 if np.isnan(known) else known
            if not given.trusted[row]:
                self._looks[obj].refresh(now.lab, mask > 0.5)
        self._ids = sorted(soft)
        self._soft = np.stack([soft[obj] for obj in self._ids])

    def _carry(self, before: UInt8s, now: _Frame) -> None:
        window = window_around(np.asarray((self._soft > 0.5).any(axis=0)), 0.35, 48)
        if window is None:
            self._forget([False] * len(self._ids))
            return
        at = window.slices
        small, lab = np.ascontiguousarray(now.grey[at]), np.ascontiguousarray(now.lab[at])
        earlier = np.ascontiguousarray(before[at])
        carried = carry(self._soft[(slice(None), *at)], earlier, small, self._flow)
        soft = self._refine(carried.soft, now.rgb[at], lab)
        for k, obj in enumerate(self._ids):
            self._score[obj] = _confidence(soft[k], carried.soft[k], carried.trust)
        self._soft = np.zeros_like(self._soft)
        self._soft[(slice(None), *at)] = soft
        for k, obj in enumerate(self._ids):
            self._looks[obj].refresh(now.lab, self._soft[k] > 0.5)
        self._forget([bool((one > 0.5).sum() >= LOST) for one in soft])

    def _refine(self, priors: Float32s, rgb: Image, lab: UInt8s) -> Float32s:
        radius = self._options.edge_radius
        edges = GuidedFilter(rgb.astype(np.float32) / np.float32(255), radius) if radius else None
        out = []
        for obj, prior in zip(self._ids, priors, strict=True):
            odds = _log_odds(prior) + self._options.colour * self._looks[obj].evidence(lab)
            near = vision.dilate(prior > 0.5, 8)
            soft = np.where(near, 1 / (1 + np.exp(-odds)), 0).astype(np.float32)
            soft = edges(soft) if edges else soft
            out.append(believed(soft, prior > 0.5))
        return compete(np.stack(out))

    def _forget(self, keep: list[bool]) -> None:
        self._soft = self._soft[np.array(keep, bool)]
        self._ids = [obj for obj, kept in zip(self._ids, keep, strict=True) if kept]


def compete(soft: Float32s) -> Float32s:
    """`(k, h, w)` independent probabilities made exclusive: background and objects add up to 1.

    Soft aggregation of odds, as in Oh et al., "Space-time memory networks", ICCV 2019, eq. 3.
    """
    if len(soft) == 1:
        return soft
    odds = np.clip(soft, 0, 0.999) / (1 - np.clip(soft, 0, 0.999))
    shared: Float32s = odds / (1 + odds.sum(axis=0))
    best = shared == shared.max(axis=0)
    return np.where(best & (soft > 0.5), np.maximum(shared, np.float32(0.51)), np.minimum(shared, 0.5))


def _log_odds(soft: Float32s) -> Float32s:
    clipped = np.clip(soft, 0.01, 0.99)
    odds: Float32s = np.log(clipped / (1 - clipped))
    return odds


def _confidence(soft: Float32s, prior: Float32s, trust: Float32s) -> float:
    """0..1: flow that comes back to where it started, under a mask that stayed what it was."""
    mask, expected = soft > 0.5, prior > 0.5
    union = (mask | expected).sum()
    if not mask.any() or union == 0:
        return 0.0
    kept = float((mask & expected).sum() / union)
    return float(trust[mask].mean()) * kept
