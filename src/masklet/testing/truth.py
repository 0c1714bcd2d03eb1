"""What is really there: masks and tail midlines of a scene, from the coverage that was painted."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from masklet.core.arrays import Bools, Floats, Int64s, UInt8s
from masklet.core.enums import Flags, Origin, Review, ShapeKind
from masklet.core.errors import DataError, UsageError
from masklet.core.labels import Label
from masklet.core.masks import Masks
from masklet.core.shapes import Shapes
from masklet.core.steps import Step
from masklet.core.video import Video
from masklet.ops import table
from masklet.ops.runs import encode_crop
from masklet.testing.stage import Layer, Stage, bars_on, layers, seen

TAIL_IDS = 100
"""A tail's id is its animal's id plus this."""
_HALF = 128
_HIDDEN = 0.02


def masks_of(stage: Stage, video: Video, animal: str, frames: range, tails: str, bars: str) -> Masks:
    """`Scene.truth`: visible pixels of every animal on `frames`."""
    if tails not in ("part", "own", "none") or bars not in ("striped", "bridged"):
        raise UsageError(
            f"truth with tails={tails!r}, bars={bars!r}; expected part, own or none; striped or bridged"
        )
    _check(frames, video)
    labels: tuple[Label, ...] = (Label(animal),)
    if tails == "own":
        labels = (*labels, Label("tail", "line"))
    rows = [row for frame in sorted(frames) for row in _rows(stage, frame, tails, bars == "striped")]
    masks = table.build(video, labels, rows)
    step = Step.of("scene", {"tails": tails, "bars": bars})
    own = np.zeros(len(masks), np.int16)
    return masks.replace(steps=(step,), step=own, checked=np.array(sorted(frames), np.int32))


def _check(frames: range, video: Video) -> None:
    if frames and not (min(frames) >= 0 and max(frames) < video.n_frames):
        raise DataError(
            f"truth for frames {min(frames)}..{max(frames)}; expected 0..{video.n_frames - 1}"
        )


def _rows(stage: Stage, frame: int, tails: str, striped: bool) -> Iterator[table.Row]:
    owner, hidden = map_of(stage, frame, striped)
    w, h = stage.size_wh
    for k in range(len(stage.actors)):
        for codes in _codes(k, tails):
            mask = np.isin(owner, codes)
            box = _box(mask)
            if box is None:
                continue
            x0, y0, x1, y1 = box
            crop = mask[y0:y1, x0:x1]
            lost = float(sum(hidden[code] for code in codes))
            flags = Flags.OCCLUDED if lost > _HIDDEN * (lost + np.count_nonzero(crop)) else Flags(0)
            if x0 == 0 or y0 == 0 or x1 == w or y1 == h:
                flags |= Flags.TRUNCATED
            line = codes[0] % 2 == 0
            yield table.Row(
                frame,
                k + 1 + (TAIL_IDS if line else 0),
                int(line),
                encode_crop(crop, (x0, y0), (w, h)),
                origin=Origin.HUMAN,
                review=Review.ACCEPTED,
                flags=int(flags),
            )


def _codes(k: int, tails: str) -> list[tuple[int, ...]]:
    """Which codes of the map make up each row of animal `k`."""
    body, tail = 2 * k + 1, 2 * k + 2
    if tails == "part":
        return [(body, tail)]
    return [(body,), (tail,)] if tails == "own" else [(body,)]


def _box(mask: Bools) -> tuple[int, int, int, int] | None:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return None
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def map_of(stage: Stage, frame: int, striped: bool = True) -> tuple[UInt8s, Int64s]:
    """Who owns each pixel, and how much of everyone is covered by others.

    Returns `(h, w) uint8` with 0 = nobody, 2k + 1 = body and 2k + 2 = tail of animal k, and
    `(2 n + 1,) int64`, pixels of each of these codes that other animals or bars hide.
    """
    w, h = stage.size_wh
    owner = np.zeros((h, w), np.uint8)
    hidden = np.zeros(2 * len(stage.actors) + 1, np.int64)
    for layer in layers(stage, frame):
        _claim(owner, hidden, layer)
    bars = bars_on(stage, frame) if striped else None
    if bars is not None:
        hidden += np.bincount(owner[bars], minlength=len(hidden))
        owner[bars] = 0
    return owner, hidden


def _claim(owner: UInt8s, hidden: Int64s, layer: Layer) -> None:
    (x, y), (h, w) = layer.corner, layer.coverage.shape
    view = owner[y : y + h, x : x + w]
    mask = layer.coverage >= _HALF
    own = 2 * layer.actor + 1
    covered = np.bincount(view[mask], minlength=len(hidden))
    covered[own : own + 2] = 0
    hidden += covered
    view[mask] = own + int(layer.is_tail)


def midlines_of(stage: Stage, video: Video, frames: range) -> Shapes:
    """`Scene.polylines`: one polyline a tail and frame, base to tip, in pixels."""
    _check(frames, video)
    lines: list[Floats] = []
    frame_column, tracks = [], []
    for frame in sorted(frames):
        for k, actor in enumerate(stage.actors):
            lines.append(seen(stage, frame, actor.body.tail[frame])[0])
            frame_column.append(frame)
            tracks.append(k + 1 + TAIL_IDS)
    lengths = [line.size for line in lines]
    return Shapes(
        video,
        (Label("tail", "line"),),
        frame=np.array(frame_column, np.int32),
        track_id=np.array(tracks, np.int32),
        kind=np.array(ShapeKind.POLYLINE, np.uint8),
        points=np.concatenate([line.ravel() for line in lines]) if lines else np.empty(0),
        offset=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        flags=np.array(Flags.KEYFRAME, np.uint16),
    )
