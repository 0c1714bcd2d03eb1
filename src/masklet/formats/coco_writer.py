"""Masks to COCO JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from masklet.core import DataError, Flags, Masks
from masklet.core.arrays import Int64s
from masklet.formats.categories import write_categories
from masklet.formats.frame_names import image_names, stems, written_length
from masklet.formats.jsontext import dump_json, load_json, need
from masklet.formats.losses import kept_flags, warn_dropped, warn_loss
from masklet.formats.outlines import outlines
from masklet.formats.segmentation import rle_of
from masklet.ops import table

KEEPS = ("labels", "label colours", "object ids", "scores", "empty masks")


class _Ids(NamedTuple):
    """Which ids a file uses."""

    images: list[dict[str, Any]]
    image_of: dict[int, int]
    categories: list[dict[str, Any]]
    category_of: Int64s


def write(masks: Masks, path: Path, polygons: bool, results: bool, like: Path | None) -> None:
    """Write one image set; arguments as the options of `Coco`."""
    plain = kept_flags(masks, Flags(0) if results else Flags.CROWD)
    warn_dropped(masks, "coco", plain | set(KEEPS) - ({"label colours"} if results else set()))
    ids = _own_ids(masks) if like is None else _ids_like(masks, like)
    annotations = _annotations(masks, ids, polygons)
    if results:
        dump_json([_result(entry) for entry in annotations], path)
        if np.any(np.isnan(masks.score)):
            warn_loss("coco", "results need scores; masks without one are written with score 1")
        return
    about = {"description": f"{masks.video.uri}, written by masklet"}
    dump_json(
        {"info": about, "images": ids.images, "annotations": annotations, "categories": ids.categories},
        path,
    )


def _own_ids(masks: Masks) -> _Ids:
    n_frames = written_length(masks.video, masks.frame)
    names = image_names(masks.video, n_frames)
    images = [_image(frame + 1, name, masks.video.size_wh(frame)) for frame, name in enumerate(names)]
    categories, (category_of,) = write_categories([masks])
    return _Ids(images, {frame: frame + 1 for frame in range(n_frames)}, categories, category_of)


def _image(key: int, name: str, size_wh: tuple[int, int]) -> dict[str, Any]:
    return {"id": key, "file_name": name, "width": size_wh[0], "height": size_wh[1]}


def _ids_like(masks: Masks, like: Path) -> _Ids:
    reference = load_json(like)
    images = need(str(like), reference, "images", list)
    categories = need(str(like), reference, "categories", list)
    names = [need(f"{like}, image {i}", image, "file_name", str) for i, image in enumerate(images)]
    id_of = {stem: image["id"] for stem, image in zip(stems(names), images, strict=True)}
    n_frames = written_length(masks.video, masks.frame)
    mine = stems(image_names(masks.video, n_frames))
    for frame in masks.frames:
        if mine[frame] not in id_of:
            raise DataError(f"{like} lists no image called {mine[frame]} (frame {frame}); expected all")
    by_name = {need(f"{like}, a category", entry, "name", str): entry["id"] for entry in categories}
    used = {masks.labels[i].name for i in np.unique(masks.label_id)} if len(masks) else set()
    if used - by_name.keys():
        raise DataError(f"{like} has no category {sorted(used - by_name.keys())[0]!r}; rename the label")
    category_of = np.array([by_name.get(label.name, -1) for label in masks.labels], np.int64)
    image_of = {frame: id_of[stem] for frame, stem in enumerate(mine) if stem in id_of}
    return _Ids(images, image_of, categories, category_of)


def _annotations(masks: Masks, ids: _Ids, polygons: bool) -> list[dict[str, Any]]:
    areas, boxes = table.areas(masks), table.boxes(masks)
    holes = 0
    entries = []
    for row in range(len(masks)):
        frame = int(masks.frame[row])
        x0, y0, x1, y1 = (int(v) for v in boxes[row])
        entry: dict[str, Any] = {
            "id": row + 1,
            "image_id": ids.image_of[frame],
            "category_id": int(ids.category_of[masks.label_id[row]]),
            "bbox": [x0, y0, x1 - x0, y1 - y0],
            "area": int(areas[row]),
            "iscrowd": int(bool(masks.flags[row] & Flags.CROWD)),
        }
        size = masks.video.size_wh(frame)
        if polygons:
            drawn = outlines(masks.row_runs(row), size)
            holes += drawn.holes
            entry["segmentation"] = [[float(v) for v in ring.ravel()] for ring in drawn.rings]
        else:
            entry["segmentation"] = rle_of(masks.row_runs(row), size)
        entries.append(entry | _optional(masks, row))
    if holes:
        warn_loss(
            "coco", f"polygons cannot hold holes; {holes} holes are filled; write RLE to keep them"
        )
    return entries


def _optional(masks: Masks, row: int) -> dict[str, Any]:
    extra: dict[str, Any] = {}
    if masks.object_id[row] >= 0:
        extra["track_id"] = int(masks.object_id[row])
    if np.isfinite(masks.score[row]):
        extra["score"] = float(masks.score[row])
    return extra


def _result(entry: dict[str, Any]) -> dict[str, Any]:
    keys = ("image_id", "category_id", "segmentation", "bbox")
    track = {"track_id": entry["track_id"]} if "track_id" in entry else {}
    return {key: entry[key] for key in keys} | {"score": entry.get("score", 1.0)} | track
