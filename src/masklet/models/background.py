"""Fixed camera: whatever differs from the empty place, judged as on the annotated frames.

A plate of the empty place is made from frames of the whole video, and bars before it are found. Each
frame is brought to the plate's light, and every pixel that differs is judged by a regression that was
fitted to the annotated frames; how the result is cleaned was settled there too. Objects are kept apart
by overlap, motion and colours. Found again anywhere in the picture, so that nothing drifts; but what
never moves, or looks like the place behind it, is not seen.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import numpy as np

from masklet.core import Flags, Masks, MediaSource, UsageError
from masklet.core.arrays import Bools, Float32s, Image
from masklet.core.order import frames_in_order
from masklet.models import vision
from masklet.models.bars import BarMode, bridge, check_bar_mode, seen_through, stripe
from masklet.models.fixed import FixedViews
from masklet.models.identity import Namer, Track
from masklet.models.judge import Sight, look
from masklet.models.motion import CameraMotion
from masklet.models.rows import Found, RowMaker, touching
from masklet.models.stand import Stand, fingerprint, prepare
from masklet.models.walk import Walk, plan_walk
from masklet.models.warp import window_around


class MovingCameraWarning(UserWarning):
    """The engine `background` was asked to work on a video whose camera moves."""


class Background:
    """Propagator for fixed cameras.

    Args:
        work_side: frames are scaled down until their longer side is at most this, in pixels.
        check_camera: measure the camera's motion first; a moving one is said in a
            `MovingCameraWarning`, with the pixels, and lowers every score.

        bars: masks of animals behind cage bars are `striped`, `bridged`, or `as-annotated`.

    The view of the empty place is a function of the video, calibration one of the video and its
    annotated frames; the last ones are kept.
    """

    name = "background"
    far_sighted = True  # looks at the whole video in advance
    version = 2

    def __init__(
        self, work_side: int = 960, check_camera: bool = True, bars: BarMode = "as-annotated"
    ) -> None:
        if work_side < 64:
            raise UsageError(f"engine background: work_side is {work_side}; expected at least 64 pixels")
        check_bar_mode(bars)
        self.work_side, self.check_camera, self.bars = work_side, check_camera, bars
        self._kept: tuple[str, Stand] | None = None
        self._views = FixedViews(work_side)

    def propagate(self, media: MediaSource, seeds: Masks, frames: range) -> Iterator[tuple[int, Masks]]:
        """As `Propagator`. Objects are taken up where `seeds` gives them, lost and found again."""
        walk = plan_walk(media, seeds, frames)
        return self._run(media, seeds, walk)

    def stand(self, media: MediaSource, truth: Masks) -> Stand:
        """Calibration for a video and its trusted rows; the last one is remembered."""
        key = fingerprint(media, truth, self.work_side, self.bars)
        if self._kept is None or self._kept[0] != key:
            self._kept = key, prepare(media, truth, self._views.any(media), self.bars)
        return self._kept[1]

    def camera(self, media: MediaSource) -> CameraMotion:
        """The camera's motion; that of the last video is remembered."""
        return self._views.motion(media)

    def _trust(self, media: MediaSource) -> float:
        """What scores are multiplied with: 1, or less, with a warning, where the camera moves."""
        if not self.check_camera or (motion := self.camera(media)).fixed:
            return 1.0
        warnings.warn(
            f"engine background needs a fixed camera: {motion}. Its masks here are doubtful; "
            "use another engine, or --engine auto",
            MovingCameraWarning,
            stacklevel=3,
        )
        return 0.4

    def _run(self, media: MediaSource, seeds: Masks, walk: Walk) -> Iterator[tuple[int, Masks]]:
        maker = RowMaker(seeds, media.video)
        if not walk.given:
            yield from ((frame, maker.rows(frame, [])) for frame in walk.wanted)
            return
        watching = _Watching(self.stand(media, seeds.take(seeds.trusted)), self._trust(media))
        for frame, image in frames_in_order(media, walk.frames):
            found = watching.step(image, walk.given.get(frame))
            if frame in walk.wanted:
                yield frame, maker.rows(frame, found)


class _Watching:
    """Everything that lives while one call of `propagate` runs."""

    def __init__(self, stand: Stand, trust: float) -> None:
        self._stand, self._trust = stand, trust
        self._tracks: dict[int, Track] = {}
        self._namer = Namer(stand, vision.DenseFlow("fast"))

    def step(self, image: Image, given: Masks | None) -> list[Found]:
        """The objects on the next frame; `given` rows replace what was found there."""
        picture = self._stand.size.picture(image)
        sight = look(picture, self._stand.plate)
        odds = self._stand.judge.odds(sight)
        lab = seen_through(sight.lab, self._stand.bars, self._stand.reach)
        sight, grey = Sight(lab, sight.apart), np.ascontiguousarray(lab[..., 0])
        tracks = [self._tracks[obj] for obj in sorted(self._tracks)]
        if tracks:
            self._namer.name(tracks, self._stand.shaping.rough(odds), sight, grey)
        found = self._found(tracks, odds)
        if given is None:
            return found
        taken = self._take_up(given)
        self._namer.see(grey)
        return [one for one in found if one.object_id not in {t.object_id for t in taken}] + taken

    def _found(self, tracks: list[Track], odds: Float32s) -> list[Found]:
        seen = [track for track in tracks if track.mask is not None]
        masks = self._apart([self._finish(track) for track in seen])
        close = touching(masks) if len(masks) > 1 else [False] * len(masks)
        return [
            self._one(track, mask, near, odds)
            for track, mask, near in zip(seen, masks, close, strict=True)
        ]

    def _finish(self, track: Track) -> Bools:
        """The mask as a person would draw it; a little margin so that discs fit."""
        assert track.mask is not None
        window = window_around(track.mask, 0.0, 24)
        out = np.zeros_like(track.mask)
        if window is not None:
            out[window.slices] = self._stand.shaping.finish(track.mask[window.slices])
        return stripe(out, self._stand.bars) if self._stand.style == "striped" else out

    @staticmethod
    def _apart(masks: list[Bools]) -> list[Bools]:
        """Closing and growing may make masks overlap: the earlier one keeps the pixels."""
        taken = np.zeros_like(masks[0]) if masks else None
        out = []
        for mask in masks:
            assert taken is not None
            out.append(mask & ~taken)
            taken |= mask
        return out

    def _one(self, track: Track, mask: Bools, near: bool, odds: Float32s) -> Found:
        window = window_around(mask, 0.0, 2)
        if window is None:
            return Found(track.object_id, np.zeros((1, 1), bool), (0, 0), 0.0, 0.0)
        at = window.slices
        crop = np.ascontiguousarray(mask[at])
        chance = 1 / (1 + np.exp(-odds[at][crop]))
        ratio = crop.sum() / self._stand.areas[track.object_id]
        size = float(min(1.0, 2 * min(ratio, 1 / ratio)))
        big, offset = self._stand.size.enlarged(crop.astype(np.float32), window)
        score = self._trust * float(chance.mean()) * size
        flags = Flags.OVERLAP if near else 0
        return Found(track.object_id, big, offset, score, track.identity, int(flags))

    def _take_up(self, given: Masks) -> list[Found]:
        taken = []
        for row in range(len(given)):
            obj = int(given.object_id[row])
            cover = self._stand.size.coverage(given, row)
            mask = cover > 0.5 if (cover > 0.5).any() else cover > 0
            known = float(given.identity_score[row])
            track = self._tracks.setdefault(obj, Track(obj))
            track.go(bridge(mask, self._stand.bars, self._stand.reach))
            track.identity = 1.0 if given.trusted[row] or np.isnan(known) else known
            window = window_around(mask, 0.0, 2)
            if window is not None:
                crop, offset = self._stand.size.enlarged(cover[window.slices], window)
                score = float(given.score[row])
                score = 1.0 if np.isnan(score) else score
                taken.append(Found(obj, crop, offset, score, track.identity))
        return taken
