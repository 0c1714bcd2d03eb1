"""Plain mask pictures: binary PNG (0 and 255, or 0 and 1), or 8- and 16-bit PNG and TIFF of ids.

No palette and no standard: the layout that most scripts write. A folder holds one picture a frame.
Folders inside it are either objects (named `1`, `mouse_2`: a label and an id) or videos.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from masklet.core import DataError, Label, Masks, Origin, Video
from masklet.core.protocols import Annotation
from masklet.formats import png
from masklet.formats.davis import stable_ids, video_folders
from masklet.formats.folders import writing_folder
from masklet.formats.frame_names import frame_stems, written_length
from masklet.formats.grey import meanings
from masklet.formats.idmaps import paint
from masklet.formats.losses import PLAIN_LABEL, warn_dropped, warn_loss
from masklet.formats.mask_folder import (
    Found,
    Pictures,
    choose_video,
    folders_in,
    pictures_in,
    read_pictures,
    sample_kind,
)
from masklet.formats.nouns import as_masks
from masklet.ops.table import Row, build

Layout = Literal["auto", "binary", "ids"]
_OBJECT = re.compile(r"(?:(.+)_)?(\d{1,9})")


@dataclass(frozen=True)
class PngMasks:
    """Folders of plain mask pictures; also a single picture.

    Args:
        ids: reading grey pictures: True takes every value as an id, False only accepts binary
            masks, None decides by the rule of `masklet.formats.grey.meanings`.
        fit: reading: bring pictures of another size to the frame's size (nearest neighbour).
        layout: writing: `ids` is one 16-bit picture a frame; `binary` is 0 and 255, in a folder per
            object (`<label>_<id>`) where there are several; `auto` is `binary`.
    """

    ids: bool | None = None
    fit: bool = False
    layout: Layout = "auto"

    def sniff(self, path: Path) -> bool:
        """A PNG or TIFF that is not palette, or a folder whose first picture is one."""
        return sample_kind(path) in ("grey", "wide", "colour")

    def read(self, path: Path, video: Video | None = None) -> list[Masks]:
        """Masks of one video, or of every subfolder that is a video.

        Frames: see `masklet.formats.frame_names.place`. Raises `DataError` for a grey-level mask, a
        colour picture, a damaged one, or one of the wrong size.
        """
        inner = [] if pictures_in(path) else folders_in(path)
        if not inner:
            return [self._read_flat(path, video)]
        if all(is_object_folder(folder) for folder in inner):
            return [self._read_objects(path, inner, video)]
        return [self._read_flat(folder, known) for folder, known in choose_video(inner, video)]

    def _read_flat(self, folder: Path, video: Video | None) -> Masks:
        pictures = read_pictures(pictures_in(folder), video, folder, self.fit)
        rows = _rows(pictures.found, meanings(pictures.found, folder, self.ids), 0)
        return build(pictures.video, (Label(PLAIN_LABEL),), rows)

    def _read_objects(self, root: Path, folders: Sequence[Path], video: Video | None) -> Masks:
        names = sorted({_name_and_id(folder)[0] for folder in folders})
        rows: list[Row] = []
        parts = [read_pictures(pictures_in(f), video, f, self.fit) for f in folders]
        for folder, part in zip(folders, parts, strict=True):
            name, object_id = _name_and_id(folder)
            meaning = meanings(part.found, folder, ids=False)
            rows += _rows(part.found, dict.fromkeys(meaning, object_id), names.index(name))
        return build(_common_video(root, parts, video), tuple(map(Label, names)), rows)

    def write(self, items: Sequence[Annotation], path: Path) -> None:
        """One picture for every frame of the video (and object), empty ones too.

        Binary folders keep overlap; ids do not (`LossWarning`, the higher id wins).
        """
        if self.layout not in ("auto", "binary", "ids"):
            raise DataError(f"png layout {self.layout!r}; expected auto, binary or ids")
        masks = [as_masks(item, "png") for item in items]
        with writing_folder(path, self.sniff) as beside:
            if path.suffix.lower() == ".png":
                _write_single(masks, beside, self.layout)
                return
            for item, folder in zip(masks, video_folders(masks, beside), strict=True):
                folder.mkdir(parents=True)
                _write_folder(item, folder, self.layout)


def is_object_folder(folder: Path) -> bool:
    """Whether a folder is named like one object of a video, `<label>_<id>` or `<id>`."""
    return _OBJECT.fullmatch(folder.name) is not None


def _name_and_id(folder: Path) -> tuple[str, int]:
    match = _OBJECT.fullmatch(folder.name)
    if match is None:
        raise DataError(f"{folder} is not named like an object; expected <label>_<id>, as mouse_1")
    return match[1] or PLAIN_LABEL, int(match[2])


def _rows(found: Sequence[Found], meaning: dict[int, int], label_id: int) -> list[Row]:
    return [
        Row(one.frame, meaning[one.value], label_id, one.runs, origin=Origin.IMPORTED)
        for one in found
        if one.value in meaning
    ]


def _common_video(root: Path, parts: Sequence[Pictures], video: Video | None) -> Video:
    if video is not None:
        return video
    longest = max((part.video for part in parts), key=lambda one: one.n_frames)
    for part in parts:
        if (part.video.width, part.video.height) != (longest.width, longest.height):
            raise DataError(
                f"{part.video.uri} is {part.video.width}x{part.video.height} and {longest.uri} is "
                f"{longest.width}x{longest.height}; expected one size for all objects of a video"
            )
    return replace(longest, uri=str(root))


def _write_single(masks: Sequence[Masks], path: Path, layout: Layout) -> None:
    if len(masks) != 1 or written_length(masks[0].video, masks[0].frame) != 1:
        raise DataError("one PNG holds one frame; give the name of a folder for a whole video")
    if layout == "ids" or len(masks[0]) > 1:
        _write_ids(masks[0], [path])
    else:
        warn_dropped(masks[0], "png", ())
        _write_binary(masks[0], [path])


def _write_folder(masks: Masks, folder: Path, layout: Layout) -> None:
    names = frame_stems(masks.video, written_length(masks.video, masks.frame))
    files = [f"{name}.png" for name in names]
    if layout == "ids":
        _write_ids(masks, [folder / name for name in files])
        return
    objects = masks.objects
    if len(objects) <= 1 and not np.any(objects < 0):
        warn_dropped(masks, "png", ("object ids",) if np.array_equal(objects, [1]) else ())
        _write_binary(masks, [folder / name for name in files])
        return
    warn_dropped(masks, "png", ("labels", "object ids"))
    numbered = masks.replace(object_id=stable_object_ids(masks))
    whose = np.stack([numbered.object_id, numbered.label_id], axis=1)
    for object_id, label_id in np.unique(whose, axis=0):
        mine = numbered.take((numbered.object_id == object_id) & (numbered.label_id == label_id))
        inner = folder / _object_folder(mine)
        inner.mkdir()
        _write_binary(mine, [inner / name for name in files])


def stable_object_ids(masks: Masks) -> np.ndarray:
    """Object ids where rows without one are numbered; 0 stays, since a folder can be called 0."""
    if not np.any(masks.object_id == 0):
        return stable_ids(masks, 2**31 - 2, "png")
    raised = np.where(masks.object_id >= 0, masks.object_id + 1, -1)
    return stable_ids(masks.replace(object_id=raised), 2**31 - 1, "png") - 1


def _object_folder(mine: Masks) -> str:
    name = re.sub(r"[^\w.-]+", "-", mine.label_of(0).name).strip(".") or PLAIN_LABEL
    if name != mine.label_of(0).name:
        warn_loss(
            "png", f"label {mine.label_of(0).name!r} is written as {name!r} to serve as a folder name"
        )
    return f"{name}_{mine.object_id[0]}"


def _write_binary(masks: Masks, targets: Sequence[Path]) -> None:
    bounds = np.searchsorted(masks.frame, np.arange(len(targets) + 1))
    for frame, target in enumerate(targets):
        rows = masks.take(slice(int(bounds[frame]), int(bounds[frame + 1])))
        painted = paint(rows, np.full(len(rows), 255, np.int32), masks.video.size_wh(frame))
        png.write_grey(painted.ids.astype(np.uint8), target)


def _write_ids(masks: Masks, targets: Sequence[Path]) -> None:
    warn_dropped(masks, "png", ("object ids",))
    ids = stable_ids(masks, 2**16 - 1, "png")
    bounds = np.searchsorted(masks.frame, np.arange(len(targets) + 1))
    overlap = 0
    for frame, target in enumerate(targets):
        rows = slice(int(bounds[frame]), int(bounds[frame + 1]))
        painted = paint(masks.take(rows), ids[rows], masks.video.size_wh(frame))
        overlap += painted.overlap
        png.write_grey(painted.ids, target)
    if overlap:
        warn_loss("png", f"masks overlap on {overlap} pixels; the higher object id is kept there")
