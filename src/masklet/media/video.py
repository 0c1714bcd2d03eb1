"""VideoFile: a video file as a MediaSource, exact to the frame."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from masklet.core import DataError, UsageError, Video
from masklet.core.arrays import Image
from masklet.media.ahead import read_ahead
from masklet.media.cache import indexed
from masklet.media.decode import PictureReader
from masklet.media.index import FrameIndex
from masklet.media.pixels import rgb
from masklet.media.planes import Planes, planes_of
from masklet.media.reader import VideoReader

Pixels = TypeVar("Pixels")

CACHE_BYTES = 128 << 20


class VideoFile:
    """Frames of a video file, upright RGB, by number and in order.

    Frame `i` is the `i`-th picture in presentation order among those that the file shows; frames
    cut away by an edit list are not counted. `source[i]` is bit-identical to what `frames` yields.
    A damaged frame shows the last picture before it; `notes` says what is unusual in the file.

    Args:
        path: the file; its kind is told by its content.
        cache_bytes: memory for decoded pictures around the last ones asked for.

    Raises `DataError` where the file holds no video that decodes.
    """

    def __init__(self, path: str | Path, cache_bytes: int = CACHE_BYTES) -> None:
        self._path = existing_file(path)
        digest, self._index = indexed(self._path)
        self._video = _video(str(path), digest, self._index)
        self._reader = PictureReader(self._path, self._index)
        self._lock = threading.Lock()
        self._kept = _Kept(cache_bytes)
        self._parked: tuple[PictureReader, int, Any] | None = None

    @property
    def video(self) -> Video:
        """Size upright, length, presentation times in seconds, content hash and rotation."""
        return self._video

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences on what is unusual in this file: cut short, damaged, not square pixels."""
        return self._index.notes

    def __len__(self) -> int:
        return len(self._index)

    def __getitem__(self, index: int) -> Image:
        """Frame `index`, `(h, w, 3) uint8` RGB. `DataError` outside 0..n-1."""
        check_index(index, len(self), self._video.uri)
        with self._lock:
            picture = self._kept.get(index)
            if picture is None:
                picture = self._reader.read(index, self._kept.add)
        return self._rgb(picture)

    def frames(
        self, start: int = 0, stop: int | None = None, step: int = 1
    ) -> Iterator[tuple[int, Image]]:
        """(index, `(h, w, 3) uint8` RGB) of every `step`-th frame, decoded ahead in a thread."""
        chosen = frame_range(start, stop, step, len(self))
        return read_ahead(lambda: self._in_order(chosen, self._rgb))

    @property
    def planar(self) -> bool:
        """Whether `planes` can give this file's pictures: stored upright, with even sides."""
        index = self._index
        return not index.turns and not index.mirrored and not any(side % 2 for side in index.size_wh)

    def planes(
        self, start: int = 0, stop: int | None = None, step: int = 1
    ) -> Iterator[tuple[int, Planes]]:
        """As `frames`, but (index, `Planes`): what the file holds, not converted to RGB."""
        chosen = frame_range(start, stop, step, len(self))
        return read_ahead(lambda: self._in_order(chosen, self._planes))

    def reader(self) -> VideoReader:
        """A way into the file with a position of its own; whoever asks for it closes it."""
        return VideoReader(self._path, self._index)

    def close(self) -> None:
        """Let go of the file and of kept pictures."""
        with self._lock:
            self._reader.close()
            if self._parked is not None:
                self._parked[0].close()
                self._parked = None
            self._kept.clear()

    def __enter__(self) -> VideoFile:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _in_order(self, chosen: range, shape: Callable[[Any], Pixels]) -> Iterator[tuple[int, Pixels]]:
        """Each frame of `chosen`; a reader that came to its end is kept for who goes on from there."""
        reader, last, picture = self._take_parked()
        whole = False
        try:
            for index in chosen:
                if index != last:
                    last, picture = index, reader.read(index)
                yield index, shape(picture)
            whole = True
        finally:
            if whole:
                self._park(reader, last, picture)
            else:
                reader.close()

    def _take_parked(self) -> tuple[PictureReader, int, Any]:
        with self._lock:
            parked, self._parked = self._parked, None
        return parked or (PictureReader(self._path, self._index), -1, None)

    def _park(self, reader: PictureReader, last: int, picture: Any) -> None:
        with self._lock:
            former, self._parked = self._parked, (reader, last, picture)
        if former is not None:
            former[0].close()

    def _planes(self, picture: Any) -> Planes:
        return planes_of(picture, self._index.size_wh)

    def _rgb(self, picture: Any) -> Image:
        return rgb(picture, self._index.size_wh, self._index.turns, self._index.mirrored)


class _Kept:
    """Pictures by frame, the oldest asked for dropped first, within a number of bytes."""

    def __init__(self, limit: int) -> None:
        self._limit, self._used = limit, 0
        self._pictures: OrderedDict[int, tuple[Any, int]] = OrderedDict()

    def get(self, index: int) -> Any:
        if index not in self._pictures:
            return None
        self._pictures.move_to_end(index)
        return self._pictures[index][0]

    def add(self, index: int, picture: Any) -> None:
        if index in self._pictures:
            return
        size = sum(plane.buffer_size for plane in picture.planes)
        self._pictures[index] = picture, size
        self._used += size
        while self._used > self._limit and len(self._pictures) > 1:
            _, (_, freed) = self._pictures.popitem(last=False)
            self._used -= freed

    def clear(self) -> None:
        self._pictures.clear()
        self._used = 0


def existing_file(path: str | Path) -> Path:
    """`path` if it is a file; else a `DataError` that says what is there."""
    found = Path(path)
    if found.is_dir():
        raise DataError(f"{path} is a folder; expected a file")
    if not found.is_file():
        raise DataError(f"{path} does not exist; check the path")
    return found


def check_index(index: int, n_frames: int, uri: str) -> None:
    """`DataError` for a frame number that the source does not have."""
    if not 0 <= index < n_frames:
        raise DataError(f"{uri} has no frame {index}; expected 0..{n_frames - 1}")


def frame_range(start: int, stop: int | None, step: int, n_frames: int) -> range:
    """The frames that `frames(start, stop, step)` yields, cut at the end of the source."""
    if start < 0 or step < 1 or (stop is not None and stop < 0):
        raise UsageError(
            f"cannot give frames {start}..{stop} by steps of {step}; expected start >= 0, step >= 1"
        )
    return range(start, n_frames if stop is None else min(stop, n_frames), step)


def _video(uri: str, digest: str, index: FrameIndex) -> Video:
    width, height = index.size_wh
    if index.turns % 2:
        width, height = height, width
    return Video(
        uri=uri,
        width=width,
        height=height,
        n_frames=len(index),
        times=index.seconds(),
        content_hash=digest,
        rotation=(-90 * index.turns) % 360,
    )
