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
from masklet.media.planes import Planes

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
_BT709, _BT601 = 1, 6
_LIMITED, _FULL = 1, 2


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
        self._kept: tuple[str, bool] = ("bt601", False)

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

    def write(self, image: Image | Planes, time: float | None = None) -> None:
        """Add a frame of the writer's size: `(h, w, 3) uint8` RGB, or `Planes`, which are kept as is.

        `time` is its presentation time in seconds, greater than the one before; give it for every
        frame or for none. Without times the frames follow each other at `fps`.
        """
        self._check(image)
        planes = image if isinstance(image, Planes) else Planes(self._planes(_even(image)), "bt601")
        if self._stream is None:
            self._start(time is not None, planes)
        frame = av.VideoFrame.from_ndarray(planes.data, format="yuv420p")
        frame.colorspace, frame.color_range = _colours(planes)
        if (planes.matrix, planes.full_range) != self._kept:
            frame = self._converted(frame)
        frame.pts, frame.time_base = self._tick(time), self._clock
        self._encode(frame)

    def _check(self, image: Image | Planes) -> None:
        width, height = self._size_wh
        expected: tuple[int, ...] = (height, width, 3)
        if isinstance(image, Planes):
            dtype, expected = image.data.dtype, (height, width)
        else:
            dtype = image.dtype
        if image.shape != expected or dtype != np.uint8:
            raise UsageError(
                f"a frame of shape {image.shape} {dtype} was given; expected {expected} uint8"
            )
        if self._container is None:
            raise UsageError("the writer is not open; use it in a `with` block")

    def _converted(self, frame: Any) -> Any:
        """The frame in the colours that the stream began with."""
        matrix, full = self._kept
        return frame.reformat(
            format="yuv420p",
            dst_colorspace="ITU709" if matrix == "bt709" else "ITU601",
            dst_color_range="JPEG" if full else "MPEG",
            threads=1,
        )

    def _start(self, timed: bool, planes: Planes) -> None:
        self._clock = Fraction(1, _CLOCK) if timed else 1 / self._rate
        self._kept = planes.matrix, planes.full_range
        stream = self._container.add_stream("libx264", rate=self._rate, options=self._options)
        stream.width, stream.height = self._even_wh
        stream.pix_fmt = "yuv420p"
        context = stream.codec_context
        context.time_base, context.thread_type = self._clock, "AUTO"
        context.colorspace, context.color_range = _colours(planes)
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


def _colours(planes: Planes) -> tuple[int, int]:
    """Matrix and range as numbers (ITU-T H.273; libavutil's AVColorRange)."""
    matrix = _BT709 if planes.matrix == "bt709" else _BT601
    return matrix, _FULL if planes.full_range else _LIMITED


def _even(image: Image) -> Image:
    height, width = image.shape[:2]
    if height % 2 or width % 2:
        return np.pad(image, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    return np.ascontiguousarray(image)
