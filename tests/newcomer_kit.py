"""Coloured squares that come and go, an engine that follows what it touches, and what each did."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from masklet.core import Label, Masks, MediaSource, Origin
from masklet.core.arrays import Bools
from masklet.ops.raster import components
from masklet.ops.runs import decode, encode
from masklet.ops.table import Row, build
from masklet.testing import ArraySource

SIZE = (160, 48)
SIDE = 12
COLOURS = {"red": (230, 60, 50), "blue": (60, 90, 240), "green": (70, 210, 60)}


def film(n: int, places: Mapping[str, Mapping[int, tuple[int, int]]]) -> ArraySource:
    """Frames with a square of each colour wherever `places` says its left upper corner is."""
    frames = np.zeros((n, SIZE[1], SIZE[0], 3), np.uint8)
    for colour, at in places.items():
        for frame, (x, y) in at.items():
            frames[frame, y : y + SIDE, x : x + SIDE] = COLOURS[colour]
    return ArraySource(frames, uri="squares:")


def square(media: MediaSource, frame: int, xy: tuple[int, int], obj: int, label: str = "rat") -> Masks:
    """A square drawn by a person."""
    mask = np.zeros((SIZE[1], SIZE[0]), np.bool_)
    mask[xy[1] : xy[1] + SIDE, xy[0] : xy[0] + SIDE] = True
    return build(media.video, (Label(label),), [Row(frame, obj, 0, encode(mask))])


@dataclass
class Sticky:
    """A Propagator that takes the bright part that its last mask touches most; counts its frames."""

    name: str = "sticky"
    version: int = 1
    asked: list[tuple[int, tuple[int, ...]]] = field(default_factory=list)
    forward: list[int] = field(default_factory=list)
    back: list[int] = field(default_factory=list)

    def propagate(self, media: MediaSource, seeds: Masks, frames: range) -> Iterator[tuple[int, Masks]]:
        sign, edge = frames.step, frames[0] - frames.step
        last: dict[int, tuple[Bools, int]] = {}
        behind = seeds.take((sign * seeds.frame <= sign * edge) & ((seeds.flags & 8) == 0))
        for row in np.argsort(sign * behind.frame, kind="stable").tolist():
            mask = decode(behind.row_runs(row), SIZE)
            fresh = behind.trusted[row] or behind.frame[row] == edge
            if fresh:
                last[int(behind.object_id[row])] = mask, int(behind.label_id[row])
        for frame in frames:
            self.asked.append((frame, tuple(sorted(last))))
            (self.forward if sign > 0 else self.back).append(frame)
            parts = components(media[frame].max(axis=2) > 40)[0]
            rows, kept = [], {}
            for obj, (mask, label) in last.items():
                counts = np.bincount(parts[mask], minlength=2)
                best = int(counts[1:].argmax()) + 1
                if counts[best]:
                    kept[obj] = parts == best, label
                    row = Row(frame, obj, label, encode(parts == best), 0.9, 0.9, Origin.PROPAGATED)
                    rows.append(row)
            last = kept
            yield frame, build(media.video, seeds.labels, rows)
