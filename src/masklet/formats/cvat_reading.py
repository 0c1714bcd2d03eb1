"""From the stream of CVAT's XML to `Shapes`, one item a task. Shared by both formats."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from masklet.core import DataError, Shapes, Video
from masklet.formats.cvat_meta import Meta, Task, read_meta
from masklet.formats.cvat_nodes import Json, Node
from masklet.formats.cvat_numbers import INT32, integer
from masklet.formats.cvat_rows import FORMAT, Rows
from masklet.formats.cvat_xml import parse


class TaskRows:
    """What one task of the file holds: rows, and what was said of its tracks or images.

    `seen`: ids of the tracks, or frames of the images, that have been read.
    """

    def __init__(self) -> None:
        self.rows = Rows()
        self.tracks: dict[int, Json] = {}
        self.seen: set[int] = set()
        self.images: list[Json] = []


class Reader:
    """Events of one file, gathered. The two formats say how to read a block and its children."""

    block = ""
    """Tag of the blocks that the format consists of: `track` or `image`."""
    other = ""
    """How the format is called whose blocks these are not."""

    def __init__(self) -> None:
        self.root_node = Node("annotations", {}, 1)
        self.version = ""
        self.meta_node: Node | None = None
        self.meta = Meta()
        self.by_task: dict[str, TaskRows] = {}
        self.asides: list[Json] = []
        self.count = 0

    def root(self, node: Node) -> None:
        """The outermost element."""
        self.root_node = node

    def aside(self, node: Node) -> None:
        """<version>, <meta>, or something unknown, which is kept."""
        if node.tag == "version":
            self.version = node.text.strip()
            if not self.version.startswith("1."):
                node.fail(f"found version {self.version!r}; expected 1.x")
        elif node.tag == "meta" and self.meta_node is None:
            self.meta_node = node
            self.meta = read_meta(node)
        else:
            self.asides.append(node.json() | {"at": self.count})
            self.count += 1

    def begun(self, block: Node) -> None:
        """A block begins: find its task, remember its place in the file."""
        if block.tag != self.block:
            block.fail(f"found a <{block.tag}> in a file of <{self.block}>s; read it as {self.other}")
        self.begin(block, self.task_rows(block))
        self.count += 1

    def task_rows(self, block: Node) -> TaskRows:
        """The rows of the task that a block belongs to."""
        key = block.attributes.get("task_id", "") if self.meta.scope == "project" else ""
        listed = [task.key for task in self.meta.tasks]
        if key not in listed and self.meta.scope == "project" and listed:
            block.fail(f"found the task_id {key!r}; expected one of a <task> in <meta>")
        return self.by_task.setdefault(key, TaskRows())

    def task_of(self, block: Node) -> Task:
        """The task that a block belongs to, as far as <meta> has told."""
        tasks, key = self.meta.tasks, block.attributes.get("task_id", "")
        if self.meta.scope == "project":
            tasks = [task for task in tasks if task.key == key]
        return tasks[0] if tasks else Task()

    def begin(self, block: Node, task: TaskRows) -> None:
        """Attributes of a block are known."""
        raise NotImplementedError

    def inside(self, child: Node, index: int) -> None:
        """A child of the block that is open, whole."""
        raise NotImplementedError

    def ended(self) -> None:
        """The block that was open is whole."""


def read(
    path: Path,
    reader: Reader,
    video: Video | None,
    make: Callable[[Task, TaskRows, Video | None], Shapes],
) -> list[Shapes]:
    """Parse `path` with `reader` and make one `Shapes` of every task. Errors name the path."""
    try:
        parse(path, reader)
        if not reader.version:
            raise DataError("found no <version>; expected a CVAT export of version 1.x")
        items = [make(task, rows, video) for task, rows in _tasks(reader)]
    except DataError as error:
        raise DataError(f"{path}: {error}") from error
    return [
        _with_extra(item, reader, task) for item, (task, _) in zip(items, _tasks(reader), strict=True)
    ]


def _tasks(reader: Reader) -> list[tuple[Task, TaskRows]]:
    """Tasks with their rows: those that <meta> lists, then those that only blocks name."""
    if reader.meta.scope != "project":
        task = reader.meta.tasks[0] if reader.meta.tasks else Task()
        return [(task, reader.by_task.get("", TaskRows()))]
    listed = [(task, reader.by_task.get(task.key, TaskRows())) for task in reader.meta.tasks]
    keys = {task.key for task in reader.meta.tasks}
    return listed + [(Task(key), rows) for key, rows in reader.by_task.items() if key not in keys]


def _with_extra(item: Shapes, reader: Reader, task: Task) -> Shapes:
    """`extra["cvat"]` completed with what the file says of everything, to be written again."""
    own: Json = dict(item.extra.get(FORMAT, {})) | {"version": reader.version}
    own |= {"first": task.first, "step": task.step}
    if reader.meta_node is not None:
        own["meta"] = reader.meta_node.json()
    if reader.meta.scope == "project":
        own["task"] = task.key
    if reader.root_node.attributes:
        own["root"] = reader.root_node.attributes
    undeclared = [label.name for label in item.labels if label.name not in reader.meta.labels]
    if undeclared:
        own["undeclared"] = undeclared
    if reader.asides:
        own["asides"] = reader.asides
    return item.replace(extra={FORMAT: own})


def check_frames(task: Task, rows: Rows, limit: int = INT32 - 1) -> None:
    """Visible shapes must lie on frames that the task may hold."""
    last = task.last if task.last >= 0 else limit
    for i, (frame, line) in enumerate(zip(rows.frame, rows.line, strict=True)):
        if frame > last and not rows.is_outside(i):
            raise DataError(f"line {line}: found a shape on frame {frame}; expected frames up to {last}")


def frame_of(node: Node, name: str) -> int:
    """An attribute that is a frame number."""
    return integer(node, name, 0, INT32 - 2)
