"""Any annotation format to any other."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from masklet.core import Masks, Video
from masklet.core.protocols import Annotation
from masklet.verbs.outputs import check_outputs


def convert(
    source: str | Path,
    target: str | Path,
    *,
    to: str | None = None,
    source_format: str | None = None,
    media: str | Path | None = None,
    reading: Mapping[str, Any] | None = None,
    **options: Any,
) -> list[Annotation]:
    """Read annotations in one format and write them in another.

    Args:
        source: file or folder; its format is found by content.
        target: file or folder to write.
        to: name of the format to write; needed where the name of `target` does not say it.
        source_format: name of the format to read, where content leaves a doubt.
        media: the video or images, for formats that do not state frame sizes, names or times.
        reading: options of the reading format (`fit`, `ids`, ...).
        options: options of the writing format.

    Returns what was read. Each loss is named by a `LossWarning`.
    """
    from masklet.formats.files import read_all, write

    check_outputs([target], [source, media])
    items = read_all(source, media_video(media), source_format, **(reading or {}))
    write(items, target, to, **options)
    return items


def media_video(media: str | Path | None) -> Video | None:
    """The `Video` of a path to media, None for none."""
    if media is None:
        return None
    from masklet.media.opening import open_media

    return open_media(media).video


def counts(items: list[Annotation]) -> str:
    """What was read, in words: `6075 shapes of 1 object on 6075 frames`."""
    rows = sum(len(item) for item in items)
    masks = all(isinstance(item, Masks) for item in items)
    noun = "mask" if masks else "shape"
    videos = f" in {len(items)} videos" if len(items) > 1 else ""
    return f"{rows} {noun}{'' if rows == 1 else 's'}{videos}"
