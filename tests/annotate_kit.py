"""A video of nothing and an engine that one can compute in one's head."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from masklet.core import Label, Masks, MediaSource, Origin, Video
from masklet.ops.runs import decode, encode_crop
from masklet.ops.table import Row, build

SIZE = (200, 40)


class Blank:
    """A MediaSource of black frames."""

    def __init__(self, n_frames: int) -> None:
        self.video = Video("blank", *SIZE, n_frames)

    def frames(self, start: int = 0, stop: int | None = None, step: int = 1) -> Iterator:
        for i in range(start, self.video.n_frames if stop is None else stop, step):
            yield i, self[i]

    def __getitem__(self, index: int) -> np.ndarray:
        return np.zeros((SIZE[1], SIZE[0], 3), np.uint8)


@dataclass
class Walker:
    """Moves each object one pixel right a frame (left when running backward); scores fall by 0.001."""

    name: str = "walker"
    version: int = 1
    calls: list[range] = field(default_factory=list)

    def propagate(self, media: MediaSource, seeds: Masks, frames: range) -> Iterator[tuple[int, Masks]]:
        self.calls.append(frames)
        edge = frames[0] - frames.step
        own = seeds.take((seeds.frame == edge) & ~seeds.trusted)
        start = {int(o): (edge, own, i) for i, o in enumerate(own.object_id)}
        truth = seeds.take(seeds.trusted)
        nearest_first = np.argsort(np.abs(truth.frame - edge), kind="stable").tolist()
        for i in nearest_first:
            obj, behind = int(truth.object_id[i]), (edge - truth.frame[i]) * frames.step >= 0
            if obj not in start and behind:
                start[obj] = (int(truth.frame[i]), truth, i)
        for frame in frames:
            yield frame, build(media.video, seeds.labels, self._rows(frame, start))

    def _rows(self, frame: int, start: dict) -> Iterator[Row]:
        for obj, (at, table, i) in start.items():
            mask = np.roll(decode(table.row_runs(i), SIZE), frame - at, axis=1)
            base = table.score[i] if not np.isnan(table.score[i]) else 1.0
            score = float(base) - 0.001 * abs(frame - at)
            runs = encode_crop(mask, (0, 0), SIZE)
            yield Row(frame, obj, int(table.label_id[i]), runs, score, score, Origin.PROPAGATED)


class Shelf:
    """A TrackStore and ChunkLog in memory that counts what is put there."""

    def __init__(self, rows: Masks) -> None:
        self.rows, self.chunks, self.puts = rows, {}, 0

    def load(self, frames: range | None = None) -> Masks:
        if frames is None:
            return self.rows
        inside = (self.rows.frame >= frames.start) & (self.rows.frame < frames.stop)
        return self.rows.take(inside)

    def replace(self, frames: range, objects: list[int], rows: Masks) -> None:
        from masklet.ops.table import concat

        table = self.rows
        inside = (table.frame >= frames.start) & (table.frame < frames.stop)
        gone = inside & ~table.trusted & np.isin(table.object_id, objects)
        self.rows = concat([table.take(~gone), rows])

    def get(self, key: str) -> Masks | None:
        return self.chunks.get(key)

    def put(self, key: str, rows: Masks) -> None:
        self.puts += 1
        self.chunks[key] = rows


def square(x: int, frame: int, obj: int = 1, y: int = 10, **more) -> Row:
    """A 10 x 10 square drawn by a person."""
    return Row(frame, obj, 0, encode_crop(np.ones((10, 10), bool), (x, y), SIZE), **more)


def table(n_frames: int, *rows: Row, checked=()) -> Masks:
    """Masks on the blank video."""
    made = build(Video("blank", *SIZE, n_frames), (Label("rat"),), rows)
    return made.replace(checked=np.array(checked, np.int32))


def lefts(rows: Masks, obj: int = 1) -> dict[int, int]:
    """frame -> left edge of an object."""
    from masklet.ops.table import boxes

    mine = rows.of(obj)
    return dict(zip(mine.frame.tolist(), boxes(mine)[:, 0].tolist(), strict=True))
