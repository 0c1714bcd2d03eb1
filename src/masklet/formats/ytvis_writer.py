"""Masks of videos to YouTube-VIS JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from masklet.core import DataError, Flags, Masks
from masklet.core.arrays import Int64s
from masklet.formats.categories import write_categories
from masklet.formats.frame_names import image_names, written_length
from masklet.formats.jsontext import dump_json
from masklet.formats.losses import kept_flags, warn_dropped, warn_loss
from masklet.formats.segmentation import rle_of
from masklet.ops import table

KEEPS = ("labels", "label colours", "object ids", "empty masks")


class _Track(NamedTuple):
    object_id: int
    rows: Int64s


def write(items: Sequence[Masks], path: Path, results: bool) -> None:
    """Write all videos to one JSON: annotations, or with `results` the list that scorers take."""
    categories, category_of = write_categories(items)
    videos: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    given = 0
    for i, masks in enumerate(items):
        keeps = {*KEEPS, "scores"} if results else {*KEEPS, *kept_flags(masks, Flags.CROWD)}
        warn_dropped(masks, "ytvis", keeps)
        entry = _video(i + 1, masks)
        videos.append(entry)
        for track in _tracks(masks):
            row = int(track.rows[0])
            about: dict[str, Any] = {
                "id": len(annotations) + 1,
                "video_id": i + 1,
                "category_id": int(category_of[i][masks.label_id[row]]),
            }
            annotations.append(about | _track(masks, track, entry["length"], results))
            given += results and bool(np.all(np.isnan(masks.score[track.rows])))
        _warn(masks, results)
    if given:
        warn_loss("ytvis", f"results need scores; {given} tracks without one are written with score 1")
    if results:
        dump_json([_without(entry, "id", "bboxes", "areas", "iscrowd") for entry in annotations], path)
    else:
        made = {"description": "written by masklet"}
        dump_json(
            {"info": made, "videos": videos, "annotations": annotations, "categories": categories}, path
        )


def _warn(masks: Masks, results: bool) -> None:
    if np.any(masks.object_id < 0):
        loose = int(np.count_nonzero(masks.object_id < 0))
        warn_loss("ytvis", f"{loose} masks without object id are written as tracks of one frame each")
    crowds = (masks.flags & Flags.CROWD) != 0
    part = [int(t.object_id) for t in _tracks(masks) if len(np.unique(crowds[t.rows])) > 1]
    if part and not results:
        warn_loss("ytvis", f"object {part[0]} is a crowd on some frames only; written as most are")
    several = [int(t.object_id) for t in _tracks(masks) if len(np.unique(masks.label_id[t.rows])) > 1]
    if several:
        warn_loss(
            "ytvis", f"object {several[0]} has several labels; its first is written for all frames"
        )
    if results and np.any(np.isfinite(masks.score)):
        warn_loss("ytvis", "a result has one score a track; the mean over its frames is written")


def _video(key: int, masks: Masks) -> dict[str, Any]:
    length = written_length(masks.video, masks.frame)
    if masks.video.frame_sizes is not None:
        raise DataError(
            f"{masks.video.uri} has frames of several sizes; ytvis holds one size a video; write coco"
        )
    return {
        "id": key,
        "file_names": image_names(masks.video, length),
        "length": length,
        "width": masks.video.width,
        "height": masks.video.height,
    }


def _tracks(masks: Masks) -> Iterator[_Track]:
    for object_id in masks.objects:
        rows = np.flatnonzero(masks.object_id == object_id)
        if object_id >= 0:
            yield _Track(int(object_id), rows)
        else:
            yield from (_Track(-1, rows[i : i + 1]) for i in range(len(rows)))


def _track(masks: Masks, track: _Track, length: int, results: bool) -> dict[str, Any]:
    mine = masks.take(track.rows)
    areas, boxes = table.areas(mine), table.boxes(mine)
    segmentations: list[Any] = [None] * length
    bboxes: list[Any] = [None] * length
    sizes: list[Any] = [None] * length
    for row, frame in enumerate(mine.frame.tolist()):
        segmentations[frame] = rle_of(mine.row_runs(row), mine.video.size_wh(frame))
        x0, y0, x1, y1 = (int(v) for v in boxes[row])
        bboxes[frame] = [x0, y0, x1 - x0, y1 - y0]
        sizes[frame] = int(areas[row])
    entry: dict[str, Any] = {
        "segmentations": segmentations,
        "bboxes": bboxes,
        "areas": sizes,
        "iscrowd": int(2 * np.count_nonzero(mine.flags & Flags.CROWD) > len(mine)),
    }
    if track.object_id >= 0:
        entry["instance_id"] = track.object_id
    if results:
        known = mine.score[np.isfinite(mine.score)]
        entry["score"] = float(known.mean()) if len(known) else 1.0
    return entry


def _without(entry: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in entry.items() if key not in keys}
