"""Overlay as a file: the video with its masks, encoded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from masklet.core.arrays import Image
from masklet.core.errors import DataError
from masklet.core.masks import Masks
from masklet.core.protocols import MediaSource
from masklet.media.planes import PlanarSource, Planes
from masklet.media.writer import VideoWriter
from masklet.render.canvas import fitted
from masklet.render.overlay import overlay, overlay_planes
from masklet.render.style import OverlayStyle

Progress = Callable[[int, int], None]
"""Told (frames done, frames in all; -1 = unknown)."""

_FPS_OF_IMAGES = 25.0


def write_overlay(
    media: MediaSource,
    masks: Masks,
    path: Path | str,
    frames: Sequence[int] | None = None,
    *,
    style: OverlayStyle | None = None,
    progress: Progress = lambda _done, _total: None,
) -> int:
    """Write an H.264 mp4 of `frames` (all when None) with the masks drawn on; how many it holds.

    A whole video keeps its presentation times, counted from its first frame; chosen frames follow
    each other at its mean rate; 25 frames a second where times are unknown. Images of another size,
    in a set of mixed sizes, are scaled into the set's own. The file appears when it is complete.
    Raises `DataError` where masks and media differ in size, where there is no frame
    or where the file cannot be written.
    """
    video = media.video
    total = video.n_frames if frames is None else len(frames)
    if total == 0:
        raise DataError(f"no frame of {video.uri} was asked for; expected one at least")
    done = 0
    size_wh = video.width, video.height
    timed = frames is None and len(video.times) > 0 and bool(np.all(np.diff(video.times) > 0))
    with VideoWriter(Path(path), size_wh, fps=video.fps or _FPS_OF_IMAGES) as writer:
        for index, image in _drawn(media, masks, frames, style):
            time = video.times[index] - video.times[0] if timed else None
            writer.write(image if isinstance(image, Planes) else fitted(image, size_wh), time)
            done += 1
            progress(done, total)
    return done


def _drawn(
    media: MediaSource, masks: Masks, frames: Sequence[int] | None, style: OverlayStyle | None
) -> Iterator[tuple[int, Image | Planes]]:
    """In the video's own planes where the media has them, else in RGB."""
    if isinstance(media, PlanarSource) and media.planar:
        return overlay_planes(media, masks, frames, style)
    return overlay(media, masks, frames, style)
