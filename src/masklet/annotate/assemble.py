"""From the pieces of one or two sweeps to the final rows, chunk by chunk, rising."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from masklet.annotate.blend import Anchors, merge
from masklet.annotate.stretches import Stretch
from masklet.annotate.sweep import Piece
from masklet.core import Masks


@dataclass(frozen=True)
class Kept:
    """A finished chunk of the backward sweep: where its rows lie, and what they hang on."""

    frames: range
    key: str
    anchors: dict[int, int]


@dataclass(frozen=True)
class Assembled:
    """The rows of a chunk, and the objects that a sweep carried through it.

    `rows` may hold rows of other objects too (truth); an object in `reached` without a row on a
    frame is absent there.
    """

    frames: range
    rows: Masks
    reached: tuple[int, ...]


def assemble(
    stretches: list[Stretch],
    forward: Iterable[Piece],
    backward: dict[int, Kept],
    recall: Callable[[str], Masks],
    empty: Masks,
) -> Iterator[Assembled]:
    """Every chunk of the plan, rising.

    `forward` gives its pieces rising; `backward` maps a chunk's first frame to what was kept of
    it and `recall` brings its rows back, so that a long video need not be held in memory. `empty`
    is a table without rows that has the right video and labels.
    """
    coming = iter(forward)
    piece: Piece | None = None
    for stretch in stretches:
        for chunk in stretch.chunks(forward=True):
            left, left_anchors = empty, dict[int, int]()
            piece = piece or next(coming, None)
            if piece is not None and piece.frames == chunk:
                left, left_anchors, piece = piece.rows, piece.anchors, None
            kept = backward.get(chunk.start)
            right_anchors = kept.anchors if kept is not None else {}
            if kept is not None:
                left = merge(left, recall(kept.key), Anchors(left_anchors, kept.anchors))
            yield Assembled(chunk, left, tuple(sorted({*left_anchors, *right_anchors})))


def leftovers(
    partial: Piece | None, backward: dict[int, Kept], recall: Callable[[str], Masks], start: int
) -> Iterator[Assembled]:
    """What a run that was stopped has found from frame `start` on and not handed on yet, rising.

    Where the sweep that was stopped has an answer it is taken, elsewhere that of the backward sweep.
    """
    cut = partial.frames if partial is not None else range(0)
    parts = [(Kept(cut, "", {}), cut)] if cut else []
    for kept in backward.values():
        frames = range(max(start, kept.frames.start), kept.frames.stop)
        if cut and frames:
            parts.append((kept, range(frames.start, min(frames.stop, cut.start))))
            frames = range(max(frames.start, cut.stop), frames.stop)
        parts.append((kept, frames))
    for kept, frames in sorted(parts, key=lambda part: part[1].start):
        if partial is not None and frames == cut:
            yield Assembled(cut, partial.rows, tuple(sorted(partial.anchors)))
        elif frames:
            rows = recall(kept.key)
            inside = (rows.frame >= frames.start) & (rows.frame < frames.stop)
            yield Assembled(frames, rows.take(inside), tuple(sorted(kept.anchors)))
