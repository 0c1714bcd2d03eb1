"""SA-V: the masklets of one video, run lengths for every fourth frame. Read only.

Source: Ravi et al., "SAM 2: Segment Anything in Images and Videos", arXiv 2408.00714, and the notes
on the SA-V data set beside its code: video at 24 frames a second, masks at 6.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from masklet.core import DataError, Label, Masks, Origin, UsageError, Video
from masklet.core.protocols import Annotation
from masklet.formats.jsontext import as_kind, load_json, mentions, need, whole
from masklet.formats.losses import PLAIN_LABEL
from masklet.formats.segmentation import LARGEST_SIDE, runs_of
from masklet.ops.table import Row, build

STEPS = (4, 1)
"""Frames of video for one frame of masks, likeliest first."""


class SaV:
    """`sav_*_manual.json` and `sav_*_auto.json`."""

    def sniff(self, path: Path) -> bool:
        """A JSON with `masklet` and `video_frame_count`."""
        return {"{", "masklet", "video_frame_count"} <= mentions(path, "masklet", "video_frame_count")

    def read(self, path: Path, video: Video | None = None) -> list[Masks]:
        """Rows where an object is visible, on frames 0, 4, 8, ...

        Origin is imported for manual masklets and predicted for automatic ones, whose stability
        becomes the score. Raises `DataError` for what is not SA-V or not of this `video`.
        """
        where = str(path)
        data = load_json(path)
        frames = need(where, data, "masklet", list)
        own = _video(where, data)
        if video is not None and (video.width, video.height) != (own.width, own.height):
            raise DataError(
                f"{where} is for {own.width}x{own.height} pixels but {video.uri} is "
                f"{video.width}x{video.height}; give the media of these annotations"
            )
        step = next((s for s in STEPS if -(-own.n_frames // s) == len(frames)), None)
        if step is None:
            raise DataError(
                f"{where} has masks for {len(frames)} of {own.n_frames} frames; expected all or every "
                "fourth"
            )
        rows = _rows(where, data, frames, step, (own.width, own.height))
        return [build(video or own, (Label(PLAIN_LABEL),), rows)]

    def write(self, items: Sequence[Annotation], path: Path) -> None:  # noqa: ARG002 (the seam's names)
        """Not possible: raises `UsageError`, since masks of every frame have no place in SA-V."""
        raise UsageError(
            f"cannot write {path}: sav is only read, it holds every fourth frame; write ytvis"
        )


def _video(where: str, data: Mapping[str, Any]) -> Video:
    def side(key: str) -> int:
        return whole(f"{where}, {key!r}", data.get(key), 1, LARGEST_SIDE)

    count = whole(f"{where}, 'video_frame_count'", data.get("video_frame_count"), 1)
    name = as_kind(f"{where}, 'video_id'", data.get("video_id", ""), str)
    return Video(name, side("video_width"), side("video_height"), count)


def _rows(
    where: str, data: Mapping[str, Any], frames: list[Any], step: int, size_wh: tuple[int, int]
) -> Iterator[Row]:
    ids = [whole(f"{where}, 'masklet_id'", i) for i in need(where, data, "masklet_id", list)]
    kinds = as_kind(f"{where}, 'masklet_type'", data.get("masklet_type", []), list)
    for i, masks in enumerate(frames):
        at = f"{where}, annotated frame {i}"
        if len(as_kind(at, masks, list)) != len(ids):
            raise DataError(f"{at} has {len(masks)} masks; expected {len(ids)}, one an object")
        for k, rle in enumerate(masks):
            runs = runs_of(f"{at}, object {ids[k]}", rle, size_wh) if rle else None
            if runs is None or len(runs) < 2:
                continue
            auto = k < len(kinds) and kinds[k] == "auto"
            origin = Origin.PREDICTED if auto else Origin.IMPORTED
            yield Row(i * step, ids[k], 0, runs, score=_stability(data, i, k), origin=origin)


def _stability(data: Mapping[str, Any], i: int, k: int) -> float:
    try:
        score = data["masklet_stability_score"][i][k]
    except (KeyError, IndexError, TypeError):
        return float("nan")
    known = isinstance(score, float) and 0 <= score <= 1
    return score if known else float("nan")
