"""Readers: ways into one source, each with a position of its own, that know what a frame costs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from masklet.core import MediaSource
from masklet.core.arrays import Image
from masklet.media.decode import PictureReader
from masklet.media.index import FrameIndex
from masklet.media.pixels import rgb


class Picture(NamedTuple):
    """A decoded frame, not yet RGB."""

    image: Callable[[], Image]
    """makes the `(h, w, 3) uint8` RGB"""
    n_bytes: int
    """what it holds in memory"""


Seen = Callable[[int, Picture], None]


class FrameReader(Protocol):
    """What this room's readers share. Not for several threads at once."""

    def cost(self, frame: int) -> int:
        """How many pictures must be decoded to come from here to `frame`, about."""
        ...

    def read(self, frame: int, seen: Seen | None = None) -> Picture:
        """The very frame; `seen` is told of it and of all pictures on the way.

        What `seen` raises ends the reading and comes out here; the reader stays usable.
        """
        ...

    def key_near(self, frame: int) -> int:
        """The frame nearest to `frame` among those that decode by themselves; -1 where none is sure."""
        ...

    def close(self) -> None:
        """Let go of the file; reading again opens it again."""
        ...


class VideoReader:
    """A reader of a video file. Made by `VideoFile.reader`."""

    def __init__(self, path: Path, index: FrameIndex) -> None:
        self._pictures, self._index = PictureReader(path, index), index

    def cost(self, frame: int) -> int:
        return self._pictures.cost(frame)

    def read(self, frame: int, seen: Seen | None = None) -> Picture:
        if seen is None:
            return self._picture(self._pictures.read(frame))
        tell = seen
        return self._picture(self._pictures.read(frame, lambda at, one: tell(at, self._picture(one))))

    def key_near(self, frame: int) -> int:
        return -1 if self._index.damaged else self._pictures.key_near(frame)

    def close(self) -> None:
        self._pictures.close()

    def _picture(self, frame: Any) -> Picture:
        index = self._index
        n_bytes = sum(plane.buffer_size for plane in frame.planes)
        return Picture(lambda: rgb(frame, index.size_wh, index.turns, index.mirrored), n_bytes)


class SourceReader:
    """A reader of any other source, by `source[frame]`: every frame costs one picture."""

    def __init__(self, source: MediaSource) -> None:
        self._source = source

    def cost(self, frame: int) -> int:
        del frame
        return 1

    def read(self, frame: int, seen: Seen | None = None) -> Picture:
        image = self._source[frame]
        picture = Picture(lambda: image, image.nbytes)
        if seen is not None:
            seen(frame, picture)
        return picture

    def key_near(self, frame: int) -> int:
        return frame

    def close(self) -> None:
        """Its source is closed by who opened it."""


def reader_of(source: MediaSource) -> FrameReader:
    """A new reader of a source, independent of the others."""
    own = getattr(source, "reader", None)
    made: FrameReader = own() if callable(own) else SourceReader(source)
    return made
