"""Any engine with its outlines moved onto edges of the picture.

Networks answer on a grid of a quarter of their input or less, and what is enlarged from it has outlines
that are off by some pixels. A colour guided filter (He et al., ECCV 2010) draws them to the nearest
edge. Where the outline already lies right it can only lose, so it is off unless asked for.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from masklet.core import Masks, MediaSource, Propagator, UsageError
from masklet.core.arrays import Bools, Image, UInt32s
from masklet.core.order import frames_in_order
from masklet.core.protocols import Preparing
from masklet.core.settings import plain_settings
from masklet.models.guided import GuidedFilter
from masklet.ops.cleaning import opened
from masklet.ops.runs import decode_crop, encode_crop
from masklet.ops.table import boxes

GRID = 256
"""Cells along the longer side of the frame from which masks are enlarged: one cell is the radius."""
FLAT = 1e-4
"""Colour variance (colours 0..1) below which a place counts as flat: edges there pull nothing."""


class Edged:
    """Propagator: the rows of another engine, their outlines on the picture's edges.

    Args:
        engine: the engine. Its public settings are those of this one, too.
        refine_edges: radius of the filter, pixels; 0 = a `GRID`-th of the frame's longer side.

    Structures thinner than the filter and gaps in the mask stay as they are, and so do lines.
    """

    def __init__(self, engine: Propagator, refine_edges: int = 0) -> None:
        if refine_edges < 0:
            raise UsageError(f"edges refined within {refine_edges} pixels; expected 0 or more")
        self.__dict__.update(plain_settings(engine))
        self.name = str(getattr(engine, "name", type(engine).__name__))
        self.version = f"{getattr(engine, 'version', 0)}+edges.1"
        self.refine_edges = refine_edges
        self._engine = engine

    @property
    def weights(self) -> str:
        """The weights of the engine, by their hash; empty where it has none."""
        return str(getattr(self._engine, "weights", ""))

    def propagate(self, media: MediaSource, seeds: Masks, frames: range) -> Iterator[tuple[int, Masks]]:
        """As `Propagator`. The frames are read once more beside the engine."""
        told = self._engine.propagate(media, seeds, frames)
        return self._run(media, told, frames)

    def _run(
        self, media: MediaSource, told: Iterator[tuple[int, Masks]], frames: range
    ) -> Iterator[tuple[int, Masks]]:
        radius = self.refine_edges or -(-max(media.video.width, media.video.height) // GRID)
        pictures = frames_in_order(media, frames)
        for frame, rows in told:
            _, picture = next(pictures, (frame, None))
            yield frame, rows if picture is None else on_edges(rows, picture, radius)


class PreparingEdged(Edged):
    """`Edged` around an engine that prepares (`masklet.core.protocols.Preparing`)."""

    def __init__(self, engine: Preparing, refine_edges: int = 0) -> None:
        super().__init__(engine, refine_edges)
        self._preparing = engine

    def prepare(self, media: MediaSource, seeds: Masks) -> None:
        """Prepare the engine."""
        self._preparing.prepare(media, seeds)

    def preview(self) -> Propagator:
        """The engine's quick relative, as it is."""
        return self._preparing.preview()


def edged(engine: Propagator, refine_edges: int = 0) -> Edged:
    """`Edged` of the kind that fits an engine."""
    if isinstance(engine, Preparing):
        return PreparingEdged(engine, refine_edges)
    return Edged(engine, refine_edges)


def on_edges(rows: Masks, picture: Image, radius: int) -> Masks:
    """Rows of one frame with their outlines on the edges of its picture, `(h, w, 3) uint8`."""
    box = boxes(rows)
    runs = [
        _refined(rows.row_runs(row), box[row].tolist(), picture, radius)
        if box[row].any() and rows.label_of(row).kind != "line"
        else rows.row_runs(row)
        for row in range(len(rows))
    ]
    if not runs:
        return rows
    return rows.replace(runs=np.concatenate(runs), offset=np.cumsum([0, *map(len, runs)]))


def _refined(runs: UInt32s, box: list[int], picture: Image, radius: int) -> UInt32s:
    margin, (high, wide) = 3 * radius, picture.shape[:2]
    x0, y0 = max(box[0] - margin, 0), max(box[1] - margin, 0)
    x1, y1 = min(box[2] + margin, wide), min(box[3] + margin, high)
    mask, corner = decode_crop(runs, (wide, high), (x0, y0, x1, y1))
    guide = picture[y0:y1, x0:x1].astype(np.float32) / np.float32(255)
    moved: Bools = GuidedFilter(guide, radius, FLAT)(mask.astype(np.float32)) > 0.5
    thin = mask & ~opened(mask, radius)
    gaps = ~mask & ~opened(~mask, radius)
    kept = (moved | thin) & ~gaps
    return encode_crop(kept if kept.any() else mask, corner, (wide, high))
