"""One engine run over a plan in one direction, chunk by chunk, each chunk kept when done."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple, Protocol

import numpy as np

from masklet.annotate.seeds import (
    active_objects,
    bounding_truth,
    fingerprint,
    since_truth,
    told_truth,
    with_context,
    without,
)
from masklet.annotate.stretches import Stretch
from masklet.annotate.watching import Watching
from masklet.core import DataError, Flags, Masks, MediaSource, Propagator, Review
from masklet.core.pausing import Stopped, pause_point
from masklet.ops.table import concat

CONTEXT = 16
"""Frames before a chunk, in running order, whose rows an engine is given to go on from."""

Advance = Callable[[int], None]
"""Told how many more frames are done."""
Begin = Callable[[range, Masks], None]
"""Told a chunk (rising) and the truth that an engine has, before it computes the chunk."""


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


class Recent(NamedTuple):
    """The last chunk of a run, and the run's own rows up to there, no older than `CONTEXT` frames."""

    chunk: range
    rows: Masks


@dataclass
class Sweep:
    """Carries truth in one direction through a plan.

    Args:
        media: the pixels.
        engine: the Propagator.
        engine_id: names the engine, its version and its settings; part of every key.
        truth: trusted rows of the whole video, with `checked`.
        log: finished chunks.
        stored: current rows of those of some frames that this run leaves alone: from them a run
            over chosen frames goes on where it starts away from truth.
        forward: direction.
        advance: progress.
        begin: called before each chunk that has to be computed.
        watch: somebody who watches.
        partial: what there is of a chunk in the middle of which somebody stopped the run.
    """

    media: MediaSource
    engine: Propagator
    engine_id: str
    truth: Masks
    log: ChunkLog
    stored: Callable[[range], Masks]
    forward: bool
    advance: Advance
    begin: Begin = lambda _chunk, _truth: None
    watch: Watching = field(default_factory=Watching)
    partial: Piece | None = field(default=None, init=False)
    _recent: Recent | None = field(default=None, init=False)

    def run(self, stretches: list[Stretch]) -> Iterator[Piece]:
        """The pieces of all stretches, in running order."""
        for stretch in stretches if self.forward else stretches[::-1]:
            yield from self._stretch(stretch)

    def _stretch(self, stretch: Stretch) -> Iterator[Piece]:
        edge = stretch.edge(self.forward)
        anchors = active_objects(self.truth, edge, self.forward)
        context = since_truth(self._context(edge), self.truth, edge, self.forward)
        known = set(self.truth.objects.tolist())
        standing = set(context.on(edge).object_id.tolist()) & known
        anchors |= {obj: edge for obj in standing if obj not in anchors}
        context = context.take(np.isin(context.object_id, list(anchors)))
        bounds = bounding_truth(self.truth, sorted(anchors), edge, self.forward)
        told = told_truth(self.truth, bounds)
        for chunk in stretch.chunks(self.forward):
            if not len(bounds) or not anchors:
                self._recent = None
                continue
            key = self._key(chunk, with_context(bounds, context))
            self.partial = Piece(chunk[:0], self.truth.take([]).replace(checked=()), anchors, key)
            piece = Piece(chunk, self._rows(chunk, key, told, context), anchors, key)
            self.partial = None
            self.watch.worked(chunk)
            last = self._before(chunk.stop if self.forward else chunk.start - 1)
            rows = concat([context, piece.rows])
            context = rows.take((rows.frame >= last.start) & (rows.frame < last.stop))
            self._recent = Recent(chunk, context)
            yield piece

    def _context(self, edge: int) -> Masks:
        """What stands on the frames next to a stretch: this run's own rows, else the stored ones."""
        if self._recent is not None and edge in self._recent.chunk:
            return self._recent.rows
        rows = self.stored(self._before(edge + 1 if self.forward else edge - 1))
        own = ~rows.trusted & (rows.review != Review.REJECTED)
        own &= (rows.flags & (Flags.PROVISIONAL | Flags.OUTSIDE)) == 0
        return rows.take(own).replace(steps=(), step=-1, checked=())

    def _before(self, frame: int) -> range:
        """The last `CONTEXT` frames that a run passes before it comes to `frame`, rising."""
        first = frame - CONTEXT if self.forward else frame + 1
        return range(max(first, 0), max(min(first + CONTEXT, self.media.video.n_frames), 0))

    def _rows(self, chunk: range, key: str, told: Masks, context: Masks) -> Masks:
        """The rows of a chunk: those that the log has of it, or the engine's own.

        Its name knows of the truth that bounds it and not of the rest that the engine is told. So a
        correction has the frames between its neighbours computed anew, with all that is known by
        then, and no others.
        """
        rows = self.log.get(key)
        if rows is None:
            self.begin(chunk, told)
            rows = self._compute(chunk, with_context(told, context))
            self.log.put(key, rows)
        else:
            self.advance(len(chunk))
        return without(rows, self.truth)

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
        try:
            pause_point()
            for frame, rows in self.engine.propagate(self.media, seeds, order):
                if frame not in chunk:
                    raise DataError(
                        f"engine {self.engine_id} answered for frame {frame}; "
                        f"asked {order[0]}..{order[-1]}"
                    )
                parts.append(rows)
                self.watch.live(frame, without(rows, self.truth))
                self.advance(1)
                pause_point()
        except Stopped:
            self._cut(order[: len(parts)], parts)
            raise
        if len(parts) != len(chunk):
            raise DataError(
                f"engine {self.engine_id} gave {len(parts)} frames; {len(chunk)} were asked for. "
                "If the video is damaged there, track only frames before it (--frames)"
            )
        return concat([seeds.take([]).replace(checked=()), *parts])

    def _cut(self, order: range, parts: list[Masks]) -> None:
        """Keep what there is of a chunk that is not to be finished."""
        if self.partial is not None and parts:
            frames = order if self.forward else order[::-1]
            rows = concat([self.truth.take([]).replace(checked=()), *parts])
            self.partial = replace(self.partial, frames=frames, rows=without(rows, self.truth))
