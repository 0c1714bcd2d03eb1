"""Whole CVAT XML files, written: blocks of shapes in the order of the file that they came from."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TextIO

import numpy as np

from masklet.core import Flags, ShapeKind, Shapes, UsageError
from masklet.core.atomic import writing
from masklet.core.protocols import Annotation
from masklet.formats.cvat_elements import Elements
from masklet.formats.cvat_masks import Kind, drawn
from masklet.formats.cvat_newmeta import TRACK_ID, first_of, meta_of, own, step_of
from masklet.formats.cvat_nodes import Json, lines, opening
from masklet.formats.cvat_rows import FORMAT, IMAGES, VIDEO
from masklet.formats.cvat_zip import MEMBER
from masklet.formats.losses import warn_loss

UNPLACED = 1 << 62


class Block(NamedTuple):
    """A child of the root: its place in the file that it came from, and what makes its lines."""

    at: int
    lines: Callable[[], list[str]]


def write_video(items: Sequence[Annotation], path: Path, tracks: Kind) -> None:
    """Write `items` as CVAT for video 1.1; `tracks` says how masks are drawn ("mask", "polygon")."""
    shapes = [_trackable(drawn(item, tracks)) for item in items]
    _check(shapes, path)
    meta, keys = meta_of(shapes, "interpolation")
    fresh = 1 + max((track for item in shapes for track in _track_ids(item)), default=-1)
    blocks: list[Block] = []
    for item, key in zip(shapes, keys, strict=True):
        made = _Tracks(item, key, fresh)
        blocks += made.blocks()
        fresh = made.fresh
    _write(path, shapes, meta, blocks)


def _trackable(item: Shapes) -> Shapes:
    """The rows that can stand in tracks; what CVAT for video cannot hold is named."""
    tags = item.kind == ShapeKind.TAG
    if np.any(tags):
        warn_loss(
            "CVAT for video", f"cannot hold tags of frames; {np.count_nonzero(tags)} are not written"
        )
    if item.video.files:
        warn_loss("CVAT for video", "cannot hold names and sizes of single images; not written")
    return item.take(~tags) if np.any(tags) else item


def _track_ids(item: Shapes) -> Iterable[int]:
    yield from item.tracks
    yield from np.unique(item.track_id).tolist()
    for foreign in item.foreign:
        if "#track" in foreign.get(FORMAT, {}):
            yield foreign[FORMAT]["#track"]["id"]


def write_images(items: Sequence[Annotation], path: Path) -> None:
    """Write `items` as CVAT for images 1.1."""
    shapes = [drawn(item, "mask") for item in items]
    _check(shapes, path)
    meta, keys = meta_of(shapes, "annotation")
    blocks = [b for item, key in zip(shapes, keys, strict=True) for b in _Images(item, key).blocks()]
    _write(path, shapes, meta, blocks)


def _check(shapes: Sequence[Shapes], path: Path) -> None:
    if not shapes:
        raise UsageError(f"nothing to write to {path}: expected at least one Masks or Shapes")


def _write(path: Path, items: Sequence[Shapes], meta: Json, blocks: list[Block]) -> None:
    kept = own(items[0])
    asides = [Block(a["at"], partial(lines, _without(a, "at"), 1)) for a in kept.get("asides", ())]
    head = ['<?xml version="1.0" encoding="utf-8"?>']
    head.append(opening("annotations", kept.get("root", {}).items()))
    head.append(f"  <version>{kept.get('version', '1.1')}</version>")
    with writing(path) as beside, _stream(beside, path) as stream:
        stream.write("\n".join(head + lines(meta, 1)) + "\n")
        for block in sorted(blocks + asides, key=lambda block: block.at):
            stream.write("\n".join([*block.lines(), ""]))
        stream.write("</annotations>\n")


@contextmanager
def _stream(beside: Path, path: Path) -> Iterator[TextIO]:
    """Text into the file `beside`, or into annotations.xml of a zip where `path` is called so."""
    if path.suffix.lower() != ".zip":
        with beside.open("w", encoding="utf-8", newline="\n") as stream:
            yield stream
        return
    info = zipfile.ZipInfo(MEMBER)
    info.compress_type = zipfile.ZIP_DEFLATED
    with (
        zipfile.ZipFile(beside, "w") as archive,
        archive.open(info, "w", force_zip64=True) as member,
        io.TextIOWrapper(member, encoding="utf-8", newline="\n") as stream,
    ):
        yield stream


def _without(element: Mapping[str, Any], *names: str) -> Json:
    return {key: value for key, value in element.items() if key not in names}


def _block(
    start: str, make: Callable[[], list[list[str]]], kept: Mapping[str, Any], tag: str
) -> list[str]:
    """A block's lines: its children, with what was kept of unknown ones put back in place."""
    children = make()
    for index, element in kept.get("elements", ()):
        children.insert(index, lines(element, 2))
    return [f"  {start}", *(line for child in children for line in child), f"  </{tag}>"]


class _Tracks:
    """<track> elements of one item; `fresh` is the next track id that is free."""

    def __init__(self, item: Shapes, key: str, fresh: int) -> None:
        self.item, self.key, self.fresh = item, key, fresh
        self.elements = Elements(item, VIDEO)
        self.step = step_of(item)
        self.used: set[int] = set()
        self.last = item.video.n_frames - 1 if item.video.n_frames >= 0 else UNPLACED

    def blocks(self) -> list[Block]:
        """Tracks as the file had them, then new ones, then single shapes as tracks of their own."""
        rows: dict[int, list[int]] = {track: [] for track in self.item.tracks}
        for row, track in enumerate(self.elements.track_id):
            if track >= 0:
                rows.setdefault(track, []).append(row)
        out = [self._track(track, mine) for track, mine in rows.items()]
        single = [row for row, track in enumerate(self.elements.track_id) if track < 0]
        drawings = [row for row in single if self.item.kind[row] != ShapeKind.MASK]
        if drawings:
            warn_loss("CVAT for video", f"{len(drawings)} single shapes become tracks of one frame each")
        self.used = set(rows)
        return out + [self._single(row) for row in single]

    def _track(self, track: int, rows: Sequence[int]) -> Block:
        kept: Mapping[str, Any] = self.item.tracks.get(track, {}).get(FORMAT, {})
        names = {self.elements.label[row] for row in rows}
        if len(names) > 1:
            warn_loss("CVAT for video", f"track {track} has {len(names)} labels; the first is written")
        label = self.elements.label[rows[0]] if rows else kept.get("label")
        if label is None:
            return Block(UNPLACED, list)
        group = self.elements.group[rows[0]] if rows else kept.get("group", 0)
        keyed = bool(kept) or any(self.elements.flags[row] & Flags.KEYFRAME for row in rows)
        changes = {} if keyed else {"keyframe": "1"}
        start = self._start(track, label, group, kept.get("attributes"))
        children = partial(self._rows, [(row, changes, -1) for row in rows])
        return Block(kept.get("at", UNPLACED), partial(_block, start, children, kept, "track"))

    def _single(self, row: int) -> Block:
        """CVAT has only tracks here: one frame long, and outside from the next frame on."""
        own: Mapping[str, Any] = self.item.foreign[row].get(FORMAT, {})
        source = {"source": own.get("source", "manual")}
        kept: Mapping[str, Any] = own.get("#track", {"attributes": source})
        rows = [(row, {"keyframe": "1"}, -1)]
        after = self.elements.frame[row] + self.step
        if kept.get("closed", after <= self.last):
            rows.append((row, {"keyframe": "1", "outside": "1"}, after))
        track = kept.get("id", self.fresh)
        if track in self.used:
            track = self.fresh
        self.fresh = max(self.fresh, track + 1)
        self.used.add(track)
        label, group = self.elements.label[row], self.elements.group[row]
        start = self._start(track, label, group, kept["attributes"])
        children = partial(self._rows, rows)
        return Block(kept.get("at", UNPLACED), partial(_block, start, children, kept, "track"))

    def _start(self, track: int, label: str, group: int, attributes: Mapping[str, str] | None) -> str:
        said = {"id": str(track), "label": label, **(attributes or {})}
        if attributes is None:
            said["source"] = "manual"
        if self.key:
            said["task_id"] = self.key
        if group:
            said["group_id"] = str(group)
        return opening("track", said.items())

    def _rows(self, rows: Iterable[tuple[int, Mapping[str, str], int]]) -> list[list[str]]:
        """Lines of rows given as (row, what to write instead of its own, frame or -1)."""
        attributes, make = self.item.attributes, self.elements.lines
        return [make(row, attributes[row], frame, **changes) for row, changes, frame in rows]


class _Images:
    """<image> elements of one item."""

    def __init__(self, item: Shapes, key: str) -> None:
        self.item, self.key = item, key
        self.elements = Elements(item, IMAGES)
        if np.any(item.track_id >= 0):
            warn_loss(
                "CVAT for images",
                "cannot hold tracks: identity goes into the attribute track_id; what is a keyframe, "
                "and where a track is outside, is not written",
            )
        self.rows: dict[int, list[int]] = {}
        for row in np.flatnonzero(item.flags & Flags.OUTSIDE == 0).tolist():
            self.rows.setdefault(self.elements.frame[row], []).append(row)

    def blocks(self) -> list[Block]:
        """Images as the file had them, then those that it did not have."""
        kept: Sequence[Json] = own(self.item).get("images", ())
        out = [self._image(image["frame"], image) for image in kept]
        known = {image["frame"] for image in kept}
        n, step = self.item.video.n_frames, step_of(self.item)
        every = range(first_of(self.item), n, step)
        wanted: set[int] = {*self.rows} if kept or n < 0 else {*self.rows, *every}
        out += [self._image(frame, {}) for frame in sorted(wanted - known)]
        return out

    def _image(self, frame: int, kept: Mapping[str, Any]) -> Block:
        said = dict(kept.get("attributes", {})) or self._said(frame)
        if self.key:
            said["task_id"] = self.key
        children = partial(self._rows, self.rows.get(frame, ()))
        start = opening("image", said.items())
        return Block(kept.get("at", UNPLACED), partial(_block, start, children, kept, "image"))

    def _said(self, frame: int) -> dict[str, str]:
        video = self.item.video
        w, h = video.size_wh(frame)
        name = video.files[frame] if video.files else f"frame_{frame:06d}"
        return {"id": str(frame), "name": name, "width": str(w), "height": str(h)}

    def _rows(self, rows: Iterable[int]) -> list[list[str]]:
        return [self._row(row) for row in rows]

    def _row(self, row: int) -> list[str]:
        elements, attributes = self.elements, self.item.attributes[row]
        track = elements.track_id[row]
        if track >= 0 and TRACK_ID not in attributes:
            attributes = dict(attributes) | {TRACK_ID: str(track)}
        return elements.lines(row, attributes)
