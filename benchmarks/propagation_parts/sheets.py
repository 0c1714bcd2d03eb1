"""Contact sheets for the eye: what was found, tinted, under the outline of what is there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from masklet.core import Masks
from masklet.core.arrays import Image
from masklet.render.canvas import paint_plate, plate_size, resized, write_png
from masklet.render.contact_sheet import spread
from masklet.render.drawing import draw
from masklet.render.style import OverlayStyle
from propagation_parts import measures
from propagation_parts.footage import Clip
from propagation_parts.tables import slug

CELLS = 12
WORST = 4
COLUMNS = 4
WIDTH = 420
GAP = 8
TEXT_PX = 11
PAPER, INK, ORANGE = (255, 255, 255), (40, 40, 40), (213, 94, 0)
FOUND = OverlayStyle(fill=0.55, outline=0, names=False)
TRUE = OverlayStyle(fill=0.0, outline=2, names=False, colour_by="label")
WHITE = "#ffffff"


def sheet(folder: Path, part: str, clip: Clip, rows: Masks, given: Sequence[int] | None = None) -> None:
    """Write a PNG of twelve frames: the four of lowest J, framed, the others evenly apart.

    Args:
        folder: made where it is not there; the file is named after part and clip.
        part: name of the part.
        clip: gives pixels, and the truth whose outline is drawn, white.
        rows: what was found, tinted.
        given: frames that were annotated; None = the first of the clip.
    """
    known = [clip.first] if given is None else list(given)
    j = _judged(clip, rows, known)
    worst = np.array(lowest(j, WORST), np.int32)
    pool = np.array(sorted(j) or range(clip.first, clip.last + 1), np.int32)
    others = spread(np.setdiff1d(pool, worst), CELLS - len(worst))
    cells = [
        _cell(clip, rows, frame, j.get(frame), frame in worst)
        for frame in np.union1d(worst, others).tolist()
    ]
    folder.mkdir(parents=True, exist_ok=True)
    write_png(_page(cells), folder / f"{part}-{slug(clip.name)}.png")


def _judged(clip: Clip, rows: Masks, given: Sequence[int]) -> dict[int, float]:
    """J of every frame that has truth beyond the annotated ones; empty where none has."""
    judged = np.union1d(clip.truth.frame, clip.truth.checked)
    return measures.frame_j(rows, clip.truth, given) if len(np.setdiff1d(judged, given)) else {}


def lowest(j: dict[int, float], n: int) -> list[int]:
    """At most `n` frames of the lowest J, at least a twentieth of the clip apart."""
    apart = max(len(j) // 20, 1)
    kept: list[int] = []
    for frame in sorted(j, key=j.__getitem__):
        if len(kept) < n and all(abs(frame - other) >= apart for other in kept):
            kept.append(frame)
    return kept


def _cell(clip: Clip, rows: Masks, frame: int, j: float | None, worst: bool) -> Image:
    image = clip.media[frame]
    height = round(WIDTH * image.shape[0] / image.shape[1])
    draw(image, rows.on(frame), FOUND, shown_height=height)
    draw(image, _white(clip.truth.on(frame)), TRUE, shown_height=height)
    bar = plate_size("0", TEXT_PX)[1]
    cell = np.full((height + bar, WIDTH, 3), PAPER, np.uint8)
    cell[bar:] = resized(image, (WIDTH, height))
    text = f"frame {frame}" + ("" if j is None else f"   J {j:.2f}")
    paint_plate(cell, text, (0, bar), TEXT_PX, PAPER if worst else INK, ORANGE if worst else PAPER)
    if worst:
        for edge in (cell[bar : bar + 3], cell[-3:], cell[bar:, :3], cell[bar:, -3:]):
            edge[...] = ORANGE
    return cell


def _white(truth: Masks) -> Masks:
    return truth.replace(labels=tuple(replace(label, colour=WHITE) for label in truth.labels))


def _page(cells: list[Image]) -> Image:
    high, wide = cells[0].shape[0] + GAP, cells[0].shape[1] + GAP
    lines = -(-len(cells) // COLUMNS)
    page = np.full((lines * high + GAP, COLUMNS * wide + GAP, 3), PAPER, np.uint8)
    for i, cell in enumerate(cells):
        y, x = GAP + (i // COLUMNS) * high, GAP + (i % COLUMNS) * wide
        page[y : y + cell.shape[0], x : x + cell.shape[1]] = cell
    return page
