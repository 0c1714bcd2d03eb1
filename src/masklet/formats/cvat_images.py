"""CVAT for images 1.1: shapes image by image in one XML file, or in the zip that CVAT exports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

import numpy as np

from masklet.core import DataError, Shapes, Video
from masklet.core.protocols import Annotation
from masklet.formats.cvat_meta import Task
from masklet.formats.cvat_nodes import Json, Node
from masklet.formats.cvat_numbers import INT32, integer, required
from masklet.formats.cvat_reading import Reader, TaskRows, read
from masklet.formats.cvat_rows import FORMAT, IMAGES, READERS
from masklet.formats.cvat_writing import write_images
from masklet.formats.cvat_xml import kind_of

MOST_IMAGES = 10_000_000
"""A larger image id is taken for a damaged file."""


class CvatImages:
    """CVAT's XML for images, version 1.1 (docs.cvat.ai, "XML annotation format").

    Reading gives one `Shapes` for a job or task and one a task for a project. The id of an image is
    its frame; ids may leave gaps, whose frames have an empty name in `Video.files`. Every row is its
    own shape (`track_id` -1). Nothing is lost: see `CvatVideo`. Masks are written as <mask>, exact,
    with identity in the attribute `track_id` and in the group.
    """

    def sniff(self, path: Path) -> bool:
        """Is it CVAT's XML 1.x (or a zip with it) that consists of images?"""
        return kind_of(Path(path)) == "images"

    def read(self, path: Path, video: Video | None = None) -> list[Shapes]:
        """One `Shapes` a task. `DataError` with line and element for whatever is wrong.

        Args:
            path: .xml or .zip.
            video: the images that were annotated. If it is an image set, frames are matched by
                file name, as CVAT does; else by number.
        """
        reader = _Images(video)
        return read(Path(path), reader, video, reader.shapes)

    def write(self, items: Sequence[Annotation], path: Path) -> None:
        """Write one XML file (a zip with annotations.xml where the suffix is .zip)."""
        write_images(items, Path(path))


class _Images(Reader):
    block = "image"
    other = "cvat-video"

    def __init__(self, hint: Video | None) -> None:
        super().__init__()
        self.numbers = _numbers(hint.files) if hint is not None and hint.files else None
        self.task = TaskRows()
        self.frame = -1

    def begin(self, block: Node, task: TaskRows) -> None:
        """An image: its frame, and its attributes as they are."""
        self.task = task
        image, name = integer(block, "id", 0, MOST_IMAGES), required(block, "name")
        self.frame = image if self.numbers is None else _number(block, name, self.numbers)
        if self.frame in task.seen:
            block.fail(f"found a second image {image} ({name!r}); expected every image once")
        task.seen.add(self.frame)
        task.images.append({"frame": self.frame, "attributes": dict(block.attributes), "at": self.count})
        for side in ("width", "height"):
            if side in block.attributes:
                integer(block, side, 1, 1 << 20)

    def inside(self, child: Node, index: int) -> None:
        """A shape becomes a row; what is no shape is kept with its place."""
        if child.tag not in READERS:
            self.task.images[-1].setdefault("elements", []).append([index, child.json()])
            return
        label, said = required(child, "label"), child.attributes
        if not label.strip():
            child.fail("found an empty label; expected a name")
        group = integer(child, "group_id", -INT32, INT32) if "group_id" in said else 0
        self.task.rows.add(child, IMAGES, self.frame, label, -1, group)

    def shapes(self, task: Task, rows: TaskRows, hint: Video | None) -> Shapes:
        """The noun for one task."""
        video = _video(task, rows.images) if hint is None else _checked(hint, rows.images)
        return rows.rows.shapes(video, self.meta.labels, {FORMAT: {"images": rows.images}}, {})


def _numbers(files: Sequence[str]) -> dict[str, int]:
    """Frame by file name: whole, and without folders where that is unique."""
    short: dict[str, int] = {}
    twice: set[str] = set()
    for i, file in enumerate(files):
        name = PurePosixPath(file).name
        twice |= {name} & short.keys()
        short[name] = i
    unique = {name: i for name, i in short.items() if name not in twice}
    return unique | {file: i for i, file in enumerate(files)}


def _number(block: Node, name: str, numbers: Mapping[str, int]) -> int:
    found = numbers.get(name, numbers.get(PurePosixPath(name).name))
    if found is None:
        block.fail(f"found the image {name!r}, which is not among the images given; expected its file")
    return found


def _size(image: Json) -> tuple[int, int]:
    said = image["attributes"]
    if "width" not in said or "height" not in said:
        raise DataError(
            f"<image> {said['id']} has no width and height; expected both: give the images annotated"
        )
    return int(said["width"]), int(said["height"])


def _video(task: Task, images: Sequence[Json]) -> Video:
    """An image set as the file describes it."""
    if not images:
        if task.size_wh == (0, 0):
            raise DataError("found no <image>; expected at least one, or the images annotated beside")
        return Video(task.name, *task.size_wh, n_frames=max(task.last + 1, 0))
    n = 1 + max(task.last if task.last < MOST_IMAGES else -1, *(int(i["frame"]) for i in images))
    sizes = np.tile(np.array(_size(images[0]), np.int32), (n, 1))
    files = [""] * n
    for image in images:
        sizes[image["frame"]] = _size(image)
        files[image["frame"]] = image["attributes"]["name"]
    mixed = bool(np.any(sizes != sizes[0]))
    w, h = (int(side) for side in sizes.max(axis=0)) if mixed else _size(images[0])
    return Video(task.name, w, h, n, files=tuple(files), frame_sizes=sizes if mixed else None)


def _checked(video: Video, images: Sequence[Json]) -> Video:
    """The images given, if they fit those of the file."""
    for image in images:
        frame, said = int(image["frame"]), image["attributes"]
        if frame >= video.n_frames >= 0:
            raise DataError(
                f"found <image> {said['id']}, but {video.uri!r} has {video.n_frames} frames; "
                "expected the images that were annotated"
            )
        if "width" in said and "height" in said and _size(image) != video.size_wh(frame):
            w, h = video.size_wh(frame)
            raise DataError(
                f"found <image> {said['id']} with {said['width']}x{said['height']} pixels, but in "
                f"{video.uri!r} it has {w}x{h}; expected the images that were annotated"
            )
    return video
