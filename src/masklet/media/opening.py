"""open_media: from a path, a pattern, a list, a device or a URL to a MediaSource."""

from __future__ import annotations

import re
from collections.abc import Sequence
from inspect import signature
from pathlib import Path
from typing import Any

from masklet.core import DataError, MediaSource, UsageError
from masklet.core.registry import load
from masklet.media.image_file import image_info, is_image
from masklet.media.images import is_pattern

_STREAM = re.compile(r"(rtsps?|rtmps?|https?|udp|tcp|srt|rtp)://", re.IGNORECASE)
_DEVICE = re.compile(r"camera:\d+|/dev/video\d+")
_MOVING = {"GIF", "WEBP", "PNG"}


def open_media(uri: str | Path | int | Sequence[str | Path], **options: Any) -> MediaSource:
    """The frames behind `uri`: upright RGB, exact to the frame.

    Args:
        uri: a video file; a picture; a folder or a glob of pictures; a list of pictures;
            `camera:0` or `0`, a webcam; `rtsp://...`, `http(s)://...`, a live stream.
        options: handed to the source: `cache_bytes` (`VideoFile`), `fps` (`ImageSet`),
            `timeout`, `buffer`, `realtime` (`Camera`).

    A file is judged by its content, not by its name. Raises `DataError` where nothing is found.
    """
    kind = load("media", _kind(uri))
    try:
        signature(kind).bind(uri, **options)
    except TypeError as error:
        known = ", ".join(list(signature(kind).parameters)[1:])
        raise UsageError(f"{kind.__name__} for {uri}: {error}; its options are: {known}") from error
    source: MediaSource = kind(uri, **options)
    return source


def _kind(uri: str | Path | int | Sequence[str | Path]) -> str:
    if isinstance(uri, int):
        return "camera"
    if not isinstance(uri, (str, Path)):
        return "images"
    text = str(uri)
    if _STREAM.match(text) or _DEVICE.fullmatch(text):
        return "camera"
    path = Path(uri)
    if path.is_dir() or is_pattern(text):
        return "images"
    if not path.exists():
        raise DataError(f"{text} does not exist; check the path")
    return "images" if is_image(path) and not _moves(path) else "video"


def _moves(path: Path) -> bool:
    """Is it an animation: a picture file of several frames?"""
    info = image_info(path)
    return info.format in _MOVING and info.n_pictures > 1
