"""<meta> of CVAT's XML, read: which tasks there are, their frames, their size, their labels."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from masklet.core import DataError, Label, Video
from masklet.formats.cvat_nodes import Node
from masklet.formats.cvat_numbers import INT32

SCOPES = ("task", "job", "project")
LINES = ("polyline",)
"""Label types that are lines; all others are areas."""

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_STEP = re.compile(r"step\s*=\s*([1-9][0-9]{0,8})")
_WHOLE = re.compile(r"[0-9]{1,10}", re.ASCII)


@dataclass
class Task:
    """One task (or job) of a file.

    Frame numbers are absolute: those of the source video. `last` is the last one that the task may
    hold, -1 where the file does not say; `size_wh` is (0, 0) where it does not say.
    """

    key: str = ""
    name: str = ""
    source: str = ""
    first: int = 0
    last: int = -1
    step: int = 1
    size_wh: tuple[int, int] = (0, 0)


@dataclass
class Meta:
    """What <meta> says of the whole file."""

    scope: str = ""
    tasks: list[Task] = field(default_factory=list)
    labels: dict[str, Label] = field(default_factory=dict)


def read_meta(meta: Node) -> Meta:
    """Tasks and labels of a <meta> element: one task for <task> and <job>, all for <project>."""
    scope = next((node for node in meta.children if node.tag in SCOPES), None)
    if scope is None:
        return Meta("", [Task(size_wh=_size(meta))], {})
    labels = _labels(scope)
    fallback = _size(meta)
    if scope.tag != "project":
        return Meta(scope.tag, [_task(scope, meta, fallback)], labels)
    tasks = scope.child("tasks")
    below = [n for n in tasks.children if n.tag == "task"] if tasks is not None else []
    keys: set[str] = set()
    for node in below:
        key = node.text_of("id")
        if not key or key in keys:
            node.fail(f"found a task with the id {key!r}; expected one that no other task has")
        keys.add(key)
    return Meta("project", [_task(node, node, fallback) for node in below], labels)


def _task(node: Node, about: Node, fallback: tuple[int, int]) -> Task:
    first, stop, length = (_whole(node, tag) for tag in ("start_frame", "stop_frame", "size"))
    match = _STEP.search(node.text_of("frame_filter"))
    step = int(match[1]) if match else 1
    first = max(first, 0)
    ends = [stop] + ([first + (length - 1) * step] if length > 0 else [])
    last = max(ends)
    if last > INT32 - 1:
        node.fail(f"found a last frame {last}; expected at most {INT32 - 1}")
    size = _size(node)
    source = node.text_of("source") or about.text_of("source")
    return Task(
        node.text_of("id"),
        node.text_of("name"),
        source,
        first,
        last,
        step,
        size if size != (0, 0) else fallback,
    )


def _size(node: Node) -> tuple[int, int]:
    found = node.child("original_size")
    if found is None:
        return 0, 0
    width, height = _whole(found, "width"), _whole(found, "height")
    if not (0 < width < 1 << 20 and 0 < height < 1 << 20):
        found.fail(
            f"found the size {found.text_of('width')!r} x {found.text_of('height')!r}; expected pixels"
        )
    return width, height


def _whole(node: Node, tag: str) -> int:
    """Text of a child as a whole number; -1 where it is missing or empty."""
    text = node.text_of(tag)
    if not text:
        return -1
    if _WHOLE.fullmatch(text) is None:
        node.fail(f"found {tag} {text[:24]!r}; expected a whole number from 0")
    return int(text)


def _labels(scope: Node) -> dict[str, Label]:
    out: dict[str, Label] = {}
    for node in _definitions(scope):
        name, kind = node.text_of("name"), node.text_of("type")
        if name and name not in out and node.child("parent") is None:
            colour = node.text_of("color")
            known = colour.lower() if _COLOUR.fullmatch(colour) else ""
            out[name] = Label(name, "line" if kind in LINES else "area", known)
    return out


def _definitions(scope: Node) -> Iterator[Node]:
    labels = scope.child("labels")
    yield from (n for n in (labels.children if labels is not None else ()) if n.tag == "label")


def video_of(task: Task, hint: Video | None, seen: int, named: int) -> Video:
    """The video of a task: `hint` where one is given, checked against the file, else from the file.

    `seen` is the last frame with a visible shape, `named` the last that is named at all; -1 for none.
    """
    if hint is not None:
        if task.size_wh not in ((0, 0), (hint.width, hint.height)) and hint.frame_sizes is None:
            w, h = task.size_wh
            raise DataError(
                f"found annotations for {w}x{h} pixels, but the video {hint.uri!r} has "
                f"{hint.width}x{hint.height}; expected the video that was annotated"
            )
        if seen >= hint.n_frames >= 0:
            raise DataError(
                f"found a shape on frame {seen}, but the video {hint.uri!r} has {hint.n_frames} frames; "
                "expected the video that was annotated"
            )
        return hint
    if task.size_wh == (0, 0):
        raise DataError(
            f"found no <original_size> for {task.name or 'the task'!r}; "
            "expected the frame size: give the video that was annotated"
        )
    return Video(
        task.source or task.name, *task.size_wh, n_frames=(task.last if task.last >= 0 else named) + 1
    )
