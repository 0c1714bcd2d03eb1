"""masklet's own project as a file format, for reading and writing it like any other."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from masklet.core.errors import UsageError
from masklet.core.protocols import Annotation
from masklet.core.shapes import Shapes
from masklet.core.video import Video
from masklet.store.catalog import check_fits
from masklet.store.project import SUFFIX, Project
from masklet.store.schema import APPLICATION_ID

_MAGIC = b"SQLite format 3\0"
_APPLICATION_AT = 68
"""Byte offset of the application id in the file header (SQLite file format, section 1.3)."""


class ProjectFormat:
    """Reads and writes `.masklet` projects. Lossless for `Masks` and `Shapes`."""

    suffixes = (SUFFIX,)

    def sniff(self, path: Path) -> bool:
        """Does the file carry SQLite's header and masklet's number in it?"""
        try:
            with Path(path).open("rb") as stream:
                head = stream.read(_APPLICATION_AT + 4)
        except OSError:
            return False
        number = APPLICATION_ID.to_bytes(4, "big")
        return head.startswith(_MAGIC) and head[_APPLICATION_AT:] == number

    def read(self, path: Path, video: Video | None = None) -> list[Annotation]:
        """Current `Masks` of every video, and its `Shapes` where it has any.

        A video that has drawings and neither masks nor checked frames gives its drawings only.
        With `video`, only the videos of the project that fit it, moved onto it.
        """
        items: list[Annotation] = []
        with Project.open(path, readonly=True) as project:
            for number in project.videos():
                shapes, masks = project.shapes(number), project.masks(number).load()
                if shapes is None or len(masks) or len(masks.checked) or masks.labels:
                    items.append(masks)
                if shapes is not None:
                    items.append(shapes)
        if video is None:
            return items
        for item in items:
            check_fits(item.video, video)
        return [item.replace(video=video) for item in items]

    def write(self, items: Sequence[Annotation], path: Path) -> None:
        """Make a new project that holds `items`; all of it or nothing.

        `Masks` and `Shapes` of the same video share it. An existing project is never replaced,
        since its history would be lost: `DataError`.
        """
        if not items:
            raise UsageError(f"nothing to write to {path}; expected at least one Masks or Shapes")
        with Project.filling(path) as project:
            taken: list[tuple[int, Video, type[Annotation]]] = []
            for item in items:
                number = _place(taken, item)
                if number is None:
                    number = project.add_video(item.video)
                taken.append((number, item.video, type(item)))
                if isinstance(item, Shapes):
                    project.put_shapes(item, number)
                else:
                    project.masks(number).append(item, durable="normal")


def _place(taken: Sequence[tuple[int, Video, type[Annotation]]], item: Annotation) -> int | None:
    """Number of a video that is this item's and holds none of its kind yet."""
    full = {number for number, _, kind in taken if kind is type(item)}
    fitting = (n for n, video, _ in taken if n not in full and video == item.video)
    return next(fitting, None)
