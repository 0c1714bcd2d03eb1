"""What a fixed camera tells about a video before anybody has annotated anything: the empty place, bars.

For engines that take it as one more channel beside others; `background` stands on it alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import MutableMapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np

from masklet.core import MediaSource
from masklet.core.arrays import Bools, Float32s, Image, UInt8s
from masklet.models import vision
from masklet.models.lattice import find_bars
from masklet.models.light import in_light_of
from masklet.models.motion import CameraMotion, camera_motion
from masklet.models.place import Place, distance_to, observe

WORK_SIDE = 960
"""Longer side of the work frame, pixels."""
HALF = 4.0
"""Times the usual noise at which a pixel is half unlike the empty place."""
KEPT = 2
"""Videos whose view is remembered."""
Kept = TypeVar("Kept")


@dataclass(frozen=True, eq=False)
class FixedView:
    """The empty place and what stands before it, from the video alone.

    Args:
        place: looks of every pixel, on the work frame.
        small_bars: `(h, w) bool` on the work frame: thin static things in front of the animals.
    """

    place: Place
    small_bars: Bools

    @cached_property
    def bars(self) -> Bools:
        """`(h, w) bool` at the video's size; all False where there are none."""
        soft = self.small_bars.astype(np.float32)
        enlarged: Float32s = vision.resize(soft, self.place.size.size_wh)
        return enlarged > 0.5

    @cached_property
    def known(self) -> Bools:
        """`(h, w) bool` at the video's size: False where the empty place was hardly ever seen."""
        soft = self.place.doubtful.astype(np.float32)
        enlarged: Float32s = vision.resize(soft, self.place.size.size_wh)
        return enlarged < 0.5

    def difference(self, image: Image) -> Float32s:
        """How unlike the empty place each pixel is: 0 = the same, 1 = quite another thing.

        `image` is a frame of the video, `(h, w, 3) uint8`; the answer is `(h, w) float32`. Flicker is
        taken out first. Bars, which stay as they are, come out near 0; so does what is not `known`.
        """
        picture = self.place.size.picture(image)
        lit = in_light_of(picture, self.place.first)
        apart = distance_to(vision.lab(lit), self._lab) / self.place.noise
        soft = apart**2 / (apart**2 + HALF**2)
        soft[self.place.doubtful] = 0
        enlarged: Float32s = vision.resize(soft, (image.shape[1], image.shape[0]))
        return enlarged

    @cached_property
    def _lab(self) -> UInt8s:
        return vision.lab(self.place.first)


def view_of(media: MediaSource, work_side: int = WORK_SIDE) -> FixedView:
    """Look at the whole video, whether or not its camera moves."""
    place, apart = observe(media, work_side)
    return FixedView(place, find_bars(place, apart))


class FixedViews:
    """Views of the last few videos, each made once. An engine keeps one of these."""

    def __init__(self, work_side: int = WORK_SIDE) -> None:
        self._work_side = work_side
        self._views: dict[str, FixedView] = {}
        self._motions: dict[str, CameraMotion] = {}

    def motion(self, media: MediaSource) -> CameraMotion:
        """The camera's motion."""
        name = name_of(media)
        if name not in self._motions:
            make_room(self._motions, KEPT)
            self._motions[name] = camera_motion(media)
        return self._motions[name]

    def any(self, media: MediaSource) -> FixedView:
        """The view of a video even if its camera moves."""
        name = name_of(media)
        if name not in self._views:
            make_room(self._views, KEPT)
            self._views[name] = view_of(media, self._work_side)
        return self._views[name]

    def fixed(self, media: MediaSource) -> FixedView | None:
        """The view of a video; None where its camera moves."""
        return self.any(media) if self.motion(media).fixed else None


_VIEWS = FixedViews()


def fixed_view(media: MediaSource) -> FixedView | None:
    """The view of a video, None where its camera moves; those of the last few videos are kept.

    A function of the video alone: 64 frames spread over it are looked at.
    """
    return _VIEWS.fixed(media)


def name_of(media: MediaSource) -> str:
    """Names the pixels of a video: its content hash, else its uri, its length and two of its frames."""
    video = media.video
    parts = [video.content_hash or video.uri, f"{video.width}x{video.height}x{video.n_frames}"]
    if not video.content_hash and video.n_frames > 0:
        for frame in (0, video.n_frames // 2):
            parts.append(hashlib.blake2b(media[frame].tobytes(), digest_size=16).hexdigest())
    return " ".join(parts)


def make_room(kept: MutableMapping[str, Kept], most: int) -> None:
    """Drop the oldest until one more makes no more than `most`."""
    while len(kept) >= most:
        del kept[next(iter(kept))]
