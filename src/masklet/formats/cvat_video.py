"""CVAT for video 1.1: tracks of keyframes in one XML file, or in the zip that CVAT exports."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from masklet.core import Shapes, UsageError, Video
from masklet.core.protocols import Annotation
from masklet.formats.cvat_masks import Kind
from masklet.formats.cvat_meta import Task, video_of
from masklet.formats.cvat_nodes import Json, Node
from masklet.formats.cvat_numbers import INT32, integer, required
from masklet.formats.cvat_reading import Reader, TaskRows, check_frames, frame_of, read
from masklet.formats.cvat_rows import FORMAT, READERS, VIDEO
from masklet.formats.cvat_writing import write_video
from masklet.formats.cvat_xml import kind_of


class CvatVideo:
    """CVAT's XML for videos, version 1.1 (docs.cvat.ai, "XML annotation format").

    Reading gives one `Shapes` for a job or task and one a task for a project. Nothing is lost:
    frame numbers are kept as they are (those of the source video, also where the task takes every
    k-th frame), shapes between keyframes stay with their KEYFRAME flag unset, <meta> stands in
    `extra["cvat"]`, unknown attributes in `foreign`, what is said of a track in `tracks`. A skeleton
    is a POINTS row whose `foreign` knows its joints. A track of one mask is read as the single shape
    that it is for CVAT. Writing what was read gives the same XML.

    Args:
        tracks: how `Masks` are written. "mask": one <mask> a frame and object, exact; CVAT has no
            tracks of masks, so that identity stands in the attribute `track_id` and in the group.
            "polygon": one track an object with a keyframe on every frame; holes and all parts but
            the largest are lost, which a `LossWarning` says.
    """

    def __init__(self, tracks: Kind = "mask") -> None:
        if tracks not in ("mask", "polygon"):
            raise UsageError(f"tracks={tracks!r}; expected 'mask' or 'polygon'")
        self.tracks = tracks

    def sniff(self, path: Path) -> bool:
        """Is it CVAT's XML 1.x (or a zip with it) that consists of tracks?"""
        return kind_of(Path(path)) == "video"

    def read(self, path: Path, video: Video | None = None) -> list[Shapes]:
        """One `Shapes` a task. `DataError` with line and element for whatever is wrong.

        Args:
            path: .xml or .zip.
            video: the video that was annotated; needed where the file has no <original_size>.
        """
        reader = _Tracks()
        return read(Path(path), reader, video, reader.shapes)

    def write(self, items: Sequence[Annotation], path: Path) -> None:
        """Write one XML file (a zip with annotations.xml where the suffix is .zip)."""
        write_video(items, Path(path), self.tracks)


class _Tracks(Reader):
    block = "track"
    other = "cvat-images"

    def __init__(self) -> None:
        super().__init__()
        self.task = TaskRows()
        self.last, self.step, self.first = INT32, 1, 0
        self.id = -1
        self.label = ""
        self.group = 0

    def begin(self, block: Node, task: TaskRows) -> None:
        """A track: its attributes hold for all of its rows."""
        self.task, self.id = task, integer(block, "id", 0, INT32)
        if self.id in task.seen:
            block.fail(f"found a second track with the id {self.id}; expected different ids")
        task.seen.add(self.id)
        about = self.task_of(block)
        self.last, self.step = about.last if about.last >= 0 else INT32, about.step
        self.first = len(task.rows)
        self.label = required(block, "label")
        if not self.label.strip():
            block.fail("found an empty label; expected a name")
        said = block.attributes
        self.group = integer(block, "group_id", -INT32, INT32) if "group_id" in said else 0
        own = {
            k: v
            for k, v in said.items()
            if k not in ("id", "label") and (k != "group_id" or not self.group)
        }
        track: Json = {"label": self.label, "attributes": own, "at": self.count}
        if self.group:
            track["group"] = self.group
        task.tracks[self.id] = {FORMAT: track}

    def inside(self, child: Node, index: int) -> None:
        """A shape becomes a row; what is no shape, or ends a track past the video, keeps its place."""
        frame = frame_of(child, "frame") if child.tag in READERS and child.tag != "tag" else -1
        if frame >= 0 and not (frame > self.last and child.attributes.get("outside") == "1"):
            self.task.rows.add(child, VIDEO, frame, self.label, self.id, self.group)
        else:
            self.task.tracks[self.id][FORMAT].setdefault("elements", []).append([index, child.json()])

    def ended(self) -> None:
        """CVAT has no tracks of masks: a track of one mask is how it writes a single shape."""
        if self.task.rows.one_mask(self.first, self.step):
            track = {"id": self.id} | self.task.tracks.pop(self.id)[FORMAT]
            self.task.rows.make_single(self.first, track)

    def shapes(self, task: Task, rows: TaskRows, hint: Video | None) -> Shapes:
        """The noun for one task."""
        check_frames(task, rows.rows)
        named = max(rows.rows.frame, default=-1)
        video = video_of(task, hint, rows.rows.last_visible(), named)
        return rows.rows.shapes(video, self.meta.labels, {}, rows.tracks)
