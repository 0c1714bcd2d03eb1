"""The rules of `MediaSource`."""

from __future__ import annotations

from itertools import islice

import numpy as np

from masklet.core.arrays import Image
from masklet.core.protocols import MediaSource
from masklet.testing.conformance.rules import hold, refuses


def check_media(source: MediaSource, limit: int = 40) -> None:
    """Check a source whose length is known; at most `limit` frames are read at a time."""
    hold(isinstance(source, MediaSource), "a MediaSource has video, frames() and source[index]")
    n = source.video.n_frames
    hold(n >= 1, f"video.n_frames of a source on disk is known; found {n}")
    _times(source)
    frames = list(islice(source.frames(), limit))
    expected = min(n, limit)
    hold(
        [index for index, _ in frames] == list(range(expected)),
        f"frames() yields 0, 1, 2... up to video.n_frames ({n}); found {[i for i, _ in frames][:5]}... "
        f"({len(frames)} of {expected})",
    )
    for index, image in frames:
        _looks_right(source, index, image)
    _random_access(source, dict(frames))
    _slices(source, dict(frames))
    _own_copy(source, frames[0][1].copy())
    _past_the_end(source)


def _times(source: MediaSource) -> None:
    times = source.video.times
    rising = bool(np.all(np.diff(times) > 0)) if len(times) else True
    hold(rising, "video.times rise from frame to frame")


def _looks_right(source: MediaSource, index: int, image: Image) -> None:
    w, h = source.video.size_wh(index)
    hold(
        isinstance(image, np.ndarray) and image.shape == (h, w, 3) and image.dtype == np.uint8,
        f"frame {index} is (h, w, 3) uint8 of the video's size ({h}, {w}, 3); "
        f"found {getattr(image, 'shape', None)} {getattr(image, 'dtype', None)}",
    )


def _random_access(source: MediaSource, frames: dict[int, Image]) -> None:
    last = max(frames)
    for index in dict.fromkeys([last, 0, last // 2, last, min(1, last)]):
        hold(
            np.array_equal(source[index], frames[index]),
            f"source[{index}] is bit-identical to what frames() yields for it",
        )


def _slices(source: MediaSource, frames: dict[int, Image]) -> None:
    n, known = source.video.n_frames, len(frames)
    cases = [(1, min(known, 4), 1), (0, known, 3), (known // 2, known, 2), (2, 2, 1), (n, None, 1)]
    for start, stop, step in [*cases, (max(0, n - 2), n + 5, 1)]:
        got = list(source.frames(start, stop, step))
        wanted = list(range(start, min(n, n if stop is None else stop), step))
        call = f"frames({start}, {stop}, {step})"
        hold([i for i, _ in got] == wanted, f"{call} yields {wanted}; found {[i for i, _ in got]}")
        for index, image in got:
            if index in frames:
                hold(
                    np.array_equal(image, frames[index]), f"{call} gives frame {index} as frames() does"
                )


def _own_copy(source: MediaSource, first: Image) -> None:
    for how, image in (("frames()", next(source.frames())[1]), ("source[0]", source[0])):
        hold(image.flags.writeable, f"the image of {how} is the caller's own: it may be written to")
        image[:] = 255 - image
        untouched = np.array_equal(source[0], first) and np.array_equal(next(source.frames())[1], first)
        hold(untouched, f"writing to the image of {how} changes nothing in the source")


def _past_the_end(source: MediaSource) -> None:
    n = source.video.n_frames
    refuses(lambda: source[n], f"source[{n}] is past the end and raises DataError")
