"""A video as a window that goes with one object sees it."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence

import numpy as np

from masklet.core import DataError, MediaSource, UsageError, Video
from masklet.core.arrays import Image, Int32s
from masklet.core.order import frames_in_order
from masklet.infer.framing import Following, Size

AHEAD = 16
"""Frames that an engine may read before it has answered for those before them."""


class Tape:
    """The frames of one walk, read once for all windows; only those still needed are held.

    Args:
        media: the video.
        walk: frames in running order, one at a time.
    """

    def __init__(self, media: MediaSource, walk: range) -> None:
        self._media, self._walk = media, walk
        self._held: dict[int, Image] = {}
        self._reader: Iterator[tuple[int, Image]] | None = None
        self._next = self._floor = 0
        self._lock = threading.Lock()

    def pass_by(self, frame: int) -> None:
        """Nothing before `frame` is needed from the tape any more."""
        with self._lock:
            self._floor = self._walk.index(frame)
            self._held = {at: image for at, image in self._held.items() if at >= self._floor}

    def image(self, frame: int) -> Image:
        """One frame, `(h, w, 3) uint8`; not to be written to."""
        if frame not in self._walk:
            return self._media[frame]
        with self._lock:
            return self._at(self._walk.index(frame), frame)

    def _at(self, at: int, frame: int) -> Image:
        if at in self._held:
            return self._held[at]
        if self._reader is None:
            self._reader, self._next = frames_in_order(self._media, self._walk[at:]), at
        if at < self._next:
            return self._media[frame]
        image: Image | None = None
        while self._next <= at:
            image = next(self._reader, (0, None))[1]
            if image is None:
                raise DataError(f"{self._media.video.uri} ends before frame {frame}")
            if self._next >= self._floor:
                self._held[self._next] = image
            self._next += 1
        assert image is not None
        return image


class WindowView:
    """`MediaSource`: frame `i` is what the window shows of the `i`-th of some frames.

    The order of the frames is the order in which an engine is to meet them: numbers rise also where
    the video is gone through backward.

    Args:
        tape: the frames.
        frames: their numbers in the video.
        video: the whole video.
        name: what the engine is to call the view; different for all that can differ in pixels.
        following: the window's place after the frames that have a fixed one.
        fixed: `(len(frames), 2)`, top-left pixel of the window on each; -1 = where the object goes.
        answered: the last of `frames` whose answer is known at the beginning.
    """

    def __init__(
        self,
        tape: Tape,
        frames: Sequence[int],
        video: Video,
        name: str,
        following: Following,
        fixed: Int32s,
        answered: int,
    ) -> None:
        self._tape, self._frames, self._name = tape, frames, name
        self._follow, self._corner, self._answered = following, fixed, answered
        self._video = Video(name, *following.window_wh, len(frames))
        self._whole = video

    @property
    def video(self) -> Video:
        """The window's size, as many frames as there are, no times."""
        return self._video

    def frames(
        self, start: int = 0, stop: int | None = None, step: int = 1
    ) -> Iterator[tuple[int, Image]]:
        """As `MediaSource`. Each frame is read, and its window placed, when it is asked for."""
        if start < 0 or step < 1:
            raise UsageError(f"frames from {start} in steps of {step}; expected start >= 0, step >= 1")
        for index in range(start, len(self._frames) if stop is None else stop, step):
            if index < len(self._frames):
                yield index, self[index]

    def __getitem__(self, index: int) -> Image:
        """What the window shows, a copy; `UsageError` more than `AHEAD` frames before the answers."""
        if not 0 <= index < len(self._frames):
            raise DataError(f"frame {index} is not in the view; expected 0..{len(self._frames) - 1}")
        x, y = self.corner(index)
        wide, high = self._follow.window_wh
        return self._tape.image(self._frames[index])[y : y + high, x : x + wide].copy()

    def corner(self, index: int) -> Size:
        """Top-left pixel of the window on a frame; from then on it stays."""
        if self._corner[index, 0] < 0:
            ahead = index - self._answered
            if ahead > 1 + AHEAD:
                raise UsageError(
                    f"the engine looks {ahead} frames ahead, where nobody knows yet where the object "
                    "will be, so it cannot work in a moving window; take --crop off or an engine that "
                    "goes from frame to frame: flow, sam2, edgetam, sam3"
                )
            self._corner[index] = self._follow.ahead(ahead)
        x, y = self._corner[index].tolist()
        return x, y

    def answered(self, index: int, box: Int32s | None) -> None:
        """Told where the object is on a frame: its box on the whole frame, None = nowhere."""
        self._follow.moved(self.corner(index))
        self._follow.saw(box)
        self._answered = index


def fixed_corners(count: int, known: dict[int, Size]) -> Int32s:
    """`(count, 2) int32`: places of windows that are known, -1 elsewhere."""
    corners = np.full((count, 2), -1, np.int32)
    for index, corner in known.items():
        corners[index] = corner
    return corners
