"""One engine run over a plan in one direction, chunk by chunk, each chunk kept when done."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from masklet.annotate.seeds import (
    active_objects,
    bounding_truth,
    fingerprint,
    with_context,
    without,
)
from masklet.annotate.stretches import Stretch
from masklet.core import DataError, Masks, MediaSource, Propagator
from masklet.ops.table import concat

Advance = Callable[[int], None]
"""Told how many more frames are done."""


class ChunkLog(Protocol):
    """Where finished chunks are kept, by a key that names everything they depend on."""

    def get(self, key: str) -> Masks | None:
        """The rows kept under a key, or None."""
        ...

    def put(self, key: str, rows: Masks) -> None:
        """Keep rows, durably, all or nothing."""
        ...


@dataclass(frozen=True)
class Piece:
    """The outcome of one chunk: its rows, and the frame that each object was carried from."""

    frames: range
    rows: Masks
    anchors: dict[int, int]
    key: str


@dataclass
class Sweep:
    """Carries truth in one direction through a plan.

    Args:
        media: the pixels.
        engine: the Propagator.
        engine_id: names the engine, its version and its settings; part of every key.
        truth: trusted rows of the whole video, with `checked`.
        log: finished chunks.
        stored: current rows of a frame that this run leaves alone, none of one that it redoes: from
            them a run over chosen frames goes on where it starts away from truth.
        forward: direction.
        advance: progress.
    """

    media: MediaSource
    engine: Propagator
    engine_id: str
    truth: Masks
    log: ChunkLog
    stored: Callable[[int], Masks]
    forward: bool
    advance: Advance
    _last: Piece | None = field(default=None, init=False)

    def run(self, stretches: list[Stretch]) -> Iterator[Piece]:
        """The pieces of all stretches, in running order."""
        for stretch in stretches if self.forward else stretches[::-1]:
            yield from self._stretch(stretch)

    def _stretch(self, stretch: Stretch) -> Iterator[Piece]:
        edge = stretch.edge(self.forward)
        context = without(self._context(edge), self.truth)
        anchors = active_objects(self.truth, edge, self.forward)
        known = set(self.truth.objects.tolist())
        context = context.take([int(o) in known for o in context.object_id])
        anchors |= {int(o): edge for o in context.object_id if int(o) not in anchors}
        seeds = bounding_truth(self.truth, sorted(anchors), edge, self.forward)
        for chunk in stretch.chunks(self.forward):
            if not len(seeds) or not anchors:
                self._last = None
                continue
            piece = self._chunk(chunk, seeds, context, anchors)
            context = piece.rows.on(chunk[-1] if self.forward else chunk[0])
            self._last = piece
            yield piece

    def _context(self, edge: int) -> Masks:
        """What stands on the frame next to a stretch: this run's own rows, else the stored ones."""
        if self._last is not None and edge in self._last.frames:
            return self._last.rows.on(edge)
        rows = self.stored(edge) if 0 <= edge < self.media.video.n_frames else self.truth.take([])
        return rows.take(~rows.trusted)

    def _chunk(self, chunk: range, truth: Masks, context: Masks, anchors: dict[int, int]) -> Piece:
        seeds = with_context(truth, context)
        key = self._key(chunk, seeds)
        rows = self.log.get(key)
        if rows is None:
            rows = self._compute(chunk, seeds)
            self.log.put(key, rows)
        else:
            self.advance(len(chunk))
        return Piece(chunk, without(rows, self.truth), anchors, key)

    def _key(self, chunk: range, seeds: Masks) -> str:
        video = self.media.video
        way = "forward" if self.forward else "backward"
        parts = (
            self.engine_id,
            video.content_hash or video.uri,
            f"{video.width}x{video.height}x{video.n_frames}",
            f"{way} {chunk.start}:{chunk.stop}",
            fingerprint(seeds),
        )
        return hashlib.blake2b("\n".join(parts).encode(), digest_size=16).hexdigest()

    def _compute(self, chunk: range, seeds: Masks) -> Masks:
        order = chunk if self.forward else chunk[::-1]
        parts: list[Masks] = []
        for frame, rows in self.engine.propagate(self.media, seeds, order):
            if frame not in chunk:
                raise DataError(
                    f"engine {self.engine_id} answered for frame {frame}; asked {order[0]}..{order[-1]}"
                )
            parts.append(rows)
            self.advance(1)
        if len(parts) != len(chunk):
            raise DataError(
                f"engine {self.engine_id} gave {len(parts)} frames; {len(chunk)} were asked for. "
                "If the video is damaged there, track only frames before it (--frames)"
            )
        return concat([seeds.take([]).replace(checked=()), *parts])
