"""COCO instances: one JSON for a set of images, and the list of results that scorers take.

Source: cocodataset.org/#format-data and #format-results. An image set is one video whose frames are
the images in the order of the file. Track ids, which COCO does not know, are read from the keys that
tools use for them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from masklet.core import DataError, Flags, Label, Masks, Origin, UsageError, Video
from masklet.core.protocols import Annotation
from masklet.formats import coco_writer
from masklet.formats.categories import Index, read_categories, unnamed
from masklet.formats.frame_names import place, stem_index, stems
from masklet.formats.jsontext import as_kind, load_json, mentions, need, numbers, whole
from masklet.formats.losses import warn_loss
from masklet.formats.nouns import as_masks
from masklet.formats.segmentation import rings_to_runs, runs_of, size_of
from masklet.ops.table import Row, build

TRACK_KEYS = ("track_id", "instance_id", "object_id")
_KNOWN = {
    "id",
    "image_id",
    "category_id",
    "segmentation",
    "area",
    "bbox",
    "iscrowd",
    "score",
    *TRACK_KEYS,
}
_KNOWN_OF_IMAGE = {"id", "width", "height", "file_name"}


class _Images(NamedTuple):
    video: Video
    frame_of: Mapping[int, int]


@dataclass(frozen=True)
class Coco:
    """COCO instance segmentation.

    Args:
        boxes: reading: annotations that have a box and no mask become filled rectangles; without
            it they are left out.
        crowd: reading: regions marked `iscrowd` become rows flagged `Flags.CROWD`; without it they
            are left out, since one of them covers many objects.
        polygons: writing: outlines instead of run lengths; holes are lost.
        results: writing: the bare list of results, with scores.
        like: a COCO file whose image and category ids are the truth: for reading results and for
            writing what a scorer compares with that file.
    """

    boxes: bool = False
    crowd: bool = False
    polygons: bool = False
    results: bool = False
    like: str | Path | None = None

    def sniff(self, path: Path) -> bool:
        """A JSON of images and annotations (not panoptic, not of videos), or a list of results."""
        found = mentions(
            path,
            "images",
            "annotations",
            "videos",
            "segments_info",
            "image_id",
            "segmentation",
            "category_id",
        )
        if "[" in found:
            return {"image_id", "category_id", "segmentation"} <= found
        return {"images", "annotations"} <= found and not {"videos", "segments_info"} & found

    def read(self, path: Path, video: Video | None = None) -> list[Masks]:
        """All annotations as one `Masks`; frames are the images in the order of the file.

        With `video`, images are put on its frames by file name. Rows with a score have origin
        `predicted`, others `imported`. Keys that have no place in `Masks` are named by a
        `LossWarning`. Raises `DataError` for what is not COCO.
        """
        data = load_json(path)
        if isinstance(data, list):
            return [self._read_results(path, data, video)]
        where = str(path)
        images = need(where, data, "images", list)
        entries = need(where, data, "annotations", list)
        categories = as_kind(f"{where}, 'categories'", data.get("categories", []), list)
        labels, index = read_categories(where, categories)
        placed = _images(where, images, video)
        _warn_keys(entries, images)
        return [self._build(where, entries, placed, labels, index)]

    def _read_results(self, path: Path, entries: list[Any], video: Video | None) -> Masks:
        where = str(path)
        if self.like is not None:
            reference = load_json(Path(self.like))
            labels, index = read_categories(
                str(self.like), need(str(self.like), reference, "categories", list)
            )
            placed = _images(str(self.like), need(str(self.like), reference, "images", list), video)
        elif video is not None and video.files:
            ids = (need(f"{where}, result {i}", e, "category_id", int) for i, e in enumerate(entries))
            labels, index = unnamed(ids)
            placed = _Images(video, _numbers_of_files(video))
        else:
            raise UsageError(
                f"{where} is a list of COCO results: it has image ids but no images; give the COCO file "
                "that lists them with the option like, or the folder of images as media"
            )
        _warn_keys(entries, [])
        return self._build(where, entries, placed, labels, index)

    def _build(
        self, where: str, entries: list[Any], images: _Images, labels: tuple[Label, ...], index: Index
    ) -> Masks:
        rows: list[Row] = []
        left_out = {"crowd": 0, "box": 0, "empty": 0}
        for i, entry in enumerate(entries):
            place = f"{where}, annotation {i}"
            if entry_is_crowd(place, entry) and not self.crowd:
                left_out["crowd"] += 1
                continue
            row = self._row(place, entry, images, index)
            if row is None:
                left_out["box" if _has_box(entry) else "empty"] += 1
            else:
                rows.append(row)
        _warn_left_out(left_out)
        return build(images.video, labels, rows)

    def _row(self, where: str, entry: Any, images: _Images, index: Index) -> Row | None:
        image = need(where, entry, "image_id", int)
        category = need(where, entry, "category_id", int)
        if image not in images.frame_of:
            raise DataError(f"{where} is on image {image}, which the file does not list")
        if category not in index:
            raise DataError(f"{where} has category {category}, which the file does not list")
        frame = images.frame_of[image]
        size = images.video.size_wh(frame)
        runs = None
        if entry.get("segmentation"):
            runs = runs_of(where, entry["segmentation"], size)
        elif self.boxes and _has_box(entry):
            runs = _filled_box(where, entry["bbox"], size)
        if runs is None:
            return None
        score, origin = score_of(where, entry)
        return Row(
            frame,
            track_of(where, entry),
            index[category],
            runs,
            score=score,
            origin=origin,
            flags=Flags.CROWD if entry_is_crowd(where, entry) else 0,
        )

    def write(self, items: Sequence[Annotation], path: Path) -> None:
        """One JSON: every frame an image (`id` = frame + 1), every row an annotation with RLE.

        Object ids go into `track_id`, scores into `score`, label colours into `color`, the flag
        `CROWD` into `iscrowd`. One video a file. See the options for polygons, results, and the ids
        of another file.
        """
        if len(items) != 1:
            raise UsageError(
                f"coco holds one image set a file; found {len(items)} videos; write them one by one, or "
                "all to ytvis"
            )
        coco_writer.write(
            as_masks(items[0], "coco"),
            path,
            self.polygons,
            self.results,
            Path(self.like) if self.like else None,
        )


def entry_is_crowd(where: str, entry: Any) -> bool:
    """Does the annotation mark a crowd (a region of many objects)?"""
    if not isinstance(entry, dict):
        raise DataError(f"{where}: found {type(entry).__name__}; expected an object")
    return bool(entry.get("iscrowd"))


def track_of(where: str, entry: Mapping[str, Any]) -> int:
    """The object id that an annotation names under one of the usual keys; -1 where it names none."""
    inner = entry.get("attributes")
    for holder in (entry, inner if isinstance(inner, dict) else {}):
        for key in TRACK_KEYS:
            if holder.get(key) is not None:
                return whole(f"{where}, {key!r}", holder[key], -1)
    return -1


def score_of(where: str, entry: Mapping[str, Any]) -> tuple[float, Origin]:
    """(score, origin) of an annotation: one with a score was predicted, by whatever."""
    if entry.get("score") is None:
        return float("nan"), Origin.IMPORTED
    score = float(as_kind(f"{where}, 'score'", entry["score"], (int, float)))
    if not 0 <= score <= 1:
        raise DataError(f"{where} has score {score}; expected 0..1")
    return score, Origin.PREDICTED


def _images(where: str, entries: list[Any], video: Video | None) -> _Images:
    if not entries:
        raise DataError(f"{where} lists no images; expected at least one")
    ids = [need(f"{where}, image {i}", entry, "id", int) for i, entry in enumerate(entries)]
    if len(set(ids)) != len(ids):
        raise DataError(f"{where} lists an image id twice; expected every id once")
    names = [need(f"{where}, image {i}", entry, "file_name", str) for i, entry in enumerate(entries)]
    if video is not None:
        frames = place(names, video, where).frames
        for frame, entry in zip(frames, entries, strict=True):
            size = size_of(f"{where}, image {entry['file_name']}", entry)
            if size != video.size_wh(frame):
                raise DataError(
                    f"{where}: image {entry['file_name']} is {size[0]}x{size[1]} but frame {frame} of "
                    f"{video.uri} is {video.size_wh(frame)[0]}x{video.size_wh(frame)[1]}"
                )
        return _Images(video, dict(zip(ids, frames, strict=True)))
    sizes = np.array(
        [size_of(f"{where}, image {i}", entry) for i, entry in enumerate(entries)], np.int32
    )
    mixed = bool(np.any(sizes != sizes[0]))
    width, height = map(int, sizes[0])
    made = Video(
        where, width, height, len(ids), files=tuple(names), frame_sizes=sizes if mixed else None
    )
    return _Images(made, {key: frame for frame, key in enumerate(ids)})


def _numbers_of_files(video: Video) -> dict[int, int]:
    """Frame by the number that an image is called, as COCO names its images by id."""
    index = stem_index(video)
    if not all(stem.isdecimal() for stem in stems(video.files)):
        raise UsageError(
            f"the images of {video.uri} are not named by number, so results cannot be matched to them; "
            "give the COCO file that lists them with the option like"
        )
    return {int(stem): frame for stem, frame in index.items()}


def _has_box(entry: Mapping[str, Any]) -> bool:
    return isinstance(entry.get("bbox"), list) and len(entry["bbox"]) == 4


def _filled_box(where: str, box: list[Any], size_wh: tuple[int, int]) -> Any:
    x, y, w, h = (float(v) for v in numbers(f"{where}, 'bbox'", box))
    x0, y0 = np.clip([x, y], 0, size_wh)
    x1, y1 = np.clip([x + w, y + h], 0, size_wh)
    return rings_to_runs([[x0, y0, x1, y0, x1, y1, x0, y1]], size_wh)


def _warn_keys(entries: Sequence[Any], images: Sequence[Any]) -> None:
    lost = {key for entry in entries if isinstance(entry, dict) for key in entry} - _KNOWN
    of_images = {key for entry in images if isinstance(entry, dict) for key in entry} - _KNOWN_OF_IMAGE
    if lost:
        warn_loss("coco", f"keys of annotations that masks cannot hold: {', '.join(sorted(lost))}")
    if of_images:
        warn_loss("coco", f"keys of images that masks cannot hold: {', '.join(sorted(of_images))}")


def _warn_left_out(left_out: Mapping[str, int]) -> None:
    if left_out["crowd"]:
        warn_loss("coco", f"{left_out['crowd']} crowd regions left out; the option crowd keeps them")
    if left_out["box"]:
        warn_loss("coco", f"{left_out['box']} boxes without mask left out; the option boxes fills them")
    if left_out["empty"]:
        warn_loss("coco", f"{left_out['empty']} annotations without mask or box left out")
