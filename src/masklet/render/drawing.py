"""The masks of one frame, drawn on its image."""

from __future__ import annotations

import numpy as np

from masklet.core.arrays import Bools, Image
from masklet.core.enums import DOUBTS
from masklet.core.errors import DataError
from masklet.core.masks import Masks
from masklet.media.planes import Planes
from masklet.ops.runs import decode_crop
from masklet.ops.table import areas
from masklet.render.canvas import ink_for, paint_mask, paint_plate, plate_size
from masklet.render.style import OverlayStyle

Box = tuple[int, int, int, int]
Spine = tuple[int, int, int]


def draw(
    image: Image | Planes,
    masks: Masks,
    style: OverlayStyle | None = None,
    shown_height: int | None = None,
) -> None:
    """Draw the rows `masks`, all of one frame, on `image`, in place: `(h, w, 3) uint8` RGB or `Planes`.

    Larger masks are drawn first, so that a smaller one on top of them stays visible; names come
    last. Empty masks leave no trace. Lines and letters are sized to be read when the picture is
    shown `shown_height` pixels high (its own height when None). Raises `DataError` where the rows
    were made for a frame of another size.
    """
    style = style or OverlayStyle()
    height, width = image.shape[:2]
    _check_size(masks, (width, height))
    shown = shown_height or height
    outline_px = round(style.outline_width(shown) * height / shown)
    size = areas(masks)
    spines: dict[int, Spine] = {}
    for row in (int(i) for i in np.argsort(-size, kind="stable") if size[i] > 0):
        crop, offset_xy = decode_crop(masks.row_runs(row), (width, height))
        spines[row] = _spine(crop, offset_xy, height // 24)
        paint_mask(
            image,
            crop,
            offset_xy,
            style.colour(masks, row),
            fill=style.fill,
            outline_px=outline_px,
            dashed=style.dashed(masks, row),
        )
    _draw_names(image, masks, spines, style, round(style.text_px(shown) * height / shown))


def caption(image: Image | Planes, text: str, style: OverlayStyle | None = None) -> None:
    """Write `text` in the top-left corner, in place."""
    text_px = (style or OverlayStyle()).text_px(image.shape[0])
    paint_plate(image, text, (text_px // 2, text_px // 2 + plate_size(text, text_px)[1]), text_px)


def frame_caption(masks: Masks, frame: int) -> str:
    """`frame 120 · 4.00 s`; the time only where it is known."""
    seconds = masks.video.seconds(frame)
    return f"frame {frame}" if np.isnan(seconds) else f"frame {frame}   {seconds:.2f} s"


def row_text(masks: Masks, row: int, style: OverlayStyle) -> str:
    """What is written beside a mask: `!` for a doubt, id, label, score; empty for nothing."""
    words = []
    if style.doubts and masks.flags[row] & DOUBTS:
        words.append("!")
    if style.names and masks.object_id[row] >= 0:
        words.append(str(masks.object_id[row]))
    if style.names:
        words.append(masks.label_of(row).name)
    if style.scores and not np.isnan(masks.score[row]):
        words.append(f"{masks.score[row]:.2f}")
    return " ".join(words)


def _check_size(masks: Masks, size_wh: tuple[int, int]) -> None:
    for frame in masks.frames:
        expected = masks.video.size_wh(int(frame))
        if expected != size_wh:
            raise DataError(
                f"the masks of frame {frame} are {expected[0]}x{expected[1]}, the picture is "
                f"{size_wh[0]}x{size_wh[1]}; expected masks of this very picture"
            )


def _spine(crop: Bools, offset_xy: tuple[int, int], reach: int) -> Spine:
    """Where a mask's middle is: x, and from which y to which y it stands there (`reach` px around)."""
    columns = crop.sum(axis=0).cumsum()
    x = int(np.searchsorted(columns, (columns[-1] + 1) // 2))
    filled = np.flatnonzero(crop[:, max(x - reach, 0) : x + reach + 1].any(axis=1))
    return offset_xy[0] + x, offset_xy[1] + int(filled[0]), offset_xy[1] + int(filled[-1]) + 1


def _draw_names(
    image: Image | Planes, masks: Masks, spines: dict[int, Spine], style: OverlayStyle, text_px: int
) -> None:
    taken: list[Box] = []
    for row in sorted(spines, key=lambda r: spines[r][1]):
        text = row_text(masks, row, style)
        if not text:
            continue
        colour = style.colour(masks, row)
        corner = _free_corner(spines[row], plate_size(text, text_px), image.shape[1::-1], taken)
        taken.append(paint_plate(image, text, corner, text_px, ink_for(colour), colour))


def _free_corner(
    spine: Spine, plate_wh: tuple[int, int], size_wh: tuple[int, ...], taken: list[Box]
) -> tuple[int, int]:
    """Lower left corner for a plate: above the mask's middle, else below it, else further off."""
    (w, h), (middle, top, bottom), gap = plate_wh, spine, 4
    x = min(max(middle - w // 2, 0), max(size_wh[0] - w, 0))
    above, below = top - gap, bottom + gap + h
    further = [y for i in range(1, 8) for y in (above - i * (h + 1), below + i * (h + 1))]
    for y in (above, below, *further, top + gap + h):
        place = (x, y - h, x + w, y)
        if place[1] >= 0 and y <= size_wh[1] and not any(_meet(place, other) for other in taken):
            return x, y
    return x, max(above, h)


def _meet(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
