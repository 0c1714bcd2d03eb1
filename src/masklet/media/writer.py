"""VideoWriter: RGB frames to an H.264 mp4."""

from __future__ import annotations

from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from masklet.core import DataError, UsageError
from masklet.core.arrays import Image
from masklet.core.atomic import cannot_write, writing
from masklet.media.pixels import Yuv420

PRESETS = (
    "ultrafast",
    "superfast",
    "veryfast",
    "faster",
    "fast",
    "medium",
    "slow",
    "slower",
    "veryslow",
)
_CLOCK = 90_000
"""Ticks a second where frames have times of their own (the clock of MPEG)."""
_BT601 = 6
_LIMITED = 1


class VideoWriter:
    """Writes frames to an H.264 mp4 (yuv420p, BT.601 and says so, index in front), whole or not at all.

    Odd sizes grow by one column or row that repeats the last one, since yuv420p needs even sides.
    The file appears under its name when the `with` block ends well.

    Args:
        path: where to; a file there is replaced.
        size_wh: (width, height) of every frame in pixels.
        fps: frames a second; also a hint where frames have times of their own.
        crf: quality, 0 (lossless) to 51; 23 is x264's own choice, lower is better and larger.
        preset: x264's trade of time for size, `ultrafast` to `veryslow`.

    Raises `UsageError` for options out of range, `DataError` where the file cannot be written.
    """

    def __init__(
        self,
        path: str | Path,
        size_wh: tuple[int, int],
        fps: float = 25.0,
        crf: float = 20.0,
        preset: str = "veryfast",
    ) -> None:
        if not 0 < fps <= 10_000 or not 0 <= crf <= 51:
            raise UsageError(
                f"cannot write video at {fps} fps and crf {crf}; expected 0..10000 and 0..51"
            )
        if min(size_wh) < 1 or max(size_wh) > 16_384:
            raise UsageError(
                f"cannot write video of {size_wh[0]}x{size_wh[1]}; expected sides of 1..16384"
            )
        if preset not in PRESETS:
            raise UsageError(f"unknown preset {preset!r}; expected one of {', '.join(PRESETS)}")
        self._path, self._size_wh = Path(path), size_wh
        self._rate = Fraction(fps).limit_denominator(1001)
        self._options = {"crf": f"{crf:g}", "preset": preset}
        self._even_wh = (size_wh[0] + size_wh[0] % 2, size_wh[1] + size_wh[1] % 2)
        self._planes = Yuv420(self._even_wh)
        self._stack = ExitStack()
        self._container: Any = None
        self._stream: Any = None
        self._clock = Fraction(0)
        self._last = -1
        self._count = 0

    def __enter__(self) -> VideoWriter:
        with ExitStack() as stack:
            beside = stack.enter_context(writing(self._path))
            try:
                container = av.open(str(beside), "w", format="mp4", options={"movflags": "+faststart"})
            except av.FFmpegError as error:
                raise cannot_write(self._path, _as_os_error(error)) from error
            stack.push(self._close)
            self._container = container
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *error: Any) -> None:
        self._stack.__exit__(*error)

    def write(self, image: Image, time: float | None = None) -> None:
        """Add a frame: `(h, w, 3) uint8` RGB of the writer's size.

        `time` is its presentation time in seconds, greater than the one before; give it for every
        frame or for none. Without times the frames follow each other at `fps`.
        """
        width, height = self._size_wh
        if image.shape != (height, width, 3) or image.dtype != np.uint8:
            raise UsageError(
                f"a frame of shape {image.shape} {image.dtype} was given; "
                f"expected ({height}, {width}, 3) uint8"
            )
        if self._container is None:
            raise UsageError("the writer is not open; use it in a `with` block")
        if self._stream is None:
            self._start(timed=time is not None)
        frame = av.VideoFrame.from_ndarray(self._planes(_even(image)), format="yuv420p")
        frame.pts, frame.time_base = self._tick(time), self._clock
        frame.colorspace, frame.color_range = _BT601, _LIMITED
        self._encode(frame)

    def _start(self, timed: bool) -> None:
        self._clock = Fraction(1, _CLOCK) if timed else 1 / self._rate
        stream = self._container.add_stream("libx264", rate=self._rate, options=self._options)
        stream.width, stream.height = self._even_wh
        stream.pix_fmt = "yuv420p"
        context = stream.codec_context
        context.time_base, context.thread_type = self._clock, "AUTO"
        context.colorspace, context.color_range = _BT601, _LIMITED
        self._stream = stream

    def _tick(self, time: float | None) -> int:
        timed = self._clock.denominator == _CLOCK and self._clock.numerator == 1
        if timed != (time is not None):
            raise UsageError("some frames have times and some have none; give all or none")
        tick = self._count if time is None else round(time * _CLOCK)
        if tick <= self._last and self._count:
            raise UsageError(f"time {time} does not come after the frame before; expected rising times")
        self._last, self._count = tick, self._count + 1
        return tick

    def _encode(self, frame: Any) -> None:
        try:
            for packet in self._stream.encode(frame):
                self._container.mux(packet)
        except av.FFmpegError as error:
            raise cannot_write(self._path, _as_os_error(error)) from error

    def _close(self, kind: Any, *_: Any) -> bool:
        """Finish the file, or on the way out of an error just let go of it."""
        container, self._container = self._container, None
        try:
            if kind is None:
                if self._stream is None:
                    raise DataError(f"no frame was written to {self._path}; a video needs at least one")
                for packet in self._stream.encode(None):
                    container.mux(packet)
            container.close()
        except av.FFmpegError as error:
            if kind is None:
                raise cannot_write(self._path, _as_os_error(error)) from error
        return False


def _as_os_error(error: Any) -> OSError:
    number = error.errno if isinstance(error, OSError) else None
    return OSError(number, error.strerror or str(error))


def _even(image: Image) -> Image:
    height, width = image.shape[:2]
    if height % 2 or width % 2:
        return np.pad(image, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    return np.ascontiguousarray(image)
