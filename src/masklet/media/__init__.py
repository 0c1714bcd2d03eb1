"""Pixels in and out: video files, image sets, cameras; upright, exact to the frame.

The only room that opens pictures and videos. Names are imported when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from masklet.media.camera import Camera
    from masklet.media.image_file import ImageInfo, image_size, read_image
    from masklet.media.images import ImageSet
    from masklet.media.opening import open_media
    from masklet.media.video import VideoFile
    from masklet.media.writer import VideoWriter

_HOMES = {
    "Camera": "camera",
    "ImageInfo": "image_file",
    "ImageSet": "images",
    "VideoFile": "video",
    "VideoWriter": "writer",
    "image_size": "image_file",
    "open_media": "opening",
    "read_image": "image_file",
}

__all__ = [
    "Camera",
    "ImageInfo",
    "ImageSet",
    "VideoFile",
    "VideoWriter",
    "image_size",
    "open_media",
    "read_image",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
