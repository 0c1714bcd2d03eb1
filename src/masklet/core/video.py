"""Video: what masks lie on. An image set is a video whose frames are files."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from masklet.core.arrays import Floats, Int32s, frozen
from masklet.core.errors import DataError

_SUFFIX = re.compile(
    r"(?<=.)\.(mp4|m4v|mov|avi|mkv|webm|wmv|mpe?g|ts|png|jpe?g|tiff?|bmp|gif|webp|json|xml|zip|txt|parquet"
    r"|masklet)$",
    re.IGNORECASE,
)


def plain_name(path: str) -> str:
    """The last part of a path without the suffix of a video, picture or annotation file."""
    last = re.split(r"[/\\]", path.rstrip("/\\"))[-1]
    return _SUFFIX.sub("", last)


@dataclass(frozen=True, eq=False, repr=False)
class Video:
    """A moving picture as masks see it: size, length and times, never pixels.

    Width and height are those of the picture as displayed, after rotation and EXIF orientation.

    Args:
        uri: path, glob, URL or device that `masklet.media.open_media` understands.
        width: pixels.
        height: pixels.
        n_frames: frames shown; -1 for a live source whose end is unknown.
        times: `(n_frames,) float64`, presentation time in seconds of every frame, first frame
            at its own time (often 0); empty where unknown (image sets, foreign files).
        content_hash: hash of the file's bytes, empty where unknown.
        rotation: degrees clockwise (0, 90, 180, 270) by which stored pixels were turned.
        files: for an image set, the file name of every frame; else empty.
        frame_sizes: `(n_frames, 2) int32` (width, height) for image sets of mixed sizes;
            None where every frame is `width` x `height`.
    """

    uri: str
    width: int
    height: int
    n_frames: int
    times: Floats = field(default_factory=lambda: np.empty(0))
    content_hash: str = ""
    rotation: int = 0
    files: tuple[str, ...] = ()
    frame_sizes: Int32s | None = None

    def __post_init__(self) -> None:
        if self.width < 1 or self.height < 1 or self.n_frames < -1:
            raise DataError(
                f"{self.uri or 'video'}: found {self.width}x{self.height} pixels and "
                f"{self.n_frames} frames; expected a positive size and a frame count"
            )
        object.__setattr__(self, "times", frozen(self.times, np.float64))
        object.__setattr__(self, "files", tuple(self.files))
        if len(self.times) not in (0, max(self.n_frames, 0)):
            raise DataError(
                f"{self.uri}: {len(self.times)} presentation times for {self.n_frames} frames"
            )
        if self.files and len(self.files) != self.n_frames:
            raise DataError(f"{self.uri}: {len(self.files)} file names for {self.n_frames} frames")
        if self.frame_sizes is not None:
            sizes = frozen(self.frame_sizes, np.int32)
            if sizes.shape != (self.n_frames, 2):
                raise DataError(
                    f"{self.uri}: frame sizes of shape {sizes.shape}; expected ({self.n_frames}, 2)"
                )
            object.__setattr__(self, "frame_sizes", sizes)

    def size_wh(self, frame: int) -> tuple[int, int]:
        """(width, height) of one frame, in pixels."""
        if self.frame_sizes is None:
            return self.width, self.height
        w, h = self.frame_sizes[frame]
        return int(w), int(h)

    def sizes_wh(self, frames: Int32s) -> Int32s:
        """`(n, 2) int32`: (width, height) of each of `frames`."""
        if self.frame_sizes is None:
            return np.tile(np.array([self.width, self.height], np.int32), (len(frames), 1))
        return self.frame_sizes[frames]

    @property
    def name(self) -> str:
        """The file's name without folder and suffix (`rat.0` has none: `0` is no kind of file)."""
        return plain_name(self.uri)

    @property
    def fps(self) -> float:
        """Mean frame rate from presentation times; 0 where times are unknown."""
        if len(self.times) < 2 or self.times[-1] <= self.times[0]:
            return 0.0
        return float((len(self.times) - 1) / (self.times[-1] - self.times[0]))

    def seconds(self, frame: int) -> float:
        """Presentation time of a frame; NaN where unknown."""
        return float(self.times[frame]) if len(self.times) else float("nan")

    def unlike(self, other: Video) -> tuple[str, Any, Any] | None:
        """The first fact known of both that differs: its name, mine, theirs; None: it may be the same.

        Looks at width, height, n_frames and content_hash; where the file lies does not matter.
        """
        for name, unknown in (("width", None), ("height", None), ("n_frames", -1), ("content_hash", "")):
            mine, theirs = getattr(self, name), getattr(other, name)
            if mine != theirs and unknown not in (mine, theirs):
                return name, mine, theirs
        return None

    def __repr__(self) -> str:
        pace = f", {self.fps:.4g} frames/s" if self.fps else ""
        return f"Video({self.uri!r}, {self.width}x{self.height}, {self.n_frames} frames{pace})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Video):
            return NotImplemented
        return self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple[Any, ...]:
        sizes = b"" if self.frame_sizes is None else self.frame_sizes.tobytes()
        times = self.times.tobytes()
        return (
            self.uri,
            self.width,
            self.height,
            self.n_frames,
            times,
            self.content_hash,
            self.rotation,
            self.files,
            sizes,
        )
