"""Overlay: the video with its masks drawn on it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from masklet.core.arrays import Image
from masklet.core.errors import DataError
from masklet.core.masks import Masks
from masklet.core.protocols import MediaSource
from masklet.media.planes import PlanarSource, Planes
from masklet.render.drawing import caption, draw, frame_caption
from masklet.render.style import OverlayStyle

Pixels = TypeVar("Pixels")


def overlay(
    media: MediaSource,
    masks: Masks,
    frames: Iterable[int] | None = None,
    style: OverlayStyle | None = None,
) -> Iterator[tuple[int, Image]]:
    """(index, `(h, w, 3) uint8` RGB) for each of `frames`, with the masks drawn on it.

    `frames`: all of the video when None. Frames without masks come as they are. Raises `DataError`
    where masks and media differ in size or where a frame is not in the video.
    """
    check_same_size(media, masks)
    for index, image in _pixels(media.frames, media, frames):
        _finish(image, masks, index, style or OverlayStyle())
        yield index, image


def overlay_planes(
    media: PlanarSource,
    masks: Masks,
    frames: Iterable[int] | None = None,
    style: OverlayStyle | None = None,
) -> Iterator[tuple[int, Planes]]:
    """As `overlay`, on `Planes`: what is not drawn on stays as the video had it, at half the cost."""
    check_same_size(media, masks)
    for index, image in _pixels(media.planes, media, frames):
        _finish(image, masks, index, style or OverlayStyle())
        yield index, image


def _finish(image: Image | Planes, masks: Masks, index: int, style: OverlayStyle) -> None:
    rows = masks.on(index)
    if len(rows):
        draw(image, rows, style)
    if style.frame_number:
        caption(image, frame_caption(masks, index), style)


def check_same_size(media: MediaSource, masks: Masks) -> None:
    """Raise `DataError` where the masks were made for frames of another size."""
    video, other = media.video, masks.video
    if (video.width, video.height) != (other.width, other.height):
        raise DataError(
            f"the masks are {other.width}x{other.height} and {video.uri} is "
            f"{video.width}x{video.height}; expected masks of this very video"
        )


def _pixels(
    read: Callable[[int, int | None, int], Iterator[tuple[int, Pixels]]],
    media: MediaSource,
    frames: Iterable[int] | None,
) -> Iterator[tuple[int, Pixels]]:
    if frames is None:
        yield from read(0, None, 1)
        return
    wanted = frames if isinstance(frames, range) else list(frames)
    n_frames = media.video.n_frames
    wrong = [frame for frame in wanted if frame < 0 or frame >= n_frames >= 0]
    if wrong:
        raise DataError(f"{media.video.uri} has no frame {wrong[0]}; expected 0..{n_frames - 1}")
    for part in _sections(wanted):
        yield from read(part.start, part.stop, part.step)


def _sections(frames: Iterable[int]) -> Iterator[range]:
    """Frames in their order, as ranges that a decoder can read in one go."""
    if isinstance(frames, range) and frames.step > 0:
        yield frames
        return
    start = stop = None
    for frame in frames:
        if start is not None and frame == stop:
            stop = frame + 1
            continue
        if start is not None and stop is not None:
            yield range(start, stop)
        start, stop = frame, frame + 1
    if start is not None and stop is not None:
        yield range(start, stop)
