"""<meta> of CVAT's XML, written: as it was read where it was, else made from the shapes."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from pathlib import PurePath
from typing import Any

import numpy as np

from masklet.core import Label, ShapeKind, Shapes
from masklet.formats.cvat_meta import SCOPES
from masklet.formats.cvat_nodes import Json, find, node, put_text, text_at
from masklet.formats.cvat_rows import FORMAT

TRACK_ID = "track_id"
"""The attribute that carries identity where CVAT has no track for it."""
_TYPES = {
    ShapeKind.POLYGON: "polygon",
    ShapeKind.POLYLINE: "polyline",
    ShapeKind.BOX: "rectangle",
    ShapeKind.POINTS: "points",
    ShapeKind.ELLIPSE: "ellipse",
    ShapeKind.CUBOID: "cuboid",
    ShapeKind.MASK: "mask",
    ShapeKind.TAG: "tag",
}


def own(item: Shapes) -> Json:
    """What CVAT's XML said of the item; empty where it comes from elsewhere."""
    found: Json = item.extra.get(FORMAT, {})
    return found


def step_of(item: Shapes) -> int:
    """Source frames from one frame of the task to the next."""
    return max(int(own(item).get("step", 1)), 1)


def first_of(item: Shapes) -> int:
    """The first source frame of the task."""
    return max(int(own(item).get("first", 0)), 0)


def meta_of(items: Sequence[Shapes], mode: str) -> tuple[Json, list[str]]:
    """<meta> for `items` and the id of each one's task ("" where the file has but one).

    `mode` is CVAT's: "interpolation" or "annotation".
    """
    kept = [own(item).get("meta") for item in items]
    keys = [str(own(item).get("task", "")) for item in items]
    same = all(meta is not None and meta == kept[0] for meta in kept)
    if same and (len(items) == 1 or (all(keys) and len(set(keys)) == len(keys))):
        meta: Json = copy.deepcopy(kept[0] or {})
        _keep_tasks(meta, keys)
        for item, key in zip(items, keys, strict=True):
            _bring_up_to_date(meta, item, key, mode)
        return meta, keys
    if len(items) == 1:
        task = _task(items[0], "1", mode)
        task["children"].append(_labels(items))
        return node("meta", children=[task]), [""]
    keys = [str(i) for i in range(1, len(items) + 1)]
    tasks = [_task(item, key, mode) for item, key in zip(items, keys, strict=True)]
    head = [node("id", "1"), node("name", "masklet"), _labels(items), node("tasks", children=tasks)]
    return node("meta", children=[node("project", children=head)]), keys


def _scope(meta: Json) -> Json | None:
    return next((child for child in meta.get("children", ()) if child["tag"] in SCOPES), None)


def _keep_tasks(meta: Json, keys: Sequence[str]) -> None:
    """Of a project, only the tasks that are written."""
    tasks = find(_scope(meta) or {}, "tasks")
    if tasks is not None:
        kept = [t for t in tasks.get("children", ()) if t["tag"] != "task" or text_at(t, "id") in keys]
        tasks["children"] = kept


def _bring_up_to_date(meta: Json, item: Shapes, key: str, mode: str) -> None:
    """Labels, length and size that the item has and its <meta> does not know."""
    scope = _scope(meta)
    if scope is None:
        return
    _add_labels(scope, item, mode)
    task: Json | None = scope
    if scope["tag"] == "project":
        below = (find(scope, "tasks") or {}).get("children", ())
        task = next((t for t in below if text_at(t, "id") == key), None)
    if task is None:
        return
    last = item.video.n_frames - 1
    if mode == "interpolation":
        _resize(meta if find(meta, "original_size") is not None else task, item)
        known = text_at(task, "stop_frame")
        if known.isdecimal() and last > int(known) and last != _by_length(task, step_of(item)):
            put_text(task, "stop_frame", str(last))


def _by_length(task: Json, step: int) -> int:
    first, size = text_at(task, "start_frame"), text_at(task, "size")
    return int(first or 0) + (int(size) - 1) * step if size.isdecimal() else -1


def _resize(about: Json, item: Shapes) -> None:
    size = find(about, "original_size")
    if size is None:
        size = node("original_size")
        about.setdefault("children", []).append(size)
    for side, pixels in (("width", item.video.width), ("height", item.video.height)):
        if text_at(size, side) != str(pixels):
            put_text(size, side, str(pixels))


def _add_labels(scope: Json, item: Shapes, mode: str) -> None:
    """Labels that the item has got since it was read, and the attribute that identity goes into."""
    labels = find(scope, "labels") or node("labels")
    named = {text_at(label, "name"): label for label in reversed(labels.get("children", ()))}
    undeclared = own(item).get("undeclared", ())
    new: list[Json] = []
    for i, label in enumerate(item.labels):
        mine = (item.label_id == i) & (item.track_id >= 0)
        identity = mode == "annotation" and bool(np.any(mine))
        if label.name in named:
            if identity:
                _add_track_id(named[label.name])
        elif label.name not in undeclared:
            new.append(_label(label, _type([item], label.name), (TRACK_ID,) if identity else ()))
    if new:
        labels.setdefault("children", []).extend(new)
        if find(scope, "labels") is None:
            scope.setdefault("children", []).append(labels)


def _add_track_id(label: Json) -> None:
    specs = find(label, "attributes")
    if specs is None:
        specs = node("attributes")
        label.setdefault("children", []).append(specs)
    below: list[Json] = specs.setdefault("children", [])
    if TRACK_ID not in [text_at(spec, "name") for spec in below]:
        below.append(_attribute(TRACK_ID))


def _task(item: Shapes, key: str, mode: str) -> Json:
    """<task> without labels, for an item that comes from elsewhere."""
    video, step = item.video, step_of(item)
    last = video.n_frames - 1 if video.n_frames > 0 else int(max(item.frame, default=0))
    size = [node("width", str(video.width)), node("height", str(video.height))]
    name = PurePath(video.uri).name
    ends = [node("id", key), node("start", "0"), node("stop", str(last // step)), node("url")]
    said = {
        "id": key, "name": name, "size": str(last // step + 1), "mode": mode, "overlap": "0",
        "bugtracker": "", "subset": "default", "start_frame": "0", "stop_frame": str(last),
        "frame_filter": f"step={step}" if step > 1 else "",
    }  # fmt: skip
    children = [node(tag, text) for tag, text in said.items()]
    children.append(node("segments", children=[node("segment", children=ends)]))
    if mode == "interpolation":
        children += [node("original_size", children=size), node("source", name)]
    return node("task", children=children)


def _labels(items: Sequence[Shapes]) -> Json:
    names: dict[str, Label] = {}
    for item in items:
        names = {label.name: label for label in item.labels} | names
    attributes = _attribute_names(items)
    below = [
        _label(label, _type(items, name), attributes.get(name, ())) for name, label in names.items()
    ]
    return node("labels", children=below)


def _label(label: Label, kind: str, attributes: Iterable[str]) -> Json:
    specs = [_attribute(name) for name in attributes]
    colour = [node("color", label.colour)] if label.colour else []
    kind = "polyline" if label.kind == "line" else kind
    below = [node("name", label.name), *colour, node("type", kind), node("attributes", children=specs)]
    return node("label", children=below)


def _attribute(name: str) -> Json:
    mutable = "False" if name == TRACK_ID else "True"
    said = {"name": name, "mutable": mutable, "input_type": "text", "default_value": "", "values": ""}
    return node("attribute", children=[node(tag, text) for tag, text in said.items()])


def _type(items: Iterable[Shapes], name: str) -> str:
    """CVAT's type of a label: that of its shapes, "any" where these differ or there are none."""
    kinds: set[int] = set()
    for item in items:
        index = [i for i, label in enumerate(item.labels) if label.name == name]
        kinds |= {
            k for k, i in zip(item.kind.tolist(), item.label_id.tolist(), strict=True) if i in index
        }
    return _TYPES[ShapeKind(kinds.pop())] if len(kinds) == 1 else "any"


def _attribute_names(items: Iterable[Shapes]) -> dict[str, dict[str, Any]]:
    """Names of the attributes that rows of each label have, in order of appearance."""
    found: dict[str, dict[str, Any]] = {}
    for item in items:
        names = [label.name for label in item.labels]
        for label_id, attributes in zip(item.label_id.tolist(), item.attributes, strict=True):
            if attributes:
                mine = found.setdefault(names[label_id], {})
                mine.update((k, None) for k in attributes)
    return found
