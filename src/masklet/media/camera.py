"""Camera: a webcam or a network stream as a MediaSource that never makes the world wait."""

from __future__ import annotations

import re
import threading
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import cv2

from masklet.core import DataError, UsageError, Video
from masklet.core.arrays import Image
from masklet.media.pixels import rgb, upright

_LONGEST_WAIT = 0.25


class Camera:
    """Live frames, upright RGB, numbered as they are captured.

    A thread captures all the time. At most `buffer` frames wait; when the caller is slower, the
    oldest is dropped, so that what comes is never older than the buffer: numbers then jump, and
    `dropped` counts. `video.n_frames` is -1. Webcams are read with OpenCV, streams with FFmpeg.

    Args:
        uri: `0` or `camera:0`, `/dev/video0`, `rtsp://...`, `http(s)://...`, or a video file,
            which is then played as if it were live.
        buffer: frames that may wait.
        timeout: seconds without a frame, or without an answer, after which it is an error.
        realtime: play a file at its own speed rather than as fast as it decodes.

    Raises `DataError` where no first frame comes within `timeout`.
    """

    def __init__(
        self, uri: str | int | Path, buffer: int = 8, timeout: float = 10.0, realtime: bool = False
    ) -> None:
        if buffer < 1 or timeout <= 0:
            raise UsageError(f"buffer {buffer}, timeout {timeout}: expected at least 1 and above 0")
        self._uri, self._timeout, self._realtime = str(uri), timeout, realtime
        self._waiting: deque[tuple[int, Image]] = deque()
        self._recent: deque[tuple[int, Image]] = deque(maxlen=buffer)
        self._buffer = buffer
        self._captured = 0
        self._dropped = 0
        self._over = False
        self._error = ""
        self._changed = threading.Condition()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._capture, name="masklet-camera", daemon=True)
        self._thread.start()
        self._video = self._first_video()

    @property
    def video(self) -> Video:
        """Size upright; `n_frames` is -1, since nobody knows the end."""
        return self._video

    @property
    def dropped(self) -> int:
        """Frames captured that nobody took in time."""
        return self._dropped

    @property
    def notes(self) -> tuple[str, ...]:
        """How many frames were dropped, if any."""
        if not self._dropped:
            return ()
        return (f"{self._dropped} of {self._captured} frames of {self._uri} were dropped",)

    def frames(
        self, start: int = 0, stop: int | None = None, step: int = 1
    ) -> Iterator[tuple[int, Image]]:
        """(number, `(h, w, 3) uint8` RGB) from now on, until the stream ends or `stop` is reached.

        Only numbers `start`, `start + step`, ... are given, and of these only those not dropped.
        Raises `DataError` where the stream breaks off or falls silent for `timeout` seconds.
        """
        if start < 0 or step < 1:
            raise UsageError(f"frames from {start} by {step}: expected start >= 0 and step >= 1")
        return self._frames(start, stop, step)

    def __getitem__(self, index: int) -> Image:
        """A frame that was captured a moment ago (the last `buffer` ones); else `DataError`."""
        with self._changed:
            for number, image in self._recent:
                if number == index:
                    return image.copy()
            held = [number for number, _ in self._recent]
        raise DataError(
            f"{self._uri} is live and no longer has frame {index}; it holds {held[0]}..{held[-1]}"
        )

    def close(self) -> None:
        """Stop capturing."""
        self._stop.set()
        with self._changed:
            self._changed.notify_all()
        self._thread.join(self._timeout + 1)

    def __enter__(self) -> Camera:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _frames(self, start: int, stop: int | None, step: int) -> Iterator[tuple[int, Image]]:
        while True:
            item = self._next()
            if item is None or (stop is not None and item[0] >= stop):
                return
            if item[0] >= start and (item[0] - start) % step == 0:
                yield item

    def _next(self) -> tuple[int, Image] | None:
        """The oldest waiting frame; None at the end of the stream."""
        patience = time.monotonic() + self._timeout
        with self._changed:
            while not self._waiting:
                if self._error:
                    raise DataError(self._error)
                if self._over or self._stop.is_set():
                    return None
                if time.monotonic() > patience:
                    raise DataError(self._silent())
                self._changed.wait(_LONGEST_WAIT)
            number, image = self._waiting.popleft()
            return number, image.copy()

    def _silent(self) -> str:
        return f"{self._uri} gave no frame for {self._timeout:g} s; check that it is on and reachable"

    def _first_video(self) -> Video:
        patience = time.monotonic() + self._timeout
        with self._changed:
            while not self._recent and not self._error and not self._over:
                if time.monotonic() > patience:
                    self._stop.set()
                    raise DataError(self._silent())
                self._changed.wait(_LONGEST_WAIT)
            if not self._recent:
                raise DataError(self._error or f"{self._uri} ended before its first frame")
            height, width = self._recent[0][1].shape[:2]
        return Video(self._uri, width, height, -1)

    def _capture(self) -> None:
        """The thread: put frames until the end, an error or `close`."""
        device = re.fullmatch(r"(?:camera:|/dev/video)?(\d+)", self._uri)
        error = ""
        try:
            for image in self._webcam(int(device[1])) if device else self._stream():
                self._put(image)
                if self._stop.is_set():
                    break
        except DataError as problem:
            error = str(problem)
        except (av.FFmpegError, OSError, ValueError, cv2.error) as problem:
            error = f"cannot read {self._uri}: {' '.join(str(problem).split())}; check the address"
        with self._changed:
            self._over, self._error = True, error
            self._changed.notify_all()

    def _put(self, image: Image) -> None:
        with self._changed:
            item = (self._captured, image)
            self._captured += 1
            if len(self._waiting) >= self._buffer:
                self._waiting.popleft()
                self._dropped += 1
            self._waiting.append(item)
            self._recent.append(item)
            self._changed.notify_all()

    def _webcam(self, number: int) -> Iterator[Image]:
        cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
        device = cv2.VideoCapture(number)
        try:
            if not device.isOpened():
                raise DataError(f"there is no camera {number}; check that it is plugged in and free")
            while not self._stop.is_set():
                found, image = device.read()
                if not found:
                    raise DataError(f"camera {number} stopped giving frames; check its cable")
                yield cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
        finally:
            device.release()

    def _stream(self) -> Iterator[Image]:
        options = {"rtsp_transport": "tcp"} if self._uri.lower().startswith("rtsp") else {}
        began, first_time = time.monotonic(), None
        with av.open(self._uri, options=options, timeout=self._timeout) as container:
            if not container.streams.video:
                raise DataError(f"{self._uri} carries no video; check the address")
            stream = container.streams.video[0]
            for packet in container.demux(stream):
                for picture in _decoded(packet):
                    if self._realtime and picture.time is not None:
                        first_time = picture.time if first_time is None else first_time
                        self._stop.wait(max(0, began + picture.time - first_time - time.monotonic()))
                    turns, mirrored, _ = upright(picture)
                    yield rgb(picture, (picture.width, picture.height), turns, mirrored)


def _decoded(packet: Any) -> list[Any]:
    """Pictures of a packet; none where it is damaged, as happens when one joins a stream midway."""
    try:
        return list(packet.decode())
    except av.InvalidDataError:
        return []
