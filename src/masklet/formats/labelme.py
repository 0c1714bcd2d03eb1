"""LabelMe: one JSON a picture, drawings as polygons, boxes, lines, circles, points and small bitmaps.

Source: the files of labelme 3 to 5 (wkentaro/labelme) as it writes them. Coordinates are pixels from
the corner of the top-left pixel, as in `Shapes`. Keys that are not understood are kept and written
again: those of a shape in `Shapes.foreign[row]["labelme"]`, those of a file in
`Shapes.extra["labelme"]`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from masklet.core import DataError, Masks, Shapes, UsageError, Video
from masklet.core.protocols import Annotation
from masklet.formats import labelme_shapes
from masklet.formats.davis import video_folders
from masklet.formats.folders import writing_folder
from masklet.formats.frame_names import frame_stems, image_names, place, written_length
from masklet.formats.jsontext import as_kind, load_json, mentions, need, to_json, whole
from masklet.formats.losses import warn_dropped, warn_dropped_shapes, warn_loss
from masklet.formats.nouns import filled
from masklet.formats.segmentation import LARGEST_SIDE

VERSION = "5.5.0"
"""The version of labelme whose files these are."""
EXTRA = "labelme"
_FILE_KEYS = {"shapes", "imagePath", "imageData", "imageHeight", "imageWidth"}
KEEPS = ("groups", "object ids", "attributes")


@dataclass(frozen=True)
class LabelMe:
    """A folder of LabelMe JSON, or one.

    Args:
        draw: how masks are written: `auto` draws an exact outline where a mask is one part without
            holes and a bitmap where it is not; `polygon` and `mask` force one of them.
    """

    draw: Literal["auto", "polygon", "mask"] = "auto"

    def sniff(self, path: Path) -> bool:
        """A JSON with `shapes` and `imagePath`, or a folder whose first JSON is one."""
        try:
            first = min(path.glob("*.json"), default=None) if path.is_dir() else path
        except OSError:
            return False
        return first is not None and {"{", "shapes", "imagePath"} <= mentions(
            first, "shapes", "imagePath"
        )

    def read(self, path: Path, video: Video | None = None) -> list[Shapes]:
        """All files as one `Shapes` on an image set (the pictures in the order of the file names).

        With `video`, files are put on its frames by name. Raises `DataError` for what is not LabelMe.
        """
        files = sorted(path.glob("*.json")) if path.is_dir() else [path]
        if not files:
            raise DataError(f"{path} holds no JSON file; expected LabelMe annotations")
        data = [_checked(file) for file in files]
        lies_on, frames = _video_of(path, files, data, video)
        columns = labelme_shapes.Columns()
        for file, entry, frame in zip(files, data, frames, strict=True):
            for i, shape in enumerate(entry["shapes"]):
                columns.add(f"{file}, shape {i}", shape, frame)
        if any(entry.get("imageData") for entry in data):
            warn_loss("labelme", "pictures inside the files (imageData) are left out")
        kept = {frame: _unknown(entry) for frame, entry in zip(frames, data, strict=True)}
        extra = {EXTRA: {"frames": {str(frame): kept[frame] for frame in sorted(kept)}}}
        return [columns.shapes(lies_on, extra)]

    def write(self, items: Sequence[Annotation], path: Path) -> None:
        """One JSON for every frame with shapes, or that was read from one, or is declared complete.

        `path` is a folder; a name that ends in .json takes a video of one frame.
        """
        if self.draw not in ("auto", "polygon", "mask"):
            raise UsageError(f"labelme draws masks as auto, polygon or mask; found {self.draw!r}")
        with writing_folder(path, self.sniff) as beside:
            for item, folder in zip(items, video_folders(items, beside), strict=True):
                files = self._files(item)
                if path.suffix.lower() == ".json":
                    _write_single(files, items, folder)
                    continue
                folder.mkdir(parents=True)
                for name, data in files.items():
                    (folder / name).write_text(_text(data), encoding="utf-8")

    def _files(self, item: Annotation) -> dict[str, Any]:
        """File name and content for every frame to be written."""
        length = written_length(item.video, item.frame)
        names, images = frame_stems(item.video, length), image_names(item.video, length)
        known: dict[int, dict[str, Any]]
        if isinstance(item, Masks):
            warn_dropped(item, "labelme", ("labels", "object ids"))
            drawn = labelme_shapes.from_masks(item, self.draw)
            known = {int(frame): {} for frame in item.checked}
        else:
            warn_dropped_shapes(item, "labelme", KEEPS)
            drawn, known = labelme_shapes.from_shapes(filled(item)), _kept(item)
        written = sorted({*drawn, *known})
        if written and written[-1] >= len(names):
            raise DataError(f"frame {written[-1]} is past the end; expected 0..{len(names) - 1}")
        return {
            f"{names[frame]}.json": _file(
                drawn.get(frame, []), known.get(frame, {}), images[frame], item.video.size_wh(frame)
            )
            for frame in written
        }


def _write_single(files: Mapping[str, Any], items: Sequence[Annotation], path: Path) -> None:
    if len(items) != 1 or len(files) != 1:
        raise DataError(
            f"one LabelMe JSON holds one frame; found {len(files)}; give the name of a folder"
        )
    path.write_text(_text(next(iter(files.values()))), encoding="utf-8")


def _text(data: Mapping[str, Any]) -> str:
    """JSON with a line for every key and every shape: readable, and fast for outlines of many points."""
    lines = []
    for key, value in data.items():
        inner = to_json(value)
        if key == "shapes" and value:
            inner = "[\n" + ",\n".join(f"    {to_json(shape)}" for shape in value) + "\n  ]"
        lines.append(f"  {to_json(key)}: {inner}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _checked(path: Path) -> dict[str, Any]:
    data, where = load_json(path), str(path)
    need(where, data, "shapes", list)
    need(where, data, "imagePath", str)
    return as_kind(where, data, dict)


def _size(path: Path, data: dict[str, Any]) -> tuple[int, int] | None:
    if data.get("imageWidth") is None or data.get("imageHeight") is None:
        return None
    width = whole(f"{path}, 'imageWidth'", data["imageWidth"], 1, LARGEST_SIDE)
    return width, whole(f"{path}, 'imageHeight'", data["imageHeight"], 1, LARGEST_SIDE)


def _video_of(
    path: Path, files: Sequence[Path], data: Sequence[dict[str, Any]], video: Video | None
) -> tuple[Video, Sequence[int]]:
    sizes = [_size(file, entry) for file, entry in zip(files, data, strict=True)]
    if video is not None:
        frames = place([file.name for file in files], video, str(path)).frames
        for file, frame, size in zip(files, frames, sizes, strict=True):
            if size is not None and size != video.size_wh(frame):
                expected = video.size_wh(frame)
                raise DataError(
                    f"{file} is for {size[0]}x{size[1]} pixels but frame {frame} of {video.uri} is "
                    f"{expected[0]}x{expected[1]}; give the media of these annotations"
                )
        return video, frames
    if None in sizes:
        raise DataError(
            f"{files[sizes.index(None)]} has no imageWidth and imageHeight; give the media as well"
        )
    known = np.array(sizes, np.int32)
    mixed = bool(np.any(known != known[0]))
    names = tuple(entry["imagePath"].replace("\\", "/") for entry in data)
    width, height = map(int, known[0])
    made = Video(str(path), width, height, len(files), files=names, frame_sizes=known if mixed else None)
    return made, range(len(files))


def _unknown(data: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in data.items() if key not in _FILE_KEYS}


def _kept(shapes: Shapes) -> dict[int, dict[str, Any]]:
    said = shapes.extra.get(EXTRA, {})
    return {int(frame): dict(keys) for frame, keys in said.get("frames", {}).items()}


def _file(
    drawn: list[dict[str, Any]], known: Mapping[str, Any], image: str, size_wh: tuple[int, int]
) -> dict[str, Any]:
    start = {"version": VERSION, "flags": {}} | dict(known)
    return start | {
        "shapes": drawn,
        "imagePath": image,
        "imageData": None,
        "imageHeight": size_wh[1],
        "imageWidth": size_wh[0],
    }
