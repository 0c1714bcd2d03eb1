"""Contact sheet: a video's masks on one page."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from masklet.core.arrays import Floats, Image, Int32s
from masklet.core.enums import DOUBTS
from masklet.core.errors import DataError, UsageError
from masklet.core.masks import Masks
from masklet.core.protocols import MediaSource
from masklet.render.canvas import paint_plate, plate_size, resized, write_png
from masklet.render.drawing import draw, frame_caption
from masklet.render.overlay import check_same_size
from masklet.render.style import RGB, OverlayStyle

_PAPER: RGB = (255, 255, 255)
_INK: RGB = (40, 40, 40)
_WORST: RGB = (213, 94, 0)
_GAP = 10
_TEXT_PX = 11


def contact_sheet(
    media: MediaSource,
    masks: Masks,
    path: Path | str,
    frames: Iterable[int] | None = None,
    *,
    n: int = 12,
    columns: int = 4,
    cell_width: int = 400,
    style: OverlayStyle | None = None,
) -> tuple[int, ...]:
    """Write a PNG with `n` frames and their masks, and return the frames shown.

    Most are spread evenly over `frames` (all frames when None); a quarter of the places goes to the
    worst ones: those with doubts (`DOUBTS`), which are framed and marked, then the lowest scores.
    Every cell is `cell_width` pixels wide and says frame and time.

    Raises `UsageError` for a sheet without cells, `DataError` where masks and media differ in size,
    where there is no frame to show, or where the file cannot be written.
    """
    if n < 1 or columns < 1 or cell_width < 16:
        raise UsageError(
            f"a contact sheet of {n} frames in {columns} columns, {cell_width} pixels each; expected "
            "at least 1, 1 and 16"
        )
    check_same_size(media, masks)
    pool = np.unique(np.fromiter(range(media.video.n_frames) if frames is None else frames, np.int32))
    if not len(pool):
        raise DataError(f"{media.video.uri} has no frame for a contact sheet; expected one at least")
    worst = worst_frames(masks, pool, n // 4)
    chosen = np.union1d(spread(np.setdiff1d(pool, worst), n - len(worst)), worst)
    doubted = np.intersect1d(worst, masks.frame[(masks.flags & DOUBTS) != 0])
    cells = [
        _cell(media, masks, int(frame), cell_width, style, marked=bool(frame in doubted))
        for frame in chosen
    ]
    write_png(_page(cells, columns), Path(path))
    return tuple(int(frame) for frame in chosen)


def spread(pool: Int32s, n: int) -> Int32s:
    """`n` frames of `pool`, evenly apart, first and last among them; all where there are fewer."""
    if len(pool) <= n:
        return pool
    return pool[np.round(np.linspace(0, len(pool) - 1, n)).astype(np.int64)] if n else pool[:0]


def worst_frames(masks: Masks, pool: Int32s, n: int) -> Int32s:
    """At most `n` frames of `pool`, sorted, that a person should look at first, well apart.

    A frame is as bad as its worst row: doubted rows first, then by falling score. Frames without
    doubt or score are never among them. Two of them lie at least a twentieth of the pool apart.
    """
    badness = _badness(masks, pool)
    apart = max(len(pool) // 20, 1)
    kept: list[int] = []
    for place in np.argsort(-badness, kind="stable"):
        if len(kept) == n or badness[place] <= 0:
            break
        if all(abs(int(place) - other) >= apart for other in kept):
            kept.append(int(place))
    return pool[np.sort(np.array(kept, np.int64))]


def _badness(masks: Masks, pool: Int32s) -> Floats:
    """`(len(pool),)`: 1 + (1 - score) where doubted, (1 - score) else; 0 where nothing is known."""
    unsure = np.nan_to_num(1 - masks.score.astype(np.float64)) + ((masks.flags & DOUBTS) != 0)
    badness = np.zeros(len(pool))
    place = np.searchsorted(pool, masks.frame)
    known = (place < len(pool)) & (pool[np.minimum(place, len(pool) - 1)] == masks.frame)
    np.maximum.at(badness, place[known], unsure[known])
    return badness


def _cell(
    media: MediaSource, masks: Masks, frame: int, width: int, style: OverlayStyle | None, *, marked: bool
) -> Image:
    image = media[frame]
    rows = masks.on(frame)
    height = max(round(width * image.shape[0] / image.shape[1]), 1)
    draw(image, rows, style, shown_height=height)
    picture = resized(image, (width, height))
    bar = plate_size("0", _TEXT_PX)[1]
    cell = np.full((height + bar, width, 3), _PAPER, np.uint8)
    cell[bar:] = picture
    known = rows.score[~np.isnan(rows.score)]
    text = frame_caption(masks, frame) + (f"   score {known.min():.2f}" if len(known) else "")
    ink, plate = ((255, 255, 255), _WORST) if marked else (_INK, _PAPER)
    paint_plate(cell, f"! {text}" if marked else text, (0, bar), _TEXT_PX, ink, plate)
    if marked:
        for edge in (cell[bar : bar + 3], cell[-3:], cell[bar:, :3], cell[bar:, -3:]):
            edge[...] = _WORST
    return cell


def _page(cells: list[Image], columns: int) -> Image:
    columns = min(columns, len(cells))
    high, wide = max(cell.shape[0] for cell in cells) + _GAP, cells[0].shape[1] + _GAP
    lines = -(-len(cells) // columns)
    page = np.full((lines * high + _GAP, columns * wide + _GAP, 3), _PAPER, np.uint8)
    for i, cell in enumerate(cells):
        y, x = _GAP + (i // columns) * high, _GAP + (i % columns) * wide
        page[y : y + cell.shape[0], x : x + cell.shape[1]] = cell
    return page
